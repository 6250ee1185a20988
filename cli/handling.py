"""Handling cases at the terminal: given back, kept back, sent on, looked at again, ranked by hand."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cases.errors import InvalidInputError
from cases.handling import HoldReason, RankReason, ReopenReason, SkipReason
from cli.command import AsJson, actor, answer_json, opened_store, output, policy_of, settings_of
from cli.working import CaseArgument, Holder, find_case

if TYPE_CHECKING:
    from cases.ids import CaseId
    from cases.record import Case, Rank
    from cases.settings import Settings
    from cases.store import CaseStore
    from serving.scoring.ranking import Ranking

app = typer.Typer()

Token = Annotated[int, typer.Option(help="The lease's, as `caseload claim` showed it.")]
By = Annotated[str, typer.Option("--as", metavar="NAME", help="Who does it; whoever runs the command if not given.")]
Note = Annotated[str, typer.Option(help="A few words of your own, kept where they can be erased.")]
Why = Annotated[RankReason, typer.Option(help="Why it is set.")]
Clear = Annotated[bool, typer.Option("--clear", help="Take back what was set.")]


@app.command()
def skip(
    ctx: typer.Context,
    case: CaseArgument,
    holder: Holder,
    token: Token,
    reason: Annotated[SkipReason, typer.Option(help="Why.")],
    as_json: AsJson = False,
) -> None:
    """Give a claimed case back, and not be handed it again until it changes."""
    with opened_store(settings_of(ctx)) as store:
        case_id = find_case(store, case)
        store.skip(case_id, holder, token, reason)
        told_case(store, "skip", case_id, as_json=as_json)


@app.command()
def hold(
    ctx: typer.Context,
    case: CaseArgument,
    holder: Holder,
    until: Annotated[
        str, typer.Option(metavar="WHEN", help="A time with its zone, or how long: 4h, 3d; within a year.")
    ],
    reason: Annotated[HoldReason, typer.Option(help="What it waits for.")],
    token: Annotated[
        int | None, typer.Option(help="The lease's, which ends; where not given the case is kept back unclaimed.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Keep a case back until then; its time to first touch stands still."""
    end = _moment(until)
    with opened_store(settings_of(ctx)) as store:
        case_id = find_case(store, case)
        store.hold(case_id, holder, token, end, reason)
        told_case(store, "hold", case_id, as_json=as_json)


@app.command()
def resume(ctx: typer.Context, case: CaseArgument, by: By = "", as_json: AsJson = False) -> None:
    """End a hold before its time."""
    with opened_store(settings_of(ctx)) as store:
        case_id = find_case(store, case)
        store.resume(case_id, by=by or actor())
        told_case(store, "resume", case_id, as_json=as_json)


