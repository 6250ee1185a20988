"""Headers, and values of paths and queries, that a client library would send as they are."""

from __future__ import annotations

from tests.hostile.corpus.texts import TEXTS, WORD

Headers = list[tuple[str, bytes]]

# Beside a key that is good, on a request that is: each changes nothing, or is refused as the document says.
TRICKS: dict[str, Headers] = {
    "another kind too": [("Content-Type", b"text/html")],
    "gzip": [("Content-Encoding", b"gzip")],
    "br": [("Content-Encoding", b"br")],
    "an encoding that is none": [("Content-Encoding", WORD.encode())],
    "another method": [("X-HTTP-Method-Override", b"DELETE"), ("X-Method-Override", b"PUT")],
    "another path": [("X-Original-URL", b"/v1/webhooks"), ("X-Rewrite-URL", b"/metrics")],
    "another host": [("X-Forwarded-Host", f"{WORD}.invalid".encode()), ("Forwarded", b"host=x;proto=https")],
    "another peer": [("X-Forwarded-For", b"127.0.0.1, ::1"), ("X-Real-IP", b"127.0.0.1"), ("True-Client-IP", b"::1")],
    "another scheme and prefix": [("X-Forwarded-Proto", b"javascript"), ("X-Forwarded-Prefix", b"/\\evil")],
    "an origin": [("Origin", b"http://example.invalid"), ("Access-Control-Request-Method", b"POST")],
    "no origin": [("Origin", b"null"), ("Cookie", f"session={WORD}; session=b".encode())],
    "a user": [("X-Remote-User", b"admin"), ("X-Forwarded-User", b"admin"), ("Remote-User", b"admin")],
    "a part of it": [("Range", b"bytes=0-0"), ("If-Range", b"x")],
    "an expectation": [("Expect", b"100-continue")],
    "an upgrade": [("Upgrade", b"h2c"), ("HTTP2-Settings", b"AAMAAABkAARAAAAAAAIAAAAA"), ("Connection", b"Upgrade")],
    "accepts nothing": [("Accept", b"application/xml;q=0, */*;q=0")],
    "accepts what is none": [("Accept", b"\xff;q=abc,,/"), ("Accept-Encoding", b"identity;q=0, gzip;q=1e400")],
    "a language": [("Accept-Language", b"../../etc/passwd"), ("Accept-Charset", b"utf-7")],
    "a trace of another form": [("traceparent", b"00-" + b"0" * 32 + b"-" + b"0" * 16 + b"-01")],
    "a trace that is a text": [("traceparent", WORD.encode()), ("tracestate", b"a=" + b"b" * 5_000)],
    "two traces": [("traceparent", b"00-" + b"a" * 32 + b"-" + b"b" * 16 + b"-01")] * 2,
    "a request's id with blanks": [("X-Request-Id", f"{WORD} x".encode())],
    "a request's id as markup": [("X-Request-Id", f"<script>{WORD}</script>".encode())],
    "a request's id of 129": [("X-Request-Id", WORD.encode() + b"x" * (129 - len(WORD)))],
    "a request's id beyond ASCII": [("X-Request-Id", WORD.encode() + b"\xc3\xa4")],
    "a tab within": [("X-Request-Id", WORD.encode() + b"\tx")],
    "a host with a path": [("Host", b"x/v1/webhooks?")],
    "a host with a bracket": [("Host", b"[")],
    "a host beyond ASCII": [("Host", b"\xff\xfe")],
    "a host with a user": [("Host", b"a:b@example.invalid:99999999")],
    "no host": [("Host", b"")],
    "two hundred more": [(f"X-{n}", WORD.encode()) for n in range(200)],
    "a long one": [("X-Long", b"x" * 30_000)],
}

# In place of the key, on any route that needs one: 401.
NO_KEY: dict[str, Headers] = {
    "none": [],
    "empty": [("Authorization", b"")],
    "no key": [("Authorization", b"Bearer ")],
    "another scheme": [("Authorization", b"Basic YTpi")],
    "a key alone": [("Authorization", WORD.encode())],
    "a text": [("Authorization", f"Bearer {WORD}".encode())],
    "SQL": [("Authorization", f"Bearer {WORD}' OR 1=1 --".encode())],
    "beyond ASCII": [("Authorization", b"Bearer \xff\xc3\x28")],
    "long": [("Authorization", b"Bearer " + b"x" * 30_000)],
    "JWT without a signature": [("Authorization", b"Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.")],
    "in another header": [("X-Api-Key", WORD.encode()), ("Cookie", f"Authorization=Bearer {WORD}".encode())],
    "with an underscore": [("Author_ization", WORD.encode())],
}

