from __future__ import annotations

import dataclasses
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, delete, select

from cases.decision import Appeal, DecidedCase, PastDecision, Suggestion, SuggestionShown, Verdict
from cases.errors import ConflictError, InvalidInputError, NotFoundError, StaleLeaseError
from cases.event import EventKind
from cases.handling import ReopenReason
from cases.ids import CaseId, new_id
from cases.record import CaseStatus
from cases.store import CaseStore, learning
from cases.store.tables import contents
from tests.cases.store.builders import MORNING, VERDICT, decide, file_one, report, score
from tests.cases.store.conftest import NOON, SetClock


def test_a_decision_says_who_when_how_long_and_ends_the_lease(store: CaseStore, clock: SetClock) -> None:
    case = file_one(store)
    _, lease = store.claim(case.id, "ann", 60)
    clock.forward(minutes=5)
    decision = store.decide(
        case.id,
        VERDICT,
        holder="ann",
        token=lease.token,
        note="asked the instructor",
        shown=None,
        handling_seconds=120,
    )

    assert decision.verdict == VERDICT
    assert (decision.decided_by, decision.claimed_at, decision.decided_at) == ("ann", NOON, clock())
    assert (decision.handling_seconds, decision.content_id, decision.reviews) == (120.0, case.content.id, None)
    assert store.decisions(case.id) == (decision,)
    assert store.note(decision.id) == "asked the instructor"
    after = store.case(case.id)
    assert (after.status, after.decided_at) == (CaseStatus.DECIDED, clock())
    event = store.events(case.id)[-1]
    assert event.kind is EventKind.DECIDED
    assert event.data == {
        "decision_id": decision.id,
        "decided_at": clock().isoformat(),
        "category": "harassment",
        "severity": 2,
        "action": "remove",
        "suggestion": "unaided",
    }
    with pytest.raises(StaleLeaseError):
        store.renew(lease, 60)


def test_a_case_is_decided_exactly_once_however_many_try(store: CaseStore) -> None:
    case = file_one(store)
    _, lease = store.claim(case.id, "ann", 60)

    def attempt(_: int) -> bool:
        try:
            store.decide(case.id, VERDICT, holder="ann", token=lease.token, shown=None)
        except ConflictError as error:
            assert "decided" in str(error)  # noqa: PT017 - all but one raise
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(4))) == 1
    assert len(store.decisions(case.id)) == 1


@pytest.mark.parametrize(
    ("offered", "hidden", "suggestion", "shown", "rank"),
    [
        (("harassment", "hate", "spam"), False, Suggestion.ACCEPTED, True, 1),
        (("hate", "spam", "harassment"), False, Suggestion.ACCEPTED, True, 3),
        (("hate", "spam"), False, Suggestion.OVERRIDDEN, True, None),
        (("hate", "harassment"), True, Suggestion.UNAIDED, False, 2),
        ((), False, Suggestion.UNAIDED, False, None),
    ],
    ids=["first", "third", "none of them", "hidden", "abstained"],
)
def test_what_came_of_the_suggestion_is_recorded(
    store: CaseStore, offered: tuple[str, ...], hidden: bool, suggestion: Suggestion, shown: bool, rank: int | None
) -> None:
    case = file_one(store)
    said = score(case)
    store.record_scores([said])
    decision = decide(store, case.id, shown=SuggestionShown(said.id, offered, hidden))
    assert (decision.suggestion, decision.suggestion_shown, decision.suggested_rank) == (suggestion, shown, rank)
    assert decision.score_id == said.id


def test_a_suggestion_made_for_another_case_is_refused(store: CaseStore) -> None:
    case, other = file_one(store, 1), file_one(store, 2)
    said = score(other)
    store.record_scores([said])
    with pytest.raises(InvalidInputError, match="'score_id' must"):
        decide(store, case.id, shown=SuggestionShown(said.id, ("hate",)))
    assert store.case(case.id).status is CaseStatus.CLAIMED


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"severity": 0}, "severity"), ({"category": ""}, "category"), ({"reason": "x" * 101}, "reason")],
)
def test_a_verdict_that_cannot_be_stored_is_refused(
    sqlite_store: CaseStore, changes: dict[str, object], field: str
) -> None:
    case = file_one(sqlite_store)
    with pytest.raises(InvalidInputError, match=f"'{field}' must"):
        decide(sqlite_store, case.id, dataclasses.replace(VERDICT, **changes))  # type: ignore[arg-type]


