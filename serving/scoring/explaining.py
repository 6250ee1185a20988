"""Why a case was scored as it was: what its sentences and words did, and what was decided on cases like it.

Both are computed when somebody asks, and by the very model that scored: an explanation costs as much as a dozen
scores, and the queue asks for none. Nothing of it is kept, and nothing of a case is logged.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import cast

from starlette.concurrency import run_in_threadpool

from cases.errors import InvalidInputError
from features.assemble import AssembledCase
from features.encoder.tokens import TokenEncoder
from features.passages import Span
from models.explanation import Explainer, Explanation
from models.precedents import Comparison
from serving.api.problems import BusyError
from serving.scoring.ranking import CaseToJudge
from serving.scoring.scores import LoadedModel, Scored, assembled, top_categories

# Of one request. A text of so many characters takes a few seconds and some hundred megabytes.
MAX_CASES = 50
MAX_CHARACTERS = 200_000
# Of all requests.
MAX_WAITING = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be told of a score.

    Attributes:
        why: What the sentences and words did.
        precedents: How many decided cases like it, ≥ 0.
    """

    why: bool
    precedents: int

    def __bool__(self) -> bool:
        return self.why or self.precedents > 0


@dataclass(frozen=True, slots=True)
class Explained:
    """What is told of a score.

    Attributes:
        text: The case's assembled text, cleaned and redacted, in which the explanation's places are.
        padding: What of it was set aside as holding nothing to judge: [start, end) in characters.
        why: None where it was not asked for.
        like_it: None where it was not asked for, or the model remembers no decided cases.
    """

    text: str
    padding: tuple[Span, ...]
    why: Explanation | None
    like_it: Comparison | None


class Explaining:
    """Explains scores, one case at a time. `explain` may be called from any thread, `all` on one event loop."""

    def __init__(self) -> None:
        self._making = threading.Lock()
        self._kept: tuple[LoadedModel, Explainer] | None = None
        self._turn = asyncio.Lock()
        self.waiting = 0

    async def all(
        self,
        scored: Sequence[Scored],
        cases: Sequence[CaseToJudge],
        wanted: Wanted,
        exclude: Collection[str] = (),
    ) -> list[Explained]:
        """What is told of each score, in their order; cases in `exclude` are no precedents.

        Raises:
            InvalidInputError: More is asked than one request may.
            BusyError: Too much waits already.
        """
        check_size(cases)
        if self.waiting and self.waiting + len(cases) > MAX_WAITING:
            raise BusyError(
                f"'cases' must wait for others (got {len(cases)} more to explain while {self.waiting} wait); "
                "try again later"
            )
        self.waiting += len(cases)
        try:
            told = []
            for answer, case in zip(scored, cases, strict=True):
                # A turn for each case, so that the few of one request go in between the many of another.
                async with self._turn:
                    told.append(await run_in_threadpool(self.explain, answer, case, wanted, exclude))
            return told
        finally:
            self.waiting -= len(cases)

    def explain(self, scored: Scored, case: CaseToJudge, wanted: Wanted, exclude: Collection[str] = ()) -> Explained:
        """What is told of one score.

        Args:
            scored: By the model that is asked why.
            case: What was scored.
            wanted: What to tell.
            exclude: Ids of cases that are no precedents of it, as its own.
        """
        known = assembled(case)
        [read], [padding] = scored.model.judge.read([known])
        [(suggested, _)] = top_categories(scored.category, 1)
        return Explained(
            text=known.text,
            padding=padding,
            why=self._explainer(scored.model).explain(read, suggested) if wanted.why else None,
            like_it=_like_it(scored.model, read, suggested, wanted.precedents, exclude),
        )

    def _explainer(self, model: LoadedModel) -> Explainer:
        # Making one costs as much as a dozen explanations, so that of the model asked last is kept.
        with self._making:
            if self._kept is None or self._kept[0] is not model:
                # What an artifact holds is the compiled encoder, which has its tokens.
                encoder = cast("TokenEncoder", model.judge.encoder)
                self._kept = (model, Explainer(model.judge.category, encoder))
            return self._kept[1]


def check_size(cases: Sequence[CaseToJudge]) -> None:
    """Whether so much can be explained at once.

    Raises:
        InvalidInputError: It cannot.
    """
    characters = sum(len(case.title) + len(case.description) for case in cases)
    if len(cases) > MAX_CASES or characters > MAX_CHARACTERS:
        raise InvalidInputError(
            f"'cases' must be at most {MAX_CASES} of {MAX_CHARACTERS:,} characters in all to be explained (got "
            f"{len(cases)} of {characters:,}); ask for fewer at a time",
            field="cases",
        )


def _like_it(
    model: LoadedModel, case: AssembledCase, suggested: str, k: int, exclude: Collection[str]
) -> Comparison | None:
    assurance = model.judge.assurance
    if not k or assurance is None or assurance.precedents is None:
        return None
    vectors = model.judge.encoder.encode([case.text])
    [found] = assurance.precedents.with_dissent(vectors, k, [suggested], [exclude])
    return found
