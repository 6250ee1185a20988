from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import cast

import pytest

from cases.decision import Appeal, PastDecision, Verdict
from cases.errors import InvalidInputError
from cases.handling import Outcome, RankReason, ReopenReason
from cases.record import NewReport, Rank
from cases.store import CaseStore
from cases.taxonomy import Taxonomy
from tests.cases.store.builders import decide, file_one, score


@dataclass(frozen=True)
class Level:
    level: int
    name: str
    first_touch: timedelta


@dataclass(frozen=True)
class Policy:
    severity_levels: tuple[Level, ...]


def register(store: CaseStore, *levels: Level) -> None:
    store.register_policy(cast("Taxonomy", Policy(levels)))


SUNDAY_NIGHT = datetime(2026, 3, 1, 23, 59, 59, 999999, tzinfo=UTC)
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
LAST_WEEK, THIS_WEEK = date(2026, 2, 23), date(2026, 3, 2)

HATE = Verdict("hate", 1, "remove", "clear_breach")
SPAM = Verdict("spam", 3, "warn", "clear_breach")
NONE = Verdict("no_violation", 4, "none", "not_a_breach")


def past_case(
    store: CaseStore,
    number: int,
    received: datetime,
    verdict: Verdict,
    *,
    by: str = "bob",
    touched_after: timedelta | None = None,
    decided_after: timedelta = timedelta(days=1),
    appeal: Appeal | None = None,
    reports: int = 1,
) -> None:
    batch = [
        NewReport("src", f"{number}-{part}", "", "text", received, case_ref=f"C{number}") for part in range(reports)
    ]
    case_id = store.file_reports(batch, actor="import")[0].case_id
    claimed_at = None if touched_after is None else received + touched_after
    row = PastDecision(case_id, verdict, by, received + decided_after, claimed_at, appeal=appeal)
    store.record_past_decisions([row], actor="import")


def test_volume_counts_cases_and_reports_by_category_and_the_mondays_week(store: CaseStore) -> None:
    past_case(store, 1, SUNDAY_NIGHT, HATE)
    past_case(store, 2, MONDAY, HATE, reports=3)
    past_case(store, 3, MONDAY, HATE, appeal=Appeal(SPAM, "eve", MONDAY + timedelta(days=9), overturned=True))
    past_case(store, 4, MONDAY, SPAM)
    scored = file_one(store, 5, received_at=MONDAY + timedelta(days=6))
    store.record_scores([score(scored, category={"spam": 0.6, "hate": 0.4})])
    file_one(store, 6, received_at=MONDAY + timedelta(days=7))

    rows = [tuple(row.values()) for row in store.view("volume_by_category_week")]
    assert rows == [
        (LAST_WEEK, "hate", 1, 1, 1),
        (THIS_WEEK, "hate", 1, 1, 3),
        (THIS_WEEK, "spam", 3, 2, 3),  # one overturned into it, one decided, one only suggested
        (date(2026, 3, 9), "(unscored)", 1, 0, 1),
    ]
    assert list(store.view("volume_by_category_week")[0]) == ["week", "category", "cases", "decided", "reports"]


def test_overturns_are_counted_against_the_decider_and_the_month(store: CaseStore) -> None:
    day = timedelta(days=1)
    past_case(store, 1, MONDAY, HATE, appeal=Appeal(NONE, "eve", MONDAY + 9 * day, overturned=True))
    past_case(store, 2, MONDAY, HATE, appeal=Appeal(HATE, "eve", MONDAY + 40 * day, overturned=False))
    past_case(store, 3, MONDAY, HATE)
    past_case(store, 4, MONDAY, HATE)
    past_case(store, 5, MONDAY, HATE, by="ann")

    rows = store.view("overturns")
    march, april = date(2026, 3, 1), date(2026, 4, 1)
    assert [tuple(row.values()) for row in rows] == [
        (march, "hate", "ann", 1, 0, 0, 0.0),
        (march, "hate", "bob", 4, 2, 1, 0.25),
        (march, "no_violation", "eve", 1, 0, 0, 0.0),
        (april, "hate", "eve", 1, 0, 0, 0.0),
    ]
    assert list(rows[0]) == [
        "month", "category", "decided_by", "decisions", "reviewed", "overturned", "overturned_share",
    ]  # fmt: skip
    assert all(isinstance(row["overturned_share"], float) for row in rows)


def test_first_touch_is_measured_to_the_microsecond_against_the_severitys_limit(store: CaseStore) -> None:
    register(store, Level(1, "critical", timedelta(minutes=15)), Level(3, "medium", timedelta(hours=24)))
    moment = timedelta(microseconds=1)
    limit = timedelta(minutes=15)
    past_case(store, 1, MONDAY + 7 * moment, HATE, touched_after=limit)
    past_case(store, 2, MONDAY + 3 * moment, HATE, touched_after=limit + moment)
    past_case(store, 3, MONDAY, HATE, touched_after=timedelta(0))
    past_case(store, 4, MONDAY, HATE, decided_after=timedelta(minutes=30))  # does not say when it was claimed
    past_case(store, 5, MONDAY, SPAM, touched_after=timedelta(hours=2))
    past_case(store, 6, MONDAY, NONE, touched_after=timedelta(hours=2))  # of a severity that the policy lacks

    rows = [dict(row) for row in store.view("first_touch_sla")]
    averages = [row.pop("average_minutes") for row in rows]
    assert averages == pytest.approx([15.0, 120.0, 120.0], abs=1e-5)
    assert [tuple(row.values()) for row in rows] == [
        (THIS_WEEK, 1, "critical", 15.0, 4, 2, 2, 0),
        (THIS_WEEK, 3, "medium", 1440.0, 1, 1, 0, 0),
        (THIS_WEEK, 4, None, None, 1, 0, 0, 0),
    ]
    assert list(rows[0]) == [
        "week", "severity", "severity_name", "sla_minutes", "cases", "within_sla", "late", "waiting",
    ]  # fmt: skip


