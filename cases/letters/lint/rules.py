"""The rules of wording, as a policy owner wrote them in `lint.yaml`: patterns of words, why, and what instead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from cases.errors import LettersError
from cases.letters.facts import Audience
from cases.letters.lint.finding import Finding, Level
from cases.letters.wording_file import DEFAULT_LETTERS
from cases.policy_entry import Entry, read_entry

_WORDS_OF = ("frame.yaml", "sender.yaml", "findings.yaml", "actions.yaml")


class ReadBy(StrEnum):
    """Whose letters a rule looks at."""

    ALL = "all"
    AFFECTED = "affected"
    REPORTER = "reporter"
    INSTRUCTOR = "instructor"
    STUDENT = "student"

    def includes(self, audience: Audience) -> bool:
        """Whether letters to `audience` are among them."""
        if self is ReadBy.AFFECTED:
            return audience.affected
        return self is ReadBy.ALL or self.value == audience.value


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of wording."""

    id: str
    level: Level
    read_by: ReadBy
    pattern: re.Pattern[str]
    why: str
    suggestion: str

    def findings(self, text: str, audience: Audience) -> Iterator[Finding]:
        """What of `text` the rule is about."""
        if self.read_by.includes(audience):
            for match in self.pattern.finditer(text):
                yield Finding(match.start(), match.end(), self.id, self.level, self.why, self.suggestion)


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules, and the words that are names as well.

    Attributes:
        everyday_names: Lower case; those of the owner's list and all that the letters themselves use.
        quoted_words: From how many words in a row on a report counts as quoted.
        sentence_words: The most words that a sentence may have without a remark.
        grade: The highest Flesch-Kincaid grade without a remark.
    """

    rules: tuple[Rule, ...]
    everyday_names: frozenset[str]
    quoted_words: int
    sentence_words: int
    grade: int


@lru_cache(maxsize=8)
def load_rules(folder: Path | None = None) -> Rules:
    """The rules in `folder`/lint.yaml, or the packaged ones.

    Raises:
        LettersError: The file is missing, is not YAML, or does not hold what it must; names file, line and key.
    """
    root = read_entry((folder or DEFAULT_LETTERS) / "lint.yaml", "letters", LettersError)
    top = root.mapping(required={"quoted_words", "sentence_words", "grade", "everyday_names", "rules"})
    return Rules(
        rules=tuple(_rule(item) for item in top["rules"].items()),
        everyday_names=frozenset(top["everyday_names"].name().lower().split()) | _used(folder or DEFAULT_LETTERS),
        quoted_words=top["quoted_words"].whole(low=3, high=100),
        sentence_words=top["sentence_words"].whole(low=10, high=200),
        grade=top["grade"].whole(low=4, high=20),
    )


def _used(folder: Path) -> frozenset[str]:
    """The words that letters are made of: somebody whose name is one of them is not named by it."""
    texts = [path.read_text(encoding="utf-8") for name in _WORDS_OF if (path := folder / name).is_file()]
    return frozenset(re.findall(r"\b[a-z]{3,}\b", "\n".join(texts)))


def _rule(entry: Entry) -> Rule:
    keys = entry.mapping(required={"id", "level", "patterns", "why", "instead"}, optional={"read_by", "exact_case"})
    exact = keys["exact_case"].truth() if "exact_case" in keys else False
    patterns = [_pattern(item) for item in keys["patterns"].items()]
    return Rule(
        # Several entries may share an id: one thing to mend, for different readers.
        id=keys["id"].identifier(set()),
        level=_level(keys["level"]),
        read_by=_read_by(keys["read_by"]) if "read_by" in keys else ReadBy.ALL,
        pattern=re.compile(rf"(?:{'|'.join(patterns)})", 0 if exact else re.IGNORECASE),
        why=keys["why"].name(),
        suggestion=keys["instead"].name(),
    )


def _pattern(entry: Entry) -> str:
    """A pattern, a space in it standing for any white space and an apostrophe for each kind of it."""
    text = entry.name()
    spread = text.replace("'", "['’]").replace(" ?", r"\s*").replace(" ", r"\s+")  # noqa: RUF001  an apostrophe as printers set it
    # A bound of words is wanted where a letter stands at the end, and not beside a mark.
    before, after = r"(?<!\w)" if text[0] != "!" else "", r"(?!\w)" if text[-1] not in "]!+" else ""
    try:
        re.compile(spread)
    except re.error as error:
        raise entry.fail("a regular expression", f"{error}", "mend it") from error
    return f"{before}(?:{spread}){after}"


def _level(entry: Entry) -> Level:
    text = entry.name()
    if text not in set(Level):
        raise entry.fail(f"one of {', '.join(Level)}", repr(text), "correct it")
    return Level(text)


def _read_by(entry: Entry) -> ReadBy:
    text = entry.name()
    if text not in set(ReadBy):
        raise entry.fail(f"one of {', '.join(ReadBy)}", repr(text), "correct it")
    return ReadBy(text)
