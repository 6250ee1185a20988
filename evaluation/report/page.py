"""The report as one HTML file that needs nothing else: no script, no request, and its own security policy says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from evaluation.judged import Judged
from evaluation.report import sections
from evaluation.report.inputs import ModelFacts, RobustnessRow
from evaluation.report.sections import paragraph
from evaluation.report.severity_section import severity
from evaluation.report.style import CONTENT_SECURITY_POLICY, STYLE
from evaluation.report.svg import per_cent, target
from evaluation.report.tables import flag, span


def html_report(
    title: str,
    model: ModelFacts,
    figures: Mapping[str, Any],
    judged: Judged,
    *,
    robustness: Sequence[RobustnessRow] | None = None,
    show_texts: bool = False,
) -> str:
    """The whole page.

    Args:
        title: Its heading.
        model: What is reported on.
        figures: `evaluation.report.figures` of the same rows.
        judged: The rows; only the ids and, where asked for, the texts of examples are taken from them.
        robustness: The same rows under attack, the row without any first.
        show_texts: Whether the texts of the examples are printed. They are case texts: whoever gets the file reads
            them.
    """
    texts = dict(zip(judged.examples, judged.texts, strict=True)) if show_texts and len(judged.texts) else {}
    shown = _sections(model, figures, robustness or (), texts)
    links = "".join(f'<li><a href="#{anchor}">{escape(name)}</a></li>' for anchor, name, _ in shown)
    body = "".join(
        f'<section id="{anchor}" aria-labelledby="{anchor}-h"><h2 id="{anchor}-h">{escape(name)}</h2>{html}</section>'
        for anchor, name, html in shown
    )
    caveats = "".join(paragraph(each, "caveat") for each in model.caveats)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(CONTENT_SECURITY_POLICY)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>"
        f"<header><h1>{escape(title)}</h1>"
        f"{paragraph(_which(model, figures), 'quiet')}"
        f'{caveats}<nav aria-label="Sections"><ul>{links}</ul></nav></header>'
        f"<main>{_tiles(figures)}{body}</main>"
        f"<footer>Intervals are of 95 %. {_held_out(model)}</footer>"
        "</body></html>\n"
    )


def _sections(
    model: ModelFacts, figures: Mapping[str, Any], robustness: Sequence[RobustnessRow], texts: Mapping[str, str]
) -> list[tuple[str, str, str]]:
    """Anchor, heading and HTML of each section that has something to say."""
    parts = [
        ("categories", "Categories", sections.classes(figures)),
        ("calibration", "Calibration", sections.calibration(figures)),
        ("abstention", "Risk and coverage", sections.abstention(figures)),
        ("confusions", "Confusions", sections.confusions(figures, texts)),
        ("severity", "Severity", severity(figures) if figures["severity"] else ""),
        ("slices", "Slices", sections.by_slice(figures) if figures["slices"] else ""),
        ("suggestions", "Shortlists, tiers, novelty", sections.reach(figures)),
        ("robustness", "Robustness", sections.robustness(robustness) if robustness else ""),
        ("facts", "Model and data", sections.facts(model)),
    ]
    return [part for part in parts if part[2]]


def _held_out(model: ModelFacts) -> str:
    if model.held_out:
        return "The rows were held out: the model learnt from none of them."
    return "It is not known whether the model learnt from some of the rows."


def _which(model: ModelFacts, figures: Mapping[str, Any]) -> str:
    rows, classes, kind = figures["rows"], len(figures["classes"]), "held-out rows" if model.held_out else "rows"
    return f"{model.name}, version {model.version}, made {model.made}; {rows:,} {kind}, {classes} categories"


def _tiles(found: Mapping[str, Any]) -> str:
    """The few figures that one looks for first."""
    category, curve = found["category"], found["risk_coverage"]
    accuracy, f1, error = category["accuracy"], category["macro_f1"], category["ece"]
    verdict = flag("calibrated", "good") if error["ok"] else flag("not calibrated", "warn")
    tiles = [
        ("Accuracy", f"{accuracy['value']:.3f}", span(accuracy)),
        ("Macro-F1", f"{f1['value']:.3f}", span(f1)),
        ("Calibration error", f"{error['value']:.3f}", f"{verdict}, up to {error['allowed']:.3f} allowed"),
        (
            f"Answered at {target(curve['target_precision'])} precision",
            per_cent(curve["coverage_at_target"]),
            "of the cases",
        ),
    ]
    if found["severity"]:
        part = found["severity"]
        tiles.append(("Severity, QWK", f"{part['qwk']['value']:.3f}", span(part["qwk"])))
        tiles.append(("Severity, mean cost", f"{part['cost']['value']:.3f}", span(part["cost"])))
    inner = "".join(
        f'<div><dt>{escape(name)}</dt><dd class="big">{value}</dd><dd class="small">{more}</dd></div>'
        for name, value, more in tiles
    )
    return f'<dl class="tiles">{inner}</dl>'
