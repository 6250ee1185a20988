"""From a batch's answer to a result for each of its items."""

from __future__ import annotations

import re
from collections.abc import Sequence

from caseload_client._batches import Item
from caseload_client.answers import Answer, ItemProblem, Problem, Score, ScoreResult
from caseload_client.answers_cases import FileResult
from caseload_client.errors import CaseloadError, UnreadableAnswerError

_TOO_LARGE = 413
_PLACE = re.compile(r"^(?:cases|reports)\.[0-9]+\.")
_QUOTED_PLACE = re.compile(r"'(?:cases|reports)\.[0-9]+\.")
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
        else ScoreResult(index=item.place, problem=_of_its_own(said.problem))
        for item, said in zip(batch, answer.scores, strict=True)
    ]


def filed(batch: Sequence[Item], answer: FiledBatch) -> list[FileResult]:
    """The results of a batch, at the places of its items."""
    _same_number(batch, answer.results)
    if [said.index for said in answer.results] != list(range(len(batch))):
        raise UnreadableAnswerError(
            "the answer must be in the reports' order (got another); nothing says what is whose"
        )
    return [
        FileResult(
            index=item.place,
            status=said.status,
            filed=said.filed,
            problem=None if said.problem is None else _of_its_own(said.problem),
        )
        for item, said in zip(batch, answer.results, strict=True)
    ]


def not_scored(place: int, problem: ItemProblem) -> ScoreResult:
    """The result of a case that was refused alone."""
    return ScoreResult(index=place, problem=problem)


def not_filed(place: int, problem: ItemProblem) -> FileResult:
    """The result of a report that was refused alone."""
    return FileResult(index=place, status=problem.status, problem=problem)


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
    told = ItemProblem(
        code=problem.code or ("body_too_large" if problem.status == _TOO_LARGE else "invalid_input"),
        status=problem.status,
        detail=problem.detail or problem.title,
        field=problem.field,
        errors=problem.errors,
    )
    return _of_its_own(told)


def _of_its_own(problem: ItemProblem) -> ItemProblem:
    """The problem without the item's place in a request that the caller never saw."""
    return problem.model_copy(
        update={
            "detail": _QUOTED_PLACE.sub("'", problem.detail),
            "field": problem.field and _PLACE.sub("", problem.field),
            "errors": tuple(one.model_copy(update={"field": _PLACE.sub("", one.field)}) for one in problem.errors),
        }
    )


def _same_number(batch: Sequence[Item], answered: Sequence[Answer]) -> None:
    if len(batch) != len(answered):
        raise UnreadableAnswerError(
            f"the answer must hold a result for each item (got {len(answered)} for {len(batch)}); "
            "nothing says what is whose"
        )
