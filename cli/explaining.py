"""`caseload explain`: what made the model see a case as it does, and what was decided on cases like it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.command import AsJson, answer_json, opened_store, output, policy_of, settings_of
from cli.working import CaseArgument, find_case

if TYPE_CHECKING:
    from cli.contract.learning import ExplainAnswer
    from serving.scoring.explaining import Explained
    from serving.scoring.scores import Scored

app = typer.Typer()


@app.command()
def explain(
    ctx: typer.Context,
    case: CaseArgument,
    precedents: Annotated[int, typer.Option(min=0, max=20, metavar="N", help="How many decided cases like it.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Say which sentences and words make the model see CASE as it does, and what was decided on cases like it."""
    from cli.explanation_screen import show_explanation
    from serving.scoring.explain_case import explain_case

    settings = settings_of(ctx)
    policy = policy_of(settings)
    with opened_store(settings) as store:
        found = store.case(find_case(store, case))
        scored, told = explain_case(settings, store, found, precedents=precedents)
    answer = _answer(found.id, scored, told)
    if as_json:
        answer_json(answer)
    else:
        show_explanation(output(), answer, policy)


def _answer(case_id: str, scored: Scored, told: Explained) -> ExplainAnswer:
    from cli.contract.learning import (
        ExplainAnswer,
        ExplainedPadding,
        ExplainedPrecedent,
        ExplainedSentence,
        ExplainedWord,
    )
    from serving.api.explanation_answers import in_words, precedent_answers
    from serving.scoring.scores import top_categories

    [(category, probability)] = top_categories(scored.category, 1)
    sentences = told.why.sentences if told.why else ()
    words = told.why.words if told.why else ()
    return ExplainAnswer(
        case_id=case_id,
        model_version=scored.model.full_version,
        category=category,
        probability=probability,
        tier=scored.tier,
        text=told.text,
        padding=[ExplainedPadding(start=start, end=end) for start, end in told.padding],
        sentences=[ExplainedSentence(start=s.start, end=s.end, share=s.share) for s in sentences],
        words=[ExplainedWord(term=w.term, start=w.start, end=w.end, contribution=w.contribution) for w in words],
        precedents=[ExplainedPrecedent(**dict(found)) for found in precedent_answers(told.like_it)],
        precedents_say=in_words(told.like_it),
    )
