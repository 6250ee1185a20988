"""What is counted of the model: which one serves, when another took over, and what its batches took."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from serving.observing.measures import measures
from serving.observing.request_context import request_id, trace_id
from serving.scoring.champion import Serving, State
from serving.scoring.ranking import CaseToJudge, Ranking
from serving.scoring.scores import LoadedModel, Outcome, score_each

_DIGEST_SHOWN = 12


class ModelMeasures:
    """Keeps the metrics of what serves; call it with each change, on one thread."""

    def __init__(self) -> None:
        self._shown: tuple[str, str] | None = None
        self(Serving(State.LOADING))

    def __call__(self, serving: Serving) -> None:
        """Another state, another model, or the same again."""
        for state in State:
            measures().model_state.labels(state.value).set(state is serving.state)
        measures().model_refused.set(serving.refused is not None)
        model = serving.model
        named = None if model is None else (model.full_version, model.sha256[:_DIGEST_SHOWN])
        if named == self._shown:
            return
        # Where several processes write theirs into files a label cannot be taken back; it says 0 from here on.
        if self._shown is not None:
            measures().model.labels(*self._shown).set(0)
        if named is not None:
            measures().model.labels(*named).set(1)
        self._shown = named


def score_measured(model: Callable[[], LoadedModel], cases: Sequence[CaseToJudge], ranking: Ranking) -> list[Outcome]:
    """`score_each`, measured as one batch."""
    # A batch is several requests', and its thread has the ids of whichever came first since the start.
    request_id.set("")
    trace_id.set("")
    began = time.perf_counter()
    outcomes = score_each(model, cases, ranking)
    measures().batch_seconds.observe(time.perf_counter() - began)
    measures().batch_cases.observe(len(cases))
    return outcomes
