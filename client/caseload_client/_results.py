"""From a batch's answer to a result for each of its items."""

from __future__ import annotations

from collections.abc import Sequence

from caseload_client._batches import Item
from caseload_client.answers import Answer, ItemProblem, Problem, Score, ScoreResult
from caseload_client.answers_cases import FileResult
from caseload_client.errors import CaseloadError, UnreadableAnswerError

_TOO_LARGE = 413
# Of a batch of one, these are about the one; anything else is about the request around it.
_OF_THE_ITEM = frozenset({_TOO_LARGE, 422})


class NotScored(Answer):
    """A case of `ScoredBatch` that has no score."""

    problem: ItemProblem


class ScoredBatch(Answer):
    """What `POST /v1/score` answers, in the cases' order."""

    scores: tuple[Score | NotScored, ...]


class FiledBatch(Answer):
    """What `POST /v1/cases/batch` answers, in the reports' order."""

    results: tuple[FileResult, ...]


def scored(batch: Sequence[Item], answer: ScoredBatch) -> list[ScoreResult]:
    """The results of a batch, at the places of its items."""
    _same_number(batch, answer.scores)
    return [
        ScoreResult(index=item.place, score=said)
        if isinstance(said, Score)
        else ScoreResult(index=item.place, problem=said.problem)
        for item, said in zip(batch, answer.scores, strict=True)
    ]


def filed(batch: Sequence[Item], answer: FiledBatch) -> list[FileResult]:
    """The results of a batch, at the places of its items."""
    _same_number(batch, answer.results)
    if [said.index for said in answer.results] != list(range(len(batch))):
        raise UnreadableAnswerError(
            "the answer must be in the reports' order (got another); nothing says what is whose"
        )
    return [said.model_copy(update={"index": item.place}) for item, said in zip(batch, answer.results, strict=True)]


def not_scored(place: int, _status: int, problem: ItemProblem) -> ScoreResult:
    """The result of a case that was refused alone."""
    return ScoreResult(index=place, problem=problem)


def not_filed(place: int, status: int, problem: ItemProblem) -> FileResult:
    """The result of a report that was refused alone."""
    return FileResult(index=place, status=status, problem=problem)


def is_too_large(error: CaseloadError) -> bool:
    """Whether half of it might be taken: the service's limit, or that of a proxy before it."""
    return error.status == _TOO_LARGE


def of_the_item(error: CaseloadError) -> ItemProblem | None:
    """What the refusal of a batch of one says of its item; None where it is about something else."""
    if error.problem is None or error.status not in _OF_THE_ITEM or error.code == "idempotency_key_reused":
        return None
    return as_item_problem(error.problem)


def as_item_problem(problem: Problem) -> ItemProblem:
    """A request's problem, told of its only item."""
    return ItemProblem(
        code=problem.code or ("body_too_large" if problem.status == _TOO_LARGE else "invalid_input"),
        detail=problem.detail or problem.title,
        field=problem.field,
        errors=problem.errors,
    )


def _same_number(batch: Sequence[Item], answered: Sequence[Answer]) -> None:
    if len(batch) != len(answered):
        raise UnreadableAnswerError(
            f"the answer must hold a result for each item (got {len(answered)} for {len(batch)}); "
            "nothing says what is whose"
        )
