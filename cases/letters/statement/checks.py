"""Whether a statement of reasons is as the schema has it; a fault is told at the first field that has one."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cases.errors import InvalidInputError
from cases.letters.places import COUNTRIES
from cases.letters.statement import schema
from cases.letters.statement.schema import ContentType, DecisionGround, DecisionMonetary, DecisionVisibility

if TYPE_CHECKING:
    from cases.letters.statement.statement import Ground, Restrictions, Statement


def check(statement: Statement) -> None:
    """Refuse a statement that the Transparency Database would refuse, or that Article 17(3) finds incomplete.

    Raises:
        InvalidInputError: Names the field; texts are told by their length alone.
    """
    if not re.fullmatch(schema.PUID, statement.puid):
        got = f"{len(statement.puid)} characters with others among them"
        raise _fault("puid", "1 to 500 of letters, digits, '-' and '_'", got, "use an id of your own that fits")
    _restrictions(statement.restrictions, statement.application_date)
    _ground(statement.ground)
    _content(statement)
    _text("decision_facts", statement.decision_facts, schema.LONGEST_FACTS)
    _days(statement)
    for code in statement.territorial_scope:
        if code not in COUNTRIES:
            codes = ", ".join(COUNTRIES)
            raise _fault("territorial_scope", f"of these codes: {codes}", _shown(code), "take it out, or correct it")
    _no_twice("territorial_scope", statement.territorial_scope)


def _restrictions(limits: Restrictions, applies_from: date) -> None:
    decisions = (limits.decision_monetary, limits.decision_provision, limits.decision_account)
    if not limits.decision_visibility and not any(decisions):
        names = "decision_visibility, decision_monetary, decision_provision and decision_account"
        raise _fault("restrictions", f"at least one of {names}", "none", "say what is restricted; else none is due")
    _no_twice("decision_visibility", limits.decision_visibility)
    other = DecisionVisibility.OTHER in limits.decision_visibility
    _only_with("decision_visibility_other", limits.decision_visibility_other, DecisionVisibility.OTHER, wanted=other)
    other = limits.decision_monetary is DecisionMonetary.OTHER
    _only_with("decision_monetary_other", limits.decision_monetary_other, DecisionMonetary.OTHER, wanted=other)
    ends = {
        "end_date_visibility_restriction": (limits.end_date_visibility_restriction, limits.decision_visibility),
        "end_date_monetary_restriction": (limits.end_date_monetary_restriction, limits.decision_monetary),
        "end_date_service_restriction": (limits.end_date_service_restriction, limits.decision_provision),
        "end_date_account_restriction": (limits.end_date_account_restriction, limits.decision_account),
    }
    for name, (day, decision) in ends.items():
        if day is None:
            continue
        if not decision:
            raise _fault(name, "left out where nothing of that kind is restricted", str(day), "leave it out")
        if not applies_from <= day <= schema.LAST_DAY:
            must = f"from {applies_from} (application_date) to {schema.LAST_DAY}"
            raise _fault(name, must, str(day), "correct it, or leave it out where no end is set")


def _ground(ground: Ground) -> None:
    illegal = ground.decision_ground is DecisionGround.ILLEGAL
    kind = "illegal_content" if illegal else "incompatible_content"
    _text(f"{kind}_legal_ground" if illegal else f"{kind}_ground", ground.ground, schema.LONGEST_SHORT)
    _text(f"{kind}_explanation", ground.explanation, schema.LONGEST_EXPLANATION)
    if illegal and ground.also_illegal is not None:
        raise _fault(
            "incompatible_content_illegal",
            "left out where the ground is the law",
            "a value",
            "leave 'also_illegal' out",
        )
    url = ground.reference_url
    if url and (len(url) > schema.LONGEST_SHORT or urlsplit(url).scheme not in {"http", "https"}):
        must = "an http or https address of at most 500 characters"
        raise _fault("decision_ground_reference_url", must, f"{len(url)} characters", "correct it, or leave it out")


def _content(statement: Statement) -> None:
    if not statement.content_type:
        raise _fault("content_type", "at least one", "none", "say what the content is")
    _no_twice("content_type", statement.content_type)
    other = ContentType.OTHER in statement.content_type
    _only_with("content_type_other", statement.content_type_other, ContentType.OTHER, wanted=other)
    for keyword in statement.category_specification:
        if keyword not in schema.KEYWORDS:
            raise _fault("category_specification", f"keywords of the {schema.SCHEMA}", _shown(keyword), "correct it")
    if statement.category in statement.category_addition:
        raise _fault("category_addition", "other than 'category'", str(statement.category), "take it out")
    _no_twice("category_addition", statement.category_addition)
    if statement.content_language and not re.fullmatch("[A-Z]{2}", statement.content_language):
        got = _shown(statement.content_language)
        raise _fault("content_language", "two capitals of ISO 639-1", got, "write EN for English, or leave it out")


def _days(statement: Statement) -> None:
    first = {"content_date": schema.FIRST_CONTENT, "application_date": schema.FIRST_APPLICATION}
    for name, earliest in first.items():
        day: date = getattr(statement, name)
        if not earliest <= day <= schema.LAST_DAY:
            raise _fault(name, f"from {earliest} to {schema.LAST_DAY}", str(day), "correct it")
    if statement.content_date > statement.application_date:
        must = f"no later than 'application_date' ({statement.application_date})"
        raise _fault("content_date", must, str(statement.content_date), "correct one of them")


def _only_with(name: str, text: str, value: str, *, wanted: bool) -> None:
    """A text in words that belongs to one value of another field."""
    if wanted:
        _text(name, text, schema.LONGEST_SHORT)
    elif text:
        raise _fault(name, f"left out without {value}", f"{len(text)} characters", "leave it out")


def _text(name: str, text: str, longest: int) -> None:
    if not text.strip() or len(text) > longest:
        raise _fault(name, f"1 to {longest:,} characters", f"{len(text.strip()):,}", "write it, or shorten it")


def _no_twice(name: str, values: tuple[str, ...]) -> None:
    if len(set(values)) < len(values):
        raise _fault(name, "without repetition", f"{len(values) - len(set(values))} twice", "name each once")


def _shown(text: str) -> str:
    return repr(text) if len(text) <= 60 else f"{len(text)} characters"


def _fault(name: str, must: str, got: str, do: str) -> InvalidInputError:
    return InvalidInputError(f"{name!r} must be {must} (got {got}); {do}", field=name)