def past(case_id: CaseId, **changes: object) -> PastDecision:
    plain = PastDecision(case_id, VERDICT, "bob", NOON, NOON - timedelta(hours=1), 90.0)
    return dataclasses.replace(plain, **changes)  # type: ignore[arg-type]


OVERTURNED = Appeal(
    Verdict("no_violation", 4, "none", "not_a_breach"), "eve", NOON + timedelta(days=2), overturned=True
)
UPHELD = Appeal(VERDICT, "eve", NOON + timedelta(days=2), overturned=False)


def test_a_past_decision_marks_its_case_with_the_times_given(store: CaseStore) -> None:
    case = file_one(store)
    assert store.record_past_decisions([past(case.id)], actor="import") == [True]
    after = store.case(case.id)
    assert (after.status, after.first_claimed_at, after.decided_at) == (
        CaseStatus.DECIDED,
        NOON - timedelta(hours=1),
        NOON,
    )
    (decision,) = store.decisions(case.id)
    assert (decision.verdict, decision.decided_by, decision.handling_seconds) == (VERDICT, "bob", 90.0)
    assert (decision.suggestion, decision.suggestion_shown) == (Suggestion.UNAIDED, False)
    event = store.events(case.id)[-1]
    assert (event.kind, event.actor, event.data["decided_by"]) == (EventKind.DECIDED, "import", "bob")


def test_an_appeal_follows_the_decision_that_it_reviews(store: CaseStore) -> None:
    overturned, upheld = file_one(store, 1), file_one(store, 2)
    rows = [past(overturned.id, appeal=OVERTURNED), past(upheld.id, appeal=UPHELD, claimed_at=None)]
    store.record_past_decisions(rows, actor="import")
    for case, appeal, kind in (
        (overturned, OVERTURNED, EventKind.OVERTURNED),
        (upheld, UPHELD, EventKind.UPHELD),
    ):
        first, review = store.decisions(case.id)
        assert (review.reviews, review.overturns, review.verdict) == (first.id, appeal.overturned, appeal.verdict)
        assert (first.reviews, first.overturns) == (None, False)
        assert store.events(case.id)[-1].kind is kind


def test_a_second_import_changes_nothing(store: CaseStore) -> None:
    case, other = file_one(store, 1), file_one(store, 2)
    store.record_past_decisions([past(case.id, appeal=OVERTURNED)], actor="import")
    before = (store.case(case.id), store.decisions(case.id), store.events(case.id))
    again = store.record_past_decisions([past(case.id, decided_by="eve"), past(other.id)], actor="import")
    assert again == [False, True]
    assert (store.case(case.id), store.decisions(case.id), store.events(case.id)) == before


@pytest.mark.parametrize("opens", ["appeal", "reopen"])
def test_a_second_import_ends_no_review(store: CaseStore, opens: str) -> None:
    case = file_one(store)
    store.record_past_decisions([past(case.id)], actor="import")
    if opens == "appeal":
        store.appeal(case.id, by="u1")
    else:
        store.reopen(case.id, by="lead", reason=ReopenReason.MISTAKE)
    before = (store.case(case.id), store.decisions(case.id))
    assert store.record_past_decisions([past(case.id)], actor="import") == [False]
    assert (store.case(case.id), store.decisions(case.id)) == before


def test_a_case_whose_latest_text_was_erased_is_decided_by_what_is_left(store: CaseStore, engine: Engine) -> None:
    about = {"subject_kind": "user", "subject_ref": "u1"}
    case, other = file_one(store, 1, **about), file_one(store, 9)
    file_one(store, 2, **about)
    first = erase(engine, case.id)
    assert store.bulk_decide([other.id], VERDICT, by="ann").items[0].decision_id
    assert decide(store, case.id).content_id == first
    gone = file_one(store, 3)
    erase(engine, gone.id)
    items = store.bulk_preview([gone.id])
    assert [item.state.value for item in items] == ["erased"]
    assert [item.state.value for item in store.bulk_decide([gone.id], VERDICT, by="ann").items] == ["erased"]


