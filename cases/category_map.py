"""What became of a policy's categories: renamed, merged or split since old decisions were made.

Old decisions keep the words of their day; training carries them over to today's categories with this map. A merge is
several renames to one target. A split says where each sub-policy went, and may name where the rest goes; without
that, an old decision whose sub-policy says nothing cannot be carried over and is left out, counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CategoryChange:
    """What became of one category.

    Attributes:
        category: The old category's id.
        since: The taxonomy version in which it ceased to be.
        to: The category that takes over what `by_sub_policy` does not name; "" where nothing does.
        by_sub_policy: For a split, old sub-policy id → new category id.
        sub_policies: Old sub-policy id → new sub-policy id, where that was renamed too.
    """

    category: str
    since: int
    to: str
    by_sub_policy: Mapping[str, str]
    sub_policies: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CategoryMap:
    """All changes, followed until a category of today is reached."""

    changes: tuple[CategoryChange, ...] = ()

    def resolve(self, category: str, sub_policy: str = "") -> tuple[str, str] | None:
        """Today's (category, sub-policy) of an old decision, or None where it cannot be carried over.

        A category that never changed comes back as it is. Changes are followed in order of their version, so that
        a category renamed twice arrives; a chain cannot loop, since each step must be of a later version.
        """
        version = 0
        while (change := self._change(category, after=version)) is not None:
            target = change.by_sub_policy.get(sub_policy, change.to)
            if not target:
                return None
            category, version = target, change.since
            sub_policy = change.sub_policies.get(sub_policy, sub_policy)
        return category, sub_policy

    def _change(self, category: str, *, after: int) -> CategoryChange | None:
        later = [c for c in self.changes if c.category == category and c.since > after]
        return min(later, key=lambda c: c.since, default=None)
