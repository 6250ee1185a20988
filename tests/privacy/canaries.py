"""Words that stand nowhere else in the world, and where they are looked for."""

from __future__ import annotations

import secrets
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pyarrow.parquet as pq
from sqlalchemy import MetaData, select

from cases.store.engine import make_engine


def _word() -> str:
    # One word by every tokeniser's rule, and in lower case as a vocabulary has it.
    return f"zq{secrets.token_hex(8)}"


@dataclass(frozen=True)
class Canaries:
    """One for each way in which a person's words or name come in."""

    text: str = field(default_factory=_word)
    title: str = field(default_factory=_word)
    reporter: str = field(default_factory=_word)
    attribute: str = field(default_factory=_word)
    note: str = field(default_factory=_word)
    external_id: str = field(default_factory=_word)
    subject: str = field(default_factory=_word)

    def names(self) -> dict[str, str]:
        return asdict(self)

    def found_in(self, content: bytes) -> list[str]:
        return [name for name, word in self.names().items() if word.encode() in content]


def hits(canaries: Canaries, paths: Iterable[Path]) -> list[str]:
    """Each file, or part of an archive, that holds a canary, with which."""
    return [
        f"{path}{part and '!' + part}: {name}"
        for path in paths
        for part, content in _contents(path)
        for name in canaries.found_in(content)
    ]


def files_under(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def rows_with(canaries: Canaries, url: str) -> list[str]:
    """Each table of a database in which a canary stands, with which: all rows of all tables are read."""
    engine = make_engine(url)
    there = MetaData()
    there.reflect(engine)
    found = set()
    with engine.connect() as connection:
        for table in there.sorted_tables:
            for row in connection.execute(select(table)):
                for name in canaries.found_in(repr(tuple(row)).encode()):
                    found.add(f"{table.name}: {name}")
    engine.dispose()
    return sorted(found)


def _contents(path: Path) -> Iterator[tuple[str, bytes]]:
    """The file's bytes, and what it packs."""
    yield "", path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            for name in packed.namelist():
                yield name, packed.read(name)
    if path.suffix == ".parquet":
        yield "rows", repr(pq.read_table(path).to_pydict()).encode()