@app.command()
def assign(
    ctx: typer.Context,
    case: CaseArgument,
    to: Annotated[
        str, typer.Option(metavar="NAME", help="Whom alone it is handed out to; nobody if not given.")
    ] = "",
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Hand a case out to nobody but one; without --to, to anybody again."""
    with opened_store(settings_of(ctx)) as store:
        case_id = find_case(store, case)
        if to:
            store.assign(case_id, to, by=by or actor())
        else:
            store.unassign(case_id, by=by or actor())
        told_case(store, "assign", case_id, as_json=as_json)


@app.command()
def escalate(
    ctx: typer.Context,
    case: CaseArgument,
    holder: Holder,
    token: Token,
    team: Annotated[str, typer.Option(help="A team of the policy; its queue has its name.")],
    note: Note = "",
    as_json: AsJson = False,
) -> None:
    """Send a claimed case to another team's queue."""
    settings = settings_of(ctx)
    policy_of(settings).check_team(team)
    with opened_store(settings) as store:
        case_id = find_case(store, case)
        store.escalate(case_id, holder, token, team, note=note)
        told_case(store, "escalate", case_id, as_json=as_json)


@app.command()
def reopen(
    ctx: typer.Context,
    case: CaseArgument,
    reason: Annotated[ReopenReason, typer.Option(help="Why.")],
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Open a decided case again; its next decision takes the place of the one that stands."""
    with opened_store(settings_of(ctx)) as store:
        case_id = find_case(store, case)
        store.reopen(case_id, by=by or actor(), reason=reason)
        told_case(store, "reopen", case_id, as_json=as_json)


@app.command()
def appeal(ctx: typer.Context, case: CaseArgument, note: Note = "", by: By = "", as_json: AsJson = False) -> None:
    """Enter an appeal; the case is open for review by anyone but its decider."""
    with opened_store(settings_of(ctx)) as store:
        case_id = find_case(store, case)
        store.appeal(case_id, by=by or actor(), note=note)
        told_case(store, "appeal", case_id, as_json=as_json)


@app.command("set-severity")
def set_severity(
    ctx: typer.Context,
    case: CaseArgument,
    level: Annotated[int | None, typer.Option(min=1, help="1 is the most severe.")] = None,
    clear: Clear = False,
    reason: Why = RankReason.OTHER,
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Set a case's severity by hand; until it is taken back no score changes the case's place."""
    _one_of("--level", given=level is not None, clear=clear)
    settings = settings_of(ctx)
    with opened_store(settings) as store:
        ranking = _ranking(settings, store)
        if level is not None:
            ranking.taxonomy.check_severity(level)
        case_id = find_case(store, case)
        rank = _rank(ranking, store, replace(store.case(case_id), set_severity=level))
        if level is None:
            store.clear_severity(case_id, by=by or actor(), rank=rank)
        else:
            store.set_severity(case_id, level, by=by or actor(), reason=reason, rank=rank)
        told_case(store, "set-severity", case_id, as_json=as_json)


@app.command("set-priority")
def set_priority(
    ctx: typer.Context,
    case: CaseArgument,
    name: Annotated[str, typer.Option(help="One of the weights' names: first, high, normal, low.")] = "",
    clear: Clear = False,
    reason: Why = RankReason.OTHER,
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Set a case's priority by hand; until it is taken back nothing else changes the case's place."""
    _one_of("--name", given=bool(name), clear=clear)
    settings = settings_of(ctx)
    with opened_store(settings) as store:
        ranking = _ranking(settings, store)
        if name:
            ranking.check_by_hand(name)
        case_id = find_case(store, case)
        rank = _rank(ranking, store, replace(store.case(case_id), set_priority=name or None))
        if name:
            store.set_priority(case_id, name, by=by or actor(), reason=reason, rank=rank)
        else:
            store.clear_priority(case_id, by=by or actor(), rank=rank)
        told_case(store, "set-priority", case_id, as_json=as_json)


def _ranking(settings: Settings, store: CaseStore) -> Ranking:
    from serving.scoring.rankings import Rankings

    found = Rankings.of_settings(settings)
    found.look(store)
    return found.now


def _rank(ranking: Ranking, store: CaseStore, case: Case) -> Rank:
    from cases.clock import utc_now

    return ranking.of_case(case, store.latest_score(case.id), utc_now())


def _one_of(option: str, *, given: bool, clear: bool) -> None:
    if given == clear:
        got = "both" if given else "neither"
        raise InvalidInputError(f"'{option}' must be given, or --clear (got {got}); choose one", field=option)


def _moment(text: str) -> datetime:
    """A time, or one so long from now."""
    from cases.clock import as_utc, utc_now
    from cases.durations import parse_duration

    with suppress(ValueError):
        return utc_now() + parse_duration(text)
    try:
        return as_utc(datetime.fromisoformat(text), field="--until")
    except ValueError as error:
        raise InvalidInputError(
            f"'--until' must be a time such as 2026-12-01T09:00+01:00, or a duration such as 4h, within a year "
            f"(got {len(text)} characters); correct it",
            field="--until",
        ) from error


def told_case(store: CaseStore, did: str, case_id: CaseId, *, as_json: bool) -> None:
    """Say where the case stands after `did`."""
    from cli.contract.handling import HandledAnswer

    case = store.case(case_id)
    if as_json:
        answer_json(
            HandledAnswer(
                did=did,
                case_id=case.id,
                status=case.status,
                queue=case.queue,
                assigned_to=case.assigned_to,
                hold_until=case.hold_until,
                appeal=case.under_appeal,
                severity_set=case.set_severity,
                priority_set=case.set_priority,
                order_key=case.order_key,
            )
        )
        return
    parts = [f"{did}: case {case.id} is {case.status.value}", f"in queue {case.queue}"]
    parts += [f"assigned to {case.assigned_to}"] if case.assigned_to else []
    parts += [f"on hold until {case.hold_until:%Y-%m-%d %H:%M} UTC"] if case.hold_until else []
    parts += ["under appeal"] if case.under_appeal else []
    parts += [f"severity set to {case.set_severity}"] if case.set_severity is not None else []
    parts += [f"priority set to {case.set_priority}"] if case.set_priority is not None else []
    output().print(", ".join(parts))
