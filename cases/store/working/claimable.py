"""Who may claim what: in Python, for making sure under a case's lock; the part that no index knows, as SQL too."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, or_, select

from cases.case_state import CaseState
from cases.errors import ConflictError
from cases.ids import CaseId
from cases.record import CaseStatus
from cases.store.tables import cases, skips


def not_for(holder: ColumnElement[str]) -> list[ColumnElement[bool]]:
    """What keeps a free case from being handed out to `holder`, though others may have it: two conditions."""
    skipped = select(skips.c.case_id).where(skips.c.case_id == cases.c.id, skips.c.holder == holder)
    return [or_(cases.c.barred.is_(None), cases.c.barred != holder), ~skipped.exists()]


def is_free(state: CaseState, holder: str, moment: datetime) -> bool:
    """Whether the case may be handed out to `holder`, its lease apart."""
    return (
        state.is_open
        and not state.on_hold(moment)
        and state.assigned_to in (None, holder)
        and state.barred != holder
        and holder not in state.skipped_by
    )


def refuse_unless_open(case_id: CaseId, state: CaseState) -> None:
    """Refuse what needs an undecided case.

    Raises:
        ConflictError: It is decided, merged into another, or what it said was erased.
    """
    if state.status is CaseStatus.DECIDED:
        raise ConflictError(f"'case_id' must name an undecided case (got {case_id!r}, decided); take another")
    if state.status is CaseStatus.MERGED:
        raise ConflictError(
            f"'case_id' must name a case of its own (got {case_id!r}, merged into {state.merged_into}); take that one"
        )
    if state.status is CaseStatus.ERASED:
        raise ConflictError(f"'case_id' must name a case whose text is there (got {case_id!r}, erased); leave it")


def refuse_unless_claimable(case_id: CaseId, state: CaseState, holder: str, moment: datetime) -> None:
    """Refuse the claim of a named case; that `holder` once skipped it does not count, now that they ask for it.

    Raises:
        ConflictError: It is decided, merged, on hold, assigned to another, or an appeal against their own decision.
    """
    refuse_unless_open(case_id, state)
    if state.on_hold(moment) and state.hold_until is not None:
        raise ConflictError(
            f"'case_id' must name a case that is not on hold (got {case_id!r}, on hold until "
            f"{state.hold_until.isoformat()}); resume it first, or take another"
        )
    if state.assigned_to not in (None, holder):
        raise ConflictError(
            f"'case_id' must name a case that is yours or nobody's (got {case_id!r}, assigned to another); take "
            "another, or have it assigned to you"
        )
    refuse_if_barred(case_id, state, holder)


def refuse_if_barred(case_id: CaseId, state: CaseState, holder: str) -> None:
    """Refuse to let anyone review their own decision.

    Raises:
        ConflictError: The decision under appeal is `holder`'s.
    """
    if state.barred == holder:
        raise ConflictError(
            f"'holder' must not have taken the decision that is appealed (got its decider, on case {case_id!r}); "
            "leave the appeal to another"
        )
