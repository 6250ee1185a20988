"""What `caseload import` and `caseload score` share: how a source is read, its progress, its rejected rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from cli.command import messages

if TYPE_CHECKING:
    from cases.intake.readers import SourceOptions
    from cases.intake.table import Rejection
    from cli.contract.record import RejectedRow

REJECTIONS_SHOWN = 20

Source = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE", help="A CSV, Excel, JSON Lines or Parquet file, or a database's URL with --query."
    ),
]
Query = Annotated[str, typer.Option(help="The SELECT whose rows are taken, where SOURCE is a database's URL.")]
Map = Annotated[
    list[str] | None, typer.Option("--map", metavar="FIELD=COLUMN", help="Which column feeds a field; repeat it.")
]
MappingFile = Annotated[Path | None, typer.Option(help="A YAML file of `field: column` lines; --map wins over it.")]
Sheet = Annotated[str, typer.Option(help="The sheet of an Excel file; the first where not given.")]
Format = Annotated[
    str, typer.Option("--format", help="csv, excel, jsonl, parquet or sql; by the file's ending where not given.")
]
Encoding = Annotated[str, typer.Option(help="Of CSV and JSON Lines; found out where not given.")]
Delimiter = Annotated[str, typer.Option(help="Of CSV; found out where not given.")]


def reading(query: str, sheet: str, kind: str, encoding: str, delimiter: str) -> SourceOptions:
    """How to read a source, from the options that say so."""
    from cases.intake.readers import SourceOptions

    return SourceOptions(
        format=kind, encoding=encoding, delimiter=delimiter.replace("\\t", "\t"), sheet=sheet, query=query
    )


def rejections(found: Sequence[Rejection]) -> list[RejectedRow]:
    """Rejected rows as the JSON has them."""
    from cli.contract.record import RejectedRow

    return [RejectedRow(row=r.row, column=r.column, length=r.length, kind=r.kind, expected=r.expected) for r in found]


def show_rejections(found: Sequence[Rejection], total: int) -> None:
    """The first rejected rows, on stderr: where and what was expected, never what was there."""
    if not found:
        return
    table = Table(title="Rejected rows", title_justify="left", box=None, padding=(0, 2), header_style="dim")
    for heading in ("row", "column", "got", "expected"):
        table.add_column(heading, overflow="fold")
    for r in found[:REJECTIONS_SHOWN]:
        table.add_row(str(r.row), r.column, f"{r.kind} of length {r.length}", r.expected)
    err = messages()
    err.print(table)
    if total > REJECTIONS_SHOWN:
        err.print(f"… and {total - REJECTIONS_SHOWN} more")


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, float | None], None]]:
    """A bar on stderr, where that is a terminal; call it with the rows so far and the share, if that is known."""
    err = messages()
    bar = Progress(
        BarColumn(), TextColumn("{task.fields[rows]:,} " + what), TimeElapsedColumn(),
        console=err, transient=True, disable=not err.is_terminal,
    )  # fmt: skip
    with bar:
        task = bar.add_task("", total=None, rows=0)

        def tell(rows: int, share: float | None) -> None:
            total = None if share is None else 1.0
            bar.update(task, total=total, completed=share or 0.0, rows=rows)

        yield tell
