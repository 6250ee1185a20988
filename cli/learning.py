"""Learning: train, compare, promote, roll back."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cases.errors import InvalidInputError, NotMigratedError, StoreUnavailableError
from cli.command import AsJson, actor, answer_json, messages, opened_store, output, policy_of, settings_of

if TYPE_CHECKING:
    from cases.settings import Settings
    from training.result import TrainResult
    from training.table import TableColumns
    from training.train import TrainingOptions

app = typer.Typer()


class HoldOut(StrEnum):
    """Which decided cases a model is measured on."""

    NEWEST = "newest"
    CHAMPION = "champion"


class BudgetName(StrEnum):
    """How long to look for the strongest model."""

    QUICK = "quick"
    STANDARD = "standard"
    THOROUGH = "thorough"


class Severe(StrEnum):
    """Which end of a table's severity levels 1 is."""

    MOST = "most"
    LEAST = "least"


@app.command()
def train(
    ctx: typer.Context,
    data: Annotated[
        Path | None, typer.Option(help="A labelled table instead of the record: CSV, JSONL, Parquet, Excel.")
    ] = None,
    text: Annotated[str, typer.Option(help="With --data: the column of the text.")] = "",
    category: Annotated[str, typer.Option(help="With --data: the column of the label.")] = "",
    severity: Annotated[str, typer.Option(help="With --data: the column of the level, 1..K.")] = "",
    severity_1_is: Annotated[
        Severe | None,
        typer.Option("--severity-1-is", help="With --severity: which end level 1 is. Ours is the most severe."),
    ] = None,
    split: Annotated[str, typer.Option(help="With --data: a column of train, valid and test.")] = "",
    time: Annotated[
        str, typer.Option(help="With --data: the column of the time, to hold out the newest fifth.")
    ] = "",
    subject: Annotated[
        str, typer.Option(help="With --data: the column of the subject; one subject is never on both sides.")
    ] = "",
    budget: Annotated[
        BudgetName,
        typer.Option(
            help="How long to look for the strongest model: about 1, 5 or 30 minutes for 10,000 cases on two cores. "
            "standard and thorough also tune the encoder, as far as that time allows."
        ),
    ] = BudgetName.STANDARD,
    hold_out: Annotated[
        HoldOut,
        typer.Option(help="The newest fifth, or the champion's held-out cases again, to learn from all that is new."),
    ] = HoldOut.NEWEST,
    compare_random: Annotated[
        bool, typer.Option("--compare-random", help="Report beside it what a random split would have claimed.")
    ] = False,
    name: Annotated[str, typer.Option(help="The registered model's name.")] = "",
) -> None:
    """Train a model, measure it on held-out cases, and register it. The last thing on stdout is one JSON object."""
    settings = settings_of(ctx)
    columns = table_columns(data, text, category, severity, severity_1_is, split, time, subject)
    if data is not None and hold_out is HoldOut.CHAMPION:
        raise InvalidInputError(
            "'--hold-out' must come without --data when it is champion (got both); drop one", field="hold_out"
        )
    options = _options(name, budget, hold_out, compare_random=compare_random)
    result = _trained(settings, data, columns, options)
    typer.echo(result.model_dump_json(by_alias=True, indent=2))


@app.command()
def compare(
    ctx: typer.Context,
    challenger: Annotated[str, typer.Option(help="Version or alias of the one that wants to serve.")] = "challenger",
    champion: Annotated[str, typer.Option(help="Version or alias of the one that it is held against.")] = "champion",
    as_json: AsJson = False,
) -> None:
    """Measure champion and challenger on the same rows, that neither learnt from."""
    from cli.comparing import comparison_answer, comparison_table
    from training.compare import compare as compare_models

    settings = settings_of(ctx)
    with opened_store(settings) as store:
        found = compare_models(settings, store, policy_of(settings), champion=champion, challenger=challenger)
    if as_json:
        answer_json(comparison_answer(found))
        return
    screen = output()
    screen.print(
        f"{found.n_rows} cases that neither learnt from; {found.n_new} learnt that the champion did not know"
    )
    screen.print(comparison_table(found))


