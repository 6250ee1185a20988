"""Working the queue at the terminal: `caseload queue` and `caseload claim`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cases.errors import InvalidInputError, NotFoundError
from cli.command import AsJson, answer_json, opened_store, output, policy_of, settings_of

if TYPE_CHECKING:
    from cases.ids import CaseId
    from cases.store import CaseStore

app = typer.Typer()

# A short id is looked for this far down the queue.
_LOOKED_AT = 1_000
_SHORTEST = 6

CaseArgument = Annotated[
    str, typer.Argument(metavar="CASE", help="The case's id, or its last 8 characters as the queue shows them.")
]
Queues = Annotated[
    list[str] | None, typer.Option("--queue", metavar="ID", help="Of this queue alone; repeat it for several.")
]
Holder = Annotated[str, typer.Option("--as", metavar="NAME", help="Who takes the case, and so decides it.")]


@app.command()
def queue(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many cases.")] = 20,
    queues: Queues = None,
    as_json: AsJson = False,
) -> None:
    """Show the undecided cases, the most urgent first, with what the model suggests."""
    from cases.clock import utc_now
    from cli.contract.queue import QueueAnswer
    from cli.screens import show_queue
    from cli.suggesting import queued_case
    from models.priority import load_weights

    settings = settings_of(ctx)
    policy = policy_of(settings)
    for each in queues or ():
        policy.check_queue(each, field="--queue")
    with opened_store(settings) as store:
        length = store.queue_length(queues=queues)
        waiting = store.queue(limit, queues=queues)
        scores = store.latest_scores([case.id for case in waiting])
        found = [queued_case(place, case, scores.get(case.id), policy) for place, case in enumerate(waiting, start=1)]
    if as_json:
        answer_json(QueueAnswer(length=length, cases=found))
    else:
        show_queue(output(), found, length, policy, load_weights(settings.weights), utc_now())


@app.command()
def claim(
    ctx: typer.Context, holder: Holder, case: CaseArgument = "", queues: Queues = None, as_json: AsJson = False
) -> None:
    """Claim the most urgent case that nobody holds, or CASE, and show it; the lease ends by itself."""
    from cases.clock import utc_now
    from cli.screens import show_claim
    from cli.suggesting import claim_answer

    if case and queues:
        raise InvalidInputError(
            "'--queue' must be left out with CASE (got both); a case is in the queue that it is in", field="--queue"
        )
    settings = settings_of(ctx)
    policy = policy_of(settings)
    for each in queues or ():
        policy.check_queue(each, field="--queue")
    with opened_store(settings) as store:
        claimed = (
            store.claim(find_case(store, case), holder, settings.lease_seconds)
            if case
            else store.claim_next(holder, settings.lease_seconds, queues=queues)
        )
        score = store.latest_score(claimed[0].id) if claimed else None
    answer = claim_answer(claimed, score, policy)
    if as_json:
        answer_json(answer)
        return
    out = output()
    show_claim(out, answer, policy, utc_now())
    if claimed:
        lease = claimed[1]
        out.print(
            f"decide: caseload decide {lease.case_id} --as {lease.holder} --token {lease.token} "
            "--category … --severity … --action … --reason …"
        )


def find_case(store: CaseStore, text: str) -> CaseId:
    """The undecided case that an id, or the end of one, names.

    Raises:
        NotFoundError: None does.
        InvalidInputError: Several do, or it is too short to tell.
    """
    from cases.ids import CaseId, is_id

    if is_id(text):
        return CaseId(text)
    if len(text) < _SHORTEST:
        raise InvalidInputError(
            f"'CASE' must be an id or its last 8 characters (got {len(text)}); copy it from `caseload queue`",
            field="CASE",
        )
    found = [case.id for case in store.queue(_LOOKED_AT) if case.id.endswith(text)]
    if not found:
        raise NotFoundError(
            f"'CASE' must name one of the first {_LOOKED_AT:,} undecided cases (got {text[:36]!r}); "
            "copy it from `caseload queue`"
        )
    if len(found) > 1:
        raise InvalidInputError(
            f"'CASE' must name one case (got the end of {len(found)} ids); give more of it", field="CASE"
        )
    return found[0]
