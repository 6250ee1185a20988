"""Champion against challenger, as a table and as the contract has it."""

from __future__ import annotations

from rich.table import Table

from cli.contract.learning import CompareAnswer, ComparedMetric
from training.compare import Comparison


def comparison_table(found: Comparison) -> Table:
    """One row a metric: both figures, the difference with its interval, and what follows from it."""
    table = Table(box=None, padding=(0, 2), header_style="dim")
    table.add_column("")
    for heading in (
        f"champion v{found.champion.version}",
        f"challenger v{found.challenger.version}",
        "difference",
        "95 % interval",
    ):
        table.add_column(heading, justify="right")
    table.add_column("")
    for row in found.contrasts:
        table.add_row(
            row.metric,
            f"{row.champion:.3f}",
            f"{row.challenger:.3f}",
            f"{row.difference.value:+.3f}",
            f"{row.difference.low:+.3f} … {row.difference.high:+.3f}",
            row.verdict,
        )
    return table


def comparison_answer(found: Comparison) -> CompareAnswer:
    """What `caseload compare --json` answers."""
    return CompareAnswer(
        champion=f"{found.champion.name}/{found.champion.version}",
        challenger=f"{found.challenger.name}/{found.challenger.version}",
        n_rows=found.n_rows,
        n_new=found.n_new,
        metrics=[
            ComparedMetric(
                metric=row.metric,
                champion=row.champion,
                challenger=row.challenger,
                difference=row.difference.value,
                low=row.difference.low,
                high=row.difference.high,
                better_is=row.better_is,
                verdict=row.verdict,
            )
            for row in found.contrasts
        ],
    )
