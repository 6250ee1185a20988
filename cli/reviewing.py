"""Many cases at once, taking decisions back, and what happened: `caseload bulk-decide`, `undo`, `history`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from cases.errors import InvalidInputError, NotFoundError
from cli.command import AsJson, actor, answer_json, opened_store, output, policy_of, settings_of
from cli.handling import By, Note, told_case
from cli.working import CaseArgument, Holder, find_case

if TYPE_CHECKING:
    from cases.handling import BulkItem

app = typer.Typer()


@app.command("bulk-decide")
def bulk_decide(
    ctx: typer.Context,
    case: Annotated[list[str], typer.Argument(metavar="CASE...", help="The cases' ids, or their last 8 characters.")],
    holder: Holder,
    category: Annotated[str, typer.Option(help="What the cases are about: an id of the policy.")],
    severity: Annotated[int, typer.Option(help="1 is the most severe.")],
    action: Annotated[str, typer.Option(help="What is done: an id of the policy.")],
    reason: Annotated[str, typer.Option(help="Why: an id of the policy.")],
    sub_policy: Annotated[str, typer.Option(help="The clause of the category.")] = "",
    note: Note = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be decided, decide nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Decide those of the cases that are free, all alike; `caseload undo --bulk` takes it back."""
    from cases.decision import Verdict

    settings = settings_of(ctx)
    verdict = Verdict(category, severity, action, reason, sub_policy)
    policy_of(settings).check(verdict)
    with opened_store(settings) as store:
        ids = [find_case(store, each) for each in case]
        if dry_run:
            _tell(store.bulk_preview(ids, by=holder), None, as_json=as_json)
            return
        done = store.bulk_decide(ids, verdict, by=holder, note=note)
    _tell(done.items, done.bulk_id, as_json=as_json)


@app.command()
def undo(
    ctx: typer.Context,
    case: CaseArgument = "",
    bulk: Annotated[str, typer.Option(metavar="ID", help="Take back all that was decided in bulk.")] = "",
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Take a decision back within CASELOAD_UNDO_SECONDS; the case is open as it was before."""
    from cases.ids import BulkId, is_id

    if bool(case) == bool(bulk):
        got = "both" if case else "neither"
        raise InvalidInputError(f"'CASE' must be given, or --bulk (got {got}); choose one", field="CASE")
    settings = settings_of(ctx)
    with opened_store(settings) as store:
        if case:
            case_id = find_case(store, case)
            store.undo(case_id, by=by or actor(), undo_seconds=settings.undo_seconds)
            told_case(store, "undo", case_id, as_json=as_json)
            return
        if not is_id(bulk):
            raise NotFoundError(
                f"'--bulk' must be an id that `caseload bulk-decide` gave (got {len(bulk)} characters)"
            )
        undone = store.undo_bulk(BulkId(bulk), by=by or actor(), undo_seconds=settings.undo_seconds)
    _tell(undone.items, undone.bulk_id, as_json=as_json)


@app.command()
def history(ctx: typer.Context, case: CaseArgument, as_json: AsJson = False) -> None:
    """Show what happened to a case: who did what and when."""
    from cli.contract.handling import HistoryAnswer, HistoryEvent

    with opened_store(settings_of(ctx)) as store:
        case_id = find_case(store, case)
        told = store.events(case_id)
    if as_json:
        events = [HistoryEvent(kind=e.kind, at=e.at, actor=e.actor, data=dict(e.data)) for e in told]
        answer_json(HistoryAnswer(case_id=case_id, events=events))
        return
    out = output()
    for event in told:
        said = ", ".join(f"{name} {value}" for name, value in event.data.items() if isinstance(value, (str, int)))
        out.print(f"{event.at:%Y-%m-%d %H:%M:%S}  {event.kind.value:16} {event.actor:16} {said}", soft_wrap=True)


def _tell(items: Sequence[BulkItem], bulk_id: str | None, *, as_json: bool) -> None:
    from cli.contract.handling import BulkAnswer, BulkCase

    if as_json:
        cases = [BulkCase(case_id=item.case_id, state=item.state, decision_id=item.decision_id) for item in items]
        answer_json(BulkAnswer(bulk_id=bulk_id, cases=cases))
        return
    out = output()
    for item in items:
        out.print(f"{item.case_id}  {item.state.value}")
    if bulk_id is not None:
        out.print(f"{sum(item.decision_id is not None for item in items)} of {len(items)} cases; bulk {bulk_id}")
