"""Walking the chain of seals: does each hold, and is each event still what was sealed?

Pages are read in transactions of their own, so nobody waits and memory stays constant; seals that are made meanwhile
are walked too. An event that is written meanwhile counts as unsealed.
"""

from __future__ import annotations

from functools import partial

from sqlalchemy import Connection, func, select

from cases.event_digest import MARK_DIGITS, BatchDigest
from cases.number_ranges import count, numbers, written
from cases.seals import (
    GAPS_OPEN,
    KEYED,
    MOST_EVENTS,
    NO_HEAD,
    PLAIN,
    ChainHead,
    Finding,
    OpenGaps,
    Seal,
    SealKey,
    Verification,
    Wrong,
)
from cases.store.database import Database
from cases.store.seal_rows import digests_within, read_seals, within
from cases.store.tables import events, seals

_PAGE = 100
_BEFORE_ALL = -(2**63)


class Verifying:
    """The part of the store that verifies the chain."""

    _db: Database

    def verify_seals(self, key: SealKey | None = None, *, kept: ChainHead | None = None) -> Verification:
        """Walk the whole chain and tell the first thing that is wrong.

        Args:
            key: The one that seals are made with; None where they are made without.
            kept: A head that was kept elsewhere, and must be in the chain.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        walk = _Walk(self._db, key, kept)
        try:
            unsealed = walk.to_the_end()
        except _WrongError as error:
            return walk.outcome(None, error.finding)
        return walk.outcome(unsealed, None)


class _WrongError(Exception):
    """Stops the walk."""

    def __init__(self, what: Wrong, says: str, *, seal: int | None = None, event: int | None = None) -> None:
        super().__init__(says)
        self.finding = Finding(what, says, seal, event)


class _Walk:
    def __init__(self, db: Database, key: SealKey | None, kept: ChainHead | None) -> None:
        self._db = db
        self._key = key
        self._kept = kept
        self._last: Seal | None = None
        self._sealed = 0
        self._unkeyed = 0
        self._gaps = OpenGaps()

    def outcome(self, unsealed: int | None, wrong: Finding | None) -> Verification:
        last = self._last
        head = ChainHead() if last is None else ChainHead(last.seq, last.head, self._sealed, last.sealed_at)
        return Verification(head.seal, self._sealed, unsealed, self._unkeyed, head, wrong)

    def to_the_end(self) -> int:
        """Walk; answers how many events no seal has taken in yet."""
        self._nothing_before_the_first()
        after = _BEFORE_ALL
        while page := self._db.read(partial(_page, after=after)):
            for seq, seal in page:
                self._step(seq, seal)
            after = page[-1][0]
        last = self._last
        if self._kept is not None and self._kept.seal > (last.seq if last else 0):
            raise _WrongError(
                Wrong.CUT_OFF,
                f"the chain ends with seal {last.seq if last else 0}, and the head that was kept is of seal "
                f"{self._kept.seal}: the seals after it were removed",
                seal=self._kept.seal,
            )
        if last is None:
            return self._db.read(lambda connection: _count_after(connection, 0))
        if self._key is not None and last.algorithm == PLAIN:
            raise _WrongError(
                Wrong.NOT_KEYED,
                f"seal {last.seq}, the last, was made without the key; `caseload audit seal` makes one with it",
                seal=last.seq,
            )
        self._close_gaps(last)
        return self._db.read(partial(_count_unsealed, last=last, gaps=self._gaps))

    def _step(self, seq: int, seal: Seal | None) -> None:
        last = self._last
        due = 1 if last is None else last.seq + 1
        if seq > due:
            raise _WrongError(Wrong.SEAL_REMOVED, f"seal {due} is not there, and seal {seq} is", seal=due)
        if seal is None or seq < due:
            why = "cannot be read" if seal is None else "is before the first"
            raise _WrongError(Wrong.SEAL_CHANGED, f"seal {seq} {why}", seal=seq)
        self._check_head(seal)
        if last is not None:
            self._close_gaps(last)
        self._check_place(seal)
        self._db.read(partial(_check_events, seal=seal))
        self._gaps.add(seal.gaps, seal.sealed_at)
        self._last = seal
        self._sealed += seal.events
        self._unkeyed += seal.algorithm == PLAIN
        kept = self._kept
        if kept is not None and kept.seal == seal.seq and kept.head != seal.head:
            raise _WrongError(
                Wrong.REWRITTEN,
                f"seal {seq} has another head than the one that was kept: the chain was made anew",
                seal=seq,
            )

    def _check_head(self, seal: Seal) -> None:
        if seal.algorithm == KEYED and (self._key is None or self._key.id != seal.key_id):
            got = "no key is set" if self._key is None else "CASELOAD_AUDIT_KEY is another"
            raise _WrongError(Wrong.WRONG_KEY, f"seal {seal.seq} was made with a key, and {got}", seal=seal.seq)
        if seal.algorithm not in {KEYED, PLAIN} or seal.head_by(self._key) != seal.head:
            raise _WrongError(Wrong.SEAL_CHANGED, f"seal {seal.seq} has not the head that it makes", seal=seal.seq)
        if seal.algorithm == PLAIN and self._last is not None and self._last.algorithm == KEYED:
            raise _WrongError(
                Wrong.SEAL_CHANGED, f"seal {seal.seq} was made without the key, after one with it", seal=seal.seq
            )

    def _check_place(self, seal: Seal) -> None:
        last = self._last
        before = NO_HEAD if last is None else last.head
        if seal.previous_head != before:
            raise _WrongError(
                Wrong.SEAL_CHANGED,
                f"seal {seal.seq} follows another seal {seal.seq - 1} than the one that is there",
                seal=seal.seq - 1 or 1,
            )
        fits = (
            seal.first_event == (1 if last is None else last.last_event + 1)
            and seal.last_event >= seal.first_event - 1
            and all(seal.first_event <= low and high <= seal.last_event for low, high in seal.gaps)
            and (last is None or seal.sealed_at >= last.sealed_at)
            and seal.events <= MOST_EVENTS
            and seal.events == count(seal.covered)
            and len(seal.marks) == MARK_DIGITS * seal.events
            and self._gaps.take(seal.late)
        )
        if not fits:
            raise _WrongError(
                Wrong.SEAL_CHANGED, f"seal {seal.seq} seals other numbers than those that were left", seal=seal.seq
            )

    def _close_gaps(self, last: Seal) -> None:
        """Nothing may be in a gap that the seal after `last` no longer looks at."""
        closed = self._gaps.expire(last.sealed_at)
        found = self._db.read(lambda connection: _first_within(connection, closed)) if closed else None
        if found is not None:
            raise _WrongError(
                Wrong.EVENT_INSERTED,
                f"event {found} was not there when its number was passed, nor {GAPS_OPEN.days * 24} hours after",
                event=found,
            )

    def _nothing_before_the_first(self) -> None:
        found = self._db.read(
            lambda connection: connection.execute(select(func.min(events.c.seq)).where(events.c.seq < 1)).scalar()
        )
        if found is not None:
            raise _WrongError(
                Wrong.EVENT_INSERTED, f"event {found} is numbered below 1, as the store numbers none", event=found
            )


def _page(connection: Connection, *, after: int) -> list[tuple[int, Seal | None]]:
    query = select(seals).where(seals.c.seq > after).order_by(seals.c.seq).limit(_PAGE)
    return read_seals(connection, query)


def _check_events(connection: Connection, *, seal: Seal) -> None:
    """Are the events that it seals there, and what they were?"""
    there = digests_within(connection, seal.covered)
    missing = next((due for due, found in _beside(seal, [seq for seq, _ in there]) if due != found), None)
    if missing is not None:
        raise _WrongError(
            Wrong.EVENT_REMOVED,
            f"event {missing}, which seal {seal.seq} took in, is not there",
            seal=seal.seq,
            event=missing,
        )
    digest = BatchDigest()
    for seq, one in there:
        if one is None:
            raise _WrongError(
                Wrong.EVENT_CHANGED,
                f"event {seq}, which seal {seal.seq} took in, cannot be read",
                seal=seal.seq,
                event=seq,
            )
        digest.add(one)
    if digest.hex() != seal.digest:
        changed = _first_unlike(seal, digest.marks, [seq for seq, _ in there])
        which = f"one of the events {written(seal.covered)}" if changed is None else f"event {changed}"
        raise _WrongError(
            Wrong.EVENT_CHANGED,
            f"{which}, which seal {seal.seq} took in, is not what it was",
            seal=seal.seq,
            event=changed,
        )


def _first_unlike(seal: Seal, marks: str, found: list[int]) -> int | None:
    """The first event with another mark; None where the change happens to keep it, once in 4 · 10^9 times."""
    places = range(0, len(marks), MARK_DIGITS)
    unlike = (
        seq
        for seq, at in zip(found, places, strict=True)
        if marks[at : at + MARK_DIGITS] != seal.marks[at : at + MARK_DIGITS]
    )
    return next(unlike, None)


def _beside(seal: Seal, found: list[int]) -> list[tuple[int, int | None]]:
    """Each number that is due, beside the one that is there in its place."""
    due = list(numbers(seal.covered))
    return list(zip(due, [*found, *[None] * (len(due) - len(found))], strict=True))


def _first_within(connection: Connection, ranges: list[tuple[int, int]]) -> int | None:
    for condition in within(ranges):
        found: int | None = connection.execute(select(func.min(events.c.seq)).where(condition)).scalar()
        if found is not None:
            return found
    return None


def _count_after(connection: Connection, seq: int) -> int:
    return int(connection.execute(select(func.count()).where(events.c.seq > seq)).scalar_one())


def _count_unsealed(connection: Connection, *, last: Seal, gaps: OpenGaps) -> int:
    late = sum(
        int(connection.execute(select(func.count()).where(condition)).scalar_one())
        for condition in within(gaps.ranges)
    )
    return late + _count_after(connection, last.last_event)
