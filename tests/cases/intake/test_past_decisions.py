from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cases.category_map import CategoryChange, CategoryMap
from cases.decision import Appeal, PastDecision, Verdict
from cases.intake.rows import NOT_FILED
from tests.cases.intake.row_reading import TAXONOMY, accepted, rejected
from tests.cases.intake.tables import APPEAL, DECISION, REPORT

VERDICT = Verdict("intellectual_property", 3, "remove_content", "clear_breach", "copied_course_or_lecture")


def test_a_row_that_was_decided_gives_the_decision_and_a_case_of_its_own() -> None:
    cells = REPORT | DECISION
    cells |= {
        "other_categories": "privacy; harassment",
        "claimed_at": "2026-03-02T09:00:00Z",
        "handling_seconds": "90",
    }

    row = accepted(cells)

    assert row.report.case_ref == "T-1"
    assert row.decision == PastDecision(
        case_id=NOT_FILED,
        verdict=replace(VERDICT, other_categories=("privacy", "harassment")),
        decided_by="petra",
        decided_at=datetime(2026, 3, 2, 10, tzinfo=UTC),
        claimed_at=datetime(2026, 3, 2, 9, tzinfo=UTC),
        handling_seconds=90.0,
    )
    assert accepted(cells | {"case_ref": "C-9"}).report.case_ref == "C-9"


@pytest.mark.parametrize("value", [["privacy", "harassment"], '["privacy", "harassment"]', "privacy,harassment"])
def test_several_categories_are_a_list_or_text_with_separators(value: object) -> None:
    row = accepted(REPORT | DECISION | {"other_categories": value})

    assert row.decision is not None
    assert row.decision.verdict.other_categories == ("privacy", "harassment")


def test_an_appeal_changes_what_it_names_and_leaves_the_rest() -> None:
    row = accepted(REPORT | DECISION | APPEAL)

    assert row.decision is not None
    assert row.decision.verdict == VERDICT
    assert row.decision.appeal == Appeal(
        verdict=replace(VERDICT, action="educate", reason="grey_area"),
        decided_by="kwame",
        decided_at=datetime(2026, 3, 9, 10, tzinfo=UTC),
        overturned=True,
    )


def test_an_appeal_to_another_category_does_not_keep_the_first_ones_clause() -> None:
    row = accepted(REPORT | DECISION | APPEAL | {"appeal_category": "no_violation", "appeal_severity": 4})

    assert row.decision is not None
    assert row.decision.appeal is not None
    verdict = row.decision.appeal.verdict
    assert (verdict.category, verdict.sub_policy, verdict.severity) == ("no_violation", "", 4)


@pytest.mark.parametrize(
    ("cells", "column", "expected"),
    [
        ({"category": ""}, "category", "the category decided on"),
        ({"category": "copyright"}, "category", "one of the taxonomy's (intellectual_property, "),
        ({"sub_policy": "stalking"}, "sub_policy", "one of the taxonomy's (copied_course_or_lecture, "),
        ({"other_categories": "privacy;copyright"}, "other_categories", "one of the taxonomy's ("),
        ({"severity": "5"}, "severity", "one of the taxonomy's (1, 2, 3, 4)"),
        ({"severity": "high"}, "severity", "a whole number"),
        ({"severity": ""}, "severity", "a severity level"),
        ({"action": "delete"}, "action", "one of the taxonomy's (no_action, "),
        ({"action": ""}, "action", "the action taken"),
        ({"reason": "because"}, "reason", "one of the taxonomy's (clear_breach, "),
        ({"decided_by": ""}, "decided_by", "who decided"),
        ({"decided_at": ""}, "decided_at", "a time"),
        ({"decided_at": "2026-02-28T00:00:00Z"}, "decided_at", "not before 'received_at'"),
        ({"claimed_at": "2026-03-05T00:00:00Z"}, "decided_at", "not before 'claimed_at'"),
        ({"handling_seconds": -5}, "handling_seconds", "a number of 0 or more"),
        ({"appeal_overturned": ""}, "appeal_overturned", "whether it was overturned"),
        ({"appeal_decided_by": ""}, "appeal_decided_by", "who reviewed it"),
        ({"appeal_decided_at": "2026-03-01T10:00:00Z"}, "appeal_decided_at", "not before 'decided_at'"),
        ({"appeal_category": "copyright"}, "appeal_category", "one of the taxonomy's ("),
        ({"appeal_action": "delete"}, "appeal_action", "one of the taxonomy's ("),
    ],
)
def test_a_decision_with_a_fault_rejects_its_row(cells: dict[str, object], column: str, expected: str) -> None:
    rejection = rejected(REPORT | DECISION | APPEAL | cells)

    assert rejection.column == column
    assert expected in rejection.expected


def test_a_lone_leftover_of_a_decision_is_not_taken_for_an_undecided_row() -> None:
    assert rejected(REPORT | {"decided_by": "petra"}).column == "category"
    assert accepted(REPORT | {"decided_by": "petra"}, columns={"decided_by": ""}).decision is None


CHANGED = replace(
    TAXONOMY,
    version=2,
    category_map=CategoryMap(
        (
            CategoryChange("copyright", 2, "intellectual_property", {}, {}),
            CategoryChange("trust", 2, "", {"fake_reviews": "review_manipulation"}, {}),
            CategoryChange("privacy", 2, "privacy", {}, {"leak": "personal_data_exposed"}),
        )
    ),
)


@pytest.mark.parametrize(
    ("category", "sub_policy"),
    [("copyright", "whatever_it_was"), ("trust", "fake_reviews"), ("trust", ""), ("privacy", "leak")],
)
def test_a_category_of_an_earlier_policy_is_stored_as_it_was(category: str, sub_policy: str) -> None:
    cells = REPORT | DECISION | {"category": category, "sub_policy": sub_policy, "other_categories": "copyright"}

    row = accepted(cells, taxonomy=CHANGED)

    assert row.decision is not None
    assert (row.decision.verdict.category, row.decision.verdict.sub_policy) == (category, sub_policy)


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"category": "copyrights"}, "category"),
        ({"category": "copyright", "severity": "9"}, "severity"),
        ({"category": "privacy", "sub_policy": "leaks"}, "sub_policy"),
    ],
)
def test_what_no_policy_ever_knew_is_rejected_all_the_same(cells: dict[str, object], column: str) -> None:
    assert rejected(REPORT | DECISION | cells, taxonomy=CHANGED).column == column
