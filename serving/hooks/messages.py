"""What a receiver is sent, signed as standardwebhooks.com specifies."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cases.clock import as_utc


def message_body(kind: str, at: datetime, data: Mapping[str, Any]) -> bytes:
    """The body, the same bytes for each try.

    Args:
        kind: "case.decided", say.
        at: When it happened, aware; the header's time is that of each attempt.
        data: Ids, codes, numbers and times.
    """
    told = {"type": kind, "timestamp": as_utc(at, field="at").isoformat(), "data": dict(data)}
    return json.dumps(told, separators=(",", ":"), sort_keys=True).encode()


def message_headers(keys: Sequence[bytes], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of an attempt; without a key it is not signed.

    Args:
        keys: While a secret is being changed two, the newest first: a signature by each.
        message_id: The same for each try.
        timestamp: Of this attempt, in seconds: receivers refuse what is minutes old.
        body: As it is sent.
    """
    headers = {"content-type": "application/json", "webhook-id": message_id, "webhook-timestamp": str(timestamp)}
    if keys:
        headers["webhook-signature"] = " ".join(signature(key, message_id, str(timestamp), body) for key in keys)
    return headers


def signature(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    """A signature: "v1," and the base64 of HMAC-SHA256 over "id.timestamp.body"."""
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
