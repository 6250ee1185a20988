"""What becomes of a text on its way into a file."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cases.spreadsheet_text import guarded

# All but tab, line feed and carriage return: terminals act on them, and XML, hence Excel, cannot hold them.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")


@dataclass(slots=True)
class CellCounts:
    """What was done to the cells of one export."""

    guarded: int = 0
    cut: int = 0
    dropped: int = 0
    sheets: int = 1

    def clean(self, text: str) -> str:
        """`text` without control characters."""
        cleaned, dropped = _CONTROL.subn("", text)
        self.dropped += dropped
        return cleaned

    def for_spreadsheet(self, text: str) -> str:
        """`text` as `clean`, and so that no spreadsheet runs it."""
        cleaned = self.clean(text)
        safe = guarded(cleaned)
        self.guarded += safe is not cleaned
        return safe
