r"""What an event is, byte for byte, so that it has the same digest on each database and after any restore.

An event's **encoding** is one JSON array in ASCII, without blanks:

    ["caseload.event/1",seq,case_id,kind,at,actor,data]

- `at` is UTC with six digits of the second: `2026-03-04T12:00:00.000000+00:00`.
- Names in an object ascend by their characters' code points.
- Characters outside ASCII, and those that JSON must escape, are written as Python's `json` does it: `\n`, `\"`, `\\`,
  else `\uXXXX` in lower case, two of them for a character beyond U+FFFF.
- A number that was kept without point and exponent is written so, and so is one with, where it is whole and below
  2^53. All others are the shortest decimal that reads back as the same double, as Python's `repr` has it.

Its **digest** is the SHA-256 of the encoding in UTF-8. The digest of a batch is the SHA-256 of `caseload.batch/1`, a
line feed, and the events' digests, 32 bytes each, in ascending order of `seq`. Of each event a batch also keeps a
**mark**, the first eight hexadecimal digits of its digest: not to protect it, but to tell which event was changed.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

EVENT = "caseload.event/1"
BATCH = b"caseload.batch/1\n"

MARK_DIGITS = 8

# Up to here a double holds each whole number.
_EXACT = 2**53


def canonical(value: object) -> bytes:
    """`value`, of JSON's kinds, as the module says that it is encoded.

    Raises:
        ValueError: It holds something that JSON does not know.
    """
    try:
        return json.dumps(_plain(value), ensure_ascii=True, separators=(",", ":"), sort_keys=True).encode()
    except (TypeError, RecursionError) as error:
        raise ValueError(f"'value' must be of JSON's kinds (got a {type(error).__name__}); correct it") from error


def moment(at: datetime) -> str:
    """An aware time in UTC as it is encoded."""
    return at.isoformat(timespec="microseconds")


def event_digest(seq: int, case_id: str, kind: str, at: datetime, actor: str, data: str) -> bytes:
    """The 32 bytes of an event's digest.

    Args:
        seq: Its number.
        case_id: Of the case that it happened to.
        kind: What happened.
        at: When, aware, in UTC.
        actor: Who did it.
        data: JSON text, written in whichever way the database keeps it.

    Raises:
        ValueError: It is no event as the store writes one.
    """
    if not all(isinstance(text, str) for text in (case_id, kind, actor, data)):
        raise ValueError(f"'event' must hold text where it should (got event {seq}, which does not); correct it")
    try:
        told = json.loads(data, object_pairs_hook=_named_once)
    except RecursionError as error:
        raise ValueError(f"'data' must not be nested so deep (got event {seq}); correct it") from error
    return hashlib.sha256(canonical([EVENT, seq, case_id, kind, moment(at), actor, told])).digest()


class BatchDigest:
    """The digest and the marks of a batch, made while its events come in."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256(BATCH)
        self._marks: list[str] = []

    def add(self, digest: bytes) -> None:
        """Take in the next event's digest."""
        self._hash.update(digest)
        self._marks.append(digest.hex()[:MARK_DIGITS])

    @property
    def marks(self) -> str:
        """The events' marks in a row."""
        return "".join(self._marks)

    def hex(self) -> str:
        """The batch's digest, 64 hexadecimal digits."""
        return self._hash.hexdigest()


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, float) and abs(value) < _EXACT and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    # Two readers would see two values: one takes the first, one the last.
    if len(made) != len(pairs):
        raise ValueError("'data' must name each value once (got a name twice); correct it")
    return made
