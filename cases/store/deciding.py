"""Deciding a claimed case, exactly once."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert, select, update

from cases.errors import ConflictError, InvalidInputError
from cases.ids import CaseId, ContentId, DecisionId, new_id
from cases.record import CaseStatus, Decision, EventKind, Suggestion, SuggestionShown, Verdict
from cases.store.database import Database
from cases.store.leases import append_event, check_lease
from cases.store.rows import AnyRow, case_row, decision_from
from cases.store.storable import finite, storable_code, storable_text
from cases.store.tables import cases, contents, decisions, leases, notes, scores


class Deciding:
    """The part of the store that takes decisions."""

    _db: Database

    def decide(
        self,
        case_id: CaseId,
        verdict: Verdict,
        *,
        holder: str,
        token: int,
        note: str = "",
        shown: SuggestionShown | None = None,
        handling_seconds: float | None = None,
    ) -> Decision:
        """Decide the case and end the lease.

        The decision names the content that is the latest at this moment. Whether the taxonomy holds the verdict's ids
        is the caller's to check (`Taxonomy.check`).

        Args:
            case_id: The case.
            verdict: What is decided.
            holder: Who holds the lease, and so who decides.
            token: The lease's.
            note: The decider's own words; kept in an erasable table.
            shown: What the model offered; None where nothing was.
            handling_seconds: Time worked on the case, seconds, at least 0.

        Raises:
            NotFoundError: There is no such case.
            ConflictError: It is decided already.
            StaleLeaseError: The lease ran out, was released, or the case was claimed anew.
            InvalidInputError: The suggestion is not of this case, or a value cannot be stored.
            StoreUnavailableError: The database does not answer; the case is as it was, so try again.
        """
        values = verdict_values(verdict) | _suggestion_values(verdict, shown)
        if handling_seconds is not None:
            values["handling_seconds"] = finite(handling_seconds, field="handling_seconds", at_least=0.0)
        text = storable_text(note, field="note")

        def work(connection: Connection) -> Decision:
            row = case_row(connection, case_id, lock=True)
            if row.status == CaseStatus.DECIDED.value:
                raise ConflictError(f"'case_id' must name an undecided case (got {case_id!r}, decided); take another")
            held, now = check_lease(connection, self._db, case_id, holder, token)
            _check_shown(connection, case_id, shown)
            decision = _decide(connection, self._db, row, held, values)
            # The token stays, spent: the case cannot be claimed again, and its holder cannot act on it twice.
            connection.execute(update(leases).where(leases.c.case_id == case_id).values(expires_at=now))
            if text:
                connection.execute(
                    insert(notes).values(id=new_id(), case_id=case_id, decision_id=decision.id, text=text)
                )
            return decision

        return self._db.write(work)


def verdict_values(verdict: Verdict) -> dict[str, Any]:
    """The columns of a verdict.

    Raises:
        InvalidInputError: A code is empty or too long, or the severity is below 1.
    """
    if verdict.severity < 1:
        raise InvalidInputError(
            f"'severity' must be a level from 1 (got {verdict.severity}); 1 is the most severe", field="severity"
        )
    return {
        "category": storable_code(verdict.category, field="category"),
        "sub_policy": storable_code(verdict.sub_policy, field="sub_policy", required=False),
        "other_categories": [storable_code(other, field="other_categories") for other in verdict.other_categories],
        "severity": verdict.severity,
        "action": storable_code(verdict.action, field="action"),
        "reason": storable_code(verdict.reason, field="reason"),
    }


def latest_content_id(connection: Connection, case: AnyRow) -> ContentId:
    """The id of the case's latest content."""
    query = select(contents.c.id).where(contents.c.case_id == case.id, contents.c.version == case.content_version)
    return ContentId(connection.execute(query).scalar_one())


def _suggestion_values(verdict: Verdict, shown: SuggestionShown | None) -> dict[str, Any]:
    offered = shown.categories if shown else ()
    rank = offered.index(verdict.category) + 1 if verdict.category in offered else None
    seen = shown is not None and bool(offered) and not shown.hidden
    taken = Suggestion.ACCEPTED if rank else Suggestion.OVERRIDDEN
    return {
        "score_id": shown.score_id if shown else None,
        "suggestion": (taken if seen else Suggestion.UNAIDED).value,
        "suggestion_shown": seen,
        "suggested_rank": rank,
    }


def _check_shown(connection: Connection, case_id: CaseId, shown: SuggestionShown | None) -> None:
    if shown is None:
        return
    query = select(scores.c.case_id).where(scores.c.id == shown.score_id)
    if connection.execute(query).scalar() != case_id:
        raise InvalidInputError(
            f"'score_id' must name a score of case {case_id} (got {shown.score_id!r}); send the one that was shown",
            field="score_id",
        )


def _decide(connection: Connection, db: Database, case: AnyRow, held: AnyRow, values: dict[str, Any]) -> Decision:
    decision_id, decided_at = DecisionId(new_id()), db.clock()
    connection.execute(
        insert(decisions).values(
            id=decision_id,
            case_id=case.id,
            content_id=latest_content_id(connection, case),
            decided_by=held.holder,
            decided_at=decided_at,
            claimed_at=held.claimed_at,
            lease_token=held.token,
            overturns=False,
            **values,
        )
    )
    connection.execute(
        update(cases).where(cases.c.id == case.id).values(status=CaseStatus.DECIDED.value, decided_at=decided_at)
    )
    append_event(
        connection, db, CaseId(case.id), EventKind.DECIDED, held.holder,
        decision_id=decision_id,
        category=values["category"],
        severity=values["severity"],
        action=values["action"],
        suggestion=values["suggestion"],
    )  # fmt: skip
    return decision_from(connection.execute(select(decisions).where(decisions.c.id == decision_id)).one())
