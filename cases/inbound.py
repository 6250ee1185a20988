"""Sources that send reports signed, and the secrets that prove them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cases.errors import InvalidInputError
from cases.webhooks import key_of

_ZENDESK_SECRET = re.compile(r"[\x21-\x7e]{16,255}")


class InboundKind(StrEnum):
    """How a source signs what it sends."""

    ZENDESK = "zendesk"
    GENERIC = "generic"


@dataclass(frozen=True, slots=True)
class InboundSource:
    """A source that may send reports without a key; its secrets are not among these.

    Attributes:
        source: The reports' source, and the name in the path.
        old_until: Until when the secret of before is taken too; None where there is none.
        removed_at: When it was let in no more; None where it still is.
    """

    source: str
    kind: InboundKind
    created_at: datetime
    old_until: datetime | None = None
    removed_at: datetime | None = None


def inbound_key(kind: InboundKind, secret: str) -> bytes:
    """The key that a source's secret stands for.

    Zendesk's is taken as it is written; that of Standard Webhooks is what its base64 spells.

    Raises:
        InvalidInputError: It cannot be one; it is not repeated.
    """
    if kind is InboundKind.GENERIC:
        return key_of(secret, field="secret")
    if not _ZENDESK_SECRET.fullmatch(secret):
        raise InvalidInputError(
            f"'secret' must be the signing secret that Zendesk shows of the webhook, 16 to 255 visible ASCII "
            f"characters (got {len(secret)} that are not); copy it whole",
            field="secret",
        )
    return secret.encode()
