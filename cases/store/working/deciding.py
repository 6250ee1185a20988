"""Deciding a claimed case, once for each time that it is opened; `bulk` decides many at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select

from cases.case_state import CaseState
from cases.decision import Decision, Suggestion, SuggestionShown, Verdict
from cases.errors import ConflictError, InvalidInputError
from cases.event import EventKind
from cases.event_data import iso
from cases.handling import NoteKind, Outcome
from cases.ids import BulkId, CaseId, ContentId, DecisionId, new_id
from cases.precondition import ANYWAY, Precondition
from cases.store.database import Database
from cases.store.living import Steps, locked_state
from cases.store.noting import write_note
from cases.store.rows import chunks, decision_from
from cases.store.storable import finite, storable_code, storable_text
from cases.store.tables import cases, contents, decisions, scores
from cases.store.working.claimable import refuse_if_barred, refuse_unless_open
from cases.store.working.leases import check_lease, end_lease

RowValues = dict[str, Any]

_KINDS = {None: EventKind.DECIDED, Outcome.UPHOLD: EventKind.UPHELD, Outcome.OVERTURN: EventKind.OVERTURNED}


class Deciding:
    """The part of the store that takes decisions."""

    _db: Database

    def decide(  # noqa: PLR0913 - all that a decision is made of, each by its name
        self,
        case_id: CaseId,
        verdict: Verdict,
        *,
        holder: str,
        token: int,
        note: str = "",
        shown: SuggestionShown | None = None,
        handling_seconds: float | None = None,
        outcome: Outcome | None = None,
        only_if: Precondition = ANYWAY,
    ) -> Decision:
        """Decide the case and end the lease.

        The decision names the content that is the latest at this moment. On an appeal, or after reopening, it reviews
        the decision that stood. Whether the taxonomy holds the verdict's ids is the caller's to check
        (`Taxonomy.check`).

        Args:
            case_id: The case.
            verdict: What is decided.
            holder: Who holds the lease, and so who decides.
            token: The lease's.
            note: The decider's own words; kept in an erasable table.
            shown: What the model offered; None where nothing was.
            handling_seconds: Time worked on the case, seconds, at least 0.
            outcome: What an appeal comes to; None where the case is not under appeal.
            only_if: As the case must be.

        Raises:
            NotFoundError: There is no such case.
            ConflictError: It is decided already, merged away, its text was erased, or the decision under appeal is
                the holder's own.
            StaleLeaseError: The lease ran out, was released, or the case was claimed anew.
            InvalidInputError: The suggestion is not of this case, an appeal lacks its outcome or what is none has
                one, or a value cannot be stored.
            StoreUnavailableError: The database does not answer; the case is as it was, so try again.
        """
        values = verdict_values(verdict) | _suggestion_values(verdict, shown)
        values["handling_seconds"] = None
        if handling_seconds is not None:
            values["handling_seconds"] = finite(handling_seconds, field="handling_seconds", at_least=0.0)
        text = storable_text(note, field="note")

        def work(connection: Connection) -> Decision:
            state = locked_state(connection, case_id, only_if)
            refuse_unless_open(case_id, state)
            held, now = check_lease(connection, self._db, case_id, holder, token)
            refuse_if_barred(case_id, state, holder)
            _check_outcome(state, outcome)
            _check_shown(connection, case_id, shown)
            steps = Steps(self._db.clock(), {case_id: state})
            by = Decider(holder, held.claimed_at, held.token)
            content_id = content_of(case_id, latest_content_ids(connection, [case_id]))
            row = take_decision(steps, case_id, content_id, by, values, outcome)
            connection.execute(_INSERT, row)
            # The token stays, spent: its holder cannot act on the case twice.
            end_lease(connection, steps, case_id, now)
            write_note(
                connection, case_id, NoteKind.DECISION, text, author=holder, at=steps.at, decision_id=row["id"]
            )
            steps.write(connection)
            return decision_from(SimpleNamespace(**row))

        return self._db.step(work)


_INSERT = insert(decisions)


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decides, since when they have held the case, and under which token."""

    name: str
    claimed_at: Any
    token: int
    bulk_id: BulkId | None = None


