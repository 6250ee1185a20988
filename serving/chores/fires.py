"""Looking for new fires beside the service: bursts by category and by subject, and new kinds of case.

What came in is counted by `evaluation.trends`; novel cases are embedded by the encoder of the model that serves, on
this chore's thread and each text once, since the record keeps no embeddings and a few hundred texts cost seconds.
(Their fingerprints would find copies alone: a new scheme is told in many words.) Several services may look at once:
the store tells each fire once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import numpy as np
from starlette.concurrency import run_in_threadpool

from cases.clock import Clock
from cases.errors import CaseloadError
from cases.fires import Arrived, FireKind, Sighting
from cases.ids import CaseId, ContentId
from cases.record import Case
from cases.store import CaseStore
from cases.taxonomy import Taxonomy
from evaluation.trends.bursts import BASELINE, LEAST, WINDOWS, Arrivals, Burst, Span, bursts
from evaluation.trends.new_kinds import WITHIN, new_kinds
from features.encoder import Vectors
from models.assurance import NOVEL_BELOW
from serving.chores.pace import Pace, Paced
from serving.observing.logs import logger
from serving.observing.measures import measures
from serving.scoring.ranking import case_to_judge
from serving.scoring.scores import LoadedModel, assembled

# A handful of reports on one subject is what a mistake in it brings about.
LEAST_ON_SUBJECT = 10
# Beyond, most of what comes in is new to the model, and that is no fire but a model of something else.
MOST_NOVEL = 300
AT_ONCE = 16
RETRY_SECONDS = 60.0


class Fires:
    """Looks for fires every so often.

    Args:
        store: Answers the open store.
        model: Answers the model that serves, or raises why none does.
        taxonomy: Says which teams want to hear of a category.
        clock: Business time.
        every: Seconds between two looks.
    """

    def __init__(
        self,
        store: Callable[[], CaseStore],
        model: Callable[[], LoadedModel],
        taxonomy: Taxonomy,
        clock: Clock,
        *,
        every: float,
    ) -> None:
        self._store = store
        self._model = model
        # Many reports of nothing are nothing that others must hear of.
        self._harmless = taxonomy.harmless
        self._teams = {category.id: category.teams for category in taxonomy.categories}
        self._clock = clock
        self.paced = Paced("fires", self._look, Pace(every, min(every, RETRY_SECONDS)), called="looking for fires")
        # By content, what the encoder of that hash made of the novel cases.
        self._encoder = ""
        self._vectors: dict[ContentId, Vectors] = {}

    async def run(self) -> None:
        """Work until cancelled."""
        await self.paced.run()

    async def _look(self) -> bool:
        await run_in_threadpool(self.step)
        return False

    def step(self) -> None:
        """Look once.

        Raises:
            CaseloadError: The database does not answer.
        """
        store, now = self._store(), self._clock()
        seen, looked_for = self._bursts(store, now), {FireKind.BURST_OF_CATEGORY, FireKind.BURST_ON_SUBJECT}
        try:
            model = self._model()
        except CaseloadError:
            pass  # nothing can be embedded, which says nothing of the new kinds that burn
        else:
            seen += self._new_kinds(store, model, now)
            looked_for.add(FireKind.NEW_KIND)
        changes = store.keep_fires(seen, looked_for)
        for what, fire_ids in (("began", changes.began), ("is over", changes.ended)):
            for fire_id in fire_ids:
                logger.warning("fire %s %s", fire_id, what)
        for kind, burning in store.fires_burning().items():
            measures().fires_burning.labels(kind.value).set(burning)

    def _bursts(self, store: CaseStore, now: datetime) -> list[Sighting]:
        since, began = now - BASELINE - max(WINDOWS), store.record_since()
        if began is None:
            return []
        burned = store.burned(since)
        found: list[Sighting] = []
        for kind, arrived, least in (
            (FireKind.BURST_OF_CATEGORY, self._harmful(store.arrived_by_category(since)), LEAST),
            (FireKind.BURST_ON_SUBJECT, store.arrived_by_subject(since), LEAST_ON_SUBJECT),
        ):
            spans: dict[str, list[Span]] = {}
            for each in burned:
                if each.kind is kind:
                    spans.setdefault(each.about, []).append((each.began, each.ended))
            arrivals = Arrivals.of([(each.about, each.at) for each in arrived], began)
            found += [
                _sighting(kind, burst, arrived, now, self._teams.get(burst.stream, ()))
                for burst in bursts(arrivals, now, burned=spans, least=least)
            ]
        return found

    def _harmful(self, arrived: Sequence[Arrived]) -> list[Arrived]:
        return [each for each in arrived if each.about not in self._harmless]

    def _new_kinds(self, store: CaseStore, model: LoadedModel, now: datetime) -> list[Sighting]:
        novel = store.novel_cases(now - WITHIN, NOVEL_BELOW, MOST_NOVEL)
        groups = new_kinds([case.id for case in novel], self._embedded(model, novel))
        return [
            Sighting(FireKind.NEW_KIND, "", WITHIN, len(group), tuple(CaseId(case_id) for case_id in group))
            for group in groups
        ]

    def _embedded(self, model: LoadedModel, novel: Sequence[Case]) -> Vectors:
        encoder = model.judge.encoder
        known = self._vectors if encoder.hash == self._encoder else {}
        missing = [case for case in novel if case.content.id not in known]
        for start in range(0, len(missing), AT_ONCE):
            some = missing[start : start + AT_ONCE]
            vectors = encoder.encode([assembled(case_to_judge(case)).text for case in some])
            known |= {case.content.id: vector for case, vector in zip(some, vectors, strict=True)}
        # What is too old to be of a group is forgotten.
        self._encoder, self._vectors = encoder.hash, {case.content.id: known[case.content.id] for case in novel}
        if not novel:
            return np.zeros((0, encoder.dimension), dtype=np.float32)
        return np.stack([self._vectors[case.content.id] for case in novel])


def _sighting(
    kind: FireKind, burst: Burst, arrived: Sequence[Arrived], now: datetime, teams: tuple[str, ...]
) -> Sighting:
    latest = [each for each in arrived if each.about == burst.stream and now - each.at < burst.window]
    latest.sort(key=lambda each: (each.at, each.case_id), reverse=True)
    # One case may have many reports.
    case_ids = tuple(dict.fromkeys(each.case_id for each in latest))
    return Sighting(kind, burst.stream, burst.window, burst.count, case_ids, burst.expected, burst.p_value, teams)
