"""A case with all that hangs on it, as several routes answer it, and its tag."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Response

from cases.decision import Decision
from cases.errors import NotFoundError
from cases.ids import CaseId, is_id
from serving.api.answers import CaseAnswer
from serving.api.versions import tag_of
from serving.api.views import case_answer
from serving.services import Services, services


def known_id(text: str) -> CaseId:
    """`text` as a case's id.

    Raises:
        NotFoundError: It is not written as one; it is not repeated, since it might be anything.
    """
    if not is_id(text):
        raise NotFoundError(
            f"'case_id' must be an id that we gave (got {len(text)} characters); take it from the queue"
        )
    return CaseId(text)


def whole_case(parts: Services, case_id: CaseId) -> CaseAnswer:
    """The case with all that hangs on it.

    Raises:
        NotFoundError: There is no such case.
    """
    store = parts.store()
    # First: should something happen to the case while it is read, its tag is the older one, and nobody is misled.
    version = store.version(case_id)
    return case_answer(
        store.case(case_id),
        version,
        store.latest_score(case_id),
        store.reports(case_id),
        store.decisions(case_id),
        store.notes(case_id),
        parts.ranking,
    )


def showing(response: Response, parts: Annotated[Services, Depends(services)]) -> Callable[[CaseId], CaseAnswer]:
    """FastAPI dependency: call it for a case, whose tag then stands in the answer's `ETag`."""

    def show(case_id: CaseId) -> CaseAnswer:
        case = whole_case(parts, case_id)
        response.headers["ETag"] = tag_of(case.version, case.status)
        return case

    return show


def tag_decision(parts: Services, decision: Decision, response: Response) -> None:
    """Let the answer that is a decision carry the tag of its case, which undoing or reopening it must name."""
    case_id = decision.case_id
    response.headers["ETag"] = tag_of(parts.store().version(case_id), parts.store().case(case_id).status)


Show = Annotated[Callable[[CaseId], CaseAnswer], Depends(showing)]
