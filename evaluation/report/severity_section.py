"""The report's section on the severity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluation.report.plots import heat_map
from evaluation.report.sections import pair, paragraph
from evaluation.report.tables import Cell, exact, figure, table


def severity(found: Mapping[str, Any]) -> str:
    """Confusion, agreement and cost of the level shown."""
    part = found["severity"]
    levels = [str(level) for level in part["levels"]]
    most = part["most_severe"]
    agreement: list[list[Cell]] = [
        ["level shown is the decided one", figure(part["accuracy"])],
        ["kappa, quadratic weights (QWK)", figure(part["qwk"])],
        ["mean error in levels, by level", figure(part["macro_mae"])],
        ["ranked probability score", figure(part["rps"])],
        ["shown milder than it is", figure(part["milder"])],
        ["shown more severe than it is", figure(part["harsher"])],
        [f"level {levels[0]} shown as such, of {most['n']}", figure(most["recall"])],
        [f"level {levels[0]} shown as {levels[-1]}, cases", most["shown_mildest"]],
    ]
    costs: list[list[Cell]] = [
        ["level shown", figure(part["cost"])],
        ["likeliest level", figure(part["cost_of_likeliest"])],
        ["always the cheapest one level", part["cost_of_best_constant"]],
    ]
    counts: list[list[Cell]] = [[f"decided {n}", *row] for n, row in zip(levels, part["confusion"], strict=True)]
    matrix: list[list[Cell]] = [
        [f"decided {n}", *map(exact, row)] for n, row in zip(levels, part["costs"], strict=True)
    ]
    head = ["", *(f"shown {level}" for level in levels)]
    return paragraph(
        f"Of {part['n']:,} rows whose severity was decided; {levels[0]} is the most severe. The level shown is that "
        "of the least expected cost by the policy, which is not always the likeliest.",
        "quiet",
    ) + pair(
        heat_map("severity", "Confusion of the severities", part["confusion"], levels, "shown")
        + table("Cases", head, counts)
        + table("What the policy says each costs", head, matrix),
        table("Agreement", ["figure", "value"], agreement),
        table("Mean cost of a case", ["showing", "cost"], costs),
    )
