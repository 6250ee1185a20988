"""Identifiers: UUIDv7 strings that we make, so that they sort by time of creation."""

from __future__ import annotations

import os
import time
import uuid
from typing import NewType

SubjectId = NewType("SubjectId", str)
CaseId = NewType("CaseId", str)
ReportId = NewType("ReportId", str)
ContentId = NewType("ContentId", str)
ScoreId = NewType("ScoreId", str)
DecisionId = NewType("DecisionId", str)
BulkId = NewType("BulkId", str)
NoteId = NewType("NoteId", str)


def new_id() -> str:
    """A fresh UUIDv7 as 36 lower-case characters (RFC 9562, section 5.7: 48 bits of milliseconds, 74 random)."""
    value = (time.time_ns() // 1_000_000) << 80
    value |= int.from_bytes(os.urandom(10), "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return str(uuid.UUID(int=value))


def is_id(text: str) -> bool:
    """Whether `text` is written as one of our identifiers."""
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
