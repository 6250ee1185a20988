"""The model card (Mitchell et al. 2019): what the model is for, what it must not be used for, and how good it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evaluation.report.inputs import Fact, ModelFacts, RobustnessRow
from evaluation.report.svg import per_cent, target

_INTENDED = (
    "Suggesting a policy category and a severity for a Trust & Safety case, with probabilities, to an associate who "
    "decides; ordering the queue of cases; short-listing categories; saying when it does not know."
)
_NOT_FOR = (
    "Deciding a case, or acting against a person or their content, without a person who looks at it.",
    "Judging people: it reads what was reported, and knows nothing of whoever wrote it.",
    "Other policies, marketplaces or languages than it learnt, before it was retrained and measured there.",
    "Telling law from policy: a category is the policy's, not a finding of unlawfulness.",
)
_LIMITS = (
    "It learns what was decided, the slips and habits of the associates included.",
    "Probabilities hold for cases like those held out; new kinds of abuse are called novel at best.",
    "Figures of small categories and slices are uncertain: read their intervals.",
)
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")


def model_card(
    model: ModelFacts, figures: Mapping[str, Any], *, robustness: Sequence[RobustnessRow] | None = None
) -> str:
    """The card in Markdown (GitHub's tables).

    Args:
        model: What it is about.
        figures: `evaluation.report.figures` of its held-out rows.
        robustness: The same rows under attack, the row without any first.
    """
    kind = "held-out rows" if model.held_out else "rows"
    parts = [
        f"# Model card: {_plain(model.name)}, version {_plain(model.version)}\n\nMade {_plain(model.made)}.",
        *(f"> {_plain(each)}" for each in model.caveats),
        _section("Intended use", _INTENDED),
        _section("Not to be used for", _bullets(_NOT_FOR)),
        _section("Model", _facts(model.model)),
        _section("Data", _facts(model.data)),
        _section(
            "Figures",
            f"On {figures['rows']:,} {kind}; intervals are of 95 %.\n\n{_whole(figures)}",
        ),
        _section("By category", _classes(figures)),
        _section("By slice", _slices(figures)),
        _section("Robustness", _robustness(robustness or ())),
        _section("Limits", _bullets((*_LIMITS, *_found_limits(figures)))),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _whole(found: Mapping[str, Any]) -> str:
    category, curve, severity = found["category"], found["risk_coverage"], found["severity"]
    rows = [
        ["category accuracy", _figure(category["accuracy"])],
        ["category macro-F1", _figure(category["macro_f1"])],
        ["category log-loss", _figure(category["log_loss"])],
        ["expected calibration error", _calibration(category["ece"])],
        [f"answered at {target(curve['target_precision'])} precision", per_cent(curve["coverage_at_target"])],
        *(
            [
                f"{target(float(level))} shortlist holds the truth",
                f"{_figure(s['coverage'])}, {s['mean_size']:.2f} long",
            ]
            for level, s in found["shortlists"].items()
        ),
    ]
    if severity:
        rows += [
            ["severity accuracy", _figure(severity["accuracy"])],
            ["severity QWK", _figure(severity["qwk"])],
            ["severity mean cost", _figure(severity["cost"])],
            ["most severe shown as such", _figure(severity["most_severe"]["recall"])],
        ]
    return _table(["figure", "value"], rows)


def _classes(found: Mapping[str, Any]) -> str:
    rows = [
        [c["label"], str(c["support"]), _figure(c["precision"]), _figure(c["recall"]), _figure(c["f1"])]
        for c in found["classes"]
    ]
    return _table(["category", "cases", "precision", "recall", "F1"], rows)


def _slices(found: Mapping[str, Any]) -> str:
    rows = [
        [name, each["value"], str(each["n"]), _figure(each["accuracy"]), "below" if each["below"] else ""]
        for name, part in found["slices"].items()
        for each in part
    ]
    return _table(["slice", "value", "cases", "accuracy", "flag"], rows) if rows else ""


def _robustness(rows: Sequence[RobustnessRow]) -> str:
    cells = [
        [
            r.attack,
            f"{r.accuracy:.3f}",
            f"{r.drop:.3f}",
            "n/a" if r.most_severe_recall is None else f"{r.most_severe_recall:.3f}",
        ]
        for r in rows
    ]
    return _table(["disguise", "accuracy", "drop", "most severe shown as such"], cells) if cells else ""


def _found_limits(found: Mapping[str, Any]) -> list[str]:
    """What the figures themselves warn of."""
    said = []
    error = found["category"]["ece"]
    if not error["ok"]:
        said.append(f"Its probabilities are off by more than chance explains (ECE {error['value']:.3f}).")
    unmet = [c["label"] for c in found["classes"] if not c["support"]]
    if unmet:
        said.append(
            f"No held-out case was of {_plain(', '.join(unmet))}: nothing is known of how well these are told."
        )
    low = [f"{name} {each['value']}" for name, part in found["slices"].items() for each in part if each["below"]]
    if low:
        said.append(f"Less accurate than elsewhere on: {_plain(', '.join(low))}.")
    return said


def _section(title: str, body: str) -> str:
    return f"## {title}\n\n{body}" if body else ""


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _facts(facts: Mapping[str, Fact]) -> str:
    rows = [[name, str(value)] for name, value in facts.items()]
    return _table(["fact", "value"], rows) if rows else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head)]
    body = [f"| {' | '.join(_plain(cell) for cell in row)} |" for row in rows]
    return "\n".join([*(f"| {' | '.join(line)} |" for line in lines), *body])


def _figure(found: Mapping[str, Any] | None) -> str:
    return "n/a" if found is None else f"{found['value']:.3f} ({found['low']:.3f} to {found['high']:.3f})"


def _calibration(error: Mapping[str, Any]) -> str:
    return (
        f"{error['value']:.3f}; {error['if_perfect']:.3f} is what a perfectly calibrated model shows on so many "
        f"rows, {error['allowed']:.3f} allowed"
    )


def _plain(content: str) -> str:
    """Text that Markdown takes as it is: on one line, its special characters escaped."""
    return _SPECIAL.sub(r"\\\1", " ".join(content.split()))
