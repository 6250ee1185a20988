"""Events out: signed as standardwebhooks.com specifies, and tried again with back-off."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

import httpx2

from cases.clock import as_utc
from cases.errors import InvalidInputError
from cases.ids import new_id
from serving.logs import logger

# Six tries: half a minute of pauses, and what the receiver takes; who is away for longer sees the metrics.
PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)
WITHIN_SECONDS = 10.0
_PREFIX = "whsec_"


class Webhook:
    """One receiver of events.

    Args:
        url: Where they are posted to.
        secret: "whsec_" and base64, shared with the receiver; "" sends them unsigned.
        pause: Waits between tries; a test's is shorter.

    Raises:
        InvalidInputError: The secret is not as it must be; it is not repeated.
    """

    def __init__(self, url: str, secret: str = "", pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._url = url
        self._key = _key(secret)
        self._pause = pause

    async def send(self, kind: str, data: Mapping[str, object], *, at: datetime) -> bool:
        """Post an event; answers whether it was taken. It raises nothing: whoever tells of an event goes on.

        Args:
            kind: "alarm.raised", say.
            data: Ids, codes and numbers.
            at: When it happened, aware; the header's time is that of each attempt.
        """
        body = json.dumps(
            {"type": kind, "timestamp": as_utc(at, field="at").isoformat(), "data": dict(data)}
        ).encode()
        message_id, why = f"msg_{new_id()}", ""
        async with httpx2.AsyncClient(timeout=WITHIN_SECONDS) as client:
            for pause in (*PAUSES, None):
                try:
                    answer = await client.post(self._url, content=body, headers=self._headers(message_id, body))
                    if answer.is_success:
                        return True
                    why = str(answer.status_code)
                except (httpx2.HTTPError, httpx2.InvalidURL) as error:
                    why = type(error).__name__
                if pause is not None:
                    await self._pause(pause)
        logger.error("webhook %s was not taken (%s)", kind, why)
        return False

    def _headers(self, message_id: str, body: bytes) -> dict[str, str]:
        # Receivers refuse what is minutes old, so an attempt is stamped and signed anew; not by business time.
        now = str(int(time.time()))
        headers = {"content-type": "application/json", "webhook-id": message_id, "webhook-timestamp": now}
        if self._key:
            headers["webhook-signature"] = signature(self._key, message_id, now, body)
        return headers


def signature(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    """The header's value: "v1," and the base64 of HMAC-SHA256 over "id.timestamp.body"."""
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _key(secret: str) -> bytes:
    if not secret:
        return b""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except ValueError:
        key = b""
    if not secret.startswith(_PREFIX) or len(key) < 24:
        raise InvalidInputError(
            f"'webhook_secret' must be '{_PREFIX}' and base64 of at least 24 bytes (got {len(secret)} characters); "
            "make one with `openssl rand -base64 32`",
            field="webhook_secret",
        )
    return key
