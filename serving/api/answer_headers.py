"""What each answer says to whoever is between the service and its caller, to a browser that is shown one, and to
whoever looks for the request in the log.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import Message, Send

MODEL_HEADER = "Caseload-Model"
TAXONOMY_HEADER = "Caseload-Taxonomy"

SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    # Nearly all hold case data, and none is worth keeping.
    (b"cache-control", b"no-store"),
)
_OURS = frozenset(name for name, _ in SECURITY_HEADERS)
# No page of another origin has business here, whatever a server's own settings say.
_CORS = b"access-control-"


def with_headers(send: Send, further: Mapping[str, str]) -> Send:
    """`send`, with our headers on each answer that begins, and those of `further` that it does not have itself."""
    more = [(name.lower().encode(), value.encode()) for name, value in further.items()]

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [
                (name, value)
                for name, value in message.get("headers", ())
                if name.lower() not in _OURS and not name.lower().startswith(_CORS)
            ]
            there = {name.lower() for name, _ in kept}
            added = [(name, value) for name, value in more if name not in there]
            message = {**message, "headers": [*kept, *added, *SECURITY_HEADERS]}
        await send(message)

    return sending
