"""The facts that a letter about a decision may use, and nothing else: who reported is not among them.

Sources: Regulation (EU) 2022/2065 (DSA), https://eur-lex.europa.eu/eli/reg/2022/2065/oj: what the affected side is
told (Article 17), what a notifier is told (Article 16(5)), the internal complaint (Article 20), out-of-court dispute
settlement (Article 21).
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from cases.clock import as_utc
from cases.decision import Verdict
from cases.errors import InvalidInputError
from cases.taxonomy import Taxonomy


class Audience(StrEnum):
    """Whom a draft is for: the affected side in one of three roles, the reporter, or the statement of reasons."""

    INSTRUCTOR = "instructor"
    STUDENT = "student"
    USER = "user"
    REPORTER = "reporter"
    STATEMENT = "statement"

    @property
    def affected(self) -> bool:
        """Whether it is read by the side that the decision is about."""
        return self is not Audience.REPORTER


class AutomatedDecision(StrEnum):
    """How far automated means took the decision (Article 17(3)(c)); the values are the Transparency Database's."""

    NOT = "AUTOMATED_DECISION_NOT_AUTOMATED"
    PARTIALLY = "AUTOMATED_DECISION_PARTIALLY"
    FULLY = "AUTOMATED_DECISION_FULLY"


class Hold(StrEnum):
    """Why the affected side may have to be told nothing for now. Whether it must is for the legal team to say."""

    AUTHORITIES = "authorities"
    INVESTIGATION = "investigation"
    NON_DISCLOSURE_ORDER = "non_disclosure_order"
    PERSON_AT_RISK = "person_at_risk"


@dataclass(frozen=True, slots=True)
class Redress:
    """What somebody who disagrees can do.

    Attributes:
        complaint_months: For how long they can complain to the marketplace, from the day on which they are told: at
            least six months (Article 20(1) and (2)).
        out_of_court: Whether a certified body can be chosen (Article 21(1)).
        courts: Whether a court can be asked; Article 21(1), third subparagraph, leaves that right untouched.
    """

    complaint_months: int = 6
    out_of_court: bool = True
    courts: bool = True

    def __post_init__(self) -> None:
        if self.complaint_months < 6:
            raise InvalidInputError(
                f"'complaint_months' must be 6 or more (got {self.complaint_months}); Article 20(1) of the DSA sets "
                "six months, give at least these",
                field="complaint_months",
            )

    def complaint_until(self, told_on: date) -> date:
        """The last day of the period that begins on the day on which they are told (Article 20(2))."""
        month = told_on.month - 1 + self.complaint_months
        year, month = told_on.year + month // 12, month % 12 + 1
        return date(year, month, min(told_on.day, calendar.monthrange(year, month)[1]))


@dataclass(frozen=True, slots=True)
class LetterFacts:
    """What a letter about one decision may say.

    Attributes:
        subject_kind: course, user, review, message, payment, or what else the marketplace has; "" where it is not
            known.
        subject_name: As the affected side knows it (a course's title); "" for none.
        violation: Whether the decided category is one that breaks a rule.
        adverse: Whether the action is to somebody's disadvantage.
        restriction: visibility, monetary, provision or account (`Action.dsa`); None where nothing is restricted.
        from_notice: Whether somebody reported it; False for the marketplace's own initiative.
        automated_detection: Whether automated means found it.
        ends_on: The last day of the restriction; None where no end is set.
        territories: ISO 3166-1 alpha-2 codes of the countries where it applies; empty for all.
        hold: Why the affected side may have to be told nothing; None where nothing is known.
        hold_cleared: Whether whoever may say so has said that the affected side can be told all the same.
    """

    case_ref: str
    category: str
    category_name: str
    action: str
    action_name: str
    reason: str
    reason_text: str
    decided_at: datetime
    violation: bool = True
    adverse: bool = False
    restriction: str | None = None
    sub_policy: str = ""
    sub_policy_name: str = ""
    subject_kind: str = ""
    subject_ref: str = ""
    subject_name: str = ""
    from_notice: bool = True
    automated_detection: bool = False
    automated_decision: AutomatedDecision = AutomatedDecision.NOT
    ends_on: date | None = None
    territories: tuple[str, ...] = ()
    hold: Hold | None = None
    hold_cleared: bool = False
    redress: Redress = field(default_factory=Redress)

    def __post_init__(self) -> None:
        object.__setattr__(self, "decided_at", as_utc(self.decided_at, field="decided_at"))
        if not self.case_ref.strip():
            raise InvalidInputError("'case_ref' must be the case's reference (got ''); give it", field="case_ref")
        if self.ends_on is not None and self.ends_on < self.decided_at.date():
            raise InvalidInputError(
                f"'ends_on' must be the day of the decision or later (got {self.ends_on}, decided on "
                f"{self.decided_at.date()}); correct it, or leave it out where no end is set",
                field="ends_on",
            )


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the verdict does not say and a letter needs; each as `LetterFacts` has it."""

    subject_kind: str = ""
    subject_ref: str = ""
    subject_name: str = ""
    from_notice: bool = True
    automated_detection: bool = False
    automated_decision: AutomatedDecision = AutomatedDecision.NOT
    ends_on: date | None = None
    territories: tuple[str, ...] = ()
    hold: Hold | None = None
    hold_cleared: bool = False


def letter_facts(
    verdict: Verdict,
    taxonomy: Taxonomy,
    *,
    case_ref: str,
    decided_at: datetime,
    circumstances: Circumstances | None = None,
) -> LetterFacts:
    """The facts of one verdict, with the names that the policy gives its ids.

    Raises:
        UnknownPolicyError: The verdict uses a word that the policy does not know; carry it over first.
        InvalidInputError: A fact is not as it must be.
    """
    taxonomy.check(verdict)
    told = circumstances or Circumstances()
    category = taxonomy.category(verdict.category)
    action = next(a for a in taxonomy.actions if a.id == verdict.action)
    return LetterFacts(
        case_ref=case_ref,
        category=category.id,
        category_name=category.name,
        violation=category.violation,
        sub_policy=verdict.sub_policy,
        sub_policy_name=next((s.name for s in category.sub_policies if s.id == verdict.sub_policy), ""),
        action=action.id,
        action_name=action.name,
        adverse=action.adverse,
        restriction=action.dsa,
        reason=verdict.reason,
        reason_text=next(r.text for r in taxonomy.reasons if r.id == verdict.reason),
        decided_at=decided_at,
        **{name: getattr(told, name) for name in Circumstances.__slots__},
    )
