"""The policy as a whole: what is in it, which words it knows, and what the rules that a human set make of a case.

It is data of the marketplace, not code: `cases.taxonomy_file` reads it from YAML and validates it, and
`cases.taxonomy_parts` says what it is made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from cases.category_map import CategoryChange, CategoryMap
from cases.decision import Verdict
from cases.errors import UnknownPolicyError
from cases.event import AttributeValue
from cases.record import MAIN_QUEUE, Attributes
from cases.routing import Queue
from cases.taxonomy_costs import PRECISION_TARGET, SeverityCosts, default_costs, even_costs
from cases.taxonomy_parts import Action, Category, RaiseRule, Reason, SeverityLevel, SubPolicy, Team


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """A marketplace's whole policy, at one version.

    Attributes:
        severity_costs: K rows of K, row = true level, column = level shown; given none, `default_costs`.
        precision_target: In (0, 1]: the share of applied suggestions that must be right, for categories without
            their own.
        queues: Where cases wait beside the main queue, in the order in which they are asked.
    """

    version: int
    categories: tuple[Category, ...]
    severity_levels: tuple[SeverityLevel, ...]
    raise_rules: tuple[RaiseRule, ...] = ()
    actions: tuple[Action, ...] = ()
    reasons: tuple[Reason, ...] = ()
    teams: tuple[Team, ...] = ()
    category_map: CategoryMap = field(default_factory=CategoryMap)
    severity_costs: SeverityCosts = ()
    precision_target: float = PRECISION_TARGET
    queues: tuple[Queue, ...] = ()

    def __post_init__(self) -> None:
        if not self.severity_costs:
            # Frozen for everyone else; what was left out is part of making it.
            object.__setattr__(self, "severity_costs", default_costs(len(self.severity_levels)))

    @property
    def category_ids(self) -> tuple[str, ...]:
        """The ids of all categories, in the file's order."""
        return tuple(c.id for c in self.categories)

    @property
    def harmless(self) -> frozenset[str]:
        """The ids of the categories that say that nothing is wrong; all others are violations."""
        return frozenset(c.id for c in self.categories if not c.violation)

    @property
    def sensitive(self) -> frozenset[str]:
        """The ids of the categories whose cases are hard to read for those who look at them all day."""
        return frozenset(c.id for c in self.categories if c.sensitive)

    @property
    def levels(self) -> tuple[int, ...]:
        """The severity levels, 1 (the most severe) first."""
        return tuple(s.level for s in self.severity_levels)

    @property
    def precision_targets(self) -> dict[str, float]:
        """By category id, in the file's order: the share of applied suggestions that must be right, in (0, 1]."""
        return {
            c.id: self.precision_target if c.precision_target is None else c.precision_target for c in self.categories
        }

    @property
    def queue_ids(self) -> tuple[str, ...]:
        """The ids of all queues: the main one, the policy's own, and one for each team."""
        return (MAIN_QUEUE, *(queue.id for queue in self.queues), *(team.id for team in self.teams))

    def route(self, language: str, category: str, severity: int | None, attributes: Attributes) -> str:
        """The id of the queue that a case goes to: the first whose rule takes it, else the main one.

        Args:
            language: ISO 639-1 code of the text's language, or "".
            category: The likeliest category's id, or "".
            severity: The level shown, or None.
            attributes: The case's.
        """
        fit = (queue.id for queue in self.queues if queue.takes(language, category, severity, attributes))
        return next(fit, MAIN_QUEUE)

    def check_queue(self, queue: str, *, field: str = "queue") -> None:
        """Refuse a queue that there is not.

        Args:
            queue: Its id.
            field: What it was given as, for the refusal.

        Raises:
            UnknownPolicyError: Names the field, what was got and what there is.
        """
        if queue not in self.queue_ids:
            raise self._unknown(field, queue, self.queue_ids)

    def check_team(self, team: str) -> None:
        """Refuse a team that the policy does not know.

        Raises:
            UnknownPolicyError: Names what was got and what there is.
        """
        known = tuple(each.id for each in self.teams)
        if team not in known:
            raise self._unknown("team", team, known)

    def check_severity(self, level: int) -> None:
        """Refuse a level that the policy does not have.

        Raises:
            UnknownPolicyError: Names what was got and what there is.
        """
        if level not in self.levels:
            raise self._unknown("severity", level, self.levels)

    def check_action(self, action: str) -> None:
        """Refuse an action that the policy does not have.

        Raises:
            UnknownPolicyError: Names what was got and what there is.
        """
        known = tuple(each.id for each in self.actions)
        if action not in known:
            raise self._unknown("action", action, known)

    def category(self, category_id: str) -> Category:
        """The category of that id.

        Raises:
            UnknownPolicyError: The taxonomy has none.
        """
        for category in self.categories:
            if category.id == category_id:
                return category
        raise self._unknown("category", category_id, self.category_ids)

    def check(self, verdict: Verdict) -> None:
        """Refuse a verdict that uses a word the policy does not know.

        Raises:
            UnknownPolicyError: Names the field, what was got and what there is.
        """
        category = self.category(verdict.category)
        clauses = tuple(s.id for s in category.sub_policies)
        if verdict.sub_policy and verdict.sub_policy not in clauses:
            raise self._unknown("sub_policy", verdict.sub_policy, clauses)
        for other in verdict.other_categories:
            if other not in self.category_ids:
                raise self._unknown("other_categories", other, self.category_ids)
        self.check_severity(verdict.severity)
        self.check_action(verdict.action)
        reasons = tuple(r.id for r in self.reasons)
        if verdict.reason not in reasons:
            raise self._unknown("reason", verdict.reason, reasons)

    def raised(self, attributes: Attributes) -> tuple[int, tuple[str, ...]]:
        """How many levels the human-set rules raise a case, and why.

        The highest raise counts, not the sum; a rule never lowers.
        """
        hits = [rule for rule in self.raise_rules if rule.applies(attributes)]
        return max((rule.levels for rule in hits), default=0), tuple(rule.reason for rule in hits)

    def without_raises(self, attributes: Attributes) -> dict[str, AttributeValue]:
        """The attributes of the same case as if no rule had applied to it."""
        raising = {rule.attribute for rule in self.raise_rules if rule.applies(attributes)}
        return {name: value for name, value in attributes.items() if name not in raising}

    def as_dict(self) -> dict[str, Any]:
        """Plain data that `from_dict` reads back: the inline form that a model's artifact carries."""
        data = asdict(self)
        for level in data["severity_levels"]:
            level["first_touch"] = int(level["first_touch"].total_seconds())
        data["changes"] = data.pop("category_map")["changes"]
        if not self.queues:
            del data["queues"]  # as it was before there were any
        for category in data["categories"]:
            if not category["sensitive"]:
                del category["sensitive"]
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Taxonomy:
        """The taxonomy that `as_dict` wrote, JSON's lists turned back into tuples.

        What was written before there were costs and targets gets the defaults.
        """
        return cls(
            version=int(data["version"]),
            categories=tuple(
                Category(
                    **{
                        **c,
                        "sub_policies": tuple(SubPolicy(**s) for s in c["sub_policies"]),
                        "usual_severity": tuple(c["usual_severity"]),
                        "teams": tuple(c["teams"]),
                    }
                )
                for c in data["categories"]
            ),
            severity_levels=tuple(
                SeverityLevel(**{**s, "first_touch": timedelta(seconds=s["first_touch"])})
                for s in data["severity_levels"]
            ),
            raise_rules=tuple(RaiseRule(**r) for r in data["raise_rules"]),
            actions=tuple(Action(**a) for a in data["actions"]),
            reasons=tuple(Reason(**r) for r in data["reasons"]),
            teams=tuple(Team(**t) for t in data["teams"]),
            category_map=CategoryMap(tuple(CategoryChange(**c) for c in data["changes"])),
            severity_costs=tuple(tuple(map(float, row)) for row in data.get("severity_costs", ())),
            precision_target=float(data.get("precision_target", PRECISION_TARGET)),
            queues=tuple(
                Queue(**{**q, "languages": tuple(q["languages"]), "categories": tuple(q["categories"])})
                for q in data.get("queues", ())
            ),
        )

    def _unknown(self, name: str, got: object, known: Iterable[object]) -> UnknownPolicyError:
        # What was got is a short code when it is right and might be anything, a name, when it is wrong: never echoed.
        shown = f"{got}" if isinstance(got, int) else f"another word, of {len(str(got))} characters"
        return UnknownPolicyError(
            f"{name!r} must be one of version {self.version} of the taxonomy (got {shown}); "
            f"choose from {', '.join(str(k) for k in known)}",
            field=name,
        )


def inline_taxonomy(categories: Iterable[str], levels: int, *, version: int = 1) -> Taxonomy:
    """The taxonomy of a foreign table: its labels as categories, its levels without a time to first touch.

    Args:
        categories: The table's labels.
        levels: How many severity levels it has, 0 for none; 1 is the most severe.
        version: What scores by the model will name.
    """
    return Taxonomy(
        version=version,
        categories=tuple(
            Category(c, c, violation=True, sub_policies=(), not_this="", usual_severity=(), dsa=None, teams=())
            for c in categories
        ),
        severity_levels=tuple(SeverityLevel(k, f"level {k}", timedelta(days=1), "") for k in range(1, levels + 1)),
        severity_costs=even_costs(levels),
    )
