"""`caseload score FILE -o OUT`: a table of cases in, one row a case out, by the model that serves."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from cases.clock import Clock, utc_now
from cases.errors import InvalidInputError, ModelMissingError
from cases.export.cells import CellCounts
from cases.export.columns import Kind
from cases.export.excel import excel_file
from cases.export.files import RowWriter, csv_file, json_lines_file, parquet_file
from cases.intake.mapping import APPEAL_FIELDS, DECISION_FIELDS, FieldMap
from cases.intake.readers import SourceOptions, open_table
from cases.intake.rows import AcceptedRow, RowReader
from cases.intake.table import Rejection, Table
from cases.record import NewReport
from cases.settings import Settings
from cases.store import CaseStore
from features.encoder.layout import file_sha256
from models.artifact import MANIFEST, load_artifact, verify_artifact
from serving.scoring.champion import ChampionWatch
from serving.scoring.ranking import CaseToJudge, Ranking
from serving.scoring.scores import LoadedModel, Scored, score_cases, top_categories

AT_ONCE = 256
_SHA256 = re.compile("[0-9a-f]{64}")
REJECTIONS_KEPT = 1_000
_WRITERS = {
    ".csv": csv_file,
    ".xlsx": excel_file,
    ".jsonl": json_lines_file,
    ".ndjson": json_lines_file,
    ".parquet": parquet_file,
}
# Tried in this order where nobody said which column names a case.
_ID_COLUMNS = ("external_id", "case_id", "id")

# Rows read so far, and what share of the source that is (None where it cannot be known).
Progress = Callable[[int, float | None], None]


@dataclass(slots=True)
class ScoreFileReport:
    """What became of the rows.

    Attributes:
        model_version: What scored them.
        scored: Rows written.
        rejected: Rows that could not be read as a case.
        rejections: The first 1,000 of these.
    """

    model_version: str
    scored: int = 0
    rejected: int = 0
    rejections: list[Rejection] = field(default_factory=list)


def score_file(
    settings: Settings,
    source: str,
    out: Path,
    *,
    model: str = "",
    reading: SourceOptions | None = None,
    field_map: FieldMap | None = None,
    progress: Progress = lambda _rows, _share: None,
    clock: Clock = utc_now,
) -> ScoreFileReport:
    """Score each row of `source` and write it to `out`, at constant memory (Excel aside).

    A row needs a `description`. It is named by its external_id, case_id or id, else "row N"; a row without
    `received_at` was received now. Columns of decisions are not looked at.

    Args:
        settings: Where the record and the models are.
        source: A file, or a database's URL with a query.
        out: .csv, .xlsx, .jsonl or .parquet; it appears when it is complete, in place of one that was there.
        model: SHA-256 of a model that was promoted once, or an artifact's folder; empty: the one that serves.
        reading: How to read the source.
        field_map: Which columns feed which fields, where their names differ.
        progress: Called after each batch.
        clock: Business time.

    Raises:
        InvalidInputError: The source, or the place to write to, is not as it must be.
        ModelMissingError, ArtifactError: No model can answer, or `model` names none.
        NotMigratedError, StoreUnavailableError: The record, which says what serves, cannot be read.
    """
    if out.suffix.lower() not in _WRITERS:
        raise InvalidInputError(
            f"'output' must end in one of {', '.join(_WRITERS)} (got {out.suffix!r}); rename it", field="output"
        )
    ranking = Ranking.of_settings(settings)
    chosen = _named(settings, model) if model else _champion(settings, ranking)
    report = ScoreFileReport(chosen.full_version)
    columns = _columns(chosen)
    with open_table(source, reading) as table, _complete_or_absent(out) as part:
        rows = _reports(table, field_map or FieldMap(), ranking, report, clock)
        writer = _WRITERS[out.suffix.lower()]
        with writer(part, "scores", columns, CellCounts()) as write:
            for batch in _batches(rows):
                _write(write, chosen, batch, ranking)
                report.scored += len(batch)
                progress(report.scored + report.rejected, table.share())
    return report


def _champion(settings: Settings, ranking: Ranking) -> LoadedModel:
    with CaseStore.open(settings.database_url) as store:
        watch = ChampionWatch(lambda: store, settings.models_dir, ranking.taxonomy)
        watch.check()
        return watch.model()


def _named(settings: Settings, named: str) -> LoadedModel:
    """The model of a SHA-256 in `models_dir`, or in a folder; its version is the start of its SHA-256."""
    promoted = bool(_SHA256.fullmatch(named))
    directory = settings.models_dir / named if promoted else Path(named)
    if not directory.is_dir():
        raise ModelMissingError(
            f"'model' must be the SHA-256 of a model in {settings.models_dir}, or an artifact's folder (got "
            f"{named!r}); correct it, or leave it out for the model that serves"
        )
    manifest = verify_artifact(directory, named if promoted else None)
    sha256 = file_sha256(directory / MANIFEST)
    return LoadedModel(load_artifact(directory, sha256), manifest.name, sha256[:12], sha256)


def _columns(model: LoadedModel) -> Mapping[str, Kind]:
    levels: dict[str, Kind] = {f"p_severity_{level}": "number" for level in model.judge.taxonomy.levels}
    return {
        "case_id": "text",
        "category": "text",
        "probability": "number",
        "category_2": "text",
        "probability_2": "number",
        "category_3": "text",
        "probability_3": "number",
        "tier": "text",
        "shortlist": "text",
        "novelty_p": "number",
        "sub_policy": "text",
        "severity": "whole",
        **levels,
        "priority": "number",
        "language": "text",
        "model_version": "text",
    }


def _reports(
    table: Table, field_map: FieldMap, ranking: Ranking, report: ScoreFileReport, clock: Clock
) -> Iterator[NewReport]:
    """The rows that can be read as a case; the others go into `report`."""
    reader = _reader(table, field_map, ranking)
    id_column, time_column = reader.binding.column("external_id"), reader.binding.column("received_at")
    id_columns = (id_column,) if "external_id" in field_map.columns else _ID_COLUMNS
    for row in table.rows:
        outcome: AcceptedRow | Rejection
        if isinstance(row, Rejection):
            outcome = row
        else:
            cells = {name: value for name, value in row.cells.items() if value not in (None, "")}
            # What a report must have, and a case that is only scored need not.
            cells.setdefault(time_column, clock().isoformat())
            cells[id_column] = next((cells[name] for name in id_columns if name in cells), f"row {row.number}")
            outcome = reader.read(dataclasses.replace(row, cells=cells))
        if isinstance(outcome, Rejection):
            report.rejected += 1
            if len(report.rejections) < REJECTIONS_KEPT:
                report.rejections.append(outcome)
        else:
            yield outcome.report


def _reader(table: Table, field_map: FieldMap, ranking: Ranking) -> RowReader:
    fields = FieldMap({**dict.fromkeys((*DECISION_FIELDS, *APPEAL_FIELDS), ""), **field_map.columns})
    given = (
        field_map.columns.get("external_id") or "external_id",
        field_map.columns.get("received_at") or "received_at",
    )
    columns = None if table.columns is None else (*table.columns, *given)
    binding = fields.bind(columns, required=("description",))
    return RowReader(binding, ranking.taxonomy, source="score", spreadsheet=table.spreadsheet)


def _write(write: RowWriter, model: LoadedModel, batch: list[NewReport], ranking: Ranking) -> None:
    to_judge = [CaseToJudge(r.title, r.description, r.received_at, r.channel, r.attributes) for r in batch]
    for report, scored in zip(batch, score_cases(model, to_judge, ranking), strict=True):
        write(_row(report.external_id, scored, model))


def _row(case_id: str, scored: Scored, model: LoadedModel) -> dict[str, object]:
    top = [*top_categories(scored.category, 3), (None, None), (None, None)]
    row: dict[str, object] = {"case_id": case_id}
    for place, (category, probability) in zip(("", "_2", "_3"), top, strict=False):
        row |= {f"category{place}": category, f"probability{place}": probability}
    return row | {
        "tier": scored.tier,
        "shortlist": "|".join(scored.shortlist),
        "novelty_p": scored.novelty_p,
        "sub_policy": scored.sub_policy,
        "severity": scored.severity_level,
        **{f"p_severity_{level}": scored.severity.get(level) for level in model.judge.taxonomy.levels},
        "priority": scored.priority.order_key,
        "language": scored.language,
        "model_version": model.full_version,
    }


def _batches(rows: Iterator[NewReport]) -> Iterator[list[NewReport]]:
    while batch := list(itertools.islice(rows, AT_ONCE)):
        yield batch


@contextmanager
def _complete_or_absent(path: Path) -> Iterator[Path]:
    """A file beside `path` that takes its name when all went well and is removed when not."""
    if not path.parent.is_dir():
        raise InvalidInputError(
            f"'output' must be in a folder that exists (got {path.parent}); make it first", field="output"
        )
    part = path.with_name(f".{path.name}.{uuid4().hex}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
