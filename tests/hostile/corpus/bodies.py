"""Bodies as bytes: what is no JSON, or JSON that no sender of good will writes. Each stands for a report."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable

from serving.api.schemas import MAX_ATTRIBUTES, MAX_BODY_BYTES, MAX_CASES, MAX_DESCRIPTION, MAX_TITLE
from tests.hostile.corpus.texts import WORD

GOOD = {"source": "desk", "external_id": "T-1", "description": f"I wrote {WORD}."}
_OPEN = json.dumps(GOOD).encode()[:-1] + b","

JSON = "application/json"


def _with(**changes: object) -> bytes:
    return json.dumps(GOOD | changes).encode()


def _long(characters: int) -> str:
    return WORD + "x" * (characters - len(WORD))


def _numbered(count: int) -> dict[str, int]:
    return dict.fromkeys(map(str, range(count)), 0)


def _nested(opening: bytes, inner: bytes, closing: bytes) -> bytes:
    return _OPEN + b'"attributes":' + opening * 400 + inner + closing * 400 + b"}"


# What is refused as no JSON: 400, without a look at what it would say.
NOT_JSON: dict[str, Callable[[], bytes]] = {
    "invalid UTF-8": lambda: _OPEN + b'"title":"\xff\xfe\x80"}',
    "overlong UTF-8": lambda: _OPEN + b'"title":"\xc0\xaf\xe0\x80\xaf"}',
    "surrogates in UTF-8": lambda: _OPEN + b'"title":"\xed\xa0\x80"}',
    "beyond Unicode": lambda: _OPEN + b'"title":"\xf4\x90\x80\x80"}',
    "UTF-8 cut short": lambda: _OPEN + b'"title":"\xf0\x9f\x98"}',
    "UTF-16": lambda: json.dumps(GOOD).encode("utf-16"),
    "UTF-16 without a mark": lambda: json.dumps(GOOD).encode("utf-16-le"),
    "UTF-16, big-endian": lambda: json.dumps(GOOD).encode("utf-16-be"),
    "UTF-32": lambda: json.dumps(GOOD).encode("utf-32"),
    "UTF-7": lambda: b"+AHs-" + json.dumps(GOOD).encode(),
    "cp1252": lambda: json.dumps(GOOD | {"title": "Grüße"}, ensure_ascii=False).encode("cp1252"),
    "gzip": lambda: gzip.compress(json.dumps(GOOD).encode()),
    "gzip bomb": lambda: gzip.compress(b" " * 50_000_000),
    "deflate": lambda: zlib.compress(json.dumps(GOOD).encode()),
    "a half": lambda: json.dumps(GOOD).encode()[:-7],
    "more behind it": lambda: json.dumps(GOOD).encode() + b"{}",
    "two of them": lambda: json.dumps(GOOD).encode() * 2,
    "single quotes": lambda: str(GOOD).encode(),
    "a trailing comma": lambda: _OPEN + b"}",
    "a comment": lambda: json.dumps(GOOD).encode() + b"// " + WORD.encode(),
    "a raw line break": lambda: _OPEN + b'"title":"a\nb"}',
    "a raw NUL": lambda: _OPEN + b'"title":"a\x00b"}',
    "a bad escape": lambda: _OPEN + b'"title":"\\x41"}',
    "nested without end": lambda: b"[" * 1_000_000,
    "objects without end": lambda: b'{"a":' * 100_000,
    "an integer of 5,000 digits": lambda: _OPEN + b'"attributes":{"reach":' + b"9" * 5_000 + b"}}",
    "XML": f"<report>{WORD}</report>".encode,
    "YAML": f"description: {WORD}".encode,
    "a form": f"description={WORD}".encode,
    "pickle": lambda: b"\x80\x04\x95" + WORD.encode() + b".",
    "NULs": lambda: b"\x00" * 1_000,
    "blanks": lambda: b" " * 1_000_000,
}

# JSON that is not as it must be: 422.
WRONG_JSON: dict[str, Callable[[], bytes]] = {
    "lists 400 deep": lambda: _nested(b"[", b"1", b"]"),
    "objects 400 deep": lambda: _nested(b'{"a":', b"1", b"}"),
    "NaN": lambda: _OPEN + b'"attributes":{"reach":NaN}}',
    "Infinity": lambda: _OPEN + b'"attributes":{"reach":-Infinity}}',
    "1e400": lambda: _OPEN + b'"attributes":{"reach":1e400}}',
    "an integer beyond all floats": lambda: _OPEN + b'"attributes":{"reach":1' + b"0" * 400 + b"}}",
    "half a million fields": lambda: json.dumps(_numbered(500_000)).encode(),
    "half a million attributes": lambda: _with(attributes=_numbered(500_000)),
    "one attribute too many": lambda: _with(attributes=_numbered(MAX_ATTRIBUTES + 1)),
    "a description one too long": lambda: _with(description=_long(MAX_DESCRIPTION + 1)),
    "a title one too long": lambda: _with(title=_long(MAX_TITLE + 1)),
    "an id one too long": lambda: _with(external_id=_long(256)),
    "a source one too long": lambda: _with(source=_long(101)),
    "a name that is a text": lambda: json.dumps(GOOD | {f"I am {WORD}, help": 1}).encode(),
    "a name that is an address": lambda: json.dumps(GOOD | {f"{WORD}@example.org": 1}).encode(),
    "__proto__": lambda: json.dumps(GOOD | {"__proto__": {"admin": WORD}}).encode(),
    "a list": lambda: json.dumps([GOOD]).encode(),
    "a text": lambda: json.dumps(WORD).encode(),
    "null": lambda: b"null",
    "a number for a text": lambda: json.dumps(GOOD | {"title": 7}).encode(),
    "a list for a text": lambda: json.dumps(GOOD | {"description": [WORD]}).encode(),
    "an object for a text": lambda: json.dumps(GOOD | {"description": {"$ne": WORD}}).encode(),
    "the wrong one twice, the last counts": lambda: _OPEN + b'"description":["' + WORD.encode() + b'"]}',
    "only NUL": lambda: json.dumps(GOOD | {"description": "\x00\x00"}).encode(),
    "only a surrogate": lambda: json.dumps(GOOD | {"description": "\ud800"}).encode(),
    "only blanks": lambda: json.dumps(GOOD | {"description": "\u3000\u00a0\t"}).encode(),
    "only separators of ASCII": lambda: json.dumps(GOOD | {"description": "\x1c\x1d\x1e\x1f"}).encode(),
    "nothing": lambda: b"",
}  # fmt: skip

# One byte more than any body may have, said or not said beforehand.
TOO_LONG = b"{" + b" " * MAX_BODY_BYTES
TOO_MANY = MAX_CASES + 1

# Of other kinds than JSON, with a body that would do: 415.
OTHER_KINDS = (
    "text/plain", "text/html", "application/xml", "application/x-www-form-urlencoded", "application/octet-stream",
    "multipart/form-data; boundary=a", "application/vnd.bentoml+pickle", "application/x-yaml", "application/jsonx",
    "application/json5", "text/json", "*/*", "application/*", "json", "", "application", "/", f"{WORD}/{WORD}",
    "application/xml; a=application/json", "application/json/xml",
)  # fmt: skip

# And ways to say JSON that change nothing: the body is UTF-8 all the same.
SAME_KIND = (
    "application/json", "APPLICATION/JSON", "application/json; charset=utf-16", "application/json;charset=iso-8859-1",
    f"application/json; charset={WORD}", "application/problem+json", "application/json; charset=utf-8; charset=utf-7",
)  # fmt: skip