def take_decision(
    steps: Steps,
    case_id: CaseId,
    content_id: ContentId,
    by: Decider,
    values: Mapping[str, Any],
    outcome: Outcome | None = None,
) -> RowValues:
    """Let the case be decided, and answer the row of its decision, which the caller inserts.

    Args:
        steps: The transaction's; holds the case's state.
        case_id: The case.
        content_id: Its latest content.
        by: Who decides.
        values: The columns of the verdict and of what was suggested.
        outcome: What an appeal comes to.
    """
    state = steps.states[case_id]
    row = {
        "id": DecisionId(new_id()),
        "case_id": case_id,
        "content_id": content_id,
        "decided_by": by.name,
        "decided_at": steps.at,
        "claimed_at": by.claimed_at,
        "lease_token": by.token,
        "reviews": state.decision_id,
        "overturns": outcome is Outcome.OVERTURN,
        "after_reopening": state.decision_id is not None and not state.under_appeal,
        "bulk_id": by.bulk_id,
        **values,
    }
    steps.add(
        case_id, _KINDS[outcome], by.name,
        decision_id=row["id"],
        decided_at=iso(steps.at),
        reviews=state.decision_id,
        bulk_id=by.bulk_id,
        category=values["category"],
        severity=values["severity"],
        action=values["action"],
        suggestion=values["suggestion"],
    )  # fmt: skip
    return row


def verdict_values(verdict: Verdict) -> RowValues:
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


def unaided_values() -> RowValues:
    """The columns of a decision in which no model had a part; every row of a bulk insert spells the same columns."""
    return {
        "score_id": None,
        "suggestion": Suggestion.UNAIDED.value,
        "suggestion_shown": False,
        "suggestion_hidden": False,
        "suggested_rank": None,
        "handling_seconds": None,
    }


_LATEST = (
    select(contents.c.case_id, contents.c.id)
    .join(cases, (cases.c.id == contents.c.case_id) & (cases.c.content_version == contents.c.version))
    .where(cases.c.id.in_(bindparam("case_ids", expanding=True)))
)
# Where the latest was erased.
_LEFT = (
    select(contents.c.case_id, contents.c.id)
    .where(contents.c.case_id.in_(bindparam("case_ids", expanding=True)))
    .order_by(contents.c.version)
)


def latest_content_ids(connection: Connection, case_ids: Iterable[CaseId]) -> dict[CaseId, ContentId]:
    """By case id, the id of the latest content that is left; a case whose text was all erased is not among them."""
    wanted = sorted(case_ids)
    found: dict[CaseId, ContentId] = {}
    for query in (_LATEST, _LEFT):
        for some in chunks([case_id for case_id in wanted if case_id not in found]):
            rows = connection.execute(query, {"case_ids": some})
            found |= {CaseId(row.case_id): ContentId(row.id) for row in rows}
    return found


def content_of(case_id: CaseId, content_ids: Mapping[CaseId, ContentId]) -> ContentId:
    """What a decision on the case is a decision on.

    Raises:
        ConflictError: Its text was erased.
    """
    if case_id not in content_ids:
        raise ConflictError(f"'case_id' must name a case whose text is there (got {case_id!r}, erased); leave it")
    return content_ids[case_id]


def _suggestion_values(verdict: Verdict, shown: SuggestionShown | None) -> RowValues:
    offered = shown.categories if shown else ()
    rank = offered.index(verdict.category) + 1 if verdict.category in offered else None
    seen = shown is not None and bool(offered) and not shown.hidden
    taken = Suggestion.ACCEPTED if rank else Suggestion.OVERRIDDEN
    return {
        "score_id": shown.score_id if shown else None,
        "suggestion": (taken if seen else Suggestion.UNAIDED).value,
        "suggestion_shown": seen,
        "suggestion_hidden": shown is not None and shown.hidden,
        "suggested_rank": rank,
    }


def _check_outcome(state: CaseState, outcome: Outcome | None) -> None:
    if state.under_appeal and outcome is None:
        raise InvalidInputError(
            "'outcome' must be uphold or overturn on an appeal (got none); say which", field="outcome"
        )
    if not state.under_appeal and outcome is not None:
        raise InvalidInputError(
            f"'outcome' must be left out where there is no appeal (got {outcome.value}); leave it out",
            field="outcome",
        )


def _check_shown(connection: Connection, case_id: CaseId, shown: SuggestionShown | None) -> None:
    if shown is None:
        return
    query = select(scores.c.case_id).where(scores.c.id == shown.score_id)
    if connection.execute(query).scalar() != case_id:
        raise InvalidInputError(
            f"'score_id' must name a score of case {case_id} (got another text); send the one that was shown",
            field="score_id",
        )
