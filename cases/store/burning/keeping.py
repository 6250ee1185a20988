"""Keeping what burns: each fire is begun and ended once, and told once, however many services look.

Whoever keeps fires locks one row first, so that of two that see the same at once the second finds it standing.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from cases.errors import ConflictError, NotFoundError
from cases.fires import MOST_NOTE, NAMED_CASES, QUIET, FireChanges, FireEnd, FireId, FireKind, Sighting
from cases.ids import CaseId, new_id
from cases.store.database import Database
from cases.store.rows import AnyRow
from cases.store.storable import storable_name, storable_text
from cases.store.tables import fire_cases, fire_ends, fire_notes, fire_states, fires
from cases.store.telling.deriving import keep_deliveries
from cases.store.telling.hooking import active_webhooks
from cases.telling import Message, Told

# By which a new kind is known again as it grows: its latest cases.
MOST_MEMBERS = 200
_LOCK = ""

_STANDING = select(fire_states).where(fire_states.c.standing.is_not(None), fire_states.c.fire_id != _LOCK)


class Keeping:
    """The part of the store that begins and ends fires."""

    _db: Database

    def keep_fires(self, seen: Sequence[Sighting], looked_for: Collection[FireKind] = tuple(FireKind)) -> FireChanges:
        """Keep what burns now, and let receivers be told of what began and what ended.

        Args:
            seen: What this look saw.
            looked_for: The kinds that it could have seen; fires of the others stay as they are.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        if not seen and self._db.read(lambda connection: connection.execute(_STANDING.limit(1)).first()) is None:
            return FireChanges()
        # The row to lock is made once; of two that make it at once one looks again.
        return self._db.write(
            partial(_keep, now=self._db.clock(), seen=seen, looked_for=looked_for), retry_duplicates=True
        )

    def acknowledge_fire(self, fire_id: FireId, *, by: str, note: str = "") -> None:
        """Say that somebody knows: it is told as over. What still comes in of it begins no other.

        Args:
            fire_id: Which.
            by: Who.
            note: What they know; it can be erased.

        Raises:
            NotFoundError: There is no such fire.
            ConflictError: It is over already.
            InvalidInputError: `note` is too long.
        """
        said, who = storable_text(note, field="note").strip()[:MOST_NOTE], storable_name(by, field="by")

        def work(connection: Connection) -> None:
            now, _ = self._db.clock(), _locked(connection, self._db.clock())
            row = connection.execute(select(fires).where(fires.c.id == fire_id)).one_or_none()
            if row is None:
                raise NotFoundError("'fire_id' must name a fire (got another id); take it from the list of fires")
            if _is_over(connection, fire_id):
                raise ConflictError("'fire_id' must name a fire that burns (got one that is over); look at it again")
            if said:
                connection.execute(insert(fire_notes).values(fire_id=fire_id, author=who, written_at=now, text=said))
            _tell(connection, [_end(connection, row, FireEnd.ACKNOWLEDGED, now, by=who)], now)

        self._db.write(work, retry_duplicates=True)


def forget_fire_notes(connection: Connection, case_id: CaseId) -> int:
    """Erase what was written on fires that were seen from the case; answers how many notes."""
    return connection.execute(delete(fire_notes).where(_seen_from(case_id))).rowcount


def count_fire_notes(connection: Connection, case_id: CaseId) -> int:
    """How many `forget_fire_notes` would erase."""
    return len(connection.execute(select(fire_notes.c.fire_id).where(_seen_from(case_id))).all())


def _seen_from(case_id: CaseId) -> Any:  # noqa: ANN401 - an SQL condition
    return fire_notes.c.fire_id.in_(select(fire_cases.c.fire_id).where(fire_cases.c.case_id == case_id))


def _keep(
    connection: Connection, *, now: datetime, seen: Sequence[Sighting], looked_for: Collection[FireKind]
) -> FireChanges:
    standing = _locked(connection, now)
    known: set[str] = set()
    told: list[Message] = []
    for sighting in seen:
        row = _same(standing.values(), sighting)
        if row is None:
            state, message = _begin(connection, sighting, now)
            told.append(message)
            standing[sighting.standing] = state
        else:
            state = _seen_again(connection, row, sighting, now)
            standing[row["standing"]] = state
        known.add(state["fire_id"])
    began = tuple(FireId(message.about) for message in told)
    kinds = tuple(f"{kind.value}:" for kind in looked_for)
    for state in standing.values():
        quiet = now - state["seen_at"] >= QUIET and state["standing"].startswith(kinds)
        if quiet and state["fire_id"] not in known:
            told += _gone(connection, state["fire_id"], now)
    _tell(connection, told, now)
    return FireChanges(began, tuple(FireId(each.about) for each in told if each.kind is Told.FIRE_ENDED))


