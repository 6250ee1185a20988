"""The tables of the policy's page: severity levels, categories, and the targets with the coverage that they leave."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from cases.taxonomy_parts import Category, SeverityLevel
from serving.console.overseeing.targets import TIERS, Targets, TargetsAsked
from serving.console.tables import Column, Table


def levels(of: TargetsAsked, limit: int) -> Table[SeverityLevel]:
    """What each severity means."""
    return Table(
        "/policy/severity",
        "Severity levels",
        {
            "severity": ("whole", lambda each: each.level),
            "name": ("text", lambda each: each.name),
            "first_touch_minutes": ("number", lambda each: each.first_touch / timedelta(minutes=1)),
            "means": ("text", lambda each: each.means),
        },
        of.parts.taxonomy.severity_levels,
        limit,
    )


def categories(of: TargetsAsked, limit: int) -> Table[Category]:
    """What each category holds, and what it is not."""
    return Table(
        "/policy/categories",
        "Categories",
        {
            "category": ("text", lambda each: each.id),
            "name": ("text", lambda each: each.name),
            "violation": ("truth", lambda each: each.violation),
            "sub_policies": ("text", lambda each: "; ".join(clause.name for clause in each.sub_policies)),
            "not_this": ("text", lambda each: each.not_this),
            "usual_severity": ("text", lambda each: ", ".join(map(str, each.usual_severity))),
            "precision_target": ("number", lambda each: of.parts.taxonomy.precision_targets[each.id]),
            "teams": ("text", lambda each: ", ".join(each.teams)),
            "sensitive": ("truth", lambda each: each.sensitive),
        },
        of.parts.taxonomy.categories,
        limit,
    )


def targets(of: TargetsAsked, limit: int) -> Table[tuple[str, Targets]]:
    """Targets of precision and what they leave, by category."""
    columns: dict[str, Column[tuple[str, Targets]]] = {
        "category": ("text", lambda each: each[0]),
        "precision_target": ("number", lambda each: each[1].today),
        "trained_for": ("number", lambda each: each[1].held_out and each[1].held_out.target),
        "held_out_applied": ("whole", lambda each: each[1].held_out and each[1].held_out.applied),
        "held_out_suggested": ("whole", lambda each: each[1].held_out and each[1].held_out.suggested),
        "held_out_abstained": ("whole", lambda each: each[1].held_out and each[1].held_out.abstained),
        "live_cases": ("whole", lambda each: each[1].live and each[1].live.cases),
    }
    for place, tier in enumerate(TIERS):
        columns[f"live_{tier}_share"] = ("number", _live_share(place))
    columns["applied_and_decided_so"] = ("number", lambda each: _right(each[1]))
    return Table(
        "/policy/targets",
        "Targets of precision and the coverage that they leave",
        columns,
        of.each.items(),
        limit,
        {"days": of.days},
    )


def _live_share(place: int) -> Callable[[tuple[str, Targets]], float | None]:
    def told(each: tuple[str, Targets]) -> float | None:
        live = each[1].live
        return live.shares[place] if live and live.shares else None

    return told


def _right(told: Targets) -> float | None:
    return told.live.right.interval.value if told.live and told.live.right else None


TABLES: Mapping[str, Callable[[TargetsAsked, int], Table[Any]]] = {
    "severity": levels, "categories": categories, "targets": targets,
}  # fmt: skip
