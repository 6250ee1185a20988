"""What each answer says to whoever is between the service and its caller, to a browser that is shown one, and to
whoever looks for the request in the log.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import Message, Send

MODEL_HEADER = "Caseload-Model"
TAXONOMY_HEADER = "Caseload-Taxonomy"

_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
# Nearly all hold case data, and none is worth keeping.
_NOT_KEPT = (b"cache-control", b"no-store")
API_HEADERS = (*_ALWAYS, (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"), _NOT_KEPT)
# Styles and scripts are files of ours; nothing stands in the page itself, so nothing in a case's text can run.
PAGE_HEADERS = (
    *_ALWAYS,
    (
        b"content-security-policy",
        (
            b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
            b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
    ),
    (b"cross-origin-opener-policy", b"same-origin"),
    _NOT_KEPT,
)
Secured = tuple[tuple[bytes, bytes], ...]
# No page of another origin has business here, whatever a server's own settings say.
_CORS = b"access-control-"


def with_headers(send: Send, further: Mapping[str, str], secured: Secured = API_HEADERS) -> Send:
    """`send`, with `secured` on each answer that begins, and those of `further` that it does not have itself.

    A page may say itself that it can be kept; an answer of the API may not.
    """
    ours = {name for name, _ in secured}
    if secured is PAGE_HEADERS:
        ours.discard(b"cache-control")
    more = [(name.lower().encode(), value.encode()) for name, value in further.items()]

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [
                (name, value)
                for name, value in message.get("headers", ())
                if name.lower() not in ours and not name.lower().startswith(_CORS)
            ]
            there = {name.lower() for name, _ in kept}
            added = [(name, value) for name, value in more if name not in there]
            fixed = [(name, value) for name, value in secured if name in ours or name not in there]
            message = {**message, "headers": [*kept, *added, *fixed]}
        await send(message)

    return sending
