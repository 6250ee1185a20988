"""Cases in and out: `caseload import`, `export`, `view`, `seed`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from cli.command import (
    EXIT_SOME_REJECTED,
    AsJson,
    actor,
    answer_json,
    messages,
    opened_store,
    output,
    policy_of,
    settings_of,
)
from cli.sources import (
    Delimiter,
    Encoding,
    Format,
    Map,
    MappingFile,
    Query,
    Sheet,
    Source,
    progress_bar,
    reading,
    rejections,
    show_rejections,
)

if TYPE_CHECKING:
    from cases.intake.load import IntakeReport

app = typer.Typer()


@app.command("import")
def import_(
    ctx: typer.Context,
    origin: Source,
    query: Query = "",
    map_: Map = None,
    mapping: MappingFile = None,
    source: Annotated[
        str, typer.Option(help="The system that the reports come from, for rows that do not say.")
    ] = "import",
    sheet: Sheet = "",
    format_: Format = "",
    encoding: Encoding = "",
    delimiter: Delimiter = "",
    timezone: Annotated[
        str, typer.Option(help="IANA name of the zone of times without one; where not given such times are refused.")
    ] = "",
    external_id_from_row: Annotated[
        bool, typer.Option("--external-id-from-row", help="Make the id of a row that has none from its text.")
    ] = False,
    gather_hours: Annotated[
        float,
        typer.Option(help="Make one case of rows that say the same within so many hours, 8,760 (a year) at most."),
    ] = 0.0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and check everything, store nothing.")] = False,
    rejected: Annotated[
        Path | None, typer.Option(help="A CSV file for every rejected row: row, column, why.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take in reports and past decisions. Known ones change nothing, so a file may be sent again."""
    from cases.durations import MOST_GATHER_HOURS, lasting
    from cases.intake.load import IntakeOptions, load
    from cases.intake.mapping import read_field_map

    settings = settings_of(ctx)
    policy = policy_of(settings)
    lasting(gather_hours, "hours", field="--gather-hours", most=MOST_GATHER_HOURS)
    options = IntakeOptions(
        reading=reading(query, sheet, format_, encoding, delimiter),
        field_map=read_field_map(map_ or (), mapping),
        source=source,
        timezone=timezone,
        external_id_from_row=external_id_from_row,
        gather_hours=gather_hours,
        dry_run=dry_run,
        rejects=rejected,
    )
    with opened_store(settings) as store, progress_bar("rows read") as progress:
        report = load(store, origin, taxonomy=policy, actor=actor(), options=options, progress=progress)
    if as_json:
        _answer_import(report)
    else:
        _show_import(report)
    if report.rejected:
        raise typer.Exit(EXIT_SOME_REJECTED)


@app.command()
def export(
    ctx: typer.Context,
    table: Annotated[str, typer.Argument(metavar="TABLE", help="cases, decisions or scores.")],
    out: Annotated[Path, typer.Option("-o", "--output", help="Where to: .csv, .xlsx, .jsonl or .parquet.")],
    format_: Annotated[
        str, typer.Option("--format", help="csv, excel, jsonl or parquet; by the ending where not given.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Write all cases, decisions or scores to a file; no text in it is run by a spreadsheet."""
    from cases.export.write import export as write_table
    from cli.contract.record import ExportAnswer

    with opened_store(settings_of(ctx)) as store, progress_bar("rows written") as progress:
        report = write_table(
            store,
            table,  # type: ignore[arg-type]  # it refuses another name, and lists those there are
            out,
            format=format_,
            progress=lambda rows: progress(rows, None),
        )
    if as_json:
        answer_json(
            ExportAnswer(
                path=str(report.path),
                rows=report.rows,
                sheets=report.sheets,
                guarded_cells=report.guarded_cells,
                cut_cells=report.cut_cells,
                dropped_characters=report.dropped_characters,
            )
        )
        return
    line = f"{report.path}: {report.rows} rows"
    for count, what in (
        (report.guarded_cells, "texts guarded against being run as a formula"),
        (report.cut_cells, "texts cut to what an Excel cell holds"),
        (report.dropped_characters, "control characters left out"),
    ):
        line += f", {count} {what}" if count else ""
    output().print(line)


@app.command()
def view(
    ctx: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="volume_by_category_week, overturns or first_touch_sla.")
    ],
    out: Annotated[
        Path | None, typer.Option("-o", "--output", help="A CSV file; to the terminal where not given.")
    ] = None,
) -> None:
    """Show one of the analysts' views, which any SQL client can open too."""
    settings = settings_of(ctx)
    policy = policy_of(settings)
    with opened_store(settings) as store:
        store.register_policy(policy)
        rows = store.view(name)  # type: ignore[arg-type]  # it refuses another name, and lists those there are
    if not rows:
        output().print("no rows yet")
        return
    if out is not None:
        _write_csv(out, name, rows)
        output().print(f"{out}: {len(rows)} rows")
        return
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for heading in rows[0]:
        table.add_column(heading)
    for row in rows:
        table.add_row(
            *(
                "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
                for value in row.values()
            )
        )
    output().print(table)


@app.command()
def seed(
    ctx: typer.Context,
    directory: Annotated[Path, typer.Argument(help="Where to; made where missing.")],
) -> None:
    """Write the cases that come with Caseload as files to import: past ones with decisions, and new ones."""
    from cases.clock import utc_now
    from cases.seed.tables import write_seed

    tables = write_seed(directory, policy_of(settings_of(ctx)), now=utc_now())
    out = output()
    out.print(f"{tables.past_cases}: {tables.past_rows} rows of past cases with what was decided")
    out.print(f"{tables.incoming}: {tables.incoming_rows} rows of undecided cases")
    out.print(f"{tables.incoming_rubric}: {tables.rubric_rows} rows of what their writers would decide")


def _write_csv(path: Path, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    from cases.export.cells import CellCounts
    from cases.export.files import csv_file

    with csv_file(path, name, dict.fromkeys(rows[0], "text"), CellCounts()) as write:
        for row in rows:
            write(row)


def _show_import(report: IntakeReport) -> None:
    show_rejections(report.rejections, report.rejected)
    stored = (
        "would be stored (dry run)" if report.dry_run else f"accepted: {report.created} new, {report.known} known"
    )
    out = output()
    out.print(
        f"{report.read} rows read, {report.accepted} {stored}; {report.decided} with a decision; "
        f"{report.rejected} rejected"
    )
    if report.ignored_columns:
        out.print(f"columns that feed no field: {', '.join(report.ignored_columns)}")
    if report.dropped_characters:
        out.print(f"{report.dropped_characters} characters that cannot be stored were left out")
    if report.stopped:
        messages().print("the source could not be read to its end; the last rejected row says why")


def _answer_import(report: IntakeReport) -> None:
    from cli.contract.record import ImportAnswer

    answer_json(
        ImportAnswer(
            dry_run=report.dry_run,
            read=report.read,
            accepted=report.accepted,
            created=report.created,
            known=report.known,
            decided=report.decided,
            rejected=report.rejected,
            dropped_characters=report.dropped_characters,
            ignored_columns=list(report.ignored_columns),
            stopped=report.stopped,
            rejections=rejections(report.rejections),
        )
    )
