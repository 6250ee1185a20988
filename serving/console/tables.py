"""The tables that pages show, each of which downloads: as CSV and Excel, typed, and with nothing in it that runs.

A table and its files are made by one function, so that they cannot tell different things. To add one to a page:

1. Write a function that answers a `Table`: its rows as the page shows them, its columns as a file has them. Put it
   into the page's mapping from names to such functions (see `serving/console/overseeing/team.py`).
2. Give the page one route for all of its tables, and the route a line in `serving/access/pages.py` with the page's
   own permission:

       @router.get("/team/{table}.{kind}")
       def download(table: str, kind: str, parts: Parts, who: Who) -> Response:
           return as_file(named(TABLES, table)(parts, who, MAX_ROWS), kind)

3. Show it: call the same function with how many rows the page shows, loop over `table.shown` in the template, and
   put `{{ downloads(table) }}` of `_downloads.html` behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, Generic, TypeVar
from urllib.parse import urlencode

from starlette.responses import Response

from cases.errors import NotFoundError
from cases.export.cells import CellCounts
from cases.export.columns import Kind
from cases.export.excel import excel_file
from cases.export.files import csv_file

# More than anybody reads, and few enough to be written while somebody waits.
MAX_ROWS = 20_000

T = TypeVar("T")
S = TypeVar("S")
Column = tuple[Kind, Callable[[T], Any]]

_WRITERS = {
    "csv": (csv_file, "text/csv; charset=utf-8"),
    "xlsx": (excel_file, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


@dataclass(frozen=True)
class Table(Generic[T]):
    """A table of a page.

    Attributes:
        at: Where it downloads from, without the ending: "/team/waiting".
        caption: What it holds, in a few words.
        columns: By their names in a file: of what kind, and what they hold of a row. Numbers are numbers, with their
            unit in the name; times are aware.
        rows: In their order, one more than `limit` where there are more; a file has the first twenty thousand.
        limit: How many of the rows the page shows.
        query: What of the page's address says which rows these are.
    """

    at: str
    caption: str
    columns: Mapping[str, Column[T]]
    rows: Iterable[T]
    limit: int = MAX_ROWS
    query: Mapping[str, object] | str = ""

    most: ClassVar[int] = MAX_ROWS

    @cached_property
    def _taken(self) -> list[T]:
        return list(islice(self.rows, self.limit + 1))

    @property
    def shown(self) -> list[T]:
        """The rows that the page shows, at most `limit`."""
        return self._taken[: self.limit]

    @property
    def more(self) -> bool:
        """Whether there are more than the page shows."""
        return len(self._taken) > self.limit

    def address(self, kind: str) -> str:
        """Where it downloads from as that kind of file."""
        query = self.query if isinstance(self.query, str) else urlencode(self.query)
        return f"{self.at}.{kind}" + (f"?{query}" if query else "")


def named(tables: Mapping[str, S], name: str) -> S:
    """What makes the table of that name.

    Raises:
        NotFoundError: The page has none.
    """
    if name not in tables:
        raise NotFoundError(
            f"'table' must be one of {', '.join(tables)} (got another word, of {len(name)} characters); choose one"
        )
    return tables[name]


def as_file(table: Table[Any], kind: str) -> Response:
    """The table as a file: its first twenty thousand rows.

    Raises:
        NotFoundError: There is no such kind of file.
    """
    if kind not in _WRITERS:
        raise NotFoundError(f"'kind' must be csv or xlsx (got {len(kind)} characters); choose one")
    writer, media_type = _WRITERS[kind]
    name = table.at.rpartition("/")[2]
    kinds = {column: of for column, (of, _) in table.columns.items()}
    with TemporaryDirectory(prefix="caseload-download-") as folder:
        path = Path(folder) / f"{name}.{kind}"
        with writer(path, name, kinds, CellCounts()) as write:
            for row in islice(table.rows, MAX_ROWS):
                write({column: told(row) for column, (_, told) in table.columns.items()})
        content = path.read_bytes()
    disposition = f'attachment; filename="{name}.{kind}"'
    return Response(content, media_type=media_type, headers={"Content-Disposition": disposition})
