"""The seed corpus as the files that a marketplace would bring: what the demonstration imports."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cases.clock import as_utc
from cases.decision import Verdict
from cases.seed.corpus import WrittenCase, incoming_part, training_part
from cases.seed.history import PastCase, arrival, past_cases, report_times
from cases.spreadsheet_text import guarded
from cases.taxonomy import Taxonomy

SOURCE = "seed"
INCOMING_DAYS = 3

_REPORT = (
    "source",
    "external_id",
    "case_ref",
    "title",
    "description",
    "channel",
    "subject_kind",
    "subject_ref",
    "received_at",
    "reach",
    "prior_strikes",
    "minor_involved",
    "press_or_regulator",
    "reporter_kind",
    "amount",
)
_VERDICT = ("category", "sub_policy", "other_categories", "severity", "action", "reason")
_DECISION = (*_VERDICT, "decided_by", "claimed_at", "decided_at", "handling_seconds")
_APPEAL = (
    *(f"appeal_{name}" for name in ("category", "sub_policy", "severity", "action", "reason")),
    "appeal_decided_by",
    "appeal_decided_at",
    "appeal_overturned",
)
# For measuring and for curiosity; intake ignores them.
_RUBRIC = tuple(f"rubric_{name}" for name in _VERDICT)
_WRITING = ("voice", "language", "difficulty")

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class SeedTables:
    """The files written, each with its number of rows."""

    past_cases: Path
    past_rows: int
    incoming: Path
    incoming_rows: int
    incoming_rubric: Path
    rubric_rows: int


def write_seed(directory: Path, taxonomy: Taxonomy, *, now: datetime) -> SeedTables:
    """Write the training part as decided history, the incoming part as undecided, and the latter's rubric.

    The same corpus, taxonomy and `now` give the same bytes. Further reports on a case are rows below its first, with
    its case_ref and without a decision. Of the test part nothing is written.

    Args:
        directory: Made where missing; `past_cases.csv`, `incoming.csv` and `incoming_rubric.csv` in it are replaced.
        taxonomy: Whose words the drawn decisions use: the packaged one.
        now: The incoming reports are of the three days before it.

    Raises:
        InvalidInputError: `now` is naive.
    """
    end = as_utc(now, field="now").replace(microsecond=0)
    incoming = sorted(
        ((_received(case, end), case) for case in incoming_part()), key=lambda pair: (pair[0], pair[1].id)
    )
    directory.mkdir(parents=True, exist_ok=True)
    past_path, incoming_path = directory / "past_cases.csv", directory / "incoming.csv"
    rubric_path = directory / "incoming_rubric.csv"
    past = (row for case in past_cases(training_part(), taxonomy) for row in _past_rows(case))
    undecided = (row for received, case in incoming for row in _incoming_rows(case, received, end))
    rubric = ({"external_id": case.id, **_verdict(case.rubric)} for _, case in incoming)
    return SeedTables(
        past_cases=past_path,
        past_rows=_write(past_path, _REPORT + _DECISION + _APPEAL + _RUBRIC + _WRITING, past),
        incoming=incoming_path,
        incoming_rows=_write(incoming_path, _REPORT, undecided),
        incoming_rubric=rubric_path,
        rubric_rows=_write(rubric_path, ("external_id", *_VERDICT), rubric),
    )


def _past_rows(past: PastCase) -> Iterator[Row]:
    written = past.written
    yield {
        **_report(written, past.received_at),
        **_verdict(past.verdict),
        "decided_by": past.decided_by,
        "claimed_at": past.claimed_at,
        "decided_at": past.decided_at,
        "handling_seconds": past.handling_seconds,
        **_appeal(past),
        **{f"rubric_{name}": value for name, value in _verdict(written.rubric).items()},
        **{name: getattr(written, name) for name in _WRITING},
    }
    yield from _further_rows(written, report_times(past))


def _incoming_rows(case: WrittenCase, received: datetime, now: datetime) -> Iterator[Row]:
    yield _report(case, received)
    draw = random.Random(f"{case.id}/incoming reports")  # noqa: S311  a simulation, not a secret
    window = now - received
    yield from _further_rows(case, (received + window * draw.random() for _ in case.further_reports))


def _received(case: WrittenCase, now: datetime) -> datetime:
    draw = random.Random(f"{case.id}/incoming")  # noqa: S311  a simulation, not a secret
    return arrival(draw, now - timedelta(days=INCOMING_DAYS), INCOMING_DAYS)


def _report(case: WrittenCase, received: datetime) -> dict[str, object]:
    return {
        "source": SOURCE,
        "external_id": case.id,
        "case_ref": case.id,
        "title": case.title,
        "description": case.description,
        "channel": case.channel,
        "subject_kind": case.subject_kind,
        "subject_ref": case.subject_ref,
        "received_at": received,
        **case.attributes,
    }


def _further_rows(case: WrittenCase, times: Iterable[datetime]) -> Iterator[Row]:
    for number, (report, received) in enumerate(zip(case.further_reports, times, strict=True), start=2):
        yield {
            "source": SOURCE,
            "external_id": f"{case.id}/{number}",
            "case_ref": case.id,
            "description": report.description,
            "channel": report.channel,
            "subject_kind": case.subject_kind,
            "subject_ref": case.subject_ref,
            "received_at": received.replace(microsecond=0),
        }


def _verdict(verdict: Verdict) -> dict[str, object]:
    return {name: getattr(verdict, name) for name in _VERDICT}


def _appeal(past: PastCase) -> dict[str, object]:
    if past.appeal is None:
        return {}
    parts = _verdict(past.appeal.verdict)
    del parts["other_categories"]
    return {
        **{f"appeal_{name}": value for name, value in parts.items()},
        "appeal_decided_by": past.appeal.decided_by,
        "appeal_decided_at": past.appeal.decided_at,
        "appeal_overturned": past.appeal.overturned,
    }


def _write(path: Path, columns: Iterable[str], rows: Iterable[Row]) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(columns), restval="")
        writer.writeheader()
        for row in rows:
            writer.writerow({name: _cell(value) for name, value in row.items()})
            count += 1
    return count


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, tuple):
        return ";".join(value)
    return guarded(value) if isinstance(value, str) else value
