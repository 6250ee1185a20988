"""Lists of which each item stands for itself: one that is not as it must be is answered so, and fails no other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from cases.errors import CaseloadError, InvalidInputError
from serving.api.answers import ItemProblem, ProblemItem
from serving.api.problems import INVALID_INPUT, field_errors, kind_of, told_errors

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unfit:
    """An item that is not as it must be.

    Attributes:
        errors: Of each what is wrong and how, none with what was sent.
    """

    errors: tuple[dict[str, str], ...]


def _fit_or_unfit(value: Any, fit: ValidatorFunctionWrapHandler) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return fit(value)
    except ValidationError as error:
        return Unfit(tuple(field_errors(error.errors(include_input=False, include_url=False))))


# On the items of a list in a request's model, which are then of its type or `Unfit`.
EACH_FOR_ITSELF = WrapValidator(_fit_or_unfit)


def fit_items(items: Sequence[T]) -> list[tuple[int, T]]:
    """Those of a list that are as they must be, with their places."""
    return [(place, item) for place, item in enumerate(items) if not isinstance(item, Unfit)]


def unfit_items(items: Sequence[object], of: str) -> dict[int, ItemProblem]:
    """By place, what is wrong with the others; `of` is the list's name, with which their fields are named."""
    return {
        place: _unfit_problem(item, f"{of}.{place}") for place, item in enumerate(items) if isinstance(item, Unfit)
    }


def _unfit_problem(item: Unfit, where: str) -> ItemProblem:
    errors = [{**error, "field": f"{where}.{error['field']}" if error["field"] else where} for error in item.errors]
    return ItemProblem(
        code=INVALID_INPUT.code,
        status=INVALID_INPUT.status,
        detail=told_errors(errors),
        field=errors[0]["field"],
        errors=[ProblemItem(**error) for error in errors[:100]],
    )


def item_problem(error: CaseloadError) -> ItemProblem:
    """Why nothing came of an item, in the problems' codes."""
    kind = kind_of(error)
    return ItemProblem(
        code=kind.code,
        status=kind.status,
        detail=kind.detail or str(error),
        field=(error.field or None) if isinstance(error, InvalidInputError) else None,
    )
