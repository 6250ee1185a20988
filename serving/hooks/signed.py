"""Requests that prove by a signature who sent them, in place of a key."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cases.inbound import InboundKind
from serving.api.problems import NotSignedError
from serving.hooks.messages import signature

# Either way: clocks differ, and what is older was perhaps overheard.
TOLERANCE = timedelta(minutes=5)

_ZENDESK_SIGNATURE = "x-zendesk-webhook-signature"
_ZENDESK_TIMESTAMP = "x-zendesk-webhook-signature-timestamp"

_HOW = "Sign the request with the source's secret, as docs/inbound.md says, within five minutes of when it is sent."


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request says of itself, before it is believed.

    Attributes:
        at: When it was signed.
        given: Its signatures, as they must be one of.
        expected: The signature that a key makes of it.
    """

    at: datetime
    given: tuple[str, ...]
    expected: Callable[[bytes], str]

    def by(self, keys: Sequence[bytes]) -> bool:
        """Whether one of the keys signed it; compared in constant time."""
        return any(
            hmac.compare_digest(self.expected(key).encode(), each.encode()) for key in keys for each in self.given
        )


def claim_of(kind: InboundKind, headers: Mapping[str, str], body: bytes, now: datetime) -> Claim:
    """What the request says of itself; what could not be believed by any key is refused here.

    Args:
        kind: How it must be signed.
        headers: By name in lower case.
        body: As it came in.
        now: The present.

    Raises:
        NotSignedError: A header is missing or not as it must be, or it was not signed within five minutes.
    """
    claim = (_zendesk if kind is InboundKind.ZENDESK else _standard)(headers, body)
    if claim is None or not -TOLERANCE <= now - claim.at <= TOLERANCE:
        raise NotSignedError(_HOW)
    return claim


def refuse_unless_signed(claim: Claim, keys: Sequence[bytes]) -> None:
    """Let through what one of the keys signed.

    Raises:
        NotSignedError: None did; it is not told whether there is such a source.
    """
    if not claim.by(keys):
        raise NotSignedError(_HOW)


def zendesk_signature(key: bytes, timestamp: str, body: bytes) -> str:
    """The base64 of HMAC-SHA256 over the timestamp and the body."""
    return base64.b64encode(hmac.new(key, timestamp.encode() + body, hashlib.sha256).digest()).decode()


def _zendesk(headers: Mapping[str, str], body: bytes) -> Claim | None:
    given, stamp = headers.get(_ZENDESK_SIGNATURE, ""), headers.get(_ZENDESK_TIMESTAMP, "")
    try:
        at = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    if at.tzinfo is None or not _is_text(given):
        return None
    return Claim(at, (given,), lambda key: zendesk_signature(key, stamp, body))


def _standard(headers: Mapping[str, str], body: bytes) -> Claim | None:
    name, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    given = tuple(headers.get("webhook-signature", "").split(" "))
    if not (_is_text(name) and re.fullmatch(r"[0-9]{1,12}", stamp, re.ASCII) and all(map(_is_text, given))):
        return None
    try:
        at = datetime.fromtimestamp(int(stamp), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return Claim(at, given, lambda key: signature(key, name, stamp, body))


def _is_text(value: str) -> bool:
    return re.fullmatch(r"[\x21-\x7e]{1,500}", value) is not None
