"""What the demonstration shows: headings, tables, one line for each thing done."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from cli.comparing import comparison_table
from training.compare import Comparison
from training.result import Figure, TrainResult


class Screen:
    """A console that says what goes on and how long it took."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started = time.monotonic()

    def step(self, number: int, title: str) -> None:
        """A heading, with the seconds since the start."""
        self._console.print(f"\n[bold cyan]{number}  {title}[/]  [dim]{time.monotonic() - self._started:.0f} s[/]")

    def say(self, line: str) -> None:
        """A line."""
        self._console.print(f"   {line}", highlight=False)

    def figures(self, result: TrainResult) -> None:
        """What a trained model was measured at."""
        table = Table(box=None, padding=(0, 2), show_header=True, header_style="dim")
        for heading in ("held-out cases", "category accuracy", "ECE", "severity QWK", "macro-MAE"):
            table.add_column(heading, justify="right", no_wrap=True)
        severity = result.severity
        table.add_row(
            str(result.category.n_test),
            _figure(result.category.accuracy),
            f"{result.category.ece.value:.2f} [dim](up to {result.category.ece.allowed:.2f} allowed)[/]",
            _figure(severity.qwk) if severity else "",
            _figure(severity.macro_mae) if severity else "",
        )
        self._console.print(table)

    def queue(self, cases: Sequence[dict[str, Any]], now: datetime) -> None:
        """The head of the queue, as the service answers it."""
        table = Table(box=None, padding=(0, 1), header_style="dim")
        table.add_column("", justify="right")
        table.add_column("severity")
        table.add_column("suggested category", no_wrap=True)
        table.add_column("trust")
        table.add_column("waits", justify="right")
        table.add_column("lang")
        table.add_column("title", no_wrap=True, overflow="ellipsis", max_width=38)
        for place, case in enumerate(cases, start=1):
            score = case["score"]
            level = score["severity"]["shown"]
            sure = score["severity"]["distribution"][str(level)]
            waits = (now - datetime.fromisoformat(case["received_at"])).total_seconds() / 3600
            table.add_row(
                str(place),
                f"{level} ({sure:.0%})",
                _suggestion(score),
                "new kind" if score["novel"] else score["tier"],
                f"{waits:.1f} h",
                score["language"],
                case["title"] or "[dim](no title)[/]",
            )
        self._console.print(table)

    def decisions(self, rows: Sequence[tuple[str, str, str]]) -> None:
        """Suggested, decided, and whether the one was the other."""
        table = Table(box=None, padding=(0, 2), header_style="dim")
        for heading in ("suggested", "decided", ""):
            table.add_column(heading, no_wrap=True)
        for row in rows:
            table.add_row(*row)
        self._console.print(table)

    def comparison(self, answer: Comparison) -> None:
        """Champion against challenger."""
        self._console.print(comparison_table(answer))


def _suggestion(score: dict[str, Any]) -> str:
    """The likeliest category; where the model does not know, it is not guessed."""
    if score["tier"] == "abstain":
        return "[dim]the model does not know[/]"
    best = score["categories"][0]
    return f"{best['name']} ({best['probability']:.0%})"


def _figure(figure: Figure) -> str:
    return f"{figure.value:.2f} [dim]({figure.low:.2f} to {figure.high:.2f})[/]"
