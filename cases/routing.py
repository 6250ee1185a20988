"""Which queue a judged case waits in: the policy's rules, the first that fits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cases.event import AttributeValue
from cases.record import Attributes


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue of the policy, and which cases go there by rule; all that is given must hold.

    Attributes:
        languages: ISO 639-1 codes of the text's language; empty for any.
        categories: Ids of the likeliest category; empty for any.
        severity_at_most: The mildest level shown, 1..K, 1 the most severe; None for any.
        attributes: What the case's attributes must equal.
    """

    id: str
    name: str
    languages: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    severity_at_most: int | None = None
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)

    @property
    def by_rule(self) -> bool:
        """Whether any case comes here by itself; where the policy names no condition only people send them."""
        return bool(self.languages or self.categories or self.severity_at_most is not None or self.attributes)

    def takes(self, language: str, category: str, severity: int | None, attributes: Attributes) -> bool:
        """Whether a case goes here. A severity that nobody judged is not severe enough, a missing attribute unequal.

        Args:
            language: ISO 639-1 code, or "".
            category: The likeliest category's id, or "".
            severity: The level shown, or None.
            attributes: The case's.
        """
        return (
            self.by_rule
            and (not self.languages or language in self.languages)
            and (not self.categories or category in self.categories)
            and (self.severity_at_most is None or (severity is not None and severity <= self.severity_at_most))
            and all(name in attributes and attributes[name] == value for name, value in self.attributes.items())
        )
