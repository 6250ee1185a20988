"""HTML tables of figures. What comes from outside is escaped here, at the one place where it becomes HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from evaluation.report.svg import per_cent


class Html(str):
    """Text that is HTML already; all other text is escaped."""

    __slots__ = ()


class Number(Html):
    """A number as it is to be shown; it stands to the right, as plain numbers do."""

    __slots__ = ()


Cell = Html | str | int | float | None


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """A table whose first column names its rows; it scrolls by itself where the page is narrow.

    Numbers stand to the right. None is "n/a": it cannot be said of these rows.
    """
    numeric = [any(isinstance(row[place], int | float | Number) for row in rows) for place in range(len(head))]
    kinds = [' class="n"' if number and place else "" for place, number in enumerate(numeric)]
    heads = "".join(f'<th scope="col"{kind}>{escape(name)}</th>' for name, kind in zip(head, kinds, strict=True))
    body = []
    for first, *rest in rows:
        cells = "".join(f"<td{kind}>{_cell(value)}</td>" for value, kind in zip(rest, kinds[1:], strict=True))
        body.append(f'<tr><th scope="row">{_cell(first)}</th>{cells}</tr>')
    # A region that scrolls must be reached by the keyboard, and must then have a name.
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{heads}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def figure(found: Mapping[str, Any] | None, digits: int = 3) -> Number | None:
    """A figure and, standing back, its interval."""
    if found is None:
        return None
    return Number(f'{found["value"]:.{digits}f} <span class="quiet">{span(found, digits)}</span>')


def span(found: Mapping[str, Any], digits: int = 3) -> str:
    """The interval alone."""
    return f"{found['low']:.{digits}f} to {found['high']:.{digits}f}"


def share(value: float) -> Number:
    """A share as whole per cents."""
    return Number(per_cent(value))


def exact(value: float) -> Number:
    """A number that somebody wrote, with no more digits than they gave it."""
    return Number(f"{value:g}")


def flag(content: str, kind: str) -> Html:
    """A word in the colour of its kind, "warn" or "good"; it must make sense without the colour."""
    return Html(f'<span class="{kind}">{escape(content)}</span>')


def code(content: str) -> Html:
    """An id or a hash."""
    return Html(f"<code>{escape(content)}</code>")


def _cell(value: Cell) -> str:
    if value is None:
        return "n/a"
    if isinstance(value, Html):
        return value
    if isinstance(value, float):
        return f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) else escape(value)
