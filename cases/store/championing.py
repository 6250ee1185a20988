"""Champions: which model serves. `promote` appends a row, and so does rolling back. Challengers: which could."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlalchemy import Connection, insert, select

from cases.errors import InvalidInputError
from cases.record import Challenger, Champion, HeldOutFigure
from cases.store.database import Database
from cases.store.rows import AnyRow
from cases.store.storable import finite, storable_name
from cases.store.tables import challengers, champions

_SHA256 = re.compile("[0-9a-f]{64}")


class Championing:
    """The part of the store that remembers which model serves, and which could."""

    _db: Database

    def promote_champion(self, name: str, version: str, sha256: str, *, by: str) -> Champion:
        """Append the champion that serves from now on.

        Args:
            name: The registered model's.
            version: The registered version's.
            sha256: Of the artifact's manifest, 64 lower-case hexadecimal digits.
            by: Who promotes.

        Raises:
            InvalidInputError: A name is empty or too long, or `sha256` is none.
            StoreUnavailableError: The database does not answer.
        """
        values = {
            "name": storable_name(name, field="name"),
            "version": storable_name(version, field="version"),
            "sha256": _digest(sha256),
            "promoted_by": storable_name(by, field="by"),
        }

        def work(connection: Connection) -> Champion:
            done = connection.execute(insert(champions).values(promoted_at=self._db.clock(), **values))
            is_new = champions.c.seq == done.inserted_primary_key[0]  # type: ignore[index]  # it made a row
            return _champion(connection.execute(select(champions).where(is_new)).one())

        return self._db.write(work)

    def champion(self) -> Champion | None:
        """The model that serves; None before the first was promoted."""
        query = select(champions).order_by(champions.c.seq.desc()).limit(1)

        def work(connection: Connection) -> Champion | None:
            row = connection.execute(query).one_or_none()
            return None if row is None else _champion(row)

        return self._db.read(work)

    def champions(self) -> tuple[Champion, ...]:
        """All champions there ever were, the first first."""
        query = select(champions).order_by(champions.c.seq)
        return self._db.read(lambda connection: tuple(_champion(row) for row in connection.execute(query)))

    def add_challenger(
        self, name: str, version: str, sha256: str, *, held_out: int, figures: Mapping[str, HeldOutFigure]
    ) -> None:
        """Append a model that was registered, whether or not it will ever serve.

        Args:
            name: The registered model's.
            version: The registered version's.
            sha256: Of the artifact's manifest.
            held_out: How many cases it was measured on.
            figures: By name.

        Raises:
            InvalidInputError: A name is empty or too long, a figure is not finite, or `sha256` is none.
            StoreUnavailableError: The database does not answer.
        """
        values = {
            "name": storable_name(name, field="name"),
            "version": storable_name(version, field="version"),
            "sha256": _digest(sha256),
            "held_out": held_out,
            "figures": {
                figure: [None if part is None else finite(part, field=figure) for part in (f.value, f.low, f.high)]
                for figure, f in figures.items()
            },
        }

        def work(connection: Connection) -> None:
            connection.execute(insert(challengers).values(registered_at=self._db.clock(), **values))

        self._db.write(work)

    def challengers(self, most: int = 20) -> tuple[Challenger, ...]:
        """The models registered last, the newest first.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        query = select(challengers).order_by(challengers.c.seq.desc()).limit(most)
        return self._db.read(lambda connection: tuple(_challenger(row) for row in connection.execute(query)))


def _digest(sha256: str) -> str:
    if not _SHA256.fullmatch(sha256):
        raise InvalidInputError(
            f"'sha256' must be 64 lower-case hexadecimal digits (got {len(sha256)} characters); "
            "take it from the artifact's manifest",
            field="sha256",
        )
    return sha256


def _challenger(row: AnyRow) -> Challenger:
    figures = {name: HeldOutFigure(*parts) for name, parts in row.figures.items()}
    return Challenger(row.name, row.version, row.sha256, row.registered_at, row.held_out, figures)


def _champion(row: AnyRow) -> Champion:
    return Champion(row.seq, row.name, row.version, row.sha256, row.promoted_at, row.promoted_by)
