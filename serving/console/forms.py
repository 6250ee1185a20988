"""What forms send, as it is meant."""

from __future__ import annotations

from serving.api.storable import storable


def nothing_if_empty(value: object) -> object:
    """None for a field that was left alone, which a form sends as an empty text; else what can be stored of it."""
    return storable(value) or None
