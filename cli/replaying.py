"""Replaying recorded arrivals under different orders of work, before a file of weights is adopted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cases.errors import InvalidInputError
from cli.command import AsJson, answer_json, messages, opened_store, output, policy_of, settings_of

if TYPE_CHECKING:
    from cases.settings import Settings
    from cases.taxonomy import Taxonomy
    from evaluation.replay.arrivals import Arrivals, Way
    from evaluation.replay.study import AtLoad
    from evaluation.replay.verdict import Contrast

app = typer.Typer()

SEED, RECORD = "seed", "record"


@app.command()
def replay(
    ctx: typer.Context,
    weights: Annotated[
        Path | None, typer.Option(help="The weights to play; those of CASELOAD_WEIGHTS, or the packaged ones.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option(help="Today's weights, to hold --weights against; without it, all orders are.")
    ] = None,
    arrivals: Annotated[
        str, typer.Option(help="seed, record, or a table (CSV, Parquet); of each the newer half is replayed.")
    ] = SEED,
    load: Annotated[
        list[float] | None, typer.Option(help="Arriving work over staff; repeat it. .7, .9 and 1.1 where not given.")
    ] = None,
    staff: Annotated[int, typer.Option(min=1, max=10_000, help="How many work at a time.")] = 4,
    seeds: Annotated[int, typer.Option(min=2, max=1000, help="Streams that are drawn at each load.")] = 10,
    weeks: Annotated[int, typer.Option(min=1, max=520, help="Length of a redrawn stream.")] = 1,
    scaled: Annotated[
        bool, typer.Option("--scaled", help="Let the record's clock run faster instead of drawing from it.")
    ] = False,
    html: Annotated[Path | None, typer.Option(help="Write the page to this HTML file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Replay arrivals under the queue's order and under others, and say how much harm each lets happen."""
    from evaluation.replay.arrivals import Setting
    from evaluation.replay.study import CURRENT, LOADS, Plan, replay, replay_against
    from evaluation.replay.verdict import contrast, verdict
    from models.priority import load_weights

    settings = settings_of(ctx)
    policy = policy_of(settings)
    if html is not None and not html.parent.is_dir():
        raise InvalidInputError(
            f"'{html.name}' must be in a folder that exists (got {html.parent}); make it first", field="html"
        )
    new_path = weights or settings.weights
    new = load_weights(new_path)
    way: Way = "scaled" if scaled else "redrawn"
    plan = Plan(
        _arrivals(settings, policy, arrivals),
        policy,
        Setting(1.0, staff, weeks, way),
        tuple(load or LOADS),
        tuple(range(seeds)),
    )
    contrasts: list[Contrast] = []
    if against is None:
        found: Sequence[AtLoad] = replay(plan, new, say=messages().print)
    else:
        both = replay_against(plan, new, load_weights(against), say=messages().print)
        contrasts, found = [contrast(each) for each in both], [each[CURRENT] for each in both]
    sentence = verdict(contrasts) if contrasts else ""
    if html is not None:
        from evaluation.replay.page import replay_page

        html.write_text(replay_page(plan, found, contrasts, sentence), encoding="utf-8")
        messages().print(f"written to {html}")
    if as_json:
        from cli.replay_answer import replay_answer

        names = str(new_path or "packaged"), None if against is None else str(against)
        answer_json(replay_answer(plan, found, contrasts, sentence, *names))
    else:
        from cli.replay_screen import show_replay

        show_replay(output(), plan, found, contrasts, sentence)


def _arrivals(settings: Settings, policy: Taxonomy, source: str) -> Arrivals:
    """What is replayed: the newer half; the older one taught how long cases take."""
    from evaluation.replay.halves import seed_by_time, split_by_time
    from evaluation.replay.record import from_record
    from evaluation.replay.table import from_table

    if source == SEED:
        return seed_by_time(policy)[1]
    if source != RECORD:
        return split_by_time(Path(source).name, from_table(Path(source), policy), policy)[1]
    with opened_store(settings) as store:
        found = from_record(store.rows("cases"), store.rows("decisions"), store.rows("scores"), policy)
    for count, what in (
        (found.without_score, "were decided before a model had judged them: their answers are drawn"),
        (found.without_time, "have no handling time: it is drawn"),
        (found.left_out, "are of a category or level that today's policy lacks: left out"),
    ):
        if count:
            messages().print(f"{count} of {len(found.rows) + found.left_out} decided cases {what}")
    return split_by_time(RECORD, found.rows, policy)[1]
