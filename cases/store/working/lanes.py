"""The statements by which a claim finds its case, built once: building them costs more than running them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    bindparam,
    false,
    literal_column,
    select,
    union_all,
)

from cases.store.column_types import UtcDateTime
from cases.store.database import Database
from cases.store.pools import Pool, came_back
from cases.store.rows import of_queues
from cases.store.tables import QUEUE_ORDER, cases
from cases.store.working.claimable import not_for

# What `heads` answers as a lane where something is to be put back first.
CAME_BACK = -1

# Of each combination of queues that somebody works on.
_KEPT = 256
_SORTED_BY = (cases.c.order_key, cases.c.received_at, cases.c.id)


@dataclass(frozen=True, slots=True)
class Lanes:
    """Where the next case may come from: what is assigned to the holder, and what is open in each queue.

    All statements take `holder`, `moment` (business time) and `passed_over` (ids of cases).

    Attributes:
        heads: In one look, the first of each lane (its number), the database's time, and whether anything came back
            by the clock.
        locking: By number: the lane's first case that nobody else locks, locked.
    """

    heads: CompoundSelect[Any]
    locking: tuple[Select[Any], ...]


def lanes_of(db: Database, queues: Sequence[str] | None) -> Lanes:
    """Those of some queues; None for all."""
    return _lanes(db.now_column(), None if queues is None else tuple(queues), skip_locked=db.skips_locked)


@lru_cache(_KEPT)
def _lanes(now: ColumnElement[datetime], queues: tuple[str, ...] | None, *, skip_locked: bool) -> Lanes:
    asked: Sequence[str | None] = [None] if queues is None else queues
    lanes = [assigned_query(queues), *(free_query(queue) for queue in asked)]
    locking = (lane.limit(1).with_for_update(key_share=True, skip_locked=skip_locked) for lane in lanes)
    return Lanes(heads_query(lanes, now), tuple(locking))


def heads_query(lanes: Sequence[Select[Any]], now: ColumnElement[datetime]) -> CompoundSelect[Any]:
    """The first of each lane, and what came back by the clock."""
    moment = bindparam("moment", type_=UtcDateTime)
    heads = [(number, lane.with_only_columns(*_SORTED_BY).limit(1)) for number, lane in enumerate(lanes)]
    came = [(CAME_BACK, select(*_SORTED_BY).where(ended).limit(1)) for ended in came_back(now, moment).values()]
    found = [(number, query.subquery()) for number, query in (*heads, *came)]
    return union_all(
        *(
            select(literal_column(str(number)).label("lane"), *head.c, now.label("now")).select_from(head)
            for number, head in found
        )
    )


def free_query(queue: str | None) -> Select[Any]:
    """The cases of a queue (None: of all) that anybody may take, the most urgent first, as an index has them."""
    query = _in_order(Pool.OPEN)
    return query if queue is None else query.where(cases.c.queue == queue)


def assigned_query(queues: Sequence[str] | None) -> Select[Any]:
    """The cases of these queues (None: of all) that nobody but the holder may take, in the same order."""
    query = _in_order(Pool.ASSIGNED).where(cases.c.assigned_to == bindparam("holder"))
    return query.where(*of_queues(queues))


def _in_order(pool: Pool) -> Select[Any]:
    return (
        select(cases)
        .where(
            cases.c.pool == pool.value,
            cases.c.leased == false(),
            cases.c.id.not_in(bindparam("passed_over", expanding=True)),
            *not_for(bindparam("holder")),
        )
        .order_by(*QUEUE_ORDER)
    )
