"""Streams a source into the store: what `caseload import` does."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cases.decision import PastDecision
from cases.durations import MOST_GATHER_HOURS, lasting
from cases.errors import InvalidInputError
from cases.ids import CaseId
from cases.intake.mapping import FieldMap
from cases.intake.readers import SourceOptions, open_table
from cases.intake.rows import AcceptedRow, RowReader
from cases.intake.table import RawRow, Rejection, Table
from cases.spreadsheet_text import guarded
from cases.store import CaseStore
from cases.store.tables import CODE_LENGTH
from cases.taxonomy import Taxonomy

BATCH_ROWS = 1_000
# A batch ends early rather than hold the texts of a thousand books.
BATCH_CHARACTERS = 20_000_000
REJECTIONS_KEPT = 1_000
COLUMNS_KEPT = 1_000

REQUIRED = ("description", "received_at")

# Rows read so far, and what share of the source that is (None where it cannot be known).
Progress = Callable[[int, float | None], None]


@dataclass(frozen=True, slots=True)
class IntakeOptions:
    """How a source is taken in.

    Attributes:
        reading: How to read the source.
        field_map: Which column feeds which field.
        source: The `source` of rows that do not name one; "import" where the user does not say.
        timezone: IANA name of the zone in which times without zone are meant; empty refuses such times.
        external_id_from_row: Make ids of rows that have none.
        gather_hours: How far apart two rows that say the same, and name neither subject nor case, may have been
            received to be one case. 0, as it is where the user does not say, keeps every row a case of its own: a
            table is often full of one form, and nobody looks on. At most a year. Past decisions are never gathered
            so.
        dry_run: Read and check everything, store nothing.
        rejects: A CSV file for every rejection; the report itself keeps the first 1,000.
    """

    reading: SourceOptions = field(default_factory=SourceOptions)
    field_map: FieldMap = field(default_factory=FieldMap)
    source: str = "import"
    timezone: str = ""
    external_id_from_row: bool = False
    gather_hours: float = 0.0
    dry_run: bool = False
    rejects: Path | None = None


@dataclass(slots=True)
class IntakeReport:
    """What became of a source's rows.

    Attributes:
        read: Rows read; each was accepted or rejected.
        accepted: Rows that are fit to be stored; on a dry run none was.
        created: Reports that were new.
        known: Reports that the store, or an earlier row, had already; nothing changed for them.
        decided: Past decisions that were recorded; on a dry run, that there are.
        decided_before: Past decisions that were not, since their case had one already: there, or in an earlier row.
        rejected: Rows that were not taken.
        dropped_characters: NULs and lone surrogates left out of accepted texts.
        rejections: The first 1,000.
        ignored_columns: The source's columns that feed no field.
        stopped: True where the source could not be read to its end; the last rejection says why.
        dry_run: Nothing was stored.
    """

    dry_run: bool
    read: int = 0
    accepted: int = 0
    created: int = 0
    known: int = 0
    decided: int = 0
    decided_before: int = 0
    rejected: int = 0
    dropped_characters: int = 0
    rejections: list[Rejection] = field(default_factory=list)
    ignored_columns: tuple[str, ...] = ()
    stopped: bool = False


def load(
    store: CaseStore | None,
    source: str,
    *,
    taxonomy: Taxonomy,
    actor: str,
    options: IntakeOptions | None = None,
    progress: Progress | None = None,
) -> IntakeReport:
    """Take in the reports and past decisions of `source`, a thousand rows at a time.

    Accepted rows are stored whatever is rejected, and may be sent again: a known report changes nothing.

    Args:
        store: Where to; None is enough for a dry run.
        source: A file, or a database's URL with `options.reading.query`.
        taxonomy: What past decisions are checked against.
        actor: Who imports, for the events.
        options: How.
        progress: Called after each batch.

    Raises:
        InvalidInputError: The source, its header or an option is not as it must be; then nothing was stored. A query
            that fails while its rows are fetched raises it too, and what was fetched before is stored.
        StoreUnavailableError: A database does not answer; the batches before are stored.
    """
    options = options or IntakeOptions()
    zone = _zone(options.timezone)
    _check_source_name(options.source)
    lasting(options.gather_hours, "hours", field="gather_hours", most=MOST_GATHER_HOURS)
    target = None if options.dry_run else store
    if target is None and not options.dry_run:
        raise InvalidInputError("'store' must be given (got none); open one, or make it a dry run", field="store")
    with open_table(source, options.reading) as table, _rejects_file(options.rejects) as write_rejection:
        required = REQUIRED if options.external_id_from_row else ("external_id", *REQUIRED)
        binding = options.field_map.bind(table.columns, required=required)
        reader = RowReader(
            binding=binding,
            taxonomy=taxonomy,
            source=options.source,
            zone=zone,
            external_id_from_row=options.external_id_from_row,
            spreadsheet=table.spreadsheet,
        )
        intake = _Intake(
            reader, target, actor, write_rejection, IntakeReport(dry_run=options.dry_run), options.gather_hours
        )
        return intake.run(table, progress or (lambda _rows, _share: None))


@dataclass(slots=True)
class _Intake:
    """One source while it is being taken in."""

    reader: RowReader
    store: CaseStore | None
    actor: str
    write_rejection: Callable[[Rejection], None]
    report: IntakeReport
    gather_hours: float
    columns: dict[str, None] = field(default_factory=dict)

    def run(self, table: Table, progress: Progress) -> IntakeReport:
        for batch in _batches(self._accepted(table)):
            self._take(batch)
            progress(self.report.read, table.share())
        progress(self.report.read, 1.0)
        columns = self.columns if table.columns is None else table.columns
        self.report.ignored_columns = self.reader.binding.ignored(columns)
        return self.report

    def _accepted(self, table: Table) -> Iterator[AcceptedRow]:
        for row in table.rows:
            self.report.read += 1
            if table.columns is None and isinstance(row, RawRow) and len(self.columns) < COLUMNS_KEPT:
                self.columns |= dict.fromkeys(row.cells)
            outcome = row if isinstance(row, Rejection) else self.reader.read(row)
            if isinstance(outcome, Rejection):
                self._reject(outcome)
            else:
                self.report.accepted += 1
                self.report.dropped_characters += outcome.dropped_characters
                yield outcome

    def _reject(self, rejection: Rejection) -> None:
        self.report.rejected += 1
        self.report.stopped = self.report.stopped or rejection.final
        # The last says why reading stopped, so that one is kept in any case.
        if len(self.report.rejections) < REJECTIONS_KEPT or rejection.final:
            self.report.rejections.append(rejection)
        self.write_rejection(rejection)

    def _take(self, batch: Sequence[AcceptedRow]) -> None:
        """Store a batch, the decided cases first.

        An undecided report joins the open case of its subject. Filed together with the reports of a past case on that
        subject, it would join that one, be decided with it, and never be seen.
        """
        decided = {_case_key(row) for row in batch if row.decision is not None}
        # Each of two that say the same was decided by itself, so they are not gathered.
        self._file([row for row in batch if _case_key(row) in decided], gather_hours=0.0)
        self._file([row for row in batch if _case_key(row) not in decided], gather_hours=self.gather_hours)

    def _file(self, rows: Sequence[AcceptedRow], *, gather_hours: float) -> None:
        there_are = sum(row.decision is not None for row in rows)
        if self.store is None or not rows:
            self.report.decided += there_are
            return
        filed = self.store.file_reports([row.report for row in rows], actor=self.actor, gather_hours=gather_hours)
        decisions: dict[CaseId, PastDecision] = {}
        for row, answer in zip(rows, filed, strict=True):
            if row.decision is not None:
                decisions.setdefault(answer.case_id, dataclasses.replace(row.decision, case_id=answer.case_id))
        recorded = 0
        if decisions:
            recorded = sum(self.store.record_past_decisions(list(decisions.values()), actor=self.actor))
        self.report.decided += recorded
        self.report.decided_before += there_are - recorded
        created = sum(answer.created for answer in filed)
        self.report.created += created
        self.report.known += len(filed) - created


def _batches(rows: Iterator[AcceptedRow]) -> Iterator[list[AcceptedRow]]:
    """The rows in batches; neighbours of one case_ref stay together, so that a decision is recorded on all of them.

    A case of more than ten thousand rows is split all the same.
    """
    batch: list[AcceptedRow] = []
    characters = 0
    for row in rows:
        full = len(batch) >= BATCH_ROWS or characters >= BATCH_CHARACTERS
        if full and (not _same_case(batch[-1], row) or len(batch) >= 10 * BATCH_ROWS):
            yield batch
            batch, characters = [], 0
        batch.append(row)
        characters += len(row.report.description)
    if batch:
        yield batch


def _case_key(row: AcceptedRow) -> tuple[str, str]:
    return (row.report.source, row.report.case_ref)


def _same_case(row: AcceptedRow, other: AcceptedRow) -> bool:
    return bool(row.report.case_ref) and _case_key(row) == _case_key(other)


def _zone(name: str) -> tzinfo | None:
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidInputError(
            f"'timezone' must be an IANA name (got {name!r}); write Europe/Berlin or UTC", field="timezone"
        ) from error


def _check_source_name(name: str) -> None:
    if not 0 < len(name.strip()) <= CODE_LENGTH:
        raise InvalidInputError(
            f"'source' must be 1 to {CODE_LENGTH} characters (got {len(name)}); name the system that the reports "
            "come from",
            field="source",
        )


def _rejects_file(path: Path | None) -> AbstractContextManager[Callable[[Rejection], None]]:
    return nullcontext(lambda _rejection: None) if path is None else _written_rejects(path)


@contextmanager
def _written_rejects(path: Path) -> Iterator[Callable[[Rejection], None]]:
    try:
        file = path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise InvalidInputError(
            f"'rejected' must be where a file can be written (got {path}: {error.strerror}); choose another",
            field="rejected",
        ) from error
    with file:
        writer = csv.writer(file)
        writer.writerow(["row", "column", "length", "kind", "expected"])
        yield lambda r: writer.writerow([r.row, guarded(r.column), r.length, r.kind, r.expected])
