"""The words that letters are made of, as a policy owner wrote them; `cases.letters.wording_file` reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from cases.letters.facts import Audience, Hold
from cases.letters.filling import Words


class Outcome(StrEnum):
    """What came of it, as far as letters go."""

    BREACH = "breach"
    CLEAR = "clear"
    UNPROVEN = "unproven"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class KindWords:
    """A kind of subject in words; `named`: whether its title is shown; `role`: who the affected side usually is."""

    item: Words
    where: Words
    about: Words
    named: bool
    role: Audience


@dataclass(frozen=True, slots=True)
class ReasonWords:
    """What a reason makes of the letter; `affected` is None where the affected side is told nothing of it."""

    outcome: Outcome
    affected: Words | None


@dataclass(frozen=True, slots=True)
class CategoryWords:
    """What was found, for one category.

    Attributes:
        found: Where no clause has words of its own.
        sub_policies: By clause.
        reporter: A sentence to who reported; None for none.
        reporter_clauses: By clause: what the decision was, in place of the general words to who reported.
        care: Whom somebody in distress can turn to, for the reporter; `affected_care` for the affected side.
    """

    found: Words
    rule: Words | None = None
    reporter: Words | None = None
    care: Words | None = None
    affected_care: Words | None = None
    sub_policies: Mapping[str, Words] = field(default_factory=dict)
    reporter_clauses: Mapping[str, Words] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ActionWords:
    """What happens now, for one action.

    Attributes:
        affected: To the affected side, where its role has no words of its own in `roles`.
        quiet: Whether the affected side is not written to, as nothing changes for it.
        limits: Whether it makes sense to say until when and where it holds.
    """

    affected: Words
    reporter: Words
    roles: Mapping[Audience, Words] = field(default_factory=dict)
    quiet: bool = False
    limits: bool = True


@dataclass(frozen=True, slots=True)
class WholeLetter:
    """A letter that is written as one."""

    subject_line: Words
    body: Words


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes, and what only the marketplace can know; "" is a gap that a draft shows and the lint stops."""

    team: str
    complaint_how: str
    dispute_how: str
    marketplace: str = ""
    terms: str = ""
    support_lines: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """How letters begin and end; `affected`, `reporter` and `statement` hold their sentences by key."""

    language: str
    kinds: Mapping[str, KindWords]
    other_kind: KindWords
    no_kind: KindWords
    named: Words
    affected: Mapping[str, Words]
    reporter: Mapping[str, Words]
    statement: Mapping[str, Words]
    close: Words
    reasons: Mapping[str, ReasonWords]
    other_reason: Words


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found; keys of `outcomes` and `whole` are (category, sub-policy)."""

    other: Words
    other_clause: Words
    categories: Mapping[str, CategoryWords]
    outcomes: Mapping[tuple[str, str], Outcome]
    whole: Mapping[tuple[str, str], WholeLetter]


@dataclass(frozen=True, slots=True)
class Holds:
    """When the affected side, or a reporter, is not written to; for the team's eyes alone."""

    reasons: Mapping[Hold, str]
    nothing_changes: str
    no_reporter: str
    categories: Mapping[tuple[str, str], Hold]


@dataclass(frozen=True, slots=True)
class Wording:
    """All templates, at one version: the owner's number and eight digits of the files' SHA-256."""

    version: str
    frame: Frame
    findings: Findings
    actions: Mapping[str, ActionWords]
    other_action: ActionWords
    holds: Holds
    sender: Sender

    def kind(self, kind: str) -> KindWords:
        """The words of a kind of subject, neutral ones where it has none."""
        return self.frame.kinds.get(kind, self.frame.other_kind if kind.strip() else self.frame.no_kind)

    def action(self, action: str) -> ActionWords:
        """The words of an action, neutral ones where it has none."""
        return self.actions.get(action, self.other_action)
