"""Sources that send reports signed: who they are, and what proves them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from cases.errors import ConflictError, InvalidInputError, NotFoundError
from cases.inbound import InboundKind, InboundSource, inbound_key
from cases.store.database import Database
from cases.store.rows import AnyRow
from cases.store.tables import inbound_sources

MOST_OVERLAP = timedelta(days=30)

# It stands in a path, and in an event's actor.
_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Sourcing:
    """The part of the store that knows which sources may send reports signed."""

    _db: Database

    def add_inbound(self, source: str, kind: InboundKind, secret: str) -> InboundSource:
        """Let a source send reports. One that was removed is let in anew.

        Args:
            source: The reports' source: letters, digits and `._-`, at most 100.
            kind: How it signs.
            secret: What it signs with.

        Raises:
            ConflictError: It is let in already.
            InvalidInputError: The name or the secret cannot be.
            StoreUnavailableError: The database does not answer.
        """
        if not _SOURCE.fullmatch(source):
            raise InvalidInputError(
                f"'source' must be letters, digits and ._- and begin with a letter or digit, 1 to 100 of them (got "
                f"{len(source)} characters that are not); it is the reports' source and stands in the path",
                field="source",
            )
        inbound_key(kind, secret)
        this = inbound_sources.c.source == source

        def work(connection: Connection) -> InboundSource:
            known = connection.execute(select(inbound_sources).where(this)).one_or_none()
            if known is not None and known.removed_at is None:
                raise ConflictError(f"'source' must be new (got {source!r}, which is let in); rotate or remove it")
            values = {"kind": kind.value, "secret": secret, "created_at": self._db.clock(), "removed_at": None}
            if known is None:
                connection.execute(insert(inbound_sources).values(source=source, **values))
            else:
                connection.execute(update(inbound_sources).where(this).values(**values))
            return _source_from(connection.execute(select(inbound_sources).where(this)).one())

        return self._db.write(work, retry_duplicates=True)

    def rotate_inbound(self, source: str, secret: str, overlap: timedelta) -> None:
        """Another secret for a source; the one of before is taken for `overlap` longer.

        Raises:
            NotFoundError: No such source is let in.
            InvalidInputError: The secret cannot be, or `overlap` is not from nothing to 30 days.
            StoreUnavailableError: The database does not answer.
        """
        if not timedelta(0) <= overlap <= MOST_OVERLAP:
            raise InvalidInputError(
                f"'overlap' must be from 0 to {MOST_OVERLAP.days} days (got {overlap}); give one within",
                field="overlap",
            )

        def work(connection: Connection) -> None:
            row = _known(connection, source)
            inbound_key(InboundKind(row.kind), secret)
            values = {"secret": secret, "old_secret": row.secret, "old_until": self._db.clock() + overlap}
            connection.execute(update(inbound_sources).where(inbound_sources.c.source == source).values(**values))

        self._db.write(work)

    def remove_inbound(self, source: str) -> None:
        """Let a source in no more; its secrets are deleted.

        Raises:
            NotFoundError: No such source is let in.
            StoreUnavailableError: The database does not answer.
        """

        def work(connection: Connection) -> None:
            _known(connection, source)
            gone = {"secret": None, "old_secret": None, "old_until": None, "removed_at": self._db.clock()}
            connection.execute(update(inbound_sources).where(inbound_sources.c.source == source).values(**gone))

        self._db.write(work)

    def inbound_sources(self) -> tuple[InboundSource, ...]:
        """All sources by name, those removed too."""
        query = select(inbound_sources).order_by(inbound_sources.c.source)
        return self._db.read(lambda connection: tuple(_source_from(row) for row in connection.execute(query)))

    def inbound_keys(self, source: str, kind: InboundKind, now: datetime) -> tuple[bytes, ...]:
        """The keys of the source's secrets, the newest first; none where it is not let in, or not so.

        Args:
            source: As the path names it.
            kind: How what it sent is signed.
            now: Business time, by which old secrets end.
        """
        query = select(inbound_sources).where(
            inbound_sources.c.source == source,
            inbound_sources.c.kind == kind.value,
            inbound_sources.c.removed_at.is_(None),
        )
        row = self._db.read(lambda connection: connection.execute(query).one_or_none())
        # MariaDB compares without trailing blanks.
        if row is None or row.source != source:
            return ()
        old = row.old_secret is not None and row.old_until is not None and now < row.old_until
        return tuple(inbound_key(kind, secret) for secret in (row.secret, *([row.old_secret] if old else [])))


def _known(connection: Connection, source: str) -> AnyRow:
    query = select(inbound_sources).where(inbound_sources.c.source == source, inbound_sources.c.removed_at.is_(None))
    row = connection.execute(query.with_for_update()).one_or_none()
    if row is None:
        raise NotFoundError(
            f"'source' must name one that is let in (got {source[:100]!r}); list them with `caseload inbound list`"
        )
    return row


def _source_from(row: AnyRow) -> InboundSource:
    return InboundSource(row.source, InboundKind(row.kind), row.created_at, row.old_until, row.removed_at)
