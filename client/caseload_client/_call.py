"""One call of the API, said without any network: what is sent, and how what comes back is read."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from caseload_client.errors import UnreadableAnswerError
from caseload_client.requests import Version, plain

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_VISIBLE = re.compile(r"[\x21-\x7e]{1,255}")
_FIELD_NAME = re.compile(r"[a-z0-9_]{1,64}")
_NO_PARAMS: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class Received:
    """An answer, whole. `headers` are looked up whatever their case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A call.

    Attributes:
        path: From the service's root, ids quoted.
        read: Makes the answer of what was received.
        body: JSON; None: none is sent.
        also: Statuses above 299 that `read` reads, too, where they come with JSON or with nothing: no problem
            document, and no page of a proxy's.
        open: It needs no key, and is given none.
        once: It is not sent again, whatever happens.
    """

    method: str
    path: str
    read: Callable[[Received], T]
    params: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = field(default=None, repr=False)
    also: frozenset[int] = frozenset()
    open: bool = False
    once: bool = False

    def with_header(self, name: str, value: str, *, also: AbstractSet[int]) -> Call[T]:
        """The call with one more header, which may be answered by `also`, too."""
        return replace(self, headers={**self.headers, name: value}, also=frozenset(also))

    def reads(self, received: Received) -> bool:
        """Whether it is an answer, and not an error."""
        if 200 <= received.status < 300:
            return True
        kind = received.headers.get("content-type", "").partition(";")[0].strip().lower()
        return received.status in self.also and kind in ("", "application/json")


def getting(path: str, read: Callable[[Received], T], params: Mapping[str, object] = _NO_PARAMS) -> Call[T]:
    """A call that asks. Parameters that are None are left out, lists are repeated."""
    return Call("GET", path, read, params=_pairs(params))


def posting(
    path: str,
    read: Callable[[Received], T],
    body: Mapping[str, object] | bytes | None = None,
    *,
    idempotency_key: str | None = None,
    version: Version | None = None,
    params: Mapping[str, object] = _NO_PARAMS,
) -> Call[T]:
    """A call that does something, and does it once however often it is sent.

    Raises:
        ValueError: The idempotency key or the version is not one, or the body is not JSON.
    """
    headers = {"Idempotency-Key": _idempotency_key(idempotency_key)}
    if version is not None:
        headers["If-Match"] = _if_match(version)
    if isinstance(body, Mapping):
        body = encoded(body)
    return Call("POST", path, read, params=_pairs(params), headers=headers, body=body)


def given(**fields: object) -> dict[str, object]:
    """Those of the fields that were given: not None."""
    return {name: plain(value) for name, value in fields.items() if value is not None}


def encoded(value: object) -> bytes:
    """`value` as JSON in ASCII.

    Raises:
        ValueError: It is not JSON; what it is instead is not repeated.
    """
    wrong = ""
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":")).encode("ascii")
    except (TypeError, ValueError, RecursionError) as error:
        wrong = type(error).__name__
    # Outside the handler: the error that was caught may quote what it could not write.
    raise ValueError(
        f"'body' must be JSON: texts, finite numbers, true, false, null, lists and mappings of these (got {wrong}); "
        "look at the attributes"
    )


def reads(model: type[M]) -> Callable[[Received], M]:
    """Reads a body of that model."""

    def read(received: Received) -> M:
        try:
            return model.model_validate_json(received.body)
        except ValidationError as error:
            why = _in_words(error)
        raise unreadable(received, f"does not fit {model.__name__} ({why})")

    return read


def read_document(received: Received) -> dict[str, Any]:
    """Reads any JSON object."""
    try:
        document = json.loads(received.body)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise unreadable(received, "is not a JSON object")
    return document


def read_nothing(_received: Received) -> None:
    """Reads an answer that says nothing."""


def unreadable(received: Received, why: str) -> UnreadableAnswerError:
    """The error for an answer that is not what the API says; nothing of its body is in it."""
    kind = received.headers.get("content-type", "").partition(";")[0].strip()
    kind = kind if re.fullmatch(r"[\w.+-]{1,60}/[\w.+-]{1,60}", kind) else "nothing"
    return UnreadableAnswerError(
        f"the answer {why} (status {received.status}, {len(received.body)} bytes of {kind}); "
        "is 'base_url' the service's, and is it of this version?",
        request_id=request_id_of(received),
    )


def request_id_of(received: Received) -> str | None:
    """What the service's log calls the request."""
    named = received.headers.get("x-request-id", "")
    return named if re.fullmatch(r"[A-Za-z0-9._-]{1,128}", named) else None


def id_in_path(name: str, value: str) -> str:
    """`value`, fit to be a part of a path.

    Raises:
        ValueError: It is no id; it is not repeated, since it might be anything.
    """
    if not isinstance(value, str) or not _ID.fullmatch(value):
        got = f"{len(value)} characters" if isinstance(value, str) else type(value).__name__
        raise ValueError(f"'{name}' must be an id that the service gave (got {got}); take it from an answer")
    return quote(value, safe="")


def _idempotency_key(given: str | None) -> str:
    if given is None:
        return str(uuid.uuid4())
    if not _VISIBLE.fullmatch(given):
        raise ValueError(
            f"'idempotency_key' must be 1 to 255 ASCII characters, no blanks (got {len(given)} characters); leave it "
            "out to be given one"
        )
    return given


def _if_match(version: Version) -> str:
    if version == "*":
        return "*"
    if isinstance(version, bool) or not isinstance(version, int) or version < 0:
        raise ValueError(f"'version' must be the case's own, or '*' (got {type(version).__name__}); read the case")
    return f'"{version}"'


def _pairs(params: Mapping[str, object]) -> list[tuple[str, str]]:
    pairs = []
    for name, value in params.items():
        if value is None or value is False:
            continue
        values = value if isinstance(value, list | tuple) else [value]
        pairs += [(name, _as_param(each)) for each in values]
    return pairs


def _as_param(value: object) -> str:
    if value is True:
        return "true"
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _in_words(error: ValidationError) -> str:
    """What does not fit and where: names of our own fields and pydantic's kinds of errors, nothing of the body."""
    first = error.errors(include_input=False, include_context=False, include_url=False)[0]
    named = [str(part) if _FIELD_NAME.fullmatch(str(part)) else "…" for part in first["loc"]]
    return f"{'.'.join(named) or 'the body'}: {first['type']}"
