"""An answer as forms send it, and the text that it is an answer to."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from cases.errors import NotFoundError
from cases.ids import is_id
from cases.quality import Answer
from cases.taxonomy import Taxonomy
from serving.api.schemas import MAX_NOTE
from serving.console.acting import Code

Level = Annotated[int, Field(ge=1, le=100)]


class Answered(BaseModel):
    """What somebody makes of a case."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    category: Code
    severity: Level
    action: Code
    note: Annotated[str, Field(max_length=MAX_NOTE)] = ""

    @property
    def answer(self) -> Answer:
        """Without the note."""
        return Answer(self.category, self.severity, self.action)


def check_answer(taxonomy: Taxonomy, answer: Answer) -> None:
    """Refuse an answer that uses a word the policy does not know.

    Raises:
        UnknownPolicyError: Names the field, and what there is.
    """
    taxonomy.category(answer.category)
    taxonomy.check_severity(answer.severity)
    taxonomy.check_action(answer.action)


def id_of(text: str, field: str) -> str:
    """`text`, if it is written as an id of ours.

    Raises:
        NotFoundError: It is not; it is not repeated, since it might be anything.
    """
    if not is_id(text):
        raise NotFoundError(
            f"{field!r} must be an id that we gave (got {len(text)} characters); take it from the page before"
        )
    return text
