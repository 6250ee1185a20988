"""What an associate sees at the terminal: the queue as a table, a case with the model's suggestions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from rich.console import Console
from rich.rule import Rule
from rich.table import Table

from cases.event import AttributeValue
from cases.record import MAIN_QUEUE, CaseStatus
from cases.taxonomy import Taxonomy
from cli.contract.queue import ClaimAnswer, ClaimedCase, QueuedCase, ScoreOfCase, SuggestedCategory
from models.priority import Weights

SHORT_ID = 8
TITLE_LENGTH = 60

# How sure the model is, in words; the least probability for each.
_WORDS = ((0.95, "almost certain"), (0.75, "very likely"), (0.5, "likely"), (0.25, "possible"), (0.0, "a guess"))

# By tier; None on a score from before tiers were kept.
_SUGGESTS = {
    "apply": "suggests, and is right as often as the policy asks",
    "suggest": "suggests",
    None: "suggests",
}

# A case's text may hold whatever somebody wrote: sequences that rewrite the terminal, and marks that turn the
# direction of what follows. Line breaks and tabs are harmless.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """`text` without anything that a terminal would obey."""
    return _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def in_words(probability: float) -> str:
    """A probability in words and per cent: "likely, 62 %"."""
    words = next(words for least, words in _WORDS if probability >= least)
    return f"{words}, {probability:.0%}".replace("%", " %")


def age(waited: timedelta) -> str:
    """How long something has waited, in its largest unit."""
    minutes = max(0, int(waited.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} d"


def show_queue(
    out: Console, cases: Sequence[QueuedCase], length: int, policy: Taxonomy, weights: Weights, now: datetime
) -> None:
    """The queue, ranked; the last characters of an id are enough for `caseload claim`."""
    if not cases:
        out.print("the queue is empty")
        return
    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column("", justify="right")
    table.add_column("case", no_wrap=True)
    table.add_column("severity", no_wrap=True)
    table.add_column("category", no_wrap=True)
    table.add_column("waits", justify="right", no_wrap=True)
    table.add_column("priority", justify="right", no_wrap=True)
    table.add_column("title", no_wrap=True, overflow="ellipsis", max_width=TITLE_LENGTH)
    for case in cases:
        score = case.score
        table.add_row(
            str(case.place),
            case.case_id[-SHORT_ID:],
            _severity(score, policy, case.severity_set) or "?",
            _likeliest(score),
            age(now - case.received_at),
            _urgency(case, now, weights),
            _title(case, now),
        )
    out.print(table)
    out.print(f"{len(cases)} of {length} undecided cases")


def show_claim(out: Console, answer: ClaimAnswer, policy: Taxonomy, now: datetime) -> None:
    """A claimed case: what is reported, what the model suggests, and how long it is yours."""
    if answer.case is None or answer.lease is None:
        out.print("the queue is empty")
        return
    case, lease = answer.case, answer.lease
    out.print(Rule(style="dim"))
    out.print(f"case {case.case_id}", style="bold")
    out.print(f"yours ({lease.holder}) until {lease.expires_at:%H:%M:%S} UTC, token {lease.token}")
    about = [f"received {age(now - case.received_at)} ago", *([f"by {case.channel}"] if case.channel else [])]
    out.print(plain(", ".join([*about, *_signals(case.attributes)])), style="dim")
    out.print(Rule(style="dim"))
    if case.title:
        out.print(plain(case.title), style="bold")
    out.print(plain(case.description))
    out.print(Rule(style="dim"))
    show_suggestions(out, case, policy)


def show_suggestions(out: Console, case: ClaimedCase, policy: Taxonomy) -> None:
    """The likeliest categories, numbered, the severity, and what the rules say beside the model."""
    if case.score is None:
        out.print("no suggestion: not scored yet")
    else:
        _show_categories(out, case.score)
        if severity := _severity(case.score, policy, case.severity_set):
            out.print(f"  severity {severity}")
    if case.appeal:
        out.print("  an appeal: its decision is to be upheld or overturned")
    levels, reasons = policy.raised(case.attributes)
    if levels:
        out.print(f"  the policy raises severity by {levels}: {', '.join(reasons)}")


def _show_categories(out: Console, score: ScoreOfCase) -> None:
    if not score.offered:
        # A guess among so many would be looked at all the same.
        out.print(f"{score.model_version} does not know what it is about ({_doubt(score)}), and suggests nothing")
        return
    out.print(f"{score.model_version} {_SUGGESTS[score.tier]}")
    for number, suggestion in enumerate(score.offered, start=1):
        out.print(f"  {number}  {_category(suggestion)}  {suggestion.category}")
    if score.sub_policy:
        out.print(f"  clause of the first: {score.sub_policy}")


def _doubt(score: ScoreOfCase) -> str:
    """Which of the three reasons for abstaining it was, as `models.assurance` and `models.tiers` have them."""
    from models.assurance import NOVEL_BELOW
    from models.tiers import LONGEST_SHORTLIST

    if score.novelty_p is not None and score.novelty_p < NOVEL_BELOW:
        return "a new kind: unlike all that was decided so far"
    if len(score.shortlist) > LONGEST_SHORTLIST:
        return f"{len(score.shortlist)} categories would have to be listed"
    return f"it has not learnt to read {score.language or 'this'}"


def _title(case: QueuedCase, now: datetime) -> str:
    title = plain(case.title).replace("\n", " ") or "(no title)"
    marks = [
        *(["claimed"] if case.status is CaseStatus.CLAIMED else []),
        *([f"on hold until {case.hold_until:%d %b %H:%M}"] if case.hold_until and case.hold_until > now else []),
        *([f"for {plain(case.assigned_to)}"] if case.assigned_to else []),
        *(["appeal"] if case.appeal else []),
        *([plain(case.queue)] if case.queue != MAIN_QUEUE else []),
    ]
    return "".join([*(f"[{mark}] " for mark in marks), title])


def _category(suggestion: SuggestedCategory) -> str:
    return f"{suggestion.name} ({in_words(suggestion.probability)})"


def _likeliest(score: ScoreOfCase | None) -> str:
    if score is None or not score.categories:
        return "not scored yet"
    return _category(score.offered[0]) if score.offered else "not known"


def _severity(score: ScoreOfCase | None, policy: Taxonomy, by_hand: int | None) -> str:
    names = {known.level: known.name for known in policy.severity_levels}
    if by_hand is not None:
        return f"{by_hand} {names.get(by_hand, '')} (by hand)"
    if score is None or score.severity is None:
        return ""
    level = score.severity.shown
    return f"{level} {names.get(level, '')} ({score.severity.distribution[level]:.0%})".replace("%", " %")


def _urgency(case: QueuedCase, now: datetime, weights: Weights) -> str:
    """The order key as of now: in doublings of the harm per hour of a bare new case of the mildest level.

    The key itself counts waiting from 1970, which sorts and says nothing to people; the floor of severity 1, which
    goes before all others, and a rank by hand are said in words.
    """
    parts = case.rank_parts or (case.score.priority if case.score else {})
    if not parts:
        return ""
    if "by_hand" in parts:
        return "by hand"
    hours = (now - case.received_at).total_seconds() / 3600
    rest = sum(part for name, part in parts.items() if name not in ("waiting", "severity_1_floor"))
    first = "first, " if parts.get("severity_1_floor") else ""
    return f"{first}{rest + hours / weights.doubling_hours:.1f}"


def _signals(attributes: Mapping[str, AttributeValue]) -> list[str]:
    return [
        name if value is True else f"{name} {value}"
        for name, value in sorted(attributes.items())
        if value is not False
    ]