def _locked(connection: Connection, now: datetime) -> dict[str, dict[str, Any]]:
    """What stands, by its name, once no other service can change it."""
    locking = select(fire_states.c.fire_id).where(fire_states.c.fire_id == _LOCK).with_for_update()
    if connection.execute(locking).one_or_none() is None:
        connection.execute(
            insert(fire_states).values(fire_id=_LOCK, standing=_LOCK, seen_at=now, arrivals=0, members=[])
        )
    return {row.standing: row._asdict() for row in connection.execute(_STANDING)}


def _same(standing: Collection[Mapping[str, Any]], sighting: Sighting) -> Mapping[str, Any] | None:
    """The fire that this is, as it stands: by its name, or a new kind by any of its cases."""
    for row in standing:
        if row["standing"] == sighting.standing:
            return row
        new_kind = row["standing"].startswith(FireKind.NEW_KIND.value)
        if sighting.kind is FireKind.NEW_KIND and new_kind and set(row["members"]) & set(sighting.case_ids):
            return row
    return None


def _begin(connection: Connection, sighting: Sighting, now: datetime) -> tuple[dict[str, Any], Message]:
    fire_id = FireId(new_id())
    named = sighting.case_ids[:NAMED_CASES]
    row = {
        "id": fire_id,
        "kind": sighting.kind.value,
        "category": sighting.about if sighting.kind is FireKind.BURST_OF_CATEGORY else None,
        "subject_id": sighting.about if sighting.kind is FireKind.BURST_ON_SUBJECT else None,
        "window_seconds": int(sighting.window / timedelta(seconds=1)),
        "arrivals": sighting.count,
        "expected": sighting.expected,
        "p_value": sighting.p_value,
        "teams": list(sighting.teams),
        "started_at": now,
    }
    state = {
        "fire_id": fire_id,
        "standing": sighting.standing,
        "seen_at": now,
        "arrivals": sighting.count,
        "members": _members(sighting, ()),
    }
    connection.execute(insert(fires).values(row))
    if named:
        placed = [{"fire_id": fire_id, "case_id": case_id, "place": at} for at, case_id in enumerate(named)]
        connection.execute(insert(fire_cases), placed)
    connection.execute(insert(fire_states).values(state))
    told = {name: value for name, value in row.items() if name not in ("id", "started_at", "arrivals")}
    told |= {"fire_id": fire_id, "count": sighting.count, "case_ids": list(named)}
    return state, _message(fire_id, Told.FIRE_STARTED, now, told)


def _seen_again(connection: Connection, row: Mapping[str, Any], sighting: Sighting, now: datetime) -> dict[str, Any]:
    changed = {"seen_at": now, "arrivals": sighting.count, "members": _members(sighting, row["members"])}
    connection.execute(update(fire_states).where(fire_states.c.fire_id == row["fire_id"]).values(changed))
    return {**row, **changed}


def _members(sighting: Sighting, known: Sequence[str]) -> list[str]:
    if sighting.kind is not FireKind.NEW_KIND:
        return []
    # Ids ascend with time.
    return sorted({*known, *sighting.case_ids})[-MOST_MEMBERS:]


def _gone(connection: Connection, fire_id: str, now: datetime) -> list[Message]:
    """It stands no longer; told as over unless somebody said so before."""
    connection.execute(update(fire_states).where(fire_states.c.fire_id == fire_id).values(standing=None))
    if _is_over(connection, fire_id):
        return []
    row = connection.execute(select(fires).where(fires.c.id == fire_id)).one()
    return [_end(connection, row, FireEnd.QUIET, now)]


def _is_over(connection: Connection, fire_id: str) -> bool:
    return connection.execute(select(fire_ends).where(fire_ends.c.fire_id == fire_id)).first() is not None


def _end(connection: Connection, row: AnyRow, because: FireEnd, now: datetime, *, by: str = "") -> Message:
    connection.execute(insert(fire_ends).values(fire_id=row.id, ended_at=now, because=because.value, ended_by=by))
    told = {
        "fire_id": row.id,
        "kind": row.kind,
        "category": row.category,
        "subject_id": row.subject_id,
        "because": because.value,
        "started_at": row.started_at.isoformat(),
    }
    return _message(row.id, Told.FIRE_ENDED, now, told)


def _message(fire_id: str, kind: Told, at: datetime, data: Mapping[str, Any]) -> Message:
    return Message(f"msg_{uuid.uuid5(uuid.UUID(fire_id), kind.value)}", kind, fire_id, at, data)


def _tell(connection: Connection, told: Sequence[Message], now: datetime) -> None:
    if told:
        keep_deliveries(connection, active_webhooks(connection), [(None, message) for message in told], now)
