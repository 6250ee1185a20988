"""`caseload score`: a file of cases in, a file of scores out; nothing is stored."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.command import EXIT_SOME_REJECTED, AsJson, answer_json, output, settings_of
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

app = typer.Typer()


@app.command()
def score(
    ctx: typer.Context,
    source: Source,
    out: Annotated[Path, typer.Option("-o", "--output", help="Where to: .csv, .xlsx, .jsonl or .parquet.")],
    model: Annotated[
        str,
        typer.Option(metavar="SHA|PATH", help="A model's SHA-256 or an artifact's folder; the one that serves else."),
    ] = "",
    query: Query = "",
    map_: Map = None,
    mapping: MappingFile = None,
    sheet: Sheet = "",
    format_: Format = "",
    encoding: Encoding = "",
    delimiter: Delimiter = "",
    as_json: AsJson = False,
) -> None:
    """Score each case of a file by the model that serves, one row a case; nothing is stored."""
    settings = settings_of(ctx)
    from cases.intake.mapping import read_field_map
    from cli.contract.learning import ScoreAnswer
    from serving.scoring.score_file import score_file

    fields = read_field_map(map_ or (), mapping)
    with progress_bar("scored") as progress:
        report = score_file(
            settings,
            source,
            out,
            model=model,
            reading=reading(query, sheet, format_, encoding, delimiter),
            field_map=fields,
            progress=progress,
        )
    if as_json:
        answer_json(
            ScoreAnswer(
                path=str(out),
                model_version=report.model_version,
                scored=report.scored,
                rejected=report.rejected,
                rejections=rejections(report.rejections),
            )
        )
    else:
        show_rejections(report.rejections, report.rejected)
        output().print(f"{out}: {report.scored} cases scored by {report.model_version}, {report.rejected} rejected")
    if report.rejected:
        raise typer.Exit(EXIT_SOME_REJECTED)
