"""A half-year of a team's work over the written cases, drawn from a stated model.

The texts are written by hand; when they came, who took them and what was decided is drawn here, so that the record
has the rhythm and the flaws of a real one. Every draw for a case depends on its id alone: the same corpus gives the
same history on any machine, and a new case disturbs no other.

The model. Reports come in from 2 March to 30 August 2026, on a Saturday or Sunday half as often, mostly between 7 and
23 h UTC. The wait until a claim is log-normal with a median by severity, so some miss their first touch. Eight
associates work in three shifts. A hurried decision takes the tempting category instead of the rubric's with a
chance by difficulty, and the tempting severity likewise. Two have a habit beyond that: `ottilie` finds a breach in
fair criticism, `ravindra` plays severity down. People appeal some of the decisions against them; most of those that
were wrong are overturned, and a few that were right.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from cases.decision import Appeal, Verdict
from cases.seed.corpus import WrittenCase
from cases.taxonomy import Taxonomy

START = datetime(2026, 3, 2, tzinfo=UTC)
DAYS = 182

SHIFTS = {
    "asia": (range(8), ("ravindra", "mei", "sione")),
    "europe": (range(8, 16), ("ottilie", "kwame", "petra")),
    "americas": (range(16, 24), ("lucia", "dale")),
}
STRICT, LENIENT = "ottilie", "ravindra"

WEEKEND_SHARE = 0.5
NIGHT_SHARE = 0.25
HURRIED_CATEGORY = {"easy": 0.01, "medium": 0.04, "hard": 0.09}
HURRIED_SEVERITY = {"easy": 0.03, "medium": 0.08, "hard": 0.12}
STRICT_ON_CRITICISM = 0.55
LENIENT_ON_SEVERITY = 0.40
WAIT_MEDIAN = {1: timedelta(minutes=6), 2: timedelta(hours=1.4), 3: timedelta(hours=9), 4: timedelta(hours=30)}
WAIT_SPREAD = 0.8
APPEALED = 0.12
OVERTURNED_IF_WRONG, OVERTURNED_IF_RIGHT = 0.8, 0.06


@dataclass(frozen=True, slots=True)
class PastCase:
    """A written case with the history drawn for it; times are aware UTC, handling is seconds."""

    written: WrittenCase
    received_at: datetime
    claimed_at: datetime
    decided_at: datetime
    handling_seconds: float
    decided_by: str
    verdict: Verdict
    appeal: Appeal | None


def past_cases(written: list[WrittenCase], taxonomy: Taxonomy) -> list[PastCase]:
    """The history of `written`, by time of receipt."""
    return sorted((_history(case, taxonomy) for case in written), key=lambda p: (p.received_at, p.written.id))


def report_times(past: PastCase) -> Iterator[datetime]:
    """When the further reports on a case came: between its first report and its claim."""
    draw = random.Random(f"{past.written.id}/reports")  # noqa: S311  a simulation, not a secret
    window = past.claimed_at - past.received_at
    for _ in past.written.further_reports:
        yield _whole(past.received_at + window * draw.random())


def arrival(draw: random.Random, start: datetime, days: int) -> datetime:
    """A time of receipt, with the rhythm of days and weeks (by rejection)."""
    while True:
        moment = start + timedelta(seconds=draw.random() * days * 86_400)
        weekend = WEEKEND_SHARE if moment.weekday() >= 5 else 1.0
        night = 1.0 if 7 <= moment.hour < 23 else NIGHT_SHARE
        if draw.random() < weekend * night:
            return _whole(moment)


def _history(case: WrittenCase, taxonomy: Taxonomy) -> PastCase:
    draw = random.Random(case.id)  # noqa: S311  a simulation, not a secret
    received = arrival(draw, START, DAYS)
    claimed = _whole(received + WAIT_MEDIAN[case.rubric.severity] * _log_normal(draw, WAIT_SPREAD))
    handling = round(_handling_seconds(case, draw))
    who = _on_shift(claimed, draw)
    verdict = _verdict(case, who, taxonomy, draw)
    decided = claimed + timedelta(seconds=handling)
    return PastCase(
        written=case,
        received_at=received,
        claimed_at=claimed,
        decided_at=decided,
        handling_seconds=float(handling),
        decided_by=who,
        verdict=verdict,
        appeal=_appeal(case, verdict, who, decided, taxonomy, draw),
    )


def _handling_seconds(case: WrittenCase, draw: random.Random) -> float:
    """Reading takes a quarter of a second a word; judging takes longer the harder and the graver the case is."""
    reading = 0.25 * len(case.description.split())
    judging = {"easy": 60, "medium": 150, "hard": 320}[case.difficulty] * (1.0 + 0.4 * (4 - case.rubric.severity))
    return (reading + judging) * _log_normal(draw, 0.5)


def _on_shift(moment: datetime, draw: random.Random) -> str:
    for hours, people in SHIFTS.values():
        if moment.hour in hours:
            return people[int(draw.random() * len(people))]
    raise AssertionError(moment)  # the shifts cover the day


def _verdict(case: WrittenCase, who: str, taxonomy: Taxonomy, draw: random.Random) -> Verdict:
    rubric = case.rubric
    slip, severity_slip = draw.random(), draw.random()
    wrong_category = HURRIED_CATEGORY[case.difficulty]
    if who == STRICT and not taxonomy.category(rubric.category).violation:
        wrong_category = STRICT_ON_CRITICISM
    verdict = rubric
    if case.tempting and slip < wrong_category:
        verdict = _tempted(case, taxonomy, draw)
    if severity_slip < HURRIED_SEVERITY[case.difficulty]:
        verdict = replace(verdict, severity=case.tempting_severity)
    elif who == LENIENT and severity_slip > 1.0 - LENIENT_ON_SEVERITY:
        verdict = replace(verdict, severity=min(rubric.severity + 1, taxonomy.levels[-1]))
    return verdict


def _tempted(case: WrittenCase, taxonomy: Taxonomy, draw: random.Random) -> Verdict:
    """The verdict of someone who took the tempting category: a clause of it, and what usually follows."""
    category = taxonomy.category(case.tempting)
    clause = category.sub_policies[int(draw.random() * len(category.sub_policies))]
    if not category.violation:
        return Verdict(category.id, case.tempting_severity, "no_action", "within_policy", clause.id)
    action = "remove_content" if draw.random() < 0.5 else "warn"
    return Verdict(category.id, case.tempting_severity, action, "breach_in_context", clause.id)


def _appeal(
    case: WrittenCase, verdict: Verdict, who: str, decided: datetime, taxonomy: Taxonomy, draw: random.Random
) -> Appeal | None:
    adverse = {action.id for action in taxonomy.actions if action.adverse}
    appealed, overturned, days = draw.random(), draw.random(), draw.random()
    if verdict.action not in adverse or appealed >= APPEALED:
        return None
    at = _whole(decided + timedelta(days=1 + 9 * days))
    others = [person for _, people in SHIFTS.values() for person in people if person != who]
    reviewer = others[int(draw.random() * len(others))]
    wrong = verdict.category != case.rubric.category or verdict.action != case.rubric.action
    if wrong and overturned < OVERTURNED_IF_WRONG:
        return Appeal(case.rubric, reviewer, at, overturned=True)
    if not wrong and overturned < OVERTURNED_IF_RIGHT:
        milder = Verdict(verdict.category, verdict.severity, "educate", "grey_area", verdict.sub_policy)
        return Appeal(milder, reviewer, at, overturned=True)
    return Appeal(verdict, reviewer, at, overturned=False)


def _log_normal(draw: random.Random, spread: float) -> float:
    """A draw with median 1 (Box and Muller's transform: stable over Python versions)."""
    radius = math.sqrt(-2.0 * math.log(1.0 - draw.random()))
    return math.exp(spread * radius * math.cos(2.0 * math.pi * draw.random()))


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
