"""Messages from the service, believed only when they prove where they come from (standardwebhooks.com).

    event = webhooks.read(secret, request.headers, request.body)   # raises WebhookError; answer that with 400

The service sends a message again until it is taken, with the same id: remember the ids that were dealt with.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import Field, ValidationError

from caseload_client.answers import Answer
from caseload_client.errors import WebhookError

__all__ = ["TOLERANCE", "WebhookError", "WebhookEvent", "read", "verify"]

TOLERANCE = timedelta(minutes=5)

_PREFIX = "whsec_"
_VERSION = "v1"


class _Said(Answer):
    type: str
    timestamp: datetime
    data: dict[str, Any] = Field(repr=False)


class WebhookEvent(_Said):
    """A message that was verified.

    Attributes:
        id: The same each time the message is sent.
        type: "case.decided", say; docs/webhooks.md names them and what `data` holds.
        timestamp: When it happened.
        data: Ids, codes and numbers; of "fire.started" `FireStarted.model_validate(event.data)` reads it.
    """

    id: str


def verify(secret: str, headers: Mapping[str, str], body: bytes, *, now: datetime | None = None) -> str:
    """Make sure that whoever knows `secret` sent `body` within the last minutes; answers the message's id.

    Args:
        secret: "whsec_" and base64, as `caseload webhook add` printed it.
        headers: The request's, whatever their case.
        body: The request's, byte for byte as it came.
        now: Aware; the machine's time where it is None.

    Raises:
        WebhookError: It is not proven. Nothing of the message and nothing of the secret is in it.
        ValueError: The secret is none, or `now` has no zone.
    """
    key = _key(secret)
    now = datetime.now(UTC) if now is None else now
    if now.tzinfo is None:
        raise ValueError("'now' must have a zone (got none); use datetime.now(UTC)")
    named = {name.lower(): value for name, value in headers.items()}
    message_id, sent, signatures = (_header(named, name) for name in ("id", "timestamp", "signature"))
    _check_time(sent, now)
    signed = b".".join((message_id.encode(), sent.encode(), body))
    proof = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    found = False
    # Every one is looked at: the time that it takes tells nothing of which one fits.
    for signature in signatures.split(" "):
        version, _, value = signature.partition(",")
        fits = hmac.compare_digest(value.encode("utf-8", "replace"), proof)
        found = found or (fits and version == _VERSION)
    if not found:
        raise WebhookError(
            "'webhook-signature' must hold a v1 signature of this body by this secret (got none); compare the "
            "secret with the service's, and pass the body on as it came"
        )
    return message_id


def read(secret: str, headers: Mapping[str, str], body: bytes, *, now: datetime | None = None) -> WebhookEvent:
    """The message as a value, after `verify`.

    Raises:
        WebhookError: It is not proven, or is no event.
    """
    message_id = verify(secret, headers, body, now=now)
    try:
        said = _Said.model_validate_json(body)
    except ValidationError:
        said = None
    if said is None:
        raise WebhookError("the body must be an event: a type, a timestamp and data (got something else)")
    return WebhookEvent(id=message_id, **dict(said))


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except ValueError:
        key = b""
    if not key:
        raise ValueError(
            f"'secret' must be '{_PREFIX}' and base64 (got {len(secret)} characters); take what "
            "`caseload webhook add` printed"
        )
    return key


def _header(named: Mapping[str, str], name: str) -> str:
    value = named.get(f"webhook-{name}", "")
    if not value:
        raise WebhookError(f"'webhook-{name}' must be among the headers (got none); is it a message of the service?")
    return value


def _check_time(sent: str, now: datetime) -> None:
    if not re.fullmatch(r"[0-9]{1,12}", sent):
        raise WebhookError("'webhook-timestamp' must be seconds since 1970 (got something else)")
    away = now.timestamp() - int(sent)
    if abs(away) > TOLERANCE.total_seconds():
        when = "ago" if away > 0 else "ahead"
        raise WebhookError(
            f"'webhook-timestamp' must be within {TOLERANCE.total_seconds():.0f} s (got {abs(away):.0f} s {when}); "
            "it may be an old message sent again by a stranger, or a clock is wrong"
        )
