"""What can be stored: text that every database takes, within the columns' lengths.

PostgreSQL refuses NUL, and a lone surrogate cannot be written as UTF-8 at all. Both are dropped where text comes in:
neither says anything, and a case must not be lost for them. What is too long for its column is refused by name.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping
from typing import TypeGuard

from cases.clock import as_utc
from cases.errors import InvalidInputError
from cases.event import AttributeValue
from cases.record import Attributes, NewReport
from cases.store.tables import CODE_LENGTH, NAME_LENGTH

# MariaDB takes 16 MiB in one packet, and a character may be four bytes.
MAX_TEXT_CHARACTERS = 2_000_000

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable_text(text: str, *, field: str) -> str:
    """`text` without NUL and lone surrogates.

    Raises:
        InvalidInputError: It is longer than `MAX_TEXT_CHARACTERS`.
    """
    return _bounded(_UNSTORABLE.sub("", text), MAX_TEXT_CHARACTERS, field)


def storable_code(code: str, *, field: str, required: bool = True) -> str:
    """`code` (a source, kind, channel, category) stripped, at most 100 characters.

    Raises:
        InvalidInputError: It is too long, or empty though required.
    """
    return _stripped(code, CODE_LENGTH, field, required=required)


def storable_name(name: str, *, field: str, required: bool = True) -> str:
    """`name` (an outside id, a person's or system's name) stripped, at most 255 characters.

    Raises:
        InvalidInputError: It is too long, or empty though required.
    """
    return _stripped(name, NAME_LENGTH, field, required=required)


def storable_attributes(attributes: Attributes) -> dict[str, AttributeValue]:
    """`attributes` as JSON can hold them.

    Raises:
        InvalidInputError: A value is no bool, finite number or string.
    """
    return {storable_code(name, field="attributes"): _storable_value(name, v) for name, v in attributes.items()}


def storable_report(report: NewReport) -> NewReport:
    """`report`, fit to be stored, its time in UTC.

    Raises:
        InvalidInputError: A field is empty, too long, of the wrong kind, or a time is naive; `field` names it.
    """
    description = storable_text(report.description, field="description")
    if not description.strip():
        raise InvalidInputError(
            f"'description' must hold text (got {len(report.description)} blank characters); "
            "send what was reported, or leave the report out",
            field="description",
        )
    return dataclasses.replace(
        report,
        source=storable_code(report.source, field="source"),
        external_id=storable_name(report.external_id, field="external_id"),
        title=storable_text(report.title, field="title"),
        description=description,
        received_at=as_utc(report.received_at, field="received_at"),
        channel=storable_code(report.channel, field="channel", required=False),
        subject_kind=storable_code(report.subject_kind, field="subject_kind", required=False),
        subject_ref=storable_name(report.subject_ref, field="subject_ref", required=False),
        attributes=storable_attributes(report.attributes),
        case_ref=storable_name(report.case_ref, field="case_ref", required=False),
        reporter=storable_text(report.reporter, field="reporter"),
    )


def finite(value: float, *, field: str, at_least: float = -math.inf) -> float:
    """`value` as a float, finite and at least `at_least`.

    Raises:
        InvalidInputError: It is not.
    """
    if not math.isfinite(value) or value < at_least:
        floor = "" if at_least == -math.inf else f" of at least {at_least:g}"
        raise InvalidInputError(f"{field!r} must be a finite number{floor} (got {value}); correct it", field=field)
    return float(value)


def merged_attributes(
    older: Mapping[str, AttributeValue], newer: Mapping[str, AttributeValue]
) -> dict[str, AttributeValue]:
    """The attributes of a case after a report with `newer` joined it.

    A case is as grave as its gravest report: booleans are or-ed, of two numbers the larger stays. Strings, and values
    whose kind changed, are the newest.
    """
    merged = dict(older)
    for name, value in newer.items():
        known = merged.get(name)
        if isinstance(known, bool) and isinstance(value, bool):
            merged[name] = known or value
        elif known is not None and _is_number(known) and _is_number(value):
            merged[name] = max(known, value)
        else:
            merged[name] = value
    return merged


def _is_number(value: AttributeValue) -> TypeGuard[int | float]:
    # Python's True is an int; here it is a fact, and no amount.
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _storable_value(name: str, value: AttributeValue) -> AttributeValue:
    if isinstance(value, str):
        return storable_text(value, field=f"attributes.{name}")
    if isinstance(value, float):
        return finite(value, field=f"attributes.{name}")
    if isinstance(value, (bool, int)):
        return value
    raise InvalidInputError(
        f"'attributes.{name}' must be a bool, a number or a string (got {type(value).__name__}); flatten it",
        field=f"attributes.{name}",
    )


def _stripped(text: str, longest: int, field: str, *, required: bool) -> str:
    # MariaDB compares without trailing spaces, the others with them: so none are kept.
    stripped = _UNSTORABLE.sub("", text).strip()
    if required and not stripped:
        raise InvalidInputError(f"{field!r} must not be blank (got {len(text)} characters); name it", field=field)
    return _bounded(stripped, longest, field)


def _bounded(text: str, longest: int, field: str) -> str:
    if len(text) > longest:
        raise InvalidInputError(
            f"{field!r} must be at most {longest} characters (got {len(text)}); shorten it", field=field
        )
    return text
