"""The plots of a report: each takes the figures' JSON and gives one SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.report.svg import Axes, area, box, cut, dot, label_width, line, path, per_cent, svg, target, text

_WIDTH = 460.0
_TENTHS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_LONGEST_LABEL = 26
# Shading stops here so that the number in a cell keeps its contrast in light and in dark.
DARKEST = 0.5


def reliability_plot(bins: Sequence[Mapping[str, Any]], name: str = "reliability") -> str:
    """How often a suggestion is right, by how sure it is, with Wilson's intervals; below, how many there are.

    Args:
        bins: `evaluation.calibration_bins.CalibrationBin` as JSON has it, at least one.
        name: Unique in the page.
    """
    axes, counts = Axes(56, 14, 384, 300), Axes(56, 366, 384, 54)
    most = max(each["n"] for each in bins)
    drawn = axes.grid("", "share that was right", _TENTHS, _TENTHS)
    drawn.append(line((axes.x(0), axes.y(0)), (axes.x(1), axes.y(1)), "ideal"))
    for each in bins:
        x, right = axes.x(each["confidence"]), each["right"]
        drawn.append(line((x, axes.y(right["low"])), (x, axes.y(right["high"])), "whisker"))
    drawn.append(path([(axes.x(b["confidence"]), axes.y(b["right"]["value"])) for b in bins], "curve"))
    for each in bins:
        tip = f"{each['n']} suggestions, {each['confidence']:.2f} sure, {each['right']['value']:.2f} right"
        drawn.append(dot(axes.x(each["confidence"]), axes.y(each["right"]["value"]), 4, "mark", tip))
        left, right_edge = counts.x(each["low"]) + 1, counts.x(each["high"]) - 1
        height = max(counts.height * each["n"] / most, 1)
        corner, size = (left, counts.top + counts.height - height), (right_edge - left, height)
        drawn.append(box(corner, size, "bar", tip=f"{each['n']} suggestions"))
    bottom = counts.top + counts.height
    drawn.append(line((counts.left, bottom), (counts.left + counts.width, bottom), "baseline"))
    drawn.append(text(counts.left, counts.top - 4, f"suggestions in each bin, at most {most}", "tick"))
    drawn.append(text(counts.left + counts.width / 2, bottom + 18, "probability of the suggestion", "axis middle"))
    told = "The nearer the dots are to the dashed diagonal, the more a probability means what it says."
    return svg(name, "Reliability diagram", told, (_WIDTH, 448), drawn)


def risk_coverage_plot(curve: Mapping[str, Any]) -> str:
    """The share of errors among the answers taken, by how many are taken, the surest first."""
    points = [(point["coverage"], point["risk"]) for point in curve["points"]]
    ceiling = _round_up(max(*(risk for _, risk in points), 2 * (1 - curve["target_precision"])))
    axes = Axes(56, 14, 384, 300, y_range=(0.0, ceiling))
    ticks = [ceiling * step / 5 for step in range(6)]
    drawn = axes.grid("share of cases answered, the surest first", "errors among these", _TENTHS, ticks)
    pixels = [(axes.x(x), axes.y(y)) for x, y in points]
    drawn.append(area([(pixels[0][0], axes.y(0)), *pixels, (pixels[-1][0], axes.y(0))], "under"))
    drawn.append(path(pixels, "curve"))
    reached, errors = curve["coverage_at_target"], target(1 - curve["target_precision"])
    allowed = axes.y(1 - curve["target_precision"])
    drawn.append(line((axes.left, allowed), (axes.left + axes.width, allowed), "ideal"))
    drawn.append(text(axes.left + axes.width - 4, allowed - 5, f"{errors} errors", "tick end"))
    if reached:
        x = axes.x(reached)
        drawn.append(line((x, allowed), (x, axes.y(0)), "ideal"))
        drawn.append(dot(x, allowed, 4.5, "mark", f"{per_cent(reached)} of the cases"))
    kept = f"answering {per_cent(reached)} of the cases" if reached else "no coverage worth naming"
    told = (
        f"At or below {errors} errors: {kept}. The lower the curve, the better the confidence tells right from wrong."
    )
    return svg("risk-coverage", "Risk-coverage curve", told, (_WIDTH, 366), drawn)


def heat_map(name: str, title: str, counts: Sequence[Sequence[int]], labels: Sequence[str], column: str) -> str:
    """A table of counts, row = decided, column = what was `column` (suggested, shown), shaded by its row's share."""
    k = len(labels)
    margin = label_width(labels, _LONGEST_LABEL) + 34
    # Few cells are drawn large; many are drawn as small as their numbers allow.
    cell = min(56.0, max(27.0, 560 / k))
    upright = label_width(labels, _LONGEST_LABEL) <= cell
    head = 40.0 if upright else label_width(labels, _LONGEST_LABEL) * 0.78 + 30
    drawn = [text(margin + cell * k / 2, 13, column, "axis middle")]
    for row, label in enumerate(labels):
        x, y, short = margin + cell * (row + 0.5), head + cell * (row + 0.5), cut(label, _LONGEST_LABEL)
        drawn.append(text(margin - 6, y + 4, short, "tick end"))
        turn = f' transform="rotate(-55 {x + 4:.2f} {head - 6:.2f})"'
        drawn.append(
            text(x, head - 6, short, "tick middle") if upright else text(x + 4, head - 6, short, "tick", turn)
        )
        total = max(sum(counts[row]), 1)
        for place, count in enumerate(counts[row]):
            corner, tip = (margin + cell * place, head + cell * row), f"{label} as {labels[place]}: {count}"
            kind = "cell right" if place == row else "cell wrong"
            drawn.append(box(corner, (cell - 1, cell - 1), "empty"))
            if count:
                drawn.append(box(corner, (cell - 1, cell - 1), kind, DARKEST * (0.15 + 0.85 * count / total), tip))
                drawn.append(text(corner[0] + cell / 2 - 0.5, y + 4, str(count), "count middle"))
    side = head + cell * k / 2
    drawn.append(text(12, side, "decided", "axis middle", f' transform="rotate(-90 12 {side:.2f})"'))
    told = f"Rows are what was decided, columns what was {column}; the diagonal is right."
    room = 10 if upright else label_width(labels[-1:], _LONGEST_LABEL) * 0.6 + 6
    return svg(name, title, told, (margin + cell * k + room, head + cell * k + 6), drawn)


