"""Answers made small on their way, where the browser can read them so.

Compressing what holds a secret beside something that others can make it hold tells the secret by its length (BREACH).
No page holds one: a session is in its cookie alone, and a claim's token is no secret.
"""

from __future__ import annotations

import gzip
from functools import lru_cache

from fastapi import Request
from starlette.responses import Response

# Below that the header costs more than is won.
_LEAST_BYTES = 1_000


def squeezed(request: Request, answer: Response) -> Response:
    """`answer`, compressed where the browser says that it reads gzip."""
    if "gzip" in request.headers.get("accept-encoding", "") and len(answer.body) >= _LEAST_BYTES:
        kept = "immutable" in answer.headers.get("cache-control", "")
        answer.body = _once(bytes(answer.body)) if kept else gzip.compress(answer.body, 5)
        answer.headers["content-encoding"] = "gzip"
        answer.headers["content-length"] = str(len(answer.body))
    answer.headers["vary"] = "Accept-Encoding"
    return answer


@lru_cache(maxsize=16)
def _once(content: bytes) -> bytes:
    return gzip.compress(content, 9)
