"""Inline SVG, drawn on the server's side; its colours are the page's classes, so that dark mode needs no script."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

# Of 12 px sans-serif, wide letters included: labels are cut by it, since nothing here can measure text.
_LETTER = 7.4


@dataclass(frozen=True, slots=True)
class Axes:
    """A plot's inner rectangle in pixels, and the ranges of values that it shows; y grows upwards."""

    left: float
    top: float
    width: float
    height: float
    x_range: tuple[float, float] = (0.0, 1.0)
    y_range: tuple[float, float] = (0.0, 1.0)

    def x(self, value: float) -> float:
        """The pixel of a value, kept inside."""
        low, high = self.x_range
        return self.left + self.width * min(max((value - low) / (high - low), 0.0), 1.0)

    def y(self, value: float) -> float:
        """The pixel of a value, kept inside."""
        low, high = self.y_range
        return self.top + self.height * (1 - min(max((value - low) / (high - low), 0.0), 1.0))

    def grid(self, x_label: str, y_label: str, x_ticks: Sequence[float], y_ticks: Sequence[float]) -> list[str]:
        """Grid lines, ticks in per cent and the names of both axes."""
        bottom, right = self.top + self.height, self.left + self.width
        drawn = [line((self.x(v), self.top), (self.x(v), bottom), "grid") for v in x_ticks]
        drawn += [line((self.left, self.y(v)), (right, self.y(v)), "grid") for v in y_ticks]
        drawn += [text(self.x(v), bottom + 16, per_cent(v), "tick middle") for v in x_ticks]
        drawn += [text(self.left - 6, self.y(v) + 4, per_cent(v), "tick end") for v in y_ticks]
        drawn.append(text(self.left + self.width / 2, bottom + 34, x_label, "axis middle"))
        if y_label:
            x, y = 13, self.top + self.height / 2
            turn = f' transform="rotate(-90 {number(x)} {number(y)})"'
            drawn.append(text(x, y, y_label, "axis middle", turn))
        return drawn


def svg(name: str, title: str, description: str, size: tuple[float, float], parts: Iterable[str]) -> str:
    """One image with what a screen reader says of it.

    Args:
        name: Unique in the page; ids are made of it.
        title: Its name.
        description: What it shows, in a sentence or two.
        size: Width and height in pixels; the page scales it down where there is no room.
        parts: Its elements.
    """
    width, height = number(size[0]), number(size[1])
    return (
        f'<svg role="img" class="plot" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        f' aria-labelledby="{name}-title {name}-desc"><title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-desc">{escape(description)}</desc>{"".join(parts)}</svg>'
    )


def line(start: tuple[float, float], end: tuple[float, float], kind: str) -> str:
    """A straight line."""
    (x1, y1), (x2, y2) = start, end
    return f'<line class="{kind}" x1="{number(x1)}" y1="{number(y1)}" x2="{number(x2)}" y2="{number(y2)}"/>'


def path(points: Sequence[tuple[float, float]], kind: str) -> str:
    """A line through points."""
    joined = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    return f'<polyline class="{kind}" points="{joined}"/>'


def area(points: Sequence[tuple[float, float]], kind: str) -> str:
    """A filled shape."""
    joined = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    return f'<polygon class="{kind}" points="{joined}"/>'


def dot(x: float, y: float, radius: float, kind: str, tip: str = "") -> str:
    """A circle; `tip` appears under the pointer."""
    inner = f"<title>{escape(tip)}</title>" if tip else ""
    return f'<circle class="{kind}" cx="{number(x)}" cy="{number(y)}" r="{number(radius)}">{inner}</circle>'


def box(
    corner: tuple[float, float], size: tuple[float, float], kind: str, opacity: float = 1.0, tip: str = ""
) -> str:
    """A rectangle; `tip` appears under the pointer."""
    (x, y), (width, height) = corner, size
    inner = f"<title>{escape(tip)}</title>" if tip else ""
    return (
        f'<rect class="{kind}" x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
        f' fill-opacity="{number(opacity)}">{inner}</rect>'
    )


def text(x: float, y: float, content: str, kind: str, more: str = "") -> str:
    """A label; `kind` says how it is aligned and coloured."""
    return f'<text class="{kind}" x="{number(x)}" y="{number(y)}"{more}>{escape(content)}</text>'


def label_width(labels: Iterable[str], longest: int) -> float:
    """Pixels that the longest of the labels takes once it is cut."""
    return max((len(cut(label, longest)) for label in labels), default=0) * _LETTER


def cut(label: str, longest: int) -> str:
    """At most `longest` characters, the last of them an ellipsis where something was left out."""
    return label if len(label) <= longest else label[: longest - 1] + "…"


def number(value: float) -> str:
    """At most two decimals, which is a hundredth of a pixel."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def per_cent(value: float) -> str:
    """A share as whole per cents."""
    return f"{100 * value:.0f} %"


def target(value: float) -> str:
    """A share that somebody asked for or promised, in per cents with the digits that it has: .995 is no 100 %."""
    return f"{100 * value:.4g} %"
