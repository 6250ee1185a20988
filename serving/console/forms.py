"""What forms and addresses of pages say, as it is meant."""

from __future__ import annotations

from cases.errors import NotFoundError
from cases.ids import is_id
from serving.api.storable import storable


def nothing_if_empty(value: object) -> object:
    """None for a field that was left alone, which a form sends as an empty text; else what can be stored of it."""
    return storable(value) or None


def id_of(text: str, field: str) -> str:
    """`text`, if it is written as an id of ours.

    Raises:
        NotFoundError: It is not; it is not repeated, since it might be anything.
    """
    if not is_id(text):
        raise NotFoundError(
            f"{field!r} must be an id that we gave (got {len(text)} characters); take it from the page before"
        )
    return text