def slices_plot(name: str, title: str, rows: Sequence[Mapping[str, Any]], whole: float) -> str:
    """The accuracy of each slice with its interval, beside that of all rows."""
    margin, step = max(label_width([each["value"] for each in rows], _LONGEST_LABEL), 40) + 14, 24.0
    low = min(0.9, *(_round_down(each["accuracy"]["low"]) for each in rows))
    axes = Axes(margin, 8, 300, step * len(rows), x_range=(low, 1.0))
    ticks = [low + (1 - low) * part / 5 for part in range(6)]
    drawn = axes.grid("accuracy", "", ticks, [])
    drawn.append(line((axes.x(whole), axes.top), (axes.x(whole), axes.top + axes.height), "ideal"))
    for place, each in enumerate(rows):
        y, found = axes.top + step * (place + 0.5), each["accuracy"]
        kind = " low" if each["below"] else ""
        tip = f"{each['value']}: {found['value']:.3f} ({found['low']:.3f} to {found['high']:.3f}), {each['n']} rows"
        drawn.append(text(margin - 8, y + 4, cut(each["value"], _LONGEST_LABEL), "tick end"))
        drawn.append(line((axes.x(found["low"]), y), (axes.x(found["high"]), y), "whisker" + kind))
        drawn.append(dot(axes.x(found["value"]), y, 4.5, "mark" + kind, tip))
    told = f"Dots are accuracies, lines their 95 % intervals; the dashed line is that of all rows, {whole:.3f}."
    return svg(name, title, told, (margin + 330, axes.height + 50), drawn)


def _round_up(share: float) -> float:
    """To the next step at which five ticks are whole per cents."""
    return next((limit for limit in (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75) if share <= limit), 1.0)


def _round_down(share: float) -> float:
    """To the next tenth below: five ticks between it and 1 are then whole per cents."""
    return max(0.0, int(share * 10) / 10)
