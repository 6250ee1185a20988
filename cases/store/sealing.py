"""Sealing: the next batch of events, chained to the seal before. `cases.seals` says what a seal is.

Whoever writes events meets no lock of this: what is to be sealed is read, and then one row is written. Of several
that seal at once one comes first, and the others look again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import Connection, func, insert, or_, select
from sqlalchemy.exc import IntegrityError

from cases.errors import ConflictError, DamagedRecordError, InvalidInputError
from cases.event_digest import BatchDigest
from cases.number_ranges import complement, ranges_of
from cases.seals import GAPS_OPEN, KEYED, MOST_EVENTS, NO_HEAD, PLAIN, ChainHead, Link, OpenGaps, Seal, SealKey
from cases.store.database import Database
from cases.store.seal_rows import digests_where, digests_within, read_seals, seal_values
from cases.store.tables import events, seals

# Few enough that reading them takes milliseconds, and that a seal which does not hold says where to look.
BATCH = 1_000

# Each time another was first, so the chain has grown; who is last so often meets something else.
_ATTEMPTS = 50


class Sealing:
    """The part of the store that seals events."""

    _db: Database

    def seal(self, key: SealKey | None = None, *, upon: Link | None = None, at_most: int = BATCH) -> Seal | None:
        """Seal the next events; answers the seal, or None where there was nothing to seal.

        The first call with a key makes a seal even of no event, so that the chain before it is held too.

        Args:
            key: What to make the seal with; None makes one that whoever writes to the database could make too.
            upon: A link that the chain must still hold, as the caller saw it before.
            at_most: How many events, 1 to 10,000.

        Raises:
            InvalidInputError: The chain is made with a key, and this is another or none; or `at_most` cannot be.
            DamagedRecordError: The chain's end does not hold, `upon` is not in it, or an event cannot be read.
            ConflictError: Others were first, time and again.
            StoreUnavailableError: The database does not answer.
        """
        if not 1 <= at_most <= MOST_EVENTS:
            raise InvalidInputError(
                f"'at_most' must be from 1 to {MOST_EVENTS} (got {at_most}); correct it", field="at_most"
            )
        for _ in range(_ATTEMPTS):
            now = self._db.clock()
            made = self._db.read(partial(_next, key=key, upon=upon, at_most=at_most, now=now))
            if made is None:
                return None
            try:
                self._db.write(partial(_write, seal=made))
            except IntegrityError:
                continue
            return made
        raise ConflictError(
            f"'seals' must take the next seal (got another first, {_ATTEMPTS} times); try again, and if that does "
            "not help run `caseload audit verify`"
        )

    def chain_head(self) -> ChainHead:
        """Where the chain ends; nothing is checked.

        Raises:
            DamagedRecordError: Its last seal cannot be read.
            StoreUnavailableError: The database does not answer.
        """

        def work(connection: Connection) -> ChainHead:
            last = _last(connection)
            if last is None:
                return ChainHead()
            total = select(func.sum(seals.c.events)).where(seals.c.seq <= last.seq)
            return ChainHead(last.seq, last.head, int(connection.execute(total).scalar_one()), last.sealed_at)

        return self._db.read(work)


def _write(connection: Connection, *, seal: Seal) -> None:
    connection.execute(insert(seals).values(**seal_values(seal)))


def _next(
    connection: Connection, *, key: SealKey | None, upon: Link | None, at_most: int, now: datetime
) -> Seal | None:
    last = _last(connection)
    _require_whole(connection, last, key, upon)
    late = [] if last is None else digests_within(connection, _open_gaps(connection, last).ranges, at_most)
    covered = 0 if last is None else last.last_event
    fresh = digests_where(connection, events.c.seq > covered, at_most - len(late)) if len(late) < at_most else []
    begins_key = key is not None and last is not None and last.algorithm == PLAIN
    if not late and not fresh and not begins_key:
        return None
    return _sealed(last, late, fresh, key, now)


def _sealed(
    last: Seal | None,
    late: Sequence[tuple[int, bytes | None]],
    fresh: Sequence[tuple[int, bytes | None]],
    key: SealKey | None,
    now: datetime,
) -> Seal:
    digest = BatchDigest()
    for seq, one in (*late, *fresh):
        if one is None:
            raise DamagedRecordError(
                f"'events' must be as the store writes them (got event {seq}, which cannot be read); find out who "
                "changed it and restore it"
            )
        digest.add(one)
    first = 1 if last is None else last.last_event + 1
    there = ranges_of(seq for seq, _ in fresh)
    seal = Seal(
        seq=1 if last is None else last.seq + 1,
        first_event=first,
        last_event=fresh[-1][0] if fresh else first - 1,
        events=len(late) + len(fresh),
        gaps=complement(first, there[-1][1], there) if there else (),
        late=ranges_of(seq for seq, _ in late),
        digest=digest.hex(),
        marks=digest.marks,
        previous_head=NO_HEAD if last is None else last.head,
        algorithm=PLAIN if key is None else KEYED,
        key_id="" if key is None else key.id,
        sealed_at=now if last is None else max(now, last.sealed_at),
    )
    return seal.with_head(key)


def _last(connection: Connection) -> Seal | None:
    found = read_seals(connection, select(seals).order_by(seals.c.seq.desc()).limit(1))
    if not found:
        return None
    seq, seal = found[0]
    if seal is None:
        raise _damaged(f"seal {seq}, which cannot be read")
    return seal


def _require_whole(connection: Connection, last: Seal | None, key: SealKey | None, upon: Link | None) -> None:
    """Chain nothing to an end that does not hold: what was done to it would only be found later."""
    if last is not None:
        if last.algorithm == KEYED and (key is None or key.id != last.key_id):
            raise InvalidInputError(
                f"'CASELOAD_AUDIT_KEY' must be the key that seal {last.seq} was made with "
                f"(got {'none' if key is None else 'another'}); set it",
                field="CASELOAD_AUDIT_KEY",
            )
        if last.head_by(key) != last.head:
            raise _damaged(f"seal {last.seq}, which was changed")
    number, head = upon or (0, NO_HEAD)
    if number:
        held = connection.execute(select(seals.c.head).where(seals.c.seq == number)).scalar_one_or_none()
        if held != head:
            raise _damaged(f"no seal {number} with the head that it had")


def _damaged(what: str) -> DamagedRecordError:
    return DamagedRecordError(
        f"'seals' must be the chain that was made (got {what}); run `caseload audit verify`, and find out who did it"
    )


def _open_gaps(connection: Connection, last: Seal) -> OpenGaps:
    """Which numbers the seal after `last` looks at again."""
    query = (
        select(seals)
        .where(seals.c.sealed_at >= last.sealed_at - GAPS_OPEN, or_(seals.c.gaps != "", seals.c.late != ""))
        .order_by(seals.c.seq)
    )
    opened = OpenGaps()
    for seq, seal in read_seals(connection, query):
        if seal is None:
            raise _damaged(f"seal {seq}, which cannot be read")
        # Those of a gap from before `query` are not among the open ones, and need not be.
        opened.take(seal.late)
        opened.add(seal.gaps, seal.sealed_at)
    return opened
