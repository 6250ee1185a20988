from __future__ import annotations

import dataclasses
from datetime import datetime

import pytest

from cases.errors import InvalidInputError, NotFoundError
from cases.event import EventKind
from cases.ids import CaseId, ContentId, new_id
from cases.store import CaseStore
from tests.cases.store.builders import decide, file_one, score

MODEL = "a" * 64


def test_a_score_comes_back_with_every_digit(store: CaseStore) -> None:
    case = file_one(store)
    assert store.latest_score(case.id) is None
    sent = score(case)
    store.record_scores([sent])
    assert store.latest_score(case.id) == sent


def test_a_score_gives_back_what_the_model_knew_of_its_answer(store: CaseStore) -> None:
    case = file_one(store)
    sent = score(
        case,
        severity_level=1,
        tier="abstain",
        shortlist=("hate", "harassment"),
        novelty_p=0.1 + 0.2,
        sub_policy="slurs",
    )
    store.record_scores([sent])
    assert store.latest_score(case.id) == sent
    (row,) = store.rows("scores")
    assert (row["severity_level"], row["tier"], row["shortlist"]) == (1, "abstain", '["hate", "harassment"]')


def test_a_score_sets_the_order_key_and_leaves_an_event(store: CaseStore) -> None:
    case = file_one(store)
    sent = score(case, order_key=0.1 + 0.2)
    store.record_scores([sent])
    assert store.case(case.id).order_key == 0.1 + 0.2
    event = store.events(case.id)[-1]
    assert event.kind is EventKind.SCORED
    assert event.data == {
        "score_id": sent.id,
        "content_version": 1,
        "model_version": "caseload-default/1",
        "fallback": False,
        "order_key": 0.1 + 0.2,
        "parts": sent.priority,
    }


def test_a_score_of_an_older_content_is_kept_and_moves_nothing(store: CaseStore) -> None:
    about = {"subject_kind": "user", "subject_ref": "u1"}
    before = file_one(store, 1, **about)
    file_one(store, 2, **about)
    store.record_scores([score(before, order_key=9.0)])
    assert store.case(before.id).order_key == 0.0
    assert store.latest_score(before.id) is None
    assert len(list(store.rows("scores"))) == 1


def test_unscored_lists_undecided_cases_whose_latest_content_the_model_has_not_seen(store: CaseStore) -> None:
    about = {"subject_kind": "user", "subject_ref": "u1"}
    seen, joined, decided, fresh = (
        file_one(store, 1),
        file_one(store, 2, **about),
        file_one(store, 3),
        file_one(store, 4),
    )
    store.record_scores([score(seen), score(joined), score(fresh, model="b" * 64)])
    decide(store, decided.id)
    file_one(store, 5, **about)

    assert {case.id for case in store.unscored(10, MODEL)} == {joined.id, fresh.id}
    assert {case.id for case in store.unscored(10, "b" * 64)} == {seen.id, joined.id}
    assert len(store.unscored(1, MODEL)) == 1
    (again,) = (case for case in store.unscored(10, MODEL) if case.id == joined.id)
    assert again.content.version == 2
    store.record_scores([score(again), score(fresh)])
    assert store.unscored(10, MODEL) == []


def test_a_score_of_an_unknown_content_is_refused_and_the_batch_with_it(store: CaseStore) -> None:
    case, other = file_one(store, 1), file_one(store, 2)
    for wrong in (
        dataclasses.replace(score(case), content_id=ContentId(new_id())),
        dataclasses.replace(score(case), content_id=other.content.id),
        dataclasses.replace(score(case), case_id=CaseId(new_id())),
    ):
        with pytest.raises(NotFoundError, match="'content_id' must"):
            store.record_scores([score(other), wrong])
    assert list(store.rows("scores")) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"order_key": float("inf")}, "order_key"),
        ({"category": {"hate": 1.01}}, "category"),
        ({"severity": {1: float("nan")}}, "severity"),
        ({"priority": {"harm": float("nan")}}, "priority"),
        ({"seconds": -1.0}, "seconds"),
        ({"novelty_p": 1.5}, "novelty_p"),
        ({"novelty_p": float("nan")}, "novelty_p"),
        ({"tier": "x" * 101}, "tier"),
        ({"shortlist": ("",)}, "shortlist"),
        ({"created_at": datetime(2026, 3, 4)}, "created_at"),  # noqa: DTZ001 - naive on purpose
    ],
)
def test_a_score_that_is_no_judgement_is_refused(
    sqlite_store: CaseStore, changes: dict[str, object], field: str
) -> None:
    case = file_one(sqlite_store)
    with pytest.raises(InvalidInputError, match=f"'{field}' must"):
        sqlite_store.record_scores([score(case, **changes)])


def test_no_scores_are_recorded_without_complaint(sqlite_store: CaseStore) -> None:
    sqlite_store.record_scores([])