def test_cases_that_nobody_touched_are_waiting_and_then_late(store: CaseStore) -> None:
    register(store, Level(2, "high", timedelta(hours=4)))
    present = datetime.now(UTC)
    for number, age in enumerate((timedelta(hours=1), timedelta(hours=5), timedelta(hours=6))):
        case = file_one(store, number, received_at=present - age)
        store.record_scores([score(case, severity={1: 0.3, 2: 0.7})])
    file_one(store, 9, received_at=present)  # not scored, so its limit is not known

    rows = store.view("first_touch_sla")
    assert sum(row["waiting"] for row in rows) == 1
    assert sum(row["late"] for row in rows) == 2
    assert sum(row["within_sla"] for row in rows) == 0
    assert sum(row["cases"] for row in rows if row["severity"] is None) == 1
    assert {row["average_minutes"] for row in rows} == {None}


def test_first_touch_goes_by_the_severity_shown_and_on_older_scores_by_the_likeliest(store: CaseStore) -> None:
    register(store, Level(1, "critical", timedelta(minutes=15)), Level(2, "high", timedelta(hours=4)))
    present = datetime.now(UTC)
    likely_high = {1: 0.3, 2: 0.7}
    shown, older = (file_one(store, number, received_at=present - timedelta(hours=1)) for number in (1, 2))
    store.record_scores([score(shown, severity=likely_high, severity_level=1), score(older, severity=likely_high)])

    rows = {row["severity"]: (row["late"], row["waiting"]) for row in store.view("first_touch_sla")}
    assert rows == {1: (1, 0), 2: (0, 1)}


def test_a_policy_registered_again_replaces_the_one_before(store: CaseStore) -> None:
    register(store, Level(1, "critical", timedelta(minutes=15)), Level(2, "high", timedelta(hours=4)))
    register(store, Level(1, "urgent", timedelta(minutes=30)))
    past_case(store, 1, MONDAY, HATE, touched_after=timedelta(minutes=20))
    (row,) = store.view("first_touch_sla")
    assert (row["severity_name"], row["sla_minutes"], row["within_sla"]) == ("urgent", 30.0, 1)


def test_an_unknown_view_is_refused(sqlite_store: CaseStore) -> None:
    with pytest.raises(InvalidInputError, match="'name' must be one of volume_by_category_week"):
        sqlite_store.view("cases; DROP TABLE cases")  # type: ignore[arg-type]


def test_what_was_withdrawn_or_merged_is_not_counted_and_a_reopening_is_no_appeal(store: CaseStore) -> None:
    undone, reopened, appealed, into, merged = (file_one(store, number, received_at=MONDAY) for number in range(5))
    decide(store, undone.id, HATE)
    store.undo(undone.id, by="ann")
    decide(store, reopened.id, HATE)
    store.reopen(reopened.id, by="eve", reason=ReopenReason.MISTAKE)
    decide(store, reopened.id, SPAM)
    decide(store, appealed.id, HATE)
    store.appeal(appealed.id, by="u1")
    decide(store, appealed.id, NONE, holder="bob", outcome=Outcome.OVERTURN)
    store.undo(appealed.id, by="bob")
    decide(store, appealed.id, HATE, holder="bob", outcome=Outcome.UPHOLD)
    store.merge(merged.id, into.id, by="eve")

    march = date(2026, 3, 1)
    assert [tuple(row.values())[:6] for row in store.view("overturns")] == [
        (march, "hate", "ann", 2, 1, 0),  # the reopened and the appealed; nothing of the undone
        (march, "hate", "bob", 1, 0, 0),
        (march, "spam", "ann", 1, 0, 0),
    ]
    assert [tuple(row.values()) for row in store.view("volume_by_category_week")] == [
        (THIS_WEEK, "(unscored)", 2, 0, 3),  # the undone, and the one that took two reports
        (THIS_WEEK, "hate", 1, 1, 1),
        (THIS_WEEK, "spam", 1, 1, 1),
    ]
    assert sum(row["cases"] for row in store.view("first_touch_sla")) == 4


def test_a_case_under_appeal_counts_by_the_decision_that_stands_and_as_undecided(store: CaseStore) -> None:
    case = file_one(store, 1, received_at=MONDAY)
    decide(store, case.id, HATE)
    store.appeal(case.id, by="u1")
    (row,) = store.view("volume_by_category_week")
    assert (row["category"], row["cases"], row["decided"]) == ("hate", 1, 0)


def test_first_touch_goes_by_the_severity_that_a_person_set(store: CaseStore) -> None:
    register(store, Level(1, "critical", timedelta(minutes=15)), Level(2, "high", timedelta(hours=4)))
    case = file_one(store, 1, received_at=datetime.now(UTC) - timedelta(hours=1))
    store.record_scores([score(case, severity={2: 1.0}, severity_level=2)])
    assert [(row["severity"], row["waiting"]) for row in store.view("first_touch_sla")] == [(2, 1)]
    store.set_severity(case.id, 1, by="eve", reason=RankReason.MISJUDGED, rank=Rank(9.0))
    assert [(row["severity"], row["late"]) for row in store.view("first_touch_sla")] == [(1, 1)]
