"""Receivers of events, what they are sent, and the secrets that it is signed with."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from ipaddress import ip_address
from typing import Any, NewType
from urllib.parse import urlsplit

from cases.errors import InvalidInputError
from cases.proxy_settings import Network
from cases.telling import Told

WebhookId = NewType("WebhookId", str)

# The receiver that CASELOAD_WEBHOOK_URL names: its secret stays in the environment.
ENVIRONMENT = WebhookId("environment")

PREFIX = "whsec_"
SECRET_BYTES, FEWEST_BYTES, MOST_BYTES = 32, 24, 64
MOST_URL = 2_000


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


class PauseReason(StrEnum):
    """Why nothing is sent to a receiver."""

    OPERATOR = "operator"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Webhook:
    """A receiver of events; its secrets are not among these.

    Attributes:
        events: What it is told of.
        old_until: Until when what it is sent is signed with the secret of before too; None where there is none.
        paused_at: Since when nothing is sent; what happens meanwhile waits. None where it is not paused.
        removed_at: When it was removed; None where it still is one.
    """

    id: WebhookId
    url: str
    events: tuple[Told, ...]
    created_at: datetime
    old_until: datetime | None = None
    paused_at: datetime | None = None
    paused_because: PauseReason | None = None
    removed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a receiver is to be told, or was.

    Attributes:
        id: Ascends in the order of the log.
        event_id: Of the message: the same for each receiver and each try.
        about: The case, the alarm or the fire.
        event_at: When it happened.
        attempts: How often it was sent, the try that is going on counted.
        next_at: From when on it is sent, business time.
        last_status: The last answer's HTTP status, or why there was none; "" before the first.
        done_at: When it was delivered or given up; None while it is pending.
    """

    id: int
    webhook_id: WebhookId
    event_id: str
    kind: str
    about: str
    event_at: datetime
    state: DeliveryState
    attempts: int
    next_at: datetime
    last_status: str
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A delivery to be sent by whoever claimed it.

    Attributes:
        delivery: It; `attempts` is the number under which the outcome is told.
        url: Where to.
        secrets: What to sign it with, the newest first; none of the environment's receiver.
        payload: What is told.
    """

    delivery: Delivery
    url: str
    payload: Mapping[str, Any]
    secrets: tuple[str, ...] = field(repr=False, default=())


@dataclass(frozen=True, slots=True)
class DeliveryCount:
    """How many deliveries of a kind stand where, and since when the oldest of them was to be sent."""

    state: DeliveryState
    kind: str
    count: int
    oldest: datetime


def new_secret() -> str:
    """A secret as Standard Webhooks writes it: `whsec_` and base64 of 32 random bytes."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def key_of(secret: str, *, field: str) -> bytes:
    """The key that a secret spells.

    Raises:
        InvalidInputError: It is not `whsec_` and base64 of 24 to 64 bytes; it is not repeated.
    """
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError:
        key = b""
    if not secret.startswith(PREFIX) or not FEWEST_BYTES <= len(key) <= MOST_BYTES:
        raise InvalidInputError(
            f"{field!r} must be '{PREFIX}' and base64 of {FEWEST_BYTES} to {MOST_BYTES} bytes (got {len(secret)} "
            "characters); make one with `openssl rand -base64 32`",
            field=field,
        )
    return key


def checked_url(url: str, networks: Sequence[Network], *, field: str) -> str:
    """`url`, if events may be posted there; where its name leads is checked each time that it is connected to.

    Args:
        url: `https://…`; `http://…` of this machine where its loopback address is among `networks`.
        networks: Those not public in which receivers may be.
        field: What to call it in an error.

    Raises:
        InvalidInputError: It is none; it is not repeated, since a receiver's URL may be a secret.
    """
    text = url.strip()
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    plain = len(text) <= MOST_URL and text.isascii() and text.isprintable() and " " not in text
    whole = bool(host) and parts.username is None and parts.password is None and not parts.fragment
    secure = parts.scheme == "https" or (parts.scheme == "http" and _is_allowed_loopback(host, networks))
    if not (plain and whole and secure):
        raise InvalidInputError(
            f"{field!r} must be an https URL without a user, a password or a fragment, at most {MOST_URL} ASCII "
            f"characters (got {len(text)} characters that are not); http is for this machine alone, where "
            "CASELOAD_WEBHOOK_NETWORKS holds its loopback address",
            field=field,
        )
    return text


def _is_allowed_loopback(host: str, networks: Sequence[Network]) -> bool:
    try:
        address = ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        return False
    return address.is_loopback and any(address in network for network in networks)
