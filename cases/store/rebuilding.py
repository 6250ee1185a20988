"""Making the cases' rows anew from their events: to see whether they are what they should be, or to mend them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import datetime
from functools import partial

from sqlalchemy import Connection, select

from cases.case_state import CaseState
from cases.event import Event
from cases.handling import Difference
from cases.ids import CaseId
from cases.life import replay
from cases.store.database import Database
from cases.store.living import locked_states, states_of, write_states
from cases.store.pools import mispooled, set_right
from cases.store.rows import chunks, event_from
from cases.store.tables import cases, events

PAGE = 500

# Named where a case's history cannot be replayed at all.
EVENTS = "events"


class Rebuilding:
    """The part of the store that checks itself."""

    _db: Database

    def rebuild(self, *, check: bool = True) -> list[Difference]:
        """Replay every case's events and compare the outcome with its row.

        Memory stays constant but for the differences, and nobody has to wait: pages are read in transactions of their
        own, and only a case that seems to differ is locked and looked at again.

        Args:
            check: Only tell. False writes the row that the events make; a history that cannot be replayed is told
                and left.

        Returns:
            The cases that differ, or did before they were mended, by id.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        found: list[Difference] = []
        after = ""  # sorts before every id
        while page := self._db.read(partial(_page, after=after)):
            ids = list(page)
            after = ids[-1]
            suspects = [difference.case_id for difference in self._db.read(partial(_compared, states=page))]
            if suspects:
                found += self._db.write(partial(_looked_at_again, case_ids=suspects, mend=not check))
        pools = partial(_pools, moment=self._db.clock(), mend=not check)
        told = {difference.case_id for difference in found}
        # A case whose state is another lies in another pool with it.
        found += [one for one in (self._db.read if check else self._db.write)(pools) if one.case_id not in told]
        return sorted(found, key=lambda difference: difference.case_id)


def _pools(connection: Connection, *, moment: datetime, mend: bool) -> list[Difference]:
    """Cases that a claim would look for in the wrong place."""
    wrong = [CaseId(row.id) for row in connection.execute(select(cases.c.id).where(mispooled(moment)))]
    if mend:
        for some in chunks(wrong):
            set_right(connection, some, moment)
    return [Difference(case_id, (cases.c.pool.name,)) for case_id in wrong]


def _page(connection: Connection, *, after: str) -> dict[CaseId, CaseState]:
    query = select(cases).where(cases.c.id > after).order_by(cases.c.id).limit(PAGE)
    return states_of(connection, connection.execute(query).all())


def _compared(connection: Connection, *, states: dict[CaseId, CaseState]) -> list[Difference]:
    replayed = _replayed(connection, states)
    return [
        Difference(case_id, fields)
        for case_id, state in states.items()
        if (fields := _differing(state, replayed[case_id]))
    ]


def _looked_at_again(connection: Connection, *, case_ids: list[CaseId], mend: bool) -> list[Difference]:
    """What differs under the lock: before, a step may have come between the row and its events."""
    states = locked_states(connection, case_ids)
    found = _compared(connection, states=states)
    if mend:
        replayed = _replayed(connection, [difference.case_id for difference in found])
        write_states(
            connection,
            {case_id: (states[case_id], state) for case_id, state in replayed.items() if state is not None},
        )
    return found


def _replayed(connection: Connection, case_ids: Iterable[CaseId]) -> dict[CaseId, CaseState | None]:
    """By case id, what the events make of it; None where they make nothing."""
    wanted = list(case_ids)
    told: dict[CaseId, list[Event]] = {case_id: [] for case_id in wanted}
    for some in chunks(wanted):
        query = select(events).where(events.c.case_id.in_(some)).order_by(events.c.case_id, events.c.seq)
        for row in connection.execute(query):
            told[CaseId(row.case_id)].append(event_from(row))
    return {case_id: _state(history) for case_id, history in told.items()}


def _state(history: list[Event]) -> CaseState | None:
    try:
        return replay(history)
    except ValueError:
        return None


def _differing(state: CaseState, replayed: CaseState | None) -> tuple[str, ...]:
    if replayed is None:
        return (EVENTS,)
    return tuple(
        field.name
        for field in dataclasses.fields(CaseState)
        if getattr(state, field.name) != getattr(replayed, field.name)
    )