# Beside a good key: whoever tells of a person is nobody.
SOMEBODY: dict[str, Headers] = {
    "a person": [("X-Caseload-Person", WORD.encode())],
    "in small letters": [("x-caseload-person", WORD.encode())],
    "in odd case": [("x-cAsElOaD-pErSoN", WORD.encode())],
    "with underscores": [("X_Caseload_Person", WORD.encode())],
    "with one underscore": [("X-Caseload_Person", WORD.encode())],
    "empty": [("X-Caseload-Person", b"")],
    "a secret": [("X-Caseload-Proxy-Secret", WORD.encode())],
    "a secret with underscores": [("X_Caseload_Proxy_Secret", WORD.encode())],
    "a second key": [("Authorization", b"Bearer x")],
    "a second key in small letters": [("authorization", b"")],
}

# Of a precondition, or of a key: refused by name, or nothing to anybody.
IF_MATCH = (
    b"", b"x", b"**", b'"', b'""', b'"0-open"', b'"-1-open"', b'"1-open', b"1-open", b"W/", b'W/"x"', b'"1-OPEN"',
    b'"99999999999999999999-open"', b'"1-open",x', b",", b'"1"; drop', b"\xff", f'"{WORD}"'.encode(),
    b'"1-' + b"a" * 17 + b'"', b'"1",' * 400, b'"\xd9\xa1-open"', f"*, {WORD}".encode(),
)  # fmt: skip
IDEMPOTENCY_KEYS = (
    b"", b" ", b"a b", b"a\tb", b"\xc3\xa4", b"\xff", WORD.encode() + b"x" * 247, WORD.encode() + b"x" * 60_000,
    f"{WORD} {WORD}".encode(),
)  # fmt: skip

# Of a query's or a path's parameter: every text, and what numbers, times and cursors are mistaken for.
VALUES = {
    **TEXTS,
    "empty": "",
    "a dot": ".",
    "two dots": "..",
    "NUL alone": "\x00",
    "not a number": "NaN",
    "infinite": "-Infinity",
    "1e400": "1e400",
    "negative": "-1",
    "nought": "0",
    "2^63": str(2**63),
    "2^31": str(2**31),
    "400 digits": "9" * 400,
    "5,000 digits": "9" * 5_000,
    "digits of another script": "\u0661\u0662\u0663",
    "hexadecimal": "0x10",
    "with an underscore": "1_000",
    "a nil id": "00000000-0000-0000-0000-000000000000",
    "an id in capitals": "0199B3C0-7A54-7C11-9D2E-3F0A4C5B6D7E",
    "an id in braces": "{0199b3c0-7a54-7c11-9d2e-3f0a4c5b6d7e}",
    "an id as a name": "urn:uuid:0199b3c0-7a54-7c11-9d2e-3f0a4c5b6d7e",
    "an id and more": "0199b3c0-7a54-7c11-9d2e-3f0a4c5b6d7e\n",
    "the year 10000": "10000-01-01T00:00:00Z",
    "the year 1": "0001-01-01T00:00:00+23:59",
    "a leap second": "2026-06-30T23:59:60Z",
    "a time as a number": "1700000000",
    "10,000 letters": WORD * 1_111,
    "a cursor of nothing": "W10",
    "a cursor that is true": "WyJlIix0cnVlXQ",
}

# Cursors as ours are written, with what none of ours holds: see `serving.api.cursors`.
CURSORS = (
    b'["q",2%s,"2026-03-04","0199b3c0-7a54-7c11-9d2e-3f0a4c5b6d7e"]' % (b"0" * 308),
    b'["q",1e400,"2026-03-04T00:00:00Z","0199b3c0-7a54-7c11-9d2e-3f0a4c5b6d7e"]',
    b'["q",NaN,"2026-03-04T00:00:00Z","0199b3c0-7a54-7c11-9d2e-3f0a4c5b6d7e"]',
    b'["q",1.0,"0001-01-01T00:00:00+23:59","0199b3c0-7a54-7c11-9d2e-3f0a4c5b6d7e"]',
    b'["q",1.0,"2026-03-04T00:00:00Z","zqhostile\' OR 1=1 --"]',
    b'["q",true,"2026-03-04T00:00:00Z","0199b3c0-7a54-7c11-9d2e-3f0a4c5b6d7e"]',
    b'["q",{"zqhostile":1},[],null]',
    b'["c","zqhostile"]', b'["c",null]', b'["c",["0199b3c0-7a54-7c11-9d2e-3f0a4c5b6d7e"]]',
    b'["e",true]', b'["e",1.5]', b'["e",-1]', b'["e",9223372036854775808]', b'["e",1e999]', b'["e","1"]',
    b'{"q":1}', b'"zqhostile"', b"null", b"[[[[", b"\xff\xfe", b"\x80\x04\x95zqhostile.",
)  # fmt: skip
