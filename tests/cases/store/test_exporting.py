from __future__ import annotations

import json
from datetime import datetime

import pytest

from cases.errors import InvalidInputError
from cases.store import CaseStore
from tests.cases.store.builders import MORNING, decide, file_one, score
from tests.cases.store.conftest import NOON


def test_case_rows_are_flat_and_hold_the_latest_content(store: CaseStore) -> None:
    about = {"subject_kind": "user", "subject_ref": "u1"}
    file_one(store, 1, channel="email", attributes={"reach": 5, "name": "Zoë"}, reporter="Jo Doe", **about)
    case = file_one(store, 2, received_at=MORNING, **about)
    (row,) = store.rows("cases")
    assert row == {
        "id": case.id,
        "subject_kind": "user",
        "subject_external_id": "u1",
        "status": "open",
        "received_at": MORNING,
        "first_claimed_at": None,
        "decided_at": None,
        "queue": "main",
        "assigned_to": None,
        "hold_until": None,
        "paused_seconds": 0.0,
        "set_severity": None,
        "set_priority": None,
        "under_appeal": False,
        "order_key": 0.0,
        "reports": 2,
        "content_version": 2,
        "channel": "email",
        "title": "title 1",
        "description": "description 1\n\ndescription 2",
        "attributes": '{"reach": 5, "name": "Zoë"}',
    }


def test_decision_and_score_rows_are_flat(store: CaseStore) -> None:
    case = file_one(store)
    said = score(case)
    store.record_scores([said])
    decision = decide(store, case.id, note="a secret note")
    (decided,) = store.rows("decisions")
    assert (decided["id"], decided["category"], decided["other_categories"]) == (
        decision.id,
        "harassment",
        '["hate"]',
    )
    assert "secret" not in json.dumps(decided, default=str)
    (scored,) = store.rows("scores")
    assert json.loads(scored["category"]) == said.category
    assert (scored["top_category"], scored["top_severity"]) == ("hate", 2)
    for row in (decided, scored):
        assert all(isinstance(value, (str, int, float, bool, datetime, type(None))) for value in row.values())


def test_an_unknown_export_is_refused_before_it_is_read(sqlite_store: CaseStore) -> None:
    with pytest.raises(InvalidInputError, match="'name' must be one of cases, decisions, scores"):
        sqlite_store.rows("report_identities")  # type: ignore[arg-type]


def test_a_decision_that_was_withdrawn_says_when(store: CaseStore) -> None:
    first, second = file_one(store, 1), file_one(store, 2)
    decide(store, first.id)
    store.undo(first.id, by="ann")
    decide(store, second.id)
    assert [row["withdrawn_at"] for row in store.rows("decisions")] == [NOON, None]
