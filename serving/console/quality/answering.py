"""An answer as forms send it, and the text that it is an answer to."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from cases.errors import OtherQueueError
from cases.identity import Identity
from cases.quality import Answer, Sampled
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


def refuse_anothers(who: Identity, found: Sampled) -> None:
    """Refuse a sampled decision on a case of another team.

    Raises:
        OtherQueueError: `who` does not see its queue.
    """
    if not who.sees(found.queue):
        raise OtherQueueError(
            "'sampled_id' must name a case in a queue that is yours (got another's); take one of yours"
        )
