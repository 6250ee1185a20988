"""A replay on the terminal: a table for each load, and what follows."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from evaluation.bootstrap import Interval
from evaluation.replay.harm import ACCOUNTS
from evaluation.replay.page import described, told
from evaluation.replay.study import FIRST, AtLoad, Plan
from evaluation.replay.verdict import Contrast


def show_replay(
    out: Console, plan: Plan, found: Sequence[AtLoad], contrasts: Sequence[Contrast], sentence: str
) -> None:
    """The arguments are those of `evaluation.replay.page`."""
    out.print(f"{plan.arrivals.name}: {described(plan)}")
    for each in found:
        out.print(_orders(each, plan.taxonomy.levels))
        for order, bound in each.undated.overtaking.items():
            held = "held" if not bound.waits_broken + bound.pairs_broken else "BROKEN"
            out.print(
                f"  {order}: bound on waiting {held} for {bound.cases:,} cases; "
                f"one was overtaken by {bound.most:,} at most, one by {bound.most_by_others:,} not beyond the floor"
            )
    if not contrasts:
        out.print(
            "Harm-hours are shares of those of first in, first out; in brackets the gap to the clairvoyant closed, "
            "none where there is no gap."
        )
        return
    out.print(_contrasts(contrasts))
    for contrast in contrasts:
        out.print(contrast.sentence)
        for line in contrast.worse:
            out.print(f"  worse: {line}")
    out.print(sentence)


def _orders(found: AtLoad, levels: Sequence[int]) -> Table:
    table = Table(
        title=f"load {found.load:g}, {found.undated.cases:,.0f} cases a stream", title_justify="left", box=None
    )
    table.add_column("order")
    for heading in (*ACCOUNTS, "1 in time", "2 in time", "worst waits 1..K, h", "weighted h"):
        table.add_column(heading, justify="right")
    for order in found.undated.figures:
        played = found.undated
        waits = " ".join(told(played.worst_wait(order, level).value, ".1f") for level in levels)
        table.add_row(
            order,
            *(_harm(found, order, account) for account in ACCOUNTS),
            *(told(100 * played.in_time(order, level).value, ".1f", " %") for level in (1, 2)),
            waits,
            told(played.weighted_hours(order).value, ".2f"),
        )
    return table


def _harm(found: AtLoad, order: str, account: str) -> str:
    played = found.of(account)
    said = told(played.versus(order, FIRST, account).value, ".4f")
    if account not in played.clairvoyant or order == FIRST:
        return said
    return f"{said} ({told(100 * played.closed(order, FIRST, account).value, '.1f', ' %')})"


def _contrasts(contrasts: Sequence[Contrast]) -> Table:
    table = Table(title="harm under the new weights over that under today's", title_justify="left", box=None)
    table.add_column("load")
    for heading in ACCOUNTS:
        table.add_column(heading, justify="right")
    for each in contrasts:
        table.add_row(f"{each.load:g}", *(_span(each.harm[account]) for account in ACCOUNTS))
        if each.by_its_own:
            table.add_row("  by its own", *(_span(each.by_its_own[account]) for account in ACCOUNTS))
    return table


def _span(found: Interval) -> str:
    span = "" if math.isnan(found.low) else f" [{found.low:.3f}, {found.high:.3f}]"
    return told(found.value) + span
