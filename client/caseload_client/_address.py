"""Where the service is and how one proves oneself to it, checked before anything is sent."""

from __future__ import annotations

import re
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from urllib.parse import urlsplit

import httpx2


def service_root(base_url: str) -> str:
    """`base_url` without a slash at its end.

    Raises:
        ValueError: It is not one; only its length is told, since a password may be in it.
    """
    try:
        parts = urlsplit(base_url.strip())
        # An impossible port is found only when it is asked for; what else is impossible, by whoever connects.
        named = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
        httpx2.URL(base_url.strip())
    except (ValueError, httpx2.InvalidURL):
        named = False
    if not named or re.search(r"\s", base_url.strip()) or "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError(
            f"'base_url' must be http:// or https:// and a host, without a user, a query or a fragment (got "
            f"{len(base_url)} characters); the service prints its own when it starts"
        )
    return base_url.strip().rstrip("/")


def bearer(key: str) -> str:
    """The header for `key`.

    Raises:
        ValueError: It cannot be one; it is not repeated.
    """
    if not re.fullmatch(r"[\x21-\x7e]+", key):
        raise ValueError(
            f"'key' must be printable ASCII without blanks (got {len(key)} characters); "
            "`caseload caller add` prints one"
        )
    return f"Bearer {key}"


@cache
def user_agent() -> str:
    """What the service's side sees of who calls."""
    try:
        return f"caseload-client/{version('caseload-client')}"
    except PackageNotFoundError:
        return "caseload-client"