@app.command()
def suspects(
    ctx: typer.Context,
    model: Annotated[str, typer.Argument(help="Registered version or alias.")] = "challenger",
    limit: Annotated[int, typer.Option(help="How many at most.", min=1)] = 20,
    as_json: AsJson = False,
) -> None:
    """List decided cases that may be slips, the likeliest first; a person should look. None is ever left out."""
    from cli.contract.learning import SuspectDecision, SuspectsAnswer
    from training.registry import registered
    from training.run_record import SUSPECTS
    from training.suspects import read_suspects, with_associates
    from training.tracking import read_table

    settings = settings_of(ctx)
    chosen = registered(settings, model)
    found = read_suspects(read_table(settings, chosen.run_id, SUSPECTS))
    listed = found[:limit]
    try:
        # The tracker holds nobody's name: who decided is the record's to say.
        with opened_store(settings) as store:
            listed = with_associates(listed, store)
    except (NotMigratedError, StoreUnavailableError):
        messages().print("the record does not answer, so it is not said who decided")
    if as_json:
        rows = [SuspectDecision(**asdict(suspect)) for suspect in listed]
        answer_json(SuspectsAnswer(model=f"{chosen.name}/{chosen.version}", total=len(found), suspects=rows))
        return
    screen = output()
    screen.print(f"{len(found)} of the decisions that {chosen.name}/{chosen.version} learnt from may be slips")
    for suspect in listed:
        screen.print(
            f"  {suspect.case_id}  by {suspect.decided_by or '?'}: {suspect.decided} ({suspect.p_decided:.0%}); "
            f"unseen, the model says {suspect.suggested} ({suspect.p_suggested:.0%})"
        )


@app.command()
def demo(
    ctx: typer.Context,
    serve: Annotated[bool, typer.Option(help="Go on serving after the printout, until interrupted.")] = True,
    capture: Annotated[Path | None, typer.Option(help="Write what was printed to this SVG file.")] = None,
) -> None:
    """The main job on the cases that come with Caseload, from a file to a ranked queue and a better model."""
    from cli.demo.story import run_demo

    run_demo(settings_of(ctx), serve=serve, capture=capture)


@app.command()
def promote(
    ctx: typer.Context,
    version: Annotated[str, typer.Argument(help="Registered version or alias.")] = "challenger",
) -> None:
    """Make a registered model the one that serves. A running service takes it up within seconds."""
    from training.registry import promote as promote_model

    settings = settings_of(ctx)
    with opened_store(settings) as store:
        champion = promote_model(settings, store, version, by=actor())
    output().print(f"{champion.name} version {champion.version} serves now ({champion.sha256})")


@app.command()
def bootstrap(ctx: typer.Context) -> None:
    """Make a first model from the policy's definitions alone, before anything has been decided, and have it serve."""
    from training.bootstrap import bootstrap as make_first

    settings = settings_of(ctx)
    with opened_store(settings) as store:
        champion = make_first(settings, store, policy_of(settings), by=actor())
    output().print(
        f"{champion.name}/{champion.version} serves: it goes by the policy's words alone; train as soon as there are "
        "decisions"
    )


@app.command()
def rollback(ctx: typer.Context) -> None:
    """Make the champion before today's serve again. It needs no tracker."""
    from training.registry import rollback as roll_back

    settings = settings_of(ctx)
    with opened_store(settings) as store:
        champion = roll_back(settings, store, by=actor())
    output().print(f"{champion.name} version {champion.version} serves again ({champion.sha256})")


def table_columns(
    data: Path | None,
    text: str,
    category: str,
    severity: str,
    severe: Severe | None,
    split: str,
    time: str,
    subject: str,
) -> TableColumns | None:
    """The columns of a labelled table as the options name them; None without a table.

    Raises:
        InvalidInputError: An option is missing, or does not go with another.
    """
    given = {
        "text": text,
        "category": category,
        "severity": severity,
        "split": split,
        "time": time,
        "subject": subject,
    }
    if data is None:
        for option, column in given.items():
            if column:
                raise InvalidInputError(
                    f"'--{option}' must come with --data (got none); name the table", field=option
                )
        if severe is not None:
            raise InvalidInputError(
                "'--severity-1-is' must come with --data (got none); name the table", field="severity_1_is"
            )
        return None
    for option in ("text", "category"):
        if not given[option]:
            raise InvalidInputError(
                f"'--{option}' must name a column of {data.name} (got nothing); add it", field=option
            )
    if severity and severe is None:
        raise InvalidInputError(
            "'--severity-1-is' must be most or least when --severity is given (got nothing); say which",
            field="severity_1_is",
        )
    if severe is not None and not severity:
        raise InvalidInputError(
            "'--severity-1-is' must come with --severity (got none); name the column", field="severity_1_is"
        )
    if split and time:
        raise InvalidInputError("'--split' must come without --time (got both); drop one", field="split")
    from training.table import TableColumns

    return TableColumns(**given, severity_1_is=severe.value if severe else "most")


def _options(name: str, budget: BudgetName, hold_out: HoldOut, *, compare_random: bool) -> TrainingOptions:
    from training.train import TrainingOptions

    screen = messages()
    return TrainingOptions(
        name=name,
        budget=budget.value,
        hold_out=hold_out.value,
        compare_random=compare_random,
        say=screen.print,
    )


def _trained(
    settings: Settings, data: Path | None, columns: TableColumns | None, options: TrainingOptions
) -> TrainResult:
    from training.train import train_on_record, train_on_table

    if data is not None and columns is not None:
        return train_on_table(settings, data, columns, options)
    with opened_store(settings) as store:
        return train_on_record(settings, store, policy_of(settings), options)
