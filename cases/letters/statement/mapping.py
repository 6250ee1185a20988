"""How the policy's words become the schema's, as `statement.yaml` has it; what it does not name is "other"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from cases.errors import LettersError
from cases.letters.statement import schema
from cases.letters.statement.schema import (
    ContentType,
    DecisionAccount,
    DecisionMonetary,
    DecisionProvision,
    DecisionVisibility,
    StatementCategory,
)
from cases.letters.statement.statement import Restrictions
from cases.letters.wording_file import DEFAULT_LETTERS
from cases.policy_entry import Entry, read_entry

_Choice = TypeVar("_Choice", bound=StrEnum)
_IN_WORDS = {
    DecisionVisibility.OTHER: "decision_visibility_other",
    DecisionMonetary.OTHER: "decision_monetary_other",
}


@dataclass(frozen=True, slots=True)
class CategoryMapping:
    """The schema's words for a category; keywords of a clause stand in place of the category's."""

    category: StatementCategory
    additions: tuple[StatementCategory, ...] = ()
    keywords: tuple[str, ...] = ()
    by_clause: Mapping[str, tuple[str, ...]] | None = None

    def keywords_of(self, sub_policy: str) -> tuple[str, ...]:
        """The keywords of a clause."""
        return (self.by_clause or {}).get(sub_policy, self.keywords)


@dataclass(frozen=True, slots=True)
class StatementMapping:
    """All of it; an action that maps to None restricts nothing that Article 17(1) names."""

    categories: Mapping[str, CategoryMapping]
    actions: Mapping[str, Restrictions | None]
    content_types: Mapping[str, tuple[ContentType, ...]]
    other_content_types: Mapping[str, str]

    def category(self, category: str) -> CategoryMapping:
        """The schema's words for a category; "other violation of the terms" where there are none."""
        return self.categories.get(category, CategoryMapping(StatementCategory.OTHER))

    def restrictions(self, action: str, restriction: str | None, action_name: str) -> Restrictions | None:
        """What an action restricts; by the policy's own word where the file does not name it, None for nothing."""
        if action in self.actions:
            return self.actions[action]
        match restriction:
            case "visibility":
                return Restrictions(
                    decision_visibility=(DecisionVisibility.OTHER,), decision_visibility_other=action_name
                )
            case "monetary":
                return Restrictions(decision_monetary=DecisionMonetary.OTHER, decision_monetary_other=action_name)
            case "provision":
                return Restrictions(decision_provision=DecisionProvision.PARTIAL_SUSPENSION)
            case "account":
                return Restrictions(decision_account=DecisionAccount.SUSPENDED)
        return None


@lru_cache(maxsize=8)
def load_mapping(folder: Path | None = None) -> StatementMapping:
    """The mapping in `folder`/statement.yaml, or the packaged one.

    Raises:
        LettersError: The file is missing, is not YAML, or does not hold what it must; names file, line and key.
    """
    root = read_entry((folder or DEFAULT_LETTERS) / "statement.yaml", "letters", LettersError)
    top = root.mapping(required={"categories", "actions", "content_types", "other_content_types"})
    return StatementMapping(
        categories={key: _category(entry) for key, entry in top["categories"].free_mapping().items()},
        actions={key: _action(entry) for key, entry in top["actions"].free_mapping().items()},
        content_types={
            key: tuple(_choice(item, ContentType) for item in entry.items())
            for key, entry in top["content_types"].free_mapping().items()
        },
        other_content_types={key: entry.name() for key, entry in top["other_content_types"].free_mapping().items()},
    )


def _category(entry: Entry) -> CategoryMapping:
    keys = entry.mapping(required={"category"}, optional={"additions", "keywords", "sub_policies"})
    clauses = keys["sub_policies"].free_mapping() if "sub_policies" in keys else {}
    return CategoryMapping(
        category=_choice(keys["category"], StatementCategory),
        additions=tuple(_choice(item, StatementCategory) for item in keys["additions"].items())
        if "additions" in keys
        else (),
        keywords=_keywords(keys["keywords"]) if "keywords" in keys else (),
        by_clause={key: _keywords(clause) for key, clause in clauses.items()},
    )


def _keywords(entry: Entry) -> tuple[str, ...]:
    for item in entry.items():
        if item.name() not in schema.KEYWORDS:
            raise item.fail(f"a keyword of the {schema.SCHEMA}", repr(item.name()), "correct it")
    return tuple(item.name() for item in entry.items())


def _action(entry: Entry) -> Restrictions | None:
    if entry.node is not None and entry.node.tag == "tag:yaml.org,2002:null":
        return None
    kinds = ("decision_visibility", "decision_monetary", "decision_provision", "decision_account")
    keys = entry.mapping(required=set(), optional={*kinds, "in_words"})
    told: dict[str, object] = {}
    if "decision_visibility" in keys:
        told["decision_visibility"] = (_choice(keys["decision_visibility"], DecisionVisibility),)
    if "decision_monetary" in keys:
        told["decision_monetary"] = _choice(keys["decision_monetary"], DecisionMonetary)
    if "decision_provision" in keys:
        told["decision_provision"] = _choice(keys["decision_provision"], DecisionProvision)
    if "decision_account" in keys:
        told["decision_account"] = _choice(keys["decision_account"], DecisionAccount)
    if not told:
        raise entry.fail(f"given one of {', '.join(kinds)}", "none", "say what is restricted, or write null")
    others = {name for value, name in _IN_WORDS.items() if value in (told.get("decision_monetary"), *_visible(told))}
    if bool(others) != ("in_words" in keys):
        raise entry.fail("given 'in_words' with an …_OTHER, and only then", "one alone", "add it or take it out")
    told.update({name: keys["in_words"].name() for name in others})
    return Restrictions(**told)  # type: ignore[arg-type]  # each name has its own type above


def _visible(told: Mapping[str, object]) -> tuple[object, ...]:
    value = told.get("decision_visibility", ())
    return value if isinstance(value, tuple) else (value,)


def _choice(entry: Entry, kinds: type[_Choice]) -> _Choice:
    text = entry.name()
    try:
        return kinds(text)
    except ValueError as error:
        raise entry.fail(f"one of {', '.join(kinds)}", repr(text), "correct it") from error
