"""How fast a table of reports is taken in, and at what memory: `python benchmarks/intake.py [--rows 100000]`.

Each format has a process of its own, which first takes 2,000 rows in, so that what is measured is the table and not
the loading of libraries. The store is SQLite in a temporary folder.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter
from sqlalchemy import create_engine, text

from cases.export.write import export
from cases.intake.load import IntakeOptions, load
from cases.intake.readers import SourceOptions
from cases.store import CaseStore
from cases.store.migrate import upgrade
from cases.taxonomy_file import load_taxonomy

WARM_UP = 2_000
FORMATS = ("csv", "jsonl", "parquet", "sql", "xlsx")
COLUMNS = ("external_id", "title", "description", "received_at", "reach")

Row = dict[str, object]


def rows(first: int, last: int) -> Iterator[Row]:
    """Reports of about 600 characters."""
    for n in range(first, last):
        told = f"Report {n}: " + "somebody copied my lectures and sells them as his own. " * 10
        yield dict(zip(COLUMNS, (f"T-{n}", "Copied", told, "2026-03-01T09:30:00Z", n), strict=True))


def write_table(kind: str, path: Path, table: Iterator[Row]) -> None:
    """Write the rows to a file of that kind."""
    writers: dict[str, Callable[[Path, Iterator[Row]], None]] = {
        "csv": _write_csv,
        "jsonl": _write_json_lines,
        "parquet": _write_parquet,
        "sql": _write_database,
        "xlsx": _write_excel,
    }
    writers[kind](path, table)


def _write_csv(path: Path, table: Iterator[Row]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(table)


def _write_json_lines(path: Path, table: Iterator[Row]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in table)


def _write_parquet(path: Path, table: Iterator[Row]) -> None:
    pq.write_table(pa.Table.from_pylist(list(table)), path, row_group_size=10_000)


def _write_database(path: Path, table: Iterator[Row]) -> None:
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(text(f"CREATE TABLE reports ({', '.join(COLUMNS)})"))
        marks = ", ".join(f":{name}" for name in COLUMNS)
        connection.execute(text(f"INSERT INTO reports VALUES ({marks})"), list(table))  # noqa: S608  our own names
    engine.dispose()


def _write_excel(path: Path, table: Iterator[Row]) -> None:
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, COLUMNS)
        for number, row in enumerate(table, start=1):
            sheet.write_row(number, 0, list(row.values()))


def measure(kind: str, folder: Path) -> None:
    """Take the folder's small table in and then the large one; print the figures as JSON."""
    url = f"sqlite:///{folder}/cases-{kind}.db"
    upgrade(url)
    options = IntakeOptions(reading=SourceOptions(query="SELECT * FROM reports" if kind == "sql" else ""))
    prefix = "sqlite:///" if kind == "sql" else ""
    with CaseStore.open(url) as store:

        def take(name: str, peak: Peak) -> int:
            source = f"{prefix}{folder}/{name}.{kind}"
            taken = load(store, source, taxonomy=load_taxonomy(), actor="benchmark", options=options, progress=peak)
            return taken.created

        small, large = Peak(), Peak()
        take("small", small)
        begun = time.perf_counter()
        created = take("large", large)
        seconds = time.perf_counter() - begun
        begun = time.perf_counter()
        export(store, "cases", folder / f"out-{kind}.csv")
        exported = time.perf_counter() - begun
    print(
        json.dumps({"rows": created, "seconds": seconds, "grown_mb": large.mb - small.mb, "export_seconds": exported})
    )


class Peak:
    """The most memory held after a batch; the system's own peak of a process may begin with that of its parent."""

    def __init__(self) -> None:
        self.mb = 0.0

    def __call__(self, _rows: int, _share: float | None) -> None:
        """Look, as `load` tells of its progress."""
        self.mb = max(self.mb, psutil.Process().memory_info().rss / 2**20)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=FORMATS)
    parser.add_argument("--measure", nargs=2, metavar=("FORMAT", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure[0], Path(options.measure[1]))
        return
    print(f"{'format':8} {'rows':>8} {'rows/s':>8} {'peak grew by MB':>16} {'CSV export rows/s':>18}")
    for kind in options.formats:
        with tempfile.TemporaryDirectory() as folder:
            write_table(kind, Path(folder) / f"small.{kind}", rows(0, WARM_UP))
            write_table(kind, Path(folder) / f"large.{kind}", rows(WARM_UP, WARM_UP + options.rows))
            command = [sys.executable, __file__, "--measure", kind, folder]
            done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603  itself
            found = json.loads(done.stdout)
        print(
            f"{kind:8} {found['rows']:8,} {found['rows'] / found['seconds']:8,.0f} {found['grown_mb']:16,.0f} "
            f"{(found['rows'] + WARM_UP) / found['export_seconds']:18,.0f}"
        )


if __name__ == "__main__":
    main()
