"""Measuring a model on decided cases: figures, a page to read, a card to file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cases.errors import InvalidInputError
from cli.command import AsJson, answer_json, messages, opened_store, output, settings_of
from cli.learning import Severe, table_columns

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from cli.contract.learning import DriftAnswer, EvaluateAnswer
    from evaluation.drift import Drift
    from training.evaluate import Evaluation

app = typer.Typer()


@app.command()
def evaluate(
    ctx: typer.Context,
    model: Annotated[
        str,
        typer.Argument(help="Registered version or alias, the SHA-256 of a promoted model, or an artifact's folder."),
    ] = "champion",
    data: Annotated[
        Path | None,
        typer.Option(help="A labelled table instead of the record: CSV, JSONL, Parquet, Excel; its test part."),
    ] = None,
    text: Annotated[str, typer.Option(help="With --data: the column of the text.")] = "",
    category: Annotated[str, typer.Option(help="With --data: the column of the label.")] = "",
    severity: Annotated[str, typer.Option(help="With --data: the column of the level, 1..K.")] = "",
    severity_1_is: Annotated[
        Severe | None,
        typer.Option("--severity-1-is", help="With --severity: which end level 1 is. Ours is the most severe."),
    ] = None,
    split: Annotated[str, typer.Option(help="With --data: a column of train, valid and test.")] = "",
    report: Annotated[Path | None, typer.Option(help="Write the page to this HTML file.")] = None,
    card: Annotated[Path | None, typer.Option(help="Write the model card to this Markdown file.")] = None,
    show_texts: Annotated[
        bool, typer.Option("--show-texts", help="Quote example cases on the page instead of naming them by id.")
    ] = False,
    attacks: Annotated[
        bool,
        typer.Option(help="Judge a hundred of the cases in disguise too, for the report's table of robustness."),
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Measure a model on cases that it did not learn from."""
    from training.evaluate import evaluate as measure

    settings = settings_of(ctx)
    columns = table_columns(data, text, category, severity, severity_1_is, split, "", "")
    _check_places(report, card)
    told = partial(measure, settings, model, show_texts=show_texts, attacks=attacks, say=messages().print)
    if data is not None and columns is not None:
        found = told(table=(data, columns))
    else:
        with opened_store(settings) as store:
            found = told(store=store)
    for caveat in found.caveats:
        messages().print(caveat)
    for path, content in ((report, found.report.html), (card, found.report.card)):
        if path is not None:
            path.write_text(content, encoding="utf-8")
            messages().print(f"written to {path}")
    if as_json:
        answer_json(_answer(found))
    else:
        _tell(output(), found)


@app.command()
def drift(
    ctx: typer.Context,
    days: Annotated[int, typer.Option(min=1, max=365, help="Length of the period that ends now, in days.")] = 14,
    before: Annotated[
        int, typer.Option(min=1, max=3650, help="Length of the one before it, that it is compared with, in days.")
    ] = 42,
    as_json: AsJson = False,
) -> None:
    """Say whether the cases that come in are like those of before, by feature, and what of it may be chance."""
    from datetime import timedelta

    from cases.clock import utc_now
    from evaluation.drift import drifts

    now = utc_now()
    since = now - timedelta(days=days)
    with opened_store(settings_of(ctx)) as store:
        found = drifts(store.scored_cases(since - timedelta(days=before), since), store.scored_cases(since, now))
    if as_json:
        answer_json(_drift_answer(found, days, before))
    else:
        output().print(_drift_table(found, days, before))


def _drift_answer(found: Sequence[Drift], days: int, before: int) -> DriftAnswer:
    from cli.contract.learning import DriftAnswer, DriftBin, DriftFeature

    return DriftAnswer(
        days=days,
        before_days=before,
        features=[
            DriftFeature(
                feature=each.feature,
                before=each.before,
                now=each.now,
                psi=each.psi,
                bound=each.bound,
                reading=each.reading.value,
                bins=[DriftBin(label=bin_.label, before=bin_.before, now=bin_.now) for bin_ in each.bins],
            )
            for each in found
        ],
    )


def _drift_table(found: Sequence[Drift], days: int, before: int) -> Table:
    from rich.table import Table

    table = Table(title=f"the last {days} days against the {before} before", title_justify="left", box=None)
    table.add_column("what")
    for heading in ("before", "now", "PSI", "chance, up to"):
        table.add_column(heading, justify="right")
    table.add_column("reading")
    for each in found:
        table.add_row(
            each.feature,
            f"{each.before:,}",
            f"{each.now:,}",
            *("-" if figure is None else f"{figure:.3f}" for figure in (each.psi, each.bound)),
            each.reading.value,
        )
    return table


def _check_places(*paths: Path | None) -> None:
    for path in paths:
        if path is not None and not path.parent.is_dir():
            raise InvalidInputError(
                f"'{path.name}' must be in a folder that exists (got {path.parent}); make it first", field="report"
            )


def _answer(found: Evaluation) -> EvaluateAnswer:
    from cli.contract.learning import EvaluateAnswer

    return EvaluateAnswer(
        model=f"{found.model.name}/{found.model.version}",
        sha256=found.model.sha256,
        rows=found.rows,
        left_out=found.left_out,
        figures=dict(found.report.figures),
    )


def _tell(screen: Console, found: Evaluation) -> None:
    figures = found.report.figures
    left = ", ".join(f"{count} {reason}" for reason, count in found.left_out.items())
    screen.print(
        f"{found.model.name}/{found.model.version} on {found.rows} cases" + (f" (not: {left})" if left else "")
    )
    for name in ("accuracy", "macro_f1", "log_loss"):
        screen.print(f"  category {name.replace('_', ' '):<10} {_figure(figures['category'][name])}")
    error = figures["category"]["ece"]
    screen.print(
        f"  category ece        {error['value']:.3f} "
        f"(a perfect model's: {error['if_perfect']:.3f}; {error['allowed']:.3f} allowed)"
    )
    for level, listed in figures["shortlists"].items():
        coverage, promised = _figure(listed["coverage"]), 100 * float(level)
        screen.print(
            f"  shortlist, {promised:.4g} % promised: held the right one {coverage}, {listed['mean_size']:.1f} long"
        )
    for tier in figures["tiers"]:
        screen.print(
            f"  tier {tier['tier']:<9} {_figure(tier['share'])} of cases, right {_figure(tier['precision'])}"
        )
    if figures["severity"] is not None:
        screen.print(f"  severity QWK        {_figure(figures['severity']['qwk'])}")
    if figures["robustness"] is not None:
        attack, worst = max(figures["robustness"].items(), key=lambda each: each[1]["drop"])
        screen.print(f"  worst in disguise   {worst['accuracy']:.3f} ({attack}, {worst['n']} cases)")


def _figure(found: Any) -> str:  # noqa: ANN401 - a figure of the report, a number, or nothing to tell
    if isinstance(found, dict):
        return f"{found['value']:.3f} [{found['low']:.3f}, {found['high']:.3f}]"
    return "-" if found is None else f"{found:.3f}"
