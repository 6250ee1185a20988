"""`caseload decide`: by options, for a case that was claimed; or by questions, for one that is claimed here."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from cases.errors import InvalidInputError
from cases.handling import Outcome
from cli.command import AsJson, answer_json, opened_store, output, policy_of, settings_of
from cli.working import CaseArgument, Holder, find_case

if TYPE_CHECKING:
    from cases.decision import Decision, Verdict
    from cases.settings import Settings
    from cases.store import CaseStore
    from cases.taxonomy import Taxonomy

app = typer.Typer()


@app.command()
def decide(
    ctx: typer.Context,
    holder: Holder,
    case: CaseArgument = "",
    token: Annotated[int | None, typer.Option(help="The lease's, as `caseload claim` showed it.")] = None,
    category: Annotated[str, typer.Option(help="What the case is about: an id of the policy.")] = "",
    severity: Annotated[int | None, typer.Option(help="1 is the most severe.")] = None,
    action: Annotated[str, typer.Option(help="What is done: an id of the policy.")] = "",
    reason: Annotated[str, typer.Option(help="Why: an id of the policy.")] = "",
    sub_policy: Annotated[str, typer.Option(help="The clause of the category.")] = "",
    other: Annotated[list[str] | None, typer.Option(help="A category that it is about as well; repeat it.")] = None,
    note: Annotated[str, typer.Option(help="A few words of your own, kept where they can be erased.")] = "",
    outcome: Annotated[
        Outcome | None, typer.Option(help="What an appeal comes to; needed on one, with --token.")
    ] = None,
    unaided: Annotated[
        bool, typer.Option("--unaided", help="Say that no suggestion was looked at; with --token.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Decide a claimed case (--token and the rest), or claim one and be asked. Ctrl-C gives it back."""
    from cases.decision import Verdict

    settings = settings_of(ctx)
    policy = policy_of(settings)
    given = {"--category": category, "--severity": severity, "--action": action, "--reason": reason}
    if token is None:
        _refuse_without_token(
            [
                *(name for name, value in given.items() if value not in (None, "")),
                *(["--unaided"] if unaided else []),
                *(["--outcome"] if outcome else []),
            ]
        )
        _refuse_json(as_json=as_json)
        with opened_store(settings) as store:
            _ask_and_decide(store, settings, policy, holder, case)
        return
    missing = [name for name, value in {"CASE": case, **given}.items() if value in (None, "")]
    if missing:
        raise InvalidInputError(
            f"'{missing[0]}' must be given with --token (got nothing); add {', '.join(missing)}", field=missing[0]
        )
    verdict = Verdict(category, severity or 0, action, reason, sub_policy, tuple(other or ()))
    policy.check(verdict)
    with opened_store(settings) as store:
        decision = _decide(
            store, case, verdict, holder=holder, token=token, note=note, unaided=unaided, outcome=outcome
        )
    _tell(decision, as_json=as_json)


def _decide(
    store: CaseStore,
    case: str,
    verdict: Verdict,
    *,
    holder: str,
    token: int,
    note: str,
    unaided: bool,
    outcome: Outcome | None,
) -> Decision:
    from cli.suggesting import shown_of

    case_id = find_case(store, case)
    # Whoever claimed the case was shown its latest score with it.
    shown = None if unaided else shown_of(store.latest_score(case_id))
    return store.decide(case_id, verdict, holder=holder, token=token, note=note, shown=shown, outcome=outcome)


def _ask_and_decide(store: CaseStore, settings: Settings, policy: Taxonomy, holder: str, case: str) -> None:
    from cases.clock import utc_now
    from cli.asking import Asking, given_back_unless_decided
    from cli.screens import show_claim
    from cli.suggesting import claim_answer, shown_of

    lasting = settings.lease_seconds
    claimed = store.claim(find_case(store, case), holder, lasting) if case else store.claim_next(holder, lasting)
    if claimed is None:
        output().print("the queue is empty")
        return
    lease, began = claimed[1], time.monotonic()
    with given_back_unless_decided(store, lease):
        score = store.latest_score(lease.case_id)
        answer = claim_answer(claimed, score, policy)
        show_claim(output(), answer, policy, utc_now())
        # Each answer is a sign of life, so that the lease does not end under a careful reader.
        asking = Asking(policy, output(), after_each=lambda: store.renew(lease, lasting))
        verdict, note = asking.verdict(answer.case.score if answer.case else None)
        policy.check(verdict)
        decision = store.decide(
            lease.case_id,
            verdict,
            holder=holder,
            token=lease.token,
            note=note,
            shown=shown_of(score),
            handling_seconds=time.monotonic() - began,
            outcome=asking.outcome() if claimed[0].under_appeal else None,
        )
    _tell(decision, as_json=False)


def _refuse_without_token(given: list[str]) -> None:
    if given:
        raise InvalidInputError(
            f"'--token' must come with {', '.join(given)} (got none); take it from `caseload claim`, or leave these "
            "out to be asked",
            field="--token",
        )


def _refuse_json(*, as_json: bool) -> None:
    if as_json:
        raise InvalidInputError(
            "'--json' must come with --token (got none); questions and JSON do not go together", field="--json"
        )


def _tell(decision: Decision, *, as_json: bool) -> None:
    from cli.contract.queue import DecideAnswer

    verdict = decision.verdict
    if not as_json:
        rank = f" (number {decision.suggested_rank})" if decision.suggested_rank else ""
        output().print(
            f"decided: {verdict.category}, severity {verdict.severity}, {verdict.action}, {verdict.reason}; "
            f"suggestion {decision.suggestion}{rank}"
        )
        return
    answer_json(
        DecideAnswer(
            decision_id=decision.id,
            case_id=decision.case_id,
            category=verdict.category,
            sub_policy=verdict.sub_policy,
            other_categories=list(verdict.other_categories),
            severity=verdict.severity,
            action=verdict.action,
            reason=verdict.reason,
            decided_by=decision.decided_by,
            decided_at=decision.decided_at,
            handling_seconds=decision.handling_seconds,
            suggestion=decision.suggestion,
            suggested_rank=decision.suggested_rank,
        )
    )