def erase(engine: Engine, case_id: CaseId) -> str | None:
    """Erase the newest text of a case; answers the id of the one before it."""
    with engine.begin() as connection:
        ids = (
            connection.execute(
                select(contents.c.id).where(contents.c.case_id == case_id).order_by(contents.c.version)
            )
            .scalars()
            .all()
        )
        connection.execute(delete(contents).where(contents.c.id == ids[-1]))
    return ids[-2] if len(ids) > 1 else None


def test_past_decisions_of_unknown_or_doubled_cases_are_refused_with_their_batch(store: CaseStore) -> None:
    case = file_one(store)
    with pytest.raises(NotFoundError, match="'case_id' must"):
        store.record_past_decisions([past(case.id), past(CaseId(new_id()))], actor="import")
    with pytest.raises(InvalidInputError, match="twice"):
        store.record_past_decisions([past(case.id), past(case.id)], actor="import")
    with pytest.raises(InvalidInputError, match="'decided_at' must"):
        store.record_past_decisions([past(case.id, decided_at=datetime(2026, 3, 4))], actor="import")  # noqa: DTZ001
    assert store.case(case.id).status is CaseStatus.OPEN


def test_decided_cases_come_with_the_decision_that_stands_oldest_first(store: CaseStore) -> None:
    about = {"subject_kind": "user", "subject_ref": "u1"}
    late = file_one(store, 3, **about, channel="email", attributes={"reach": 5})
    early = file_one(store, 1)
    file_one(store, 2)
    store.record_past_decisions([past(late.id), past(early.id, appeal=OVERTURNED)], actor="import")

    first, second = store.decided_cases()
    assert (first.case_id, first.subject_key) == (early.id, early.id)
    assert (first.decision.verdict, first.decision.overturns) == (OVERTURNED.verdict, True)
    assert second == DecidedCase(
        case_id=late.id,
        subject_key="user:u1",
        received_at=late.received_at,
        title="title 3",
        description="description 3",
        channel="email",
        attributes={"reach": 5},
        decision=store.decisions(late.id)[0],
    )


def test_a_decided_case_is_read_as_it_was_when_it_was_decided(store: CaseStore) -> None:
    case = file_one(store, 1, case_ref="C-1", attributes={"reach": 1})
    file_one(store, 2, case_ref="C-1", attributes={"reach": 2})
    decide(store, case.id)
    file_one(store, 3, case_ref="C-1", attributes={"reach": 3})
    (learnt,) = store.decided_cases()
    assert learnt.description == "description 1\n\ndescription 2"
    assert learnt.attributes == {"reach": 2}
    assert store.case(case.id).content.version == 3


def test_decided_cases_and_rows_lose_none_at_the_edges_of_pages(
    store: CaseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "PAGE", 3)
    monkeypatch.setattr("cases.store.exporting.PAGE", 3)
    # Nine with one time each and three that share theirs, so that a page ends inside a tie.
    batch = [report(number, received_at=MORNING + timedelta(minutes=max(number, 4))) for number in range(12)]
    filed = store.file_reports(batch, actor="intake")
    store.record_past_decisions([past(answer.case_id) for answer in filed], actor="import")
    learnt = [(case.received_at, case.case_id) for case in store.decided_cases()]
    assert learnt == sorted(learnt)
    assert {case_id for _, case_id in learnt} == {answer.case_id for answer in filed}
    assert len(learnt) == 12
    for name in ("cases", "decisions"):
        assert len({row["id"] for row in store.rows(name)}) == 12  # type: ignore[arg-type]


def test_a_reader_of_decided_cases_does_not_stop_a_writer(store: CaseStore) -> None:
    filed = store.file_reports([report(number) for number in range(3)], actor="intake")
    store.record_past_decisions([past(answer.case_id) for answer in filed], actor="import")
    reading = store.decided_cases()
    next(reading)
    assert file_one(store, 9).status is CaseStatus.OPEN
    assert len(list(reading)) == 2


def test_no_error_repeats_a_note_or_a_text(sqlite_store: CaseStore) -> None:
    case = file_one(sqlite_store, description="the secret text")
    with pytest.raises(StaleLeaseError) as caught:
        sqlite_store.decide(case.id, VERDICT, holder="ann", token=7, note="a secret note", shown=None)
    assert not re.search("secret", str(caught.value))
