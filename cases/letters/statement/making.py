"""From a decision's facts to a statement of reasons, and from a statement to its letter."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from cases.errors import InvalidInputError
from cases.letters.composing import Letter, joined
from cases.letters.draft import Draft
from cases.letters.facts import Audience, LetterFacts
from cases.letters.filling import Words, clean
from cases.letters.statement.mapping import StatementMapping, load_mapping
from cases.letters.statement.schema import (
    LONGEST_EXPLANATION,
    LONGEST_FACTS,
    AccountType,
    ContentType,
    DecisionGround,
    SourceType,
)
from cases.letters.statement.statement import Ground, Restrictions, Statement
from cases.letters.wording import Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementFacts:
    """What a statement needs and a letter does not.

    Attributes:
        puid: See `Statement`.
        content_date: When the content was put up, or the account opened.
        source_type: None for a notice under Article 16 where somebody reported it, else the marketplace's own
            initiative.
        legal_ground: The law, where the content is held to be illegal; "" where it goes against the terms.
        clause: The clause of the terms; "" for the names of the category and sub-policy.
        explanation: Why it is illegal or does not go with the clause; "" for the template's words.
    """

    puid: str
    content_date: date
    source_type: SourceType | None = None
    legal_ground: str = ""
    clause: str = ""
    explanation: str = ""
    reference_url: str = ""
    also_illegal: bool | None = None
    content_language: str = ""
    account_type: AccountType | None = None


def make_statement(
    facts: LetterFacts, more: StatementFacts, wording: Wording, mapping: StatementMapping | None = None
) -> Statement:
    """The statement of reasons of a decision, its texts from the templates; the subject's title is in none of them.

    Raises:
        InvalidInputError: The action restricts nothing that Article 17(1) names, so that none is due; or a field is
            not as it must be.
    """
    mapping = mapping or load_mapping()
    restricted = mapping.restrictions(facts.action, facts.restriction, facts.action_name)
    if restricted is None:
        raise InvalidInputError(
            f"'action' must be one that restricts something (got {facts.action!r}); no statement of reasons is due",
            field="action",
        )
    category, notice = mapping.category(facts.category), SourceType.ARTICLE_16
    kind = facts.subject_kind
    other_type = (
        "" if kind in mapping.content_types else mapping.other_content_types.get(kind, clean(kind) or "Account")
    )
    return Statement(
        puid=more.puid,
        restrictions=_until(restricted, facts.ends_on),
        ground=_ground(facts, more, wording),
        category=category.category,
        category_addition=category.additions,
        category_specification=category.keywords_of(facts.sub_policy),
        content_type=mapping.content_types.get(kind, (ContentType.OTHER,)),
        content_type_other=other_type,
        content_date=more.content_date,
        content_language=more.content_language,
        application_date=facts.decided_at.date(),
        decision_facts=_filled(facts, wording, *_relied_on(facts, wording)),
        source_type=more.source_type or (notice if facts.from_notice else SourceType.VOLUNTARY),
        automated_detection=facts.automated_detection,
        automated_decision=facts.automated_decision,
        territorial_scope=facts.territories,
        account_type=more.account_type,
        redress=facts.redress,
    )


def statement_letter(statement: Statement, facts: LetterFacts, wording: Wording) -> Draft:
    """The statement of reasons as a letter to the affected side, under the headings of Article 17(3)."""
    letter, said = Letter(facts, Audience.STATEMENT, wording), wording.frame.statement
    withheld = letter.withheld()
    ground = "law" if statement.ground.decision_ground is DecisionGround.ILLEGAL else "terms"
    facts_told = {
        **letter.placeholders(),
        "facts": clean(statement.decision_facts, longest=LONGEST_FACTS),
        "ground": clean(statement.ground.ground, longest=LONGEST_EXPLANATION).rstrip("."),
        "explanation": clean(statement.ground.explanation, longest=LONGEST_EXPLANATION),
    }
    parts = [
        *(said["opening"], said["decided"], joined(*letter.happens())),
        *(said["relied"], Words("$facts"), said[ground], said[f"{ground}_ground"]),
        *(said["come_to"], joined(*letter.how_found()), said["redress"], wording.frame.affected["redress"]),
        wording.frame.close,
    ]
    return Draft(
        audience=Audience.STATEMENT,
        subject_line="" if withheld else said["subject_line"].filled(facts_told),
        body="" if withheld else "\n\n".join(part.filled(facts_told) for part in parts),
        template_id=f"statement/{facts.category}/{facts.action}",
        template_version=wording.version,
        language=wording.frame.language,
        withheld=withheld,
    )


def _ground(facts: LetterFacts, more: StatementFacts, wording: Wording) -> Ground:
    letter = Letter(facts, Audience.STATEMENT, wording)
    rule = letter.category().rule
    why = more.explanation or _filled(facts, wording, *([rule] if rule else letter.found()), *letter.reason())
    clause = more.clause or ": ".join(filter(None, (clean(facts.category_name), clean(facts.sub_policy_name))))
    return Ground(
        decision_ground=DecisionGround.ILLEGAL if more.legal_ground else DecisionGround.INCOMPATIBLE,
        ground=more.legal_ground or clause,
        explanation=why,
        also_illegal=None if more.legal_ground else more.also_illegal,
        reference_url=more.reference_url,
    )


def _relied_on(facts: LetterFacts, wording: Wording) -> list[Words]:
    said = wording.frame.affected["notice" if facts.from_notice else "own_initiative"]
    return [*Letter(facts, Audience.STATEMENT, wording).found(), said]


def _filled(facts: LetterFacts, wording: Wording, *parts: Words) -> str:
    return joined(*parts).filled(Letter(facts, Audience.STATEMENT, wording).placeholders())


def _until(limits: Restrictions, ends_on: date | None) -> Restrictions:
    """The restrictions with the same end for each of them that there is."""
    if ends_on is None:
        return limits
    return replace(
        limits,
        end_date_visibility_restriction=ends_on if limits.decision_visibility else None,
        end_date_monetary_restriction=ends_on if limits.decision_monetary else None,
        end_date_service_restriction=ends_on if limits.decision_provision else None,
        end_date_account_restriction=ends_on if limits.decision_account else None,
    )
