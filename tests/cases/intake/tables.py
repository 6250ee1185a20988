"""Files of reports for the tests."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

REPORT = {
    "external_id": "T-1",
    "title": "Copied course",
    "description": "Somebody sells my bookbinding lectures under his name.",
    "received_at": "2026-03-01T09:30:00+01:00",
}

DECISION = {
    "category": "intellectual_property",
    "sub_policy": "copied_course_or_lecture",
    "severity": "3",
    "action": "remove_content",
    "reason": "clear_breach",
    "decided_by": "petra",
    "decided_at": "2026-03-02T10:00:00Z",
}

APPEAL = {
    "appeal_overturned": "true",
    "appeal_action": "educate",
    "appeal_reason": "grey_area",
    "appeal_decided_by": "kwame",
    "appeal_decided_at": "2026-03-09T10:00:00Z",
}


def write_csv(
    path: Path, rows: Sequence[Mapping[str, str]], *, encoding: str = "utf-8", delimiter: str = ","
) -> Path:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path
