"""Cursors: where a page of a list ended, as a text that callers hand back and never look into."""

from __future__ import annotations

import base64
import json
import math
from datetime import datetime

from cases.clock import as_utc
from cases.errors import InvalidInputError
from cases.fires import FireId
from cases.ids import CaseId, is_id
from cases.listing import QueuePlace


def queue_cursor(place: QueuePlace) -> str:
    """After this place of the queue."""
    return _written("q", [place.order_key, place.received_at.isoformat(), place.case_id])


def queue_place(cursor: str) -> QueuePlace:
    """The place that `queue_cursor` wrote.

    Raises:
        InvalidInputError: It is no cursor of the queue.
    """
    match _read("q", cursor):
        case [float() as key, str() as received, str() as case_id] if is_id(case_id) and math.isfinite(key):
            try:
                return QueuePlace(key, as_utc(datetime.fromisoformat(received)), CaseId(case_id))
            except (ValueError, InvalidInputError) as error:
                raise _refused() from error
    raise _refused()


def cases_cursor(case_id: CaseId) -> str:
    """After this case in the list of cases."""
    return _written("c", [case_id])


def cases_place(cursor: str) -> CaseId:
    """The case that `cases_cursor` wrote.

    Raises:
        InvalidInputError: It is no cursor of the list of cases.
    """
    match _read("c", cursor):
        case [str() as case_id] if is_id(case_id):
            return CaseId(case_id)
    raise _refused()


def events_cursor(seq: int) -> str:
    """After this event of a case."""
    return _written("e", [seq])


def events_place(cursor: str) -> int:
    """The event that `events_cursor` wrote.

    Raises:
        InvalidInputError: It is no cursor of a case's events.
    """
    match _read("e", cursor):
        # Python's True is an int, and no event's number.
        case [int() as seq] if not isinstance(seq, bool) and 0 <= seq < 2**63:
            return seq
    raise _refused()


def fires_cursor(fire_id: FireId) -> str:
    """After this fire in the list of fires."""
    return _written("f", [fire_id])


def fires_place(cursor: str) -> FireId:
    """The fire that `fires_cursor` wrote.

    Raises:
        InvalidInputError: It is no cursor of the list of fires.
    """
    match _read("f", cursor):
        case [str() as fire_id] if is_id(fire_id):
            return FireId(fire_id)
    raise _refused()


def _written(of: str, place: list[object]) -> str:
    told = json.dumps([of, *place], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(told).decode().rstrip("=")


def _read(of: str, cursor: str) -> list[object]:
    try:
        told = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError) as error:
        raise _refused() from error
    if not isinstance(told, list) or not told or told[0] != of:
        raise _refused()
    return told[1:]


def _refused() -> InvalidInputError:
    return InvalidInputError(
        "'cursor' must be the 'next_cursor' of a page of this list (got another text); leave it out to begin anew",
        field="cursor",
    )
