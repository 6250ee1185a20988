"""Cases from before revisions 0003 and 0004: their lives begin with a snapshot, and go on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from cases.event import EventKind
from cases.handling import HoldReason, NoteKind, Outcome, RankReason, SkipReason
from cases.ids import CaseId
from cases.record import Rank
from cases.store import CaseStore, migrate
from cases.store.engine import make_engine
from tests.cases.store import record_0002
from tests.cases.store.builders import claim, decide, file_one, score
from tests.cases.store.test_migrations import columns


def test_cases_from_before_0003_get_a_snapshot_and_live_on(empty_url: str) -> None:
    migrate.upgrade(empty_url, "0002")
    record_0002.fill(empty_url)
    migrate.upgrade(empty_url)
    with CaseStore.open(empty_url) as store:
        assert store.rebuild() == []
        waiting, done = store.case(CaseId("open")), store.case(CaseId("done"))
        assert (waiting.order_key, waiting.rank_parts, waiting.queue) == (0.1, {"harm": 0.1}, "main")
        assert (done.decision_id, done.decided_at) == ("d2", waiting.received_at)
        assert [decision.id for decision in store.decisions(done.id)] == ["d1", "d2"]
        assert [event.kind for event in store.events(done.id)][-1] is EventKind.SNAPSHOT
        (note,) = store.notes(done.id)
        assert (note.text, note.kind, note.author, note.at) == (
            "an old note",
            NoteKind.DECISION,
            "eve",
            waiting.received_at,
        )
        (learnt,) = store.decided_cases()
        assert learnt.decision.id == "d2"
        store.appeal(done.id, by="u1", note="again")
        decide(store, done.id, outcome=Outcome.UPHOLD)
        file_one(store, 9)
        assert store.rebuild() == []


def test_the_way_back_from_0003_keeps_what_0002_can_say(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    with CaseStore.open(empty_url) as store:
        about = {"subject_kind": "user", "subject_ref": "u1"}
        plain, reopened, undone, into, merged = (file_one(store, number) for number in range(5))
        first = decide(store, reopened.id, note="kept")
        store.appeal(reopened.id, by="u1", note="lost")
        review = decide(store, reopened.id, holder="bob", outcome=Outcome.OVERTURN)
        store.undo(reopened.id, by="bob")
        assert review.reviews == first.id
        decide(store, undone.id, note="lost too")
        store.undo(undone.id, by="ann")
        store.skip(plain.id, "ann", claim(store, plain.id).token, SkipReason.OTHER)
        store.merge(merged.id, into.id, by="eve")
        file_one(store, 6, **about)
        file_one(store, 7, **about)
        kept = [row["id"] for row in store.rows("decisions") if row["id"] == first.id]

    migrate.downgrade(empty_url, "0002")
    engine = make_engine(empty_url)
    with engine.connect() as connection:
        statuses = dict(connection.execute(text("SELECT id, status FROM cases")).all())  # type: ignore[arg-type]
        assert [statuses[case.id] for case in (plain, reopened, undone, into, merged)] == [
            "open", "decided", "open", "open", "decided",
        ]  # fmt: skip
        assert connection.execute(text("SELECT id FROM decisions")).scalars().all() == kept
        assert connection.execute(text("SELECT text FROM notes")).scalars().all() == ["kept"]
        kinds = set(connection.execute(text("SELECT kind FROM events")).scalars())
        assert kinds == {"reported", "joined", "claimed", "decided", "overturned"}
        assert connection.execute(text("SELECT COUNT(*) FROM overturns")).scalar() == 1
    for table in ("events", "decisions"):
        for change in ("DELETE FROM {}", "UPDATE {} SET case_id = 'x'"):
            with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
                connection.execute(text(change.format(table)))
    engine.dispose()

    migrate.upgrade(empty_url)
    with CaseStore.open(empty_url) as store:
        assert store.rebuild() == []
        assert store.decisions(reopened.id) == (first,)


def test_0004_finds_out_what_is_free_leased_and_due(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    with CaseStore.open(empty_url) as store:
        free, leased, given_back, held, assigned, decided = (file_one(store, number) for number in range(6))
        store.record_scores([score(free, severity_level=2), score(held, severity_level=3)])
        store.set_severity(held.id, 1, by="lead", reason=RankReason.OTHER, rank=Rank(1.0))
        claim(store, leased.id)
        store.release(given_back.id, "ann", claim(store, given_back.id).token)
        store.hold(held.id, "lead", None, datetime.now(UTC) + timedelta(days=1), HoldReason.OTHER)
        store.assign(assigned.id, "bob", by="lead")
        decide(store, decided.id)
        names = ("id", "pool", "leased", "leased_until", "level")
        before = columns(empty_url, names)
    migrate.downgrade(empty_url, "0003")
    migrate.upgrade(empty_url)
    assert columns(empty_url, names) == before
    by_id = {row[0]: row[1:] for row in before}
    assert by_id[free.id] == ("open", False, None, 2)
    assert by_id[leased.id][:2] == ("open", True)
    assert by_id[given_back.id] == ("open", False, None, None)
    assert by_id[held.id] == ("held", False, None, 1)
    assert by_id[assigned.id][0] == "assigned"
    assert by_id[decided.id][:2] == ("closed", False)
