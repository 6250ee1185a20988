"""Reads the written cases: what was reported, and what the rubric says of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cases.decision import Verdict
from cases.record import Attributes

SEED = Path(__file__).parent
TRAINING, TEST, INCOMING = SEED / "written", SEED / "test_part", SEED / "incoming"
FROZEN = SEED / "frozen.json"


@dataclass(frozen=True, slots=True)
class FurtherReport:
    """Another report on the same case, in its own words."""

    channel: str
    voice: str
    description: str


@dataclass(frozen=True, slots=True)
class WrittenCase:
    """One case as its writer wrote it.

    Attributes:
        id: The writer's id, unique over the corpus.
        voice: Who speaks: student, lawyer, detector, chat…
        rubric: What a careful expert decides who follows the taxonomy to the letter; what is measured against.
        tempting: The category that a hurried colleague would choose instead; "" where there is no doubt.
        tempting_severity: The severity that they would give.
        difficulty: easy, medium or hard.
    """

    id: str
    voice: str
    channel: str
    title: str
    description: str
    subject_kind: str
    subject_ref: str
    attributes: Attributes
    language: str
    rubric: Verdict
    tempting: str
    tempting_severity: int
    difficulty: str
    further_reports: tuple[FurtherReport, ...]


def training_part() -> list[WrittenCase]:
    """The cases to learn from, 110 or more for each category, in order of file and line."""
    return list(_read(TRAINING))


def test_part() -> list[WrittenCase]:
    """The cases to measure with, 12 for each category; no model may learn from them."""
    return list(_read(TEST))


def incoming_part() -> list[WrittenCase]:
    """The undecided cases of the demonstration, some in other languages."""
    return list(_read(INCOMING))


def digest(folder: Path) -> str:
    """SHA-256 over the folder's files, by name: what `frozen.json` holds for the test part."""
    seen = hashlib.sha256()
    for path in sorted(folder.glob("*.jsonl")):
        seen.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return seen.hexdigest()


def _read(folder: Path) -> Iterator[WrittenCase]:
    for path in sorted(folder.glob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                yield _case(json.loads(line))


def _case(row: Mapping[str, object]) -> WrittenCase:
    subject, rubric = row["subject"], row["rubric"]
    if not isinstance(subject, dict) or not isinstance(rubric, dict):
        raise TypeError(f"case {row.get('id')!r}: 'subject' and 'rubric' must be mappings")
    further = row.get("more_reports") or []
    return WrittenCase(
        id=str(row["id"]),
        voice=str(row["voice"]),
        channel=str(row["channel"]),
        title=str(row["title"]),
        description=str(row["description"]),
        subject_kind=subject["kind"],
        subject_ref=subject["ref"],
        attributes=dict(row["attributes"]),  # type: ignore[call-overload]  # checked by the corpus tests
        language=str(row["language"]),
        rubric=Verdict(**rubric),
        tempting=str(row["tempting"] or ""),
        tempting_severity=int(str(row["tempting_severity"])),
        difficulty=str(row["difficulty"]),
        further_reports=tuple(
            FurtherReport(r["channel"], r["voice"], r["description"])
            for r in further  # type: ignore[attr-defined]  # checked by the corpus tests
        ),
    )
