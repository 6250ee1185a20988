"""What each answer says to whoever is between the service and its caller, and to a browser that is shown one."""

from __future__ import annotations

from starlette.types import Message, Send

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


def with_security_headers(send: Send) -> Send:
    """`send`, with our headers on each answer that begins."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [
                (name, value)
                for name, value in message.get("headers", ())
                if name.lower() not in _OURS and not name.lower().startswith(_CORS)
            ]
            message = {**message, "headers": [*kept, *SECURITY_HEADERS]}
        await send(message)

    return sending
