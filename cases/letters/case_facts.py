"""The facts of a letter from the record: a case and the decision that stands on it."""

from __future__ import annotations

from datetime import date

from cases.decision import Decision
from cases.letters.facts import AutomatedDecision, Circumstances, Hold, LetterFacts, letter_facts
from cases.record import Case
from cases.taxonomy import Taxonomy

# What `reporter_kind` says of a case that nobody outside the marketplace reported.
_OWN_INITIATIVE = {"automated", "staff"}


def case_facts(
    case: Case,
    decision: Decision,
    taxonomy: Taxonomy,
    *,
    subject_name: str = "",
    ends_on: date | None = None,
    territories: tuple[str, ...] = (),
    hold: Hold | None = None,
    hold_cleared: bool = False,
) -> LetterFacts:
    """The facts of a letter about a decision.

    Whether somebody reported it, and whether software found it, is told by the attribute `reporter_kind`:
    "automated" and "staff" are the marketplace's own, all else is a notice. A decision is a person's; where a
    suggestion was shown to them, software helped.

    Args:
        case: Decided.
        decision: The one that stands.
        taxonomy: Today's.
        subject_name: As the affected side knows it; the record keeps ids alone.
        ends_on: The last day of the restriction.
        territories: Where it applies; empty for everywhere.
        hold: Why the affected side may have to be told nothing.
        hold_cleared: Whether whoever may say so has said that it can be told all the same.

    Raises:
        UnknownPolicyError: The decision uses a word that the policy no longer has.
    """
    kind = str(case.content.attributes.get("reporter_kind", ""))
    told = Circumstances(
        subject_kind=case.subject.kind if case.subject else "",
        subject_ref=case.subject.external_id if case.subject else "",
        subject_name=subject_name,
        from_notice=kind not in _OWN_INITIATIVE,
        automated_detection=kind == "automated",
        automated_decision=AutomatedDecision.PARTIALLY if decision.suggestion_shown else AutomatedDecision.NOT,
        ends_on=ends_on,
        territories=territories,
        hold=hold,
        hold_cleared=hold_cleared,
    )
    return letter_facts(
        decision.verdict, taxonomy, case_ref=case.id, decided_at=decision.decided_at, circumstances=told
    )
