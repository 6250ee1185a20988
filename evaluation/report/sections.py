"""The report's sections on the category: each takes the figures and gives HTML, plots beside their tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from evaluation.report.inputs import ModelFacts, RobustnessRow
from evaluation.report.plots import heat_map, reliability_plot, risk_coverage_plot, slices_plot
from evaluation.report.svg import target
from evaluation.report.tables import Cell, Html, code, figure, flag, share, table

Figures = Mapping[str, Any]

# A matrix of more does not fit a page; its largest cells are in the table.
_DRAWN_UP_TO = 30


def pair(plot: str, *beside: str) -> str:
    """A plot and what stands beside it."""
    return f'<div class="pair"><div>{plot}</div><div>{"".join(beside)}</div></div>'


def paragraph(content: str, kind: str = "") -> str:
    """A paragraph of plain text."""
    marked = f' class="{kind}"' if kind else ""
    return f"<p{marked}>{escape(content)}</p>"


def classes(found: Figures) -> str:
    """Precision, recall and F1 of each category."""
    rows: list[list[Cell]] = [
        [c["label"], c["support"], c["suggested"], figure(c["precision"]), figure(c["recall"]), figure(c["f1"])]
        for c in found["classes"]
    ]
    return paragraph(
        "Precision: of the cases suggested as this, the share that is. Recall: of the cases that are this, the share "
        "suggested as such. Intervals are of 95 %: Wilson's for the two, the bootstrap's for F1.",
        "quiet",
    ) + table("Categories", ["category", "decided", "suggested", "precision", "recall", "F1"], rows)


def calibration(found: Figures) -> str:
    """The reliability diagram and the verdict on it."""
    error = found["category"]["ece"]
    if error["ok"]:
        verdict, kind = "ok: chance, or what nobody notices, explains it", "good"
    else:
        verdict, kind = "too large for chance: probabilities do not mean what they say", "warn"
    facts: list[list[Cell]] = [
        ["expected calibration error", error["value"]],
        ["of a perfectly calibrated model, median", error["if_perfect"]],
        ["allowed", error["allowed"]],
    ]
    bins: list[list[Cell]] = [
        [f"{b['low']:.2f} to {b['high']:.2f}", b["n"], b["confidence"], figure(b["right"])]
        for b in found["reliability"]
    ]
    return pair(
        reliability_plot(found["reliability"]),
        f"<p>{flag(verdict, kind)}</p>",
        table("Calibration", ["figure", "value"], facts),
        table("Bins of the suggestion's probability", ["probability", "suggestions", "mean", "right"], bins),
    )


def abstention(found: Figures) -> str:
    """Risk and coverage."""
    curve = found["risk_coverage"]
    facts: list[list[Cell]] = [
        ["coverage at the target precision", curve["coverage_at_target"]],
        ["target precision", curve["target_precision"]],
        ["probability from which on", curve["threshold_at_target"]],
        ["precision there", figure(curve["precision_at_target"])],
        ["area under the curve (AURC)", curve["aurc"]],
        ["least area at this accuracy", curve["best_aurc"]],
    ]
    steps: list[list[Cell]] = []
    for wanted in (0.2, 0.4, 0.6, 0.8, 1.0):
        point = next(p for p in curve["points"] if p["coverage"] >= wanted - 1e-9)
        steps.append([share(point["coverage"]), point["threshold"], point["risk"]])
    return pair(
        risk_coverage_plot(curve),
        table("What may be taken without a look", ["figure", "value"], facts),
        table("Along the curve", ["answered", "probability from", "errors"], steps),
        paragraph("The threshold is found on these very rows: expect a little less precision on new ones.", "quiet"),
    )


def confusions(found: Figures, texts: Mapping[str, str]) -> str:
    """The largest confusions with their examples; texts only where they were asked for."""
    part = found["confusion"]
    rows: list[list[Cell]] = [
        [
            f"{pair_['decided']} → {pair_['suggested']}",
            pair_["n"],
            share(pair_["share_of_decided"]),
            Html(", ".join(code(each) for each in pair_["examples"])) if pair_["examples"] else "",
        ]
        for pair_ in part["top"]
    ]
    top = (
        table("Largest confusions", ["decided → suggested", "cases", "of the decided", "for example"], rows)
        if rows
        else paragraph("No case was suggested as anything but what was decided.")
    )
    quoted = "".join(
        f"<h3>{code(each)}: {escape(p['decided'])}, suggested as {escape(p['suggested'])}</h3>"
        f"<blockquote>{escape(texts[each])}</blockquote>"
        for p in part["top"]
        for each in p["examples"]
        if each in texts
    )
    shown = f"<details><summary>The examples' texts</summary>{quoted}</details>" if quoted else ""
    if len(part["labels"]) > _DRAWN_UP_TO:
        return top + shown
    counts, labels = part["decided_by_suggested"], part["labels"]
    plot = heat_map("confusion", "Confusion of the categories", counts, labels, "suggested")
    whole: list[list[Cell]] = [[name, *row] for name, row in zip(labels, counts, strict=True)]
    full = table("Decided (rows) by suggested (columns)", ["decided", *labels], whole)
    return f'<div class="wide" role="region" tabindex="0" aria-label="Confusion matrix">{plot}</div>' + (
        top + shown + f"<details><summary>The whole matrix as a table</summary>{full}</details>"
    )


def by_slice(found: Figures) -> str:
    """Accuracy by what the rows have in common."""
    whole = found["category"]["accuracy"]["value"]
    parts = [
        paragraph(
            "A slice is flagged where its whole interval lies below that of all rows. Among many slices some lie low "
            "by luck: a flag says where to look.",
            "quiet",
        )
    ]
    for place, (name, rows) in enumerate(found["slices"].items()):
        cells: list[list[Cell]] = [
            [
                each["value"],
                each["n"],
                figure(each["accuracy"]),
                each["confidence"],
                flag("below", "warn") if each["below"] else "",
            ]
            for each in rows
        ]
        title = f"Accuracy by {name}"
        parts.append(f"<h3>{escape(name)}</h3>")
        parts.append(
            pair(
                slices_plot(f"slice-{place}", title, rows, whole),
                table(title, [name, "rows", "accuracy", "mean probability", "flag"], cells),
            )
        )
    return "".join(parts)


def reach(found: Figures) -> str:
    """Shortlists, tiers and novelty: what an associate is given."""
    parts = []
    lists: list[list[Cell]] = [
        [f"{target(float(level))} list", figure(s["coverage"]), s["mean_size"], s["largest"], share(s["single"])]
        for level, s in found["shortlists"].items()
    ]
    if lists:
        head = ["shortlist", "holds the truth", "mean size", "largest", "of one category"]
        parts.append(table("Shortlists", head, lists))
    tiers: list[list[Cell]] = [
        [each["tier"], each["n"], figure(each["share"]), figure(each["precision"])] for each in found["tiers"]
    ]
    if tiers:
        parts.append(table("Tiers", ["tier", "cases", "share", "first suggestion right"], tiers))
    if found["novelty"] is not None:
        novelty = found["novelty"]
        facts: list[list[Cell]] = [
            [f"called novel (p below {novelty['level']:g})", figure(novelty["novel"])],
            ["accuracy on these", figure(novelty["accuracy_novel"])],
            ["accuracy on the others", figure(novelty["accuracy_known"])],
        ]
        parts.append(table("Novelty", ["figure", "value"], facts))
    return "".join(parts)


def robustness(rows: Sequence[RobustnessRow]) -> str:
    """How the same rows fare in disguise."""
    cells: list[list[Cell]] = [
        [r.attack, r.n, r.accuracy, r.drop, r.most_severe_recall, r.most_severe_lost] for r in rows
    ]
    head = ["disguise", "rows", "accuracy", "drop", "most severe shown as such", "most severe lost"]
    return table("Robustness", head, cells)


def facts(model: ModelFacts) -> str:
    """What the model is and what it was made from."""
    parts = []
    for title, part in (("The model", model.model), ("The data", model.data)):
        if part:
            rows: list[list[Cell]] = [
                [name, f"{value:,}" if isinstance(value, int) else str(value)] for name, value in part.items()
            ]
            parts.append(table(title, ["fact", "value"], rows))
    return "".join(parts)
