"""What of the API is on its way out, told in the answers to whoever still uses it: RFC 9745 and RFC 8594."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from fastapi import Response


@dataclass(frozen=True, slots=True)
class Deprecation:
    """Something that a later version will not have.

    Attributes:
        since: From when it is deprecated.
        until: Before then it is not taken away.
        says: What it is, and what to use instead.
    """

    since: datetime
    until: datetime
    says: str


DEPRECATIONS: Mapping[str, Deprecation] = {
    "queue_offset": Deprecation(
        datetime(2026, 11, 26, tzinfo=UTC),
        datetime(2027, 11, 26, tzinfo=UTC),
        "`offset` of GET /v1/queue. While the queue moves, cases are passed over by it or shown twice: ask for "
        "the next page by `cursor`, which is the `next_cursor` of the page before.",
    ),
}


def deprecated(response: Response, what: str) -> None:
    """Say in an answer's headers that it used something deprecated, a key of `DEPRECATIONS`."""
    told = DEPRECATIONS[what]
    response.headers["Deprecation"] = f"@{int(told.since.timestamp())}"
    response.headers["Sunset"] = format_datetime(told.until, usegmt=True)
    response.headers["Link"] = f'</deprecations/{what}>; rel="deprecation"; type="text/html"'
