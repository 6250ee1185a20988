"""A statement of reasons: every field of DSA Article 17(3), typed and validated when it is made.

Field names are the DSA Transparency Database's (`cases.letters.statement.schema` says which version). Article 17(3)
asks for the notifier's identity only where it is strictly necessary; here it is never given, so it has no field.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from cases.letters.facts import AutomatedDecision, Redress
from cases.letters.statement.checks import check
from cases.letters.statement.schema import (
    AccountType,
    ContentType,
    DecisionAccount,
    DecisionGround,
    DecisionMonetary,
    DecisionProvision,
    DecisionVisibility,
    SourceType,
    StatementCategory,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Restrictions:
    """What the decision restricts, one of four at least, and until when (Article 17(3)(a)); None: no end is set.

    Attributes:
        decision_visibility_other: In words, where visibility is restricted otherwise; at most 500 characters.
        decision_monetary_other: The same for payments.
    """

    decision_visibility: tuple[DecisionVisibility, ...] = ()
    decision_visibility_other: str = ""
    decision_monetary: DecisionMonetary | None = None
    decision_monetary_other: str = ""
    decision_provision: DecisionProvision | None = None
    decision_account: DecisionAccount | None = None
    end_date_visibility_restriction: date | None = None
    end_date_monetary_restriction: date | None = None
    end_date_service_restriction: date | None = None
    end_date_account_restriction: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Why: the legal ground (Article 17(3)(d)), or the clause of the terms (Article 17(3)(e)), and its explanation.

    Attributes:
        ground: The law relied on, or the clause; at most 500 characters.
        explanation: Why the content is illegal on that ground, or does not go with that clause; at most 2,000.
        also_illegal: For content that does not go with the terms: whether it is held to be illegal too; None where
            that was not looked at.
        reference_url: Where the law or the terms can be read.
    """

    decision_ground: DecisionGround
    ground: str
    explanation: str
    also_illegal: bool | None = None
    reference_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A statement of reasons.

    Attributes:
        puid: The marketplace's own id of this statement, used once: letters, digits, `-` and `_`, at most 500. It is
            published, so it must be nobody's name.
        decision_facts: The facts and circumstances relied on (Article 17(3)(b)), at most 5,000 characters. It is
            published: nothing in it may tell who anybody is (Article 24(5)).
        category_specification: Keywords of the schema.
        territorial_scope: Codes of EU and EEA countries; empty where it holds wherever the service is offered.
        content_date: When the content was put up, or the account opened.
        application_date: From when the restriction holds.
        content_language: ISO 639-1, upper case; "" where it is not known.
        automated_detection: Whether automated means found it; `automated_decision` how far they decided it
            (Article 17(3)(c)).
        redress: What the recipient can do (Article 17(3)(f)); the database has no field for it, the letter tells it.

    Raises:
        InvalidInputError: A field is not as the schema has it; "'x' must be Y (got Z); do W", at the first one.
    """

    puid: str
    restrictions: Restrictions
    ground: Ground
    category: StatementCategory
    content_type: tuple[ContentType, ...]
    content_date: date
    application_date: date
    decision_facts: str
    source_type: SourceType
    automated_detection: bool
    automated_decision: AutomatedDecision
    category_addition: tuple[StatementCategory, ...] = ()
    category_specification: tuple[str, ...] = ()
    content_type_other: str = ""
    content_language: str = ""
    territorial_scope: tuple[str, ...] = ()
    account_type: AccountType | None = None
    redress: Redress = field(default_factory=Redress)

    def __post_init__(self) -> None:
        check(self)

    def to_transparency_record(self) -> dict[str, Any]:
        """The JSON that the DSA Transparency Database takes (`POST …/statement`); what is not set is left out."""
        return {name: value for name, value in self._record().items() if value not in (None, "", [])}

    def _record(self) -> dict[str, Any]:
        limits, ground = self.restrictions, self.ground
        illegal = ground.decision_ground is DecisionGround.ILLEGAL
        names = ("illegal_content_legal_ground", "illegal_content_explanation")
        if not illegal:
            names = ("incompatible_content_ground", "incompatible_content_explanation")
        return {
            "puid": self.puid,
            "decision_visibility": [str(each) for each in limits.decision_visibility],
            "decision_visibility_other": limits.decision_visibility_other,
            "end_date_visibility_restriction": _day(limits.end_date_visibility_restriction),
            "decision_monetary": _code(limits.decision_monetary),
            "decision_monetary_other": limits.decision_monetary_other,
            "end_date_monetary_restriction": _day(limits.end_date_monetary_restriction),
            "decision_provision": _code(limits.decision_provision),
            "end_date_service_restriction": _day(limits.end_date_service_restriction),
            "decision_account": _code(limits.decision_account),
            "end_date_account_restriction": _day(limits.end_date_account_restriction),
            "account_type": _code(self.account_type),
            "decision_ground": str(ground.decision_ground),
            "decision_ground_reference_url": ground.reference_url,
            names[0]: ground.ground,
            names[1]: ground.explanation,
            "incompatible_content_illegal": None if illegal else _yes_or_no(ground.also_illegal),
            "category": str(self.category),
            "category_addition": [str(each) for each in self.category_addition],
            "category_specification": list(self.category_specification),
            "content_type": [str(each) for each in self.content_type],
            "content_type_other": self.content_type_other,
            "content_language": self.content_language,
            "content_date": _day(self.content_date),
            "application_date": _day(self.application_date),
            "territorial_scope": list(self.territorial_scope),
            "decision_facts": self.decision_facts,
            "source_type": str(self.source_type),
            "automated_detection": _yes_or_no(self.automated_detection),
            "automated_decision": str(self.automated_decision),
        }


def _code(value: object | None) -> str | None:
    return None if value is None else str(value)


def _day(value: date | None) -> str | None:
    return None if value is None else value.strftime("%Y-%m-%d")


def _yes_or_no(value: bool | None) -> str | None:
    return None if value is None else ("Yes" if value else "No")
