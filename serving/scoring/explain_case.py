"""`caseload explain CASE`: why the model that serves sees a stored case as it does."""

from __future__ import annotations

from cases.record import Case
from cases.settings import Settings
from cases.store import CaseStore
from serving.scoring.champion import ChampionWatch
from serving.scoring.explaining import Explained, Explaining, Wanted, check_size
from serving.scoring.ranking import case_to_judge
from serving.scoring.rankings import Rankings
from serving.scoring.scores import Scored, score_cases


def explain_case(settings: Settings, store: CaseStore, case: Case, *, precedents: int) -> tuple[Scored, Explained]:
    """The case's score by the model that serves now, and why; nothing is stored.

    Args:
        settings: Where the models are, and which policy holds.
        store: The record, which says what serves.
        case: Its latest content is explained; it is no precedent of itself.
        precedents: How many decided cases like it, ≥ 0.

    Raises:
        ModelMissingError, ArtifactError: No model can answer.
        InvalidInputError: The case is too long to be explained.
    """
    rankings = Rankings.of_settings(settings)
    rankings.look(store)
    ranking = rankings.now
    watch = ChampionWatch(lambda: store, settings.models_dir, ranking.taxonomy)
    watch.check()
    to_judge = case_to_judge(case)
    check_size([to_judge])
    [scored] = score_cases(watch.model(), [to_judge], ranking)
    return scored, Explaining().explain(scored, to_judge, Wanted(why=True, precedents=precedents), exclude=(case.id,))
