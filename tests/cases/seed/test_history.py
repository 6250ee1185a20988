from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from cases.decision import Verdict
from cases.seed.corpus import FurtherReport, WrittenCase
from cases.seed.history import DAYS, LENIENT, SHIFTS, START, STRICT, PastCase, past_cases, report_times
from cases.taxonomy import Taxonomy
from tests.cases.seed.conftest import Parts

# Of all that is drawn for `invented`. It changes with the model of the team and its draws, not with the corpus;
# whoever changes these on purpose writes the new one down.
GOLDEN = "fa34e696b54597ce0529c80c0467d427bd3f355874d79e686b3f96227f6f0cc7"


def invented(number: int) -> WrittenCase:
    """A case that stays as it is whatever becomes of the corpus."""
    critical = number % 5 == 0
    rubric = Verdict("no_violation", 4, "no_action", "within_policy", "fair_criticism")
    if number % 3:
        rubric = Verdict("privacy", 1 if critical else 3, "remove_content", "clear_breach", "doxxing")
    return WrittenCase(
        id=f"invented-{number}",
        voice="student",
        channel="email",
        title="",
        description="word " * (8 + number),
        subject_kind="course",
        subject_ref=f"course-{number}",
        attributes={},
        language="en",
        rubric=rubric,
        tempting="harassment",
        tempting_severity=2,
        difficulty=("easy", "medium", "hard")[number % 3],
        further_reports=(FurtherReport("email", "student", "So do I say."),) * (number % 2),
    )


@pytest.fixture(scope="module")
def history(parts: Parts, taxonomy: Taxonomy) -> list[PastCase]:
    return past_cases(parts["training"], taxonomy)


@pytest.fixture(scope="module")
def long_history(parts: Parts, taxonomy: Taxonomy) -> list[PastCase]:
    """Ten such half-years: enough draws to see a habit in."""
    again = [replace(case, id=f"{case.id}/{year}") for year in range(10) for case in parts["training"]]
    return past_cases(again, taxonomy)


def drawn(past: PastCase) -> dict[str, Any]:
    return {**asdict(past), "written": past.written.id, "reports": [t.isoformat() for t in report_times(past)]}


def test_the_same_cases_have_the_same_history_each_time(
    history: list[PastCase], parts: Parts, taxonomy: Taxonomy
) -> None:
    assert [drawn(past) for past in past_cases(parts["training"], taxonomy)] == [drawn(past) for past in history]


def test_the_history_is_the_one_that_was_always_drawn(taxonomy: Taxonomy) -> None:
    cases = [invented(number) for number in range(200)]
    lines = [
        json.dumps(drawn(past), default=datetime.isoformat, sort_keys=True) for past in past_cases(cases, taxonomy)
    ]

    assert hashlib.sha256("\n".join(lines).encode()).hexdigest() == GOLDEN


def test_a_new_case_disturbs_no_other(history: list[PastCase], parts: Parts, taxonomy: Taxonomy) -> None:
    fewer = past_cases(parts["training"][::2], taxonomy)
    whole = {past.written.id: drawn(past) for past in history}

    assert all(drawn(past) == whole[past.written.id] for past in fewer)


def test_times_follow_one_another_over_a_half_year(history: list[PastCase]) -> None:
    for past in history:
        assert START <= past.received_at < START + timedelta(days=DAYS)
        assert past.received_at <= past.claimed_at < past.decided_at
        assert past.decided_at - past.claimed_at == timedelta(seconds=past.handling_seconds)
        assert all(past.received_at <= moment <= past.claimed_at for moment in report_times(past))
        assert past.appeal is None or past.appeal.decided_at > past.decided_at
    assert history == sorted(history, key=lambda past: past.received_at)


def test_days_and_weeks_have_their_rhythm(long_history: list[PastCase]) -> None:
    weekend = sum(past.received_at.weekday() >= 5 for past in long_history) / len(long_history)
    night = sum(not 7 <= past.received_at.hour < 23 for past in long_history) / len(long_history)

    # Half as many on each day of a weekend: 1 of 6 shares of a week. A quarter as many in each of 8 hours of night:
    # 2 of 18 shares of a day.
    assert weekend == pytest.approx(2 * 0.5 / 6, abs=0.02)
    assert night == pytest.approx(8 * 0.25 / 18, abs=0.02)


