"""Events out: signed as standardwebhooks.com specifies, and tried again with back-off."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

import httpx2

from cases.clock import as_utc
from cases.errors import InvalidInputError
from cases.ids import new_id
from serving.logs import logger

# Five tries within about half a minute; who is away for longer sees the metrics.
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
            at: When it happened, aware.
        """
        moment = as_utc(at, field="at")
        body = json.dumps({"type": kind, "timestamp": moment.isoformat(), "data": dict(data)}).encode()
        message_id, when = f"msg_{new_id()}", str(int(moment.timestamp()))
        headers = {"content-type": "application/json", "webhook-id": message_id, "webhook-timestamp": when}
        if self._key:
            headers["webhook-signature"] = signature(self._key, message_id, when, body)
        async with httpx2.AsyncClient(timeout=WITHIN_SECONDS) as client:
            for pause in (*PAUSES, None):
                try:
                    answer = await client.post(self._url, content=body, headers=headers)
                    if answer.is_success:
                        return True
                    why = str(answer.status_code)
                except httpx2.HTTPError as error:
                    why = type(error).__name__
                if pause is not None:
                    await self._pause(pause)
        logger.error("webhook %s was not taken (%s)", kind, why)
        return False


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
