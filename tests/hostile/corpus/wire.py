"""Requests that no client library sends, as bytes. `{key}` is a key that is good, `{report}` a report's JSON."""

from __future__ import annotations

from tests.hostile.corpus.texts import WORD

_HEAD = b"POST /v1/cases HTTP/1.1\r\nHost: service\r\nConnection: close\r\nAuthorization: Bearer {key}\r\n"
_JSON = b"Content-Type: application/json\r\n"
_GET = b" HTTP/1.1\r\nHost: service\r\nConnection: close\r\nAuthorization: Bearer {key}\r\n"
_W = WORD.encode()

# Refused with a 4xx, or the connection is closed; nothing is stored.
REFUSED: dict[str, bytes] = {
    "a length and chunks": _HEAD
    + _JSON
    + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{report}",
    "two lengths": _HEAD + _JSON + b"Content-Length: 2\r\nContent-Length: 300\r\n\r\n{report}",
    "a length with a sign": _HEAD + _JSON + b"Content-Length: +10\r\n\r\n{report}",
    "a negative length": _HEAD + _JSON + b"Content-Length: -1\r\n\r\n{report}",
    "a length in hexadecimal": _HEAD + _JSON + b"Content-Length: 0x10\r\n\r\n{report}",
    "a length beyond ASCII": _HEAD + _JSON + b"Content-Length: \xb2\r\n\r\n{report}",
    "a length of 5,000 digits": _HEAD + _JSON + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n{report}",
    "a length above the limit": _HEAD + _JSON + b"Content-Length: 9000000\r\n\r\n{report}",
    "a length below the body": _HEAD + _JSON + b"Content-Length: 20\r\n\r\n{report}",
    "chunks of no size": _HEAD + _JSON + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{report}\r\n0\r\n\r\n",
    "a chunk of a negative size": _HEAD + _JSON + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n{report}\r\n0\r\n\r\n",
    "a chunk of a huge size": _HEAD + _JSON + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 30 + b"\r\n{report}\r\n",
    "chunks in an odd spelling": _HEAD + _JSON + b"Transfer-Encoding: xchunked\r\n\r\n{report}",
    "chunks twice": _HEAD + _JSON + b"Transfer-Encoding: chunked, identity\r\n\r\n{report}",
    "chunks above the limit": _HEAD
    + _JSON
    + b"Transfer-Encoding: chunked\r\n\r\n"
    + (b"100000\r\n" + b" " * 0x100000 + b"\r\n") * 9,
    "a folded header": _HEAD + b"X-A: b\r\n\tX-Caseload-Person: " + _W + b"\r\n\r\n",
    "a blank before the colon": _HEAD + _JSON + b"Content-Length : 2\r\n\r\n{}",
    "a header without a name": _HEAD + b": " + _W + b"\r\n\r\n",
    "a header without a colon": _HEAD + _W + b"\r\n\r\n",
    "a NUL in a header": _HEAD + b"X-A: " + _W + b"\x00b\r\n\r\n",
    "a line feed in a header's name": _HEAD + b"X-\nA: " + _W + b"\r\n\r\n",
    "a bare carriage return": _HEAD + b"X-A: a\rX-Caseload-Person: " + _W + b"\r\n\r\n",
    "a header of 200,000": _HEAD + b"X-A: " + _W * 22_222 + b"\r\n\r\n",
    "ten thousand headers": _HEAD + b"".join(b"X-%d: a\r\n" % n for n in range(10_000)) + b"\r\n",
    "a path of 200,000": b"GET /v1/" + _W * 22_222 + _GET + b"\r\n",
    "a path with blanks": b"GET /v1/cases " + _W + _GET + b"\r\n",
    "a path beyond ASCII": b"GET /v1/cases?source=\xff\xfe" + _W + _GET + b"\r\n",
    "a path with a NUL": b"GET /v1/cases\x00" + _W + _GET + b"\r\n",
    "a path that is none": b"GET " + _W + _GET + b"\r\n",
    "another's address": b"GET http://example.invalid/" + _W + _GET + b"\r\n",
    "a tunnel": b"CONNECT example.invalid:443" + _GET + b"\r\n",
    "all of it": b"OPTIONS *" + _GET + b"\r\n",
    "a trace": b"TRACE /v1/cases" + _GET + b"X-A: " + _W + b"\r\n\r\n",
    "a method that is none": _W.upper() + b" /v1/cases" + _GET + b"\r\n",
    "a method with markup": b"<script> /v1/cases" + _GET + b"\r\n",
    "HTTP/0.9": b"GET /v1/cases\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/9.9": b"GET /v1/cases HTTP/9.9\r\nHost: service\r\nConnection: close\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200 + b"\r\n\r\n",
    "no host": b"GET /v1/cases HTTP/1.1\r\nConnection: close\r\nAuthorization: Bearer {key}\r\n\r\n",
    "two hosts": b"GET /v1/cases" + _GET + b"Host: other\r\n\r\n",
    "two keys": b"GET /v1/cases" + _GET + b"Authorization: Bearer {key}\r\n\r\n",
    "two kinds, the first another": _HEAD + b"Content-Type: text/html\r\n" + _JSON + b"Content-Length: 2\r\n\r\n{}",
    "lines of Unix": (_HEAD + _JSON + b"Content-Length: 2\r\n\r\n{}").replace(b"\r\n", b"\n"),
    "nothing but noise": bytes(range(256)) * 4 + b"\r\n\r\n",
}

# Broken off by the sender: no answer is owed, and nothing is stored.
BROKEN_OFF: dict[str, bytes] = {
    "in the head": _HEAD + b"Content-",
    "before the body": _HEAD + _JSON + b"Content-Length: 300\r\n\r\n",
    "behind what is whole": _HEAD + _JSON + b"Content-Length: 3000\r\n\r\n{report}",
    "between chunks": _HEAD + _JSON + b"Transfer-Encoding: chunked\r\n\r\n{chunk}",
}

# A second request behind a first one's body: it is what it is by its own head alone.
SMUGGLED = (
    _HEAD.replace(b"Connection: close\r\n", b"")
    + _JSON
    + (b"Content-Length: 2\r\n\r\n{}GET /v1/webhooks HTTP/1.1\r\nHost: service\r\nConnection: close\r\n\r\n")
)
