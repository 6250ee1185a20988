"""Addresses that a receiver of events must not have, or must not be posted to."""

from __future__ import annotations

from tests.hostile.corpus.texts import WORD

# Refused when they are named.
NO_ADDRESS = (
    "", WORD, "http://example.org/", "file:///etc/passwd", "ftp://example.org/", "gopher://127.0.0.1:6379/_x",
    "javascript:alert(1)", "data:text/html,x", "//example.org/", "https://", "https:///x", "https://:443/",
    f"https://{WORD}:secret@example.org/", f"https://{WORD}@example.org/", f"https://example.org/#{WORD}",
    "https://example.org:99999/", "https://example.org:x/", "https://[::1/", "https://exa mple.org/",
    f"https://example.org/\r\nX-Injected: {WORD}", "https://example.org/\x00", "https://exa\tmple.org/",
    "https://ex\u00e4mple.org/", "https://\uff11\uff12\uff17.0.0.1/", "https://example.org/" + "x" * 2_000,
    "http://127.0.0.1/", "http://localhost/", "http+unix://%2Fvar%2Frun%2Fdocker.sock/", "jar:https://example.org!/",
)  # fmt: skip

# Taken as addresses, and never connected to: they are of this machine or network, however they are written.
NOT_PUBLIC = (
    "https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://0.0.0.0/", "https://[::]/",
    "https://169.254.169.254/latest/meta-data/", "https://[fe80::1]/", "https://[fd00:ec2::254]/",
    "https://10.0.0.1/", "https://172.16.0.1/", "https://192.168.0.1/", "https://100.64.0.1/", "https://[fc00::1]/",
    "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://127.1/", "https://127.0.0.1.:443/",
    "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/", "https://255.255.255.255/", "https://224.0.0.1/", "https://localhost.localdomain/",
    "https://LOCALHOST/", "https://192.0.2.1/", "https://198.18.0.1/", "https://240.0.0.1/",
)  # fmt: skip
