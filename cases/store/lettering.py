"""The words for decisions, each version of them; nothing is overwritten, all of it is erased with the case's text."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from cases.clock import as_utc
from cases.errors import ConflictError
from cases.ids import CaseId, DecisionId, new_id
from cases.letters.draft import Draft
from cases.letters.facts import Audience
from cases.letters.history import DraftHistory, DraftVersion
from cases.store.database import Database
from cases.store.rows import AnyRow
from cases.store.storable import storable_text
from cases.store.tables import letters, report_identities, reports


class Lettering:
    """The part of the store that keeps the words for decisions."""

    _db: Database

    def letters_of(self, decision_id: DecisionId) -> dict[Audience, DraftHistory]:
        """The versions of each letter about the decision; one that nobody kept is not in it.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        query = select(letters).where(letters.c.decision_id == decision_id).order_by(letters.c.version)
        found: dict[Audience, list[DraftVersion]] = defaultdict(list)
        for row in self._db.read(lambda connection: connection.execute(query).all()):
            found[Audience(row.audience)].append(_version(row))
        return {audience: DraftHistory(tuple(versions)) for audience, versions in found.items()}

    def keep_letter(self, case_id: CaseId, decision_id: DecisionId, history: DraftHistory) -> None:
        """Keep the versions of a letter that are not kept yet.

        Raises:
            ConflictError: Somebody kept another version in between.
            InvalidInputError: A text cannot be stored.
            StoreUnavailableError: The database does not answer.
        """
        audience = history.latest.draft.audience

        def work(connection: Connection) -> None:
            kept = select(letters.c.version).where(
                letters.c.decision_id == decision_id, letters.c.audience == audience.value
            )
            known = set(connection.execute(kept).scalars())
            for version in history.versions:
                if version.number not in known:
                    connection.execute(insert(letters).values(_values(case_id, decision_id, version)))

        try:
            self._db.write(work)
        except IntegrityError as error:
            raise ConflictError(
                "'seen' must be the latest version (got one that somebody changed in between); look at it again"
            ) from error

    def reporters_of(self, case_id: CaseId) -> tuple[str, ...]:
        """Who reported, for making sure that no letter says so. It is shown to nobody.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        query = (
            select(report_identities.c.reporter)
            .join(reports, reports.c.id == report_identities.c.report_id)
            .where(reports.c.case_id == case_id)
        )
        return tuple(self._db.read(lambda connection: connection.execute(query).scalars().all()))


def _values(case_id: CaseId, decision_id: DecisionId, version: DraftVersion) -> dict[str, object]:
    draft = version.draft
    return {
        "id": new_id(),
        "case_id": case_id,
        "decision_id": decision_id,
        "audience": draft.audience.value,
        "version": version.number,
        "author": version.author,
        "at": version.at,
        "subject_line": storable_text(draft.subject_line, field="subject_line"),
        "body": storable_text(draft.body, field="body"),
        "withheld": draft.withheld,
        "template_id": draft.template_id,
        "template_version": draft.template_version,
        "language": draft.language,
        "changed": version.changed,
    }


def _version(row: AnyRow) -> DraftVersion:
    draft = Draft(
        Audience(row.audience),
        row.subject_line,
        row.body,
        row.template_id,
        row.template_version,
        row.language,
        row.withheld,
    )
    return DraftVersion(row.version, draft, row.author, as_utc(row.at, field="at"), row.changed)
