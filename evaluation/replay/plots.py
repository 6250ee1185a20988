"""The plots of a replay: each takes what was played and gives one SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from evaluation.bootstrap import Interval
from evaluation.report.svg import Axes, cut, dot, label_width, line, per_cent, svg, text

_LONGEST_LABEL = 26
_STEP, _WIDTH = 24.0, 340.0
_DECADES = (0.0001, 0.001, 0.01, 0.1, 1.0, 10.0, 100.0)
_HOURS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 24.0, 72.0, 168.0, 720.0)


def harm_plot(name: str, title: str, found: Mapping[str, Interval], ours: Sequence[str]) -> str:
    """The harm of each order over that of the first, on a logarithmic scale, with its interval.

    Args:
        name: Unique in the page.
        title: Its name.
        found: By order, the one that all are held against first; NaN of none.
        ours: The orders that it is about; the others stand back.

    Returns:
        One SVG; "" where there is nothing to draw.
    """
    known = [each for each in found.values() if not math.isnan(each.value)]
    if not known:
        return ""
    # A figure of one seed has no bounds: of a number and a NaN after it `max` takes the number.
    lowest = min(max(each.value / 10, each.low) for each in known)
    highest = max(max(each.value, each.high) for each in known)
    bottom = max((d for d in _DECADES if d <= lowest), default=_DECADES[0])
    top = min((d for d in _DECADES if d >= highest), default=_DECADES[-1])
    axes, drawn = _rows(list(found), (math.log10(bottom), math.log10(max(top, bottom * 10))))
    for tick in (d for d in _DECADES if bottom <= d <= top):
        drawn += _tick(axes, math.log10(tick), per_cent(tick) if tick >= 0.01 else f"{100 * tick:g} %")
    drawn.append(
        text(axes.left + _WIDTH / 2, axes.top + axes.height + 34, "harm-hours, of the first order's", "axis middle")
    )
    for place, (order, each) in enumerate(found.items()):
        _mark(drawn, axes, place, each, order, aside=order not in ours, logarithmic=True)
    told = (
        "Dots are harm-hours under each order as a share of those under the first, lines their 95 % intervals over "
        "seeds; further left is better."
    )
    return svg(name, title, told, (axes.left + _WIDTH + 30, axes.height + 50), drawn)


def in_time_plot(name: str, title: str, found: Mapping[str, Interval], ours: Sequence[str]) -> str:
    """The share of a level that somebody took within its time to first touch, by order; "" where nobody knows one."""
    if all(math.isnan(each.value) for each in found.values()):
        return ""
    axes, drawn = _rows(list(found), (0.0, 1.0))
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        drawn += _tick(axes, tick, per_cent(tick))
    drawn.append(text(axes.left + _WIDTH / 2, axes.top + axes.height + 34, title, "axis middle"))
    for place, (order, each) in enumerate(found.items()):
        _mark(drawn, axes, place, each, order, aside=order not in ours, logarithmic=False)
    told = "Dots are shares, lines their 95 % intervals over seeds; further right is better."
    return svg(name, title, told, (axes.left + _WIDTH + 30, axes.height + 50), drawn)


def waits_plot(name: str, title: str, found: Mapping[str, Mapping[int, Interval]], ours: Sequence[str]) -> str:
    """The longest wait of each level in a stream, hours on a logarithmic scale, by order; "" where there is none.

    A level that no stream has is NaN, and is left out.
    """
    waits = [each.value for levels in found.values() for each in levels.values() if not math.isnan(each.value)]
    if not waits:
        return ""
    every = [wait for wait in waits if wait > 0]
    low = max((h for h in _HOURS if h <= min(every, default=1.0)), default=_HOURS[0])
    high = min((h for h in _HOURS if h >= max(every, default=1.0)), default=_HOURS[-1])
    axes, drawn = _rows(list(found), (math.log10(low), math.log10(max(high, 2 * low))))
    for tick in (h for h in _HOURS if low <= h <= high):
        drawn += _tick(axes, math.log10(tick), f"{tick:g}")
    drawn.append(
        text(axes.left + _WIDTH / 2, axes.top + axes.height + 34, "longest wait by level, hours", "axis middle")
    )
    for place, (order, levels) in enumerate(found.items()):
        y, kind = axes.top + _STEP * (place + 0.5), "" if order in ours else " aside"
        for level, each in levels.items():
            if math.isnan(each.value):
                continue
            x = axes.x(math.log10(max(each.value, low)))
            drawn.append(dot(x, y, 8, "mark" + kind, f"{order}, severity {level}: {each.value:.1f} h"))
            drawn.append(text(x, y + 4, str(level), "inside middle"))
    told = "Each dot is a level's longest wait until somebody took a case, the seeds' mean; further left is better."
    return svg(name, title, told, (axes.left + _WIDTH + 30, axes.height + 50), drawn)


def _rows(labels: Sequence[str], x_range: tuple[float, float]) -> tuple[Axes, list[str]]:
    margin = max(label_width(labels, _LONGEST_LABEL), 40) + 14
    axes = Axes(margin, 8, _WIDTH, _STEP * len(labels), x_range=x_range)
    drawn = [
        text(margin - 8, axes.top + _STEP * (place + 0.5) + 4, cut(label, _LONGEST_LABEL), "tick end")
        for place, label in enumerate(labels)
    ]
    return axes, drawn


def _tick(axes: Axes, value: float, label: str) -> list[str]:
    x, bottom = axes.x(value), axes.top + axes.height
    return [line((x, axes.top), (x, bottom), "grid"), text(x, bottom + 16, label, "tick middle")]


def _mark(
    drawn: list[str], axes: Axes, place: int, found: Interval, order: str, *, aside: bool, logarithmic: bool
) -> None:
    """A dot with its interval; no interval where there is none, and nothing where there is no figure."""
    if math.isnan(found.value):
        return

    def x(value: float) -> float:
        # What is too small for the scale, a bound below 0 among them, stands at its left edge.
        return axes.x(math.log10(max(value, 1e-9)) if logarithmic else value)

    kind, y = " aside" if aside else "", axes.top + _STEP * (place + 0.5)
    tip = f"{order}: {100 * found.value:.1f} %"
    if not math.isnan(found.low):
        drawn.append(line((x(found.low), y), (x(found.high), y), "whisker" + kind))
        tip += f" ({100 * found.low:.1f} to {100 * found.high:.1f})"
    drawn.append(dot(x(found.value), y, 4.5, "mark" + kind, tip))
