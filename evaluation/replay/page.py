"""The replay as one HTML file that needs nothing else, in the report's style and under its security policy."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

from evaluation.bootstrap import Interval
from evaluation.replay.arrivals import DEADLINE_FROM, DEADLINE_TO
from evaluation.replay.harm import ACCOUNTS, DATED, LINEAR, QUADRATIC, STEP
from evaluation.replay.overtaking import Overtaking
from evaluation.replay.plots import harm_plot, in_time_plot, waits_plot
from evaluation.replay.study import CURRENT, DATED_SHARE, FIRST, NEW, OURS, AtLoad, Plan
from evaluation.replay.verdict import Contrast
from evaluation.report.style import CONTENT_SECURITY_POLICY, STYLE
from evaluation.report.tables import Cell, Number, table

_OURS = (OURS, NEW, CURRENT)


def replay_page(plan: Plan, found: Sequence[AtLoad], contrasts: Sequence[Contrast] = (), sentence: str = "") -> str:
    """The whole page.

    Args:
        plan: Under what was played.
        found: One load each, in the world that the figures are of.
        contrasts: Where two files of weights were held against each other.
        sentence: What follows from these.
    """
    title = f"Replay of {plan.arrivals.name}"
    sections = "".join(_section(each, place, plan.taxonomy.levels) for place, each in enumerate(found))
    verdict = f'<p class="caveat">{escape(sentence)}</p>{_contrasts(contrasts)}' if sentence else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(CONTENT_SECURITY_POLICY)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>"
        f'<header><h1>{escape(title)}</h1><p class="quiet">{escape(described(plan))}</p></header>'
        f"<main>{verdict}{sections}{_how()}</main>"
        "<footer>Intervals are of 95 %, over seeds, on the same streams for all orders. Who decides, and how long "
        "that takes, is simulated: the figures compare orders, and promise no team these hours.</footer>"
        "</body></html>\n"
    )


def described(plan: Plan) -> str:
    """Under what was played, in one line."""
    setting = plan.setting
    weeks = f"{setting.weeks} week{'s' if setting.weeks > 1 else ''}"
    stream = f"{weeks} redrawn" if setting.way == "redrawn" else "the record under a faster clock"
    return f"{len(plan.arrivals.rows):,} recorded cases, {stream}, {setting.staff} people, {len(plan.seeds)} seeds"


def told(value: float, form: str = ".3f", unit: str = "") -> str:
    """A figure as text; "none" where there is none, which is NaN."""
    return "none" if math.isnan(value) else f"{value:{form}}{unit}"


def _section(found: AtLoad, place: int, levels: Sequence[int]) -> str:
    orders, played = list(found.undated.figures), found.undated
    versus = {order: found.undated.versus(order, FIRST, LINEAR) for order in orders}
    parts = [
        f"<h2>Load {found.load:g}</h2><p>{_size(found)}</p>",
        harm_plot(f"harm-{place}", f"Harm at load {found.load:g}", versus, _OURS),
        table("Harm-hours as a share of those of the first order", ["order", *ACCOUNTS], _harm_rows(found, orders)),
    ]
    if found.undated.clairvoyant:
        closed = [
            [order, *(_shown(found.of(name).closed(order, FIRST, name)) for name in ACCOUNTS)]
            for order in orders
            if order != FIRST
        ]
        names = "; ".join(f"{name}: {found.of(name).clairvoyant_name[name]}" for name in ACCOUNTS)
        caption = f"Share of the gap between first in, first out and the clairvoyant order that is closed ({names})"
        parts.append(table(caption, ["order", *ACCOUNTS], closed))
    waits = {order: {level: played.worst_wait(order, level) for level in levels} for order in orders}
    in_time = {order: played.in_time(order, 1) for order in orders}
    parts += [
        '<div class="pair">',
        in_time_plot(f"time-{place}", "severity 1 taken in time", in_time, _OURS),
        waits_plot(f"waits-{place}", f"Longest waits at load {found.load:g}", waits, _OURS),
        "</div>",
        table(
            "In time, waits and time to decision", _WAITS_HEAD, [_waits_row(found, order, levels) for order in orders]
        ),
        *(_bound(order, each) for order, each in played.overtaking.items()),
    ]
    return f"<section>{''.join(parts)}</section>"


_WAITS_HEAD = (
    "order", "1 in time", "2 in time", "worst wait by level, h", "severity-weighted hours to decision", "undecided",
)  # fmt: skip


def _waits_row(found: AtLoad, order: str, levels: Sequence[int]) -> list[Cell]:
    played = found.undated
    waits = " · ".join(told(played.worst_wait(order, level).value, ".1f") for level in levels)
    return [
        order,
        _shown(played.in_time(order, 1)),
        _shown(played.in_time(order, 2)),
        Number(waits),
        Number(told(played.weighted_hours(order).value, ".2f")),
        Number(f"{played.undecided(order).value:.0f}"),
    ]


def _harm_rows(found: AtLoad, orders: Sequence[str]) -> list[list[Cell]]:
    return [
        [order, *(_shown(found.of(account).versus(order, FIRST, account)) for account in ACCOUNTS)]
        for order in orders
    ]


def _size(found: AtLoad) -> str:
    ends = "until all are decided" if found.load < 1 else "until the arrivals end; what is undecided counts so far"
    return f"{found.undated.cases:,.0f} cases a stream, {ends}."


def _bound(order: str, found: Overtaking) -> str:
    held = "held for each" if not found.waits_broken + found.pairs_broken else "was broken"
    return (
        f"<p>{escape(order)}: the bound on waiting {held} of {found.cases:,} cases ({found.waits_broken} waited "
        f"longer, {found.pairs_broken} times one went first that could not). A case was overtaken by {found.most:,} "
        f"at most; one, the same or another, by {found.most_by_others:,} at most that are not beyond the floor of "
        f"severity 1 (allowed: {found.most_allowed:,}). The latest of its kind to overtake one came "
        f"{found.latest:.1f} h after it (allowed: {found.latest_allowed:,.0f} h).</p>"
    )


def _contrasts(contrasts: Sequence[Contrast]) -> str:
    rows = [
        [f"{each.load:g}", *(_shown(each.harm[name]) for name in ACCOUNTS), "; ".join(each.worse) or "nothing"]
        for each in contrasts
    ]
    head = ["load", *(f"{name}, new / current" for name in ACCOUNTS), "gets worse"]
    own = [
        [f"{each.load:g}", *(_shown(each.by_its_own[name]) for name in ACCOUNTS)]
        for each in contrasts
        if each.by_its_own
    ]
    html = table("Harm under the new weights over that under today's", head, rows)
    return html + (table("The same by the harm that the new weights state", head[:-1], own) if own else "")


def _shown(found: Interval) -> Number:
    span = "" if math.isnan(found.low) else f' <span class="quiet">{found.low:.3f} to {found.high:.3f}</span>'
    return Number(told(found.value) + span)


def _how() -> str:
    accounts: Mapping[str, str] = {
        LINEAR: "harm grows evenly from receipt to decision",
        STEP: "twice as fast once the true level's time to first touch is over",
        QUADRATIC: "the rate itself grows evenly with waiting",
        DATED: (
            f"cases carry their own deadlines, and {DATED_SHARE:.0%} of those without are given one "
            f"{DEADLINE_FROM:g} to {DEADLINE_TO:g} h after receipt; near it harm multiplies"
        ),
    }
    items = "".join(f"<li><b>{name}</b>: {escape(said)}.</li>" for name, said in accounts.items())
    return (
        "<section><h2>How to read it</h2><p>A harm-hour is what a case of the mildest level does in an hour. Orders "
        "see what the queue knew; the clairvoyant one sees the truth.</p>"
        f"<ul>{items}</ul></section>"
    )
