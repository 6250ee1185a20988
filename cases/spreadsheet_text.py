"""Text in cells that a spreadsheet would run: guarded by an apostrophe on the way out, unguarded on the way in.

A spreadsheet takes a cell that begins with one of `=`, `+`, `-`, `@` (or their full-width forms), a tab, a carriage
return or a line feed for a formula, or may after trimming it (OWASP, "CSV Injection"). The two functions are each
other's inverse: an apostrophe that was already there gets one more, so what is exported comes back as it was.
"""

from __future__ import annotations

import re

_RUNS = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")  # noqa: RUF001  the full-width forms are meant


def guarded(text: str) -> str:
    """`text` as a spreadsheet will show and not run it."""
    return f"'{text}" if _RUNS.match(text) else text


def without_guard(text: str) -> str:
    """`text` without the apostrophe that `guarded` put before it; other text as it is."""
    return text[1:] if text.startswith("'") and _RUNS.match(text) else text