def test_the_graver_a_case_the_sooner_it_is_taken_and_some_are_late(
    history: list[PastCase], taxonomy: Taxonomy
) -> None:
    due = {level.level: level.first_touch for level in taxonomy.severity_levels}
    late: Counter[int] = Counter()
    waits: dict[int, list[timedelta]] = {level: [] for level in taxonomy.levels}
    for past in history:
        severity = past.written.rubric.severity
        waits[severity].append(past.claimed_at - past.received_at)
        late[severity] += waits[severity][-1] > due[severity]

    medians = [sorted(found)[len(found) // 2] for _, found in sorted(waits.items())]
    assert medians == sorted(medians)
    assert all(0.01 < late[level] / len(waits[level]) < 0.4 for level in taxonomy.levels), late


def test_eight_associates_decide_each_in_their_shift(history: list[PastCase]) -> None:
    assert len({past.decided_by for past in history}) == 8
    for past in history:
        (shift,) = [people for hours, people in SHIFTS.values() if past.claimed_at.hour in hours]
        assert past.decided_by in shift


def test_every_decision_is_of_the_policy(history: list[PastCase], taxonomy: Taxonomy) -> None:
    for past in history:
        taxonomy.check(past.verdict)
        if past.appeal:
            taxonomy.check(past.appeal.verdict)


def share(cases: list[PastCase], of: str, who: str, *, others: bool = False) -> float:
    """How often `who` (or everyone else) does it, of the cases where it could be done."""
    picked = [past for past in cases if (past.decided_by == who) != others]
    if of == "a breach in what is none":
        picked = [past for past in picked if past.written.rubric.category == "no_violation" and past.written.tempting]
        return sum(past.verdict.category != "no_violation" for past in picked) / len(picked)
    picked = [past for past in picked if past.written.rubric.severity < 4]
    return sum(past.verdict.severity > past.written.rubric.severity for past in picked) / len(picked)


def test_two_associates_have_a_habit_that_differs(long_history: list[PastCase]) -> None:
    breach, played_down = "a breach in what is none", "severity played down"

    assert share(long_history, breach, STRICT) > 0.4
    assert share(long_history, breach, STRICT, others=True) < 0.15
    assert share(long_history, played_down, LENIENT) > 0.3
    assert share(long_history, played_down, LENIENT, others=True) < 0.1


def test_most_decisions_are_the_rubrics_and_the_harder_the_case_the_fewer(long_history: list[PastCase]) -> None:
    right: dict[str, list[bool]] = {"easy": [], "medium": [], "hard": []}
    for past in long_history:
        right[past.written.difficulty].append(past.verdict.category == past.written.rubric.category)

    easy, medium, hard = (sum(found) / len(found) for found in right.values())
    assert easy > medium > hard > 0.85


def test_people_appeal_and_wrong_decisions_are_overturned_more_often(
    long_history: list[PastCase], taxonomy: Taxonomy
) -> None:
    adverse = {action.id for action in taxonomy.actions if action.adverse}
    outcomes: dict[bool, list[bool]] = {True: [], False: []}
    for past in long_history:
        if past.appeal is None:
            continue
        assert past.verdict.action in adverse
        assert past.appeal.decided_by != past.decided_by
        rubric = past.written.rubric
        was_wrong = (past.verdict.category, past.verdict.action) != (rubric.category, rubric.action)
        outcomes[was_wrong].append(past.appeal.overturned)

    wrong, right = (sum(outcomes[key]) / len(outcomes[key]) for key in (True, False))
    assert wrong > 0.6
    assert right < 0.15
    assert 0.05 < len(outcomes[True] + outcomes[False]) / len(long_history) < 0.15


def test_handling_takes_longer_the_harder_the_case(long_history: list[PastCase]) -> None:
    seconds: dict[str, list[float]] = {"easy": [], "medium": [], "hard": []}
    for past in long_history:
        seconds[past.written.difficulty].append(past.handling_seconds)

    medians = [sorted(found)[len(found) // 2] for found in seconds.values()]
    assert medians == sorted(medians)
    assert 30 < medians[0] < medians[-1] < 1_200


def test_a_history_of_nothing_is_empty(taxonomy: Taxonomy) -> None:
    none: list[WrittenCase] = []

    assert past_cases(none, taxonomy) == []
