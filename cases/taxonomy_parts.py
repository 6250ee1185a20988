"""What a policy is made of: categories and their clauses, severity levels, raise rules, actions, reasons, teams."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from cases.event import AttributeValue
from cases.record import Attributes


@dataclass(frozen=True, slots=True)
class SubPolicy:
    """A clause of a category."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Category:
    """What a case can be about.

    Attributes:
        violation: False for the category that says that nothing is wrong.
        not_this: What looks like it and belongs elsewhere.
        usual_severity: Levels that its cases usually have, the commonest first.
        dsa: The category of a statement of reasons under the Digital Services Act, if any.
        teams: Who else wants to hear of it.
        precision_target: In (0, 1]: the share of applied suggestions of it that must be right; None for the policy's.
        sensitive: Whether its cases are hard to read for those who look at them all day.
    """

    id: str
    name: str
    violation: bool
    sub_policies: tuple[SubPolicy, ...]
    not_this: str
    usual_severity: tuple[int, ...]
    dsa: str | None
    teams: tuple[str, ...]
    precision_target: float | None = None
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class SeverityLevel:
    """How much harm, how soon; 1 is the most severe. `first_touch` is the time until someone must have claimed."""

    level: int
    name: str
    first_touch: timedelta
    means: str


@dataclass(frozen=True, slots=True)
class RaiseRule:
    """A rule that raises severity by `levels` where an attribute equals a value or reaches a number."""

    id: str
    attribute: str
    levels: int
    reason: str
    equals: AttributeValue | None = None
    at_least: float | None = None

    def applies(self, attributes: Attributes) -> bool:
        """Whether the attributes of a case fulfil the rule; a missing attribute never does."""
        value = attributes.get(self.attribute)
        if value is None:
            return False
        if self.at_least is not None:
            return not isinstance(value, str) and float(value) >= self.at_least
        return value == self.equals


@dataclass(frozen=True, slots=True)
class Action:
    """What can be done; `dsa` names the restriction that a statement of reasons states, if one is imposed."""

    id: str
    name: str
    adverse: bool
    dsa: str | None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a decision came out so."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Team:
    """Another team that cases can go to."""

    id: str
    about: str
