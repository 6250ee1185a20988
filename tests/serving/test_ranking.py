"""From a judgement to a place in the queue: rules, caution, time to first touch, and ranking again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.ids import CaseId, ContentId, ScoreId
from cases.record import Score
from cases.taxonomy_file import load_taxonomy
from models.judge import Judgement
from models.priority import Priority, Weights
from models.tiers import Tier
from serving.scoring.ranking import CaseToJudge, Ranking
from tests.serving.conftest import NOON

# The packaged weights let a time to first touch raise no case; what is asked here is what happens where it does.
RANKING = Ranking(load_taxonomy(), Weights(sla_factor=2.0))
SCORE = Score(
    ScoreId("s"), CaseId("c"), ContentId("t"), "sha", "m/1", 1, 2, "e", NOON, {}, {}, {}, 0.0, "en", 0.1
)  # fmt: skip


def test_a_severity_1_in_a_language_that_was_not_learnt_goes_before_every_mild_case_that_was_judged() -> None:
    threat = "Er hat geschrieben, dass er morgen mit einem Messer zu ihr nach Hause kommt und sie umbringt."
    foreign = Judgement({"spam_promotion": 0.6, "no_violation": 0.4}, {1: 0.02, 2: 0.08, 3: 0.3, 4: 0.6}, "de",
                        language_supported=False, tier="abstain")  # fmt: skip
    case = CaseToJudge("", threat, NOON)
    unheard = placed(foreign, foreign, case)
    for level, violation in ((3, 0.9), (4, 1.0)):
        certain = {other: float(other == level) for other in range(1, 5)}
        known = Judgement({"spam_promotion": violation, "no_violation": 1 - violation}, certain, "en",
                          language_supported=True, tier="apply")  # fmt: skip
        assert unheard.order_key >= placed(known, known, case).order_key


def test_what_is_hard_to_read_ranks_nothing_anew() -> None:
    policy = RANKING.taxonomy
    unmarked = replace(policy, categories=tuple(replace(c, sensitive=not c.sensitive) for c in policy.categories))
    assert Ranking(unmarked, RANKING.weights).digest == RANKING.digest


def test_a_case_is_due_by_the_severity_shown_until_somebody_touched_it() -> None:
    levels = {severity.level: severity.first_touch for severity in RANKING.taxonomy.severity_levels}
    case = CaseToJudge("", "text", NOON)
    sure = _judgement([0.0, 0.0, 1.0, 0.0], 1.0, "apply")
    ways = RANKING.ways(sure, sure, case)
    due = NOON + levels[3]
    assert RANKING.due(case, 3) == due
    fresh = RANKING.place(ways, case, level=3)
    assert fresh.parts["sla"] == 0.0
    assert fresh.changes_at == NOON + RANKING.weights.sla_share * levels[3]
    late = RANKING.place(ways, case, level=3, at=due)
    assert late.order_key == pytest.approx(fresh.order_key + 1.0)
    touched = replace(case, touched=True)
    assert RANKING.place(ways, touched, level=3, at=due) == replace(fresh, changes_at=None)
    paused = replace(case, paused=timedelta(hours=5))
    assert RANKING.due(paused, 3) == due + timedelta(hours=5)


def test_a_stored_case_is_ranked_again_from_what_its_score_kept() -> None:
    case = CaseToJudge("", "text", NOON, attributes={"minor_involved": True})
    doubted = _judgement([0.1, 0.2, 0.3, 0.4], 0.6, "abstain")
    ways = RANKING.ways(doubted, doubted, case)
    first = RANKING.place(ways, case, level=2, minutes=4.0)
    kept = replace(SCORE, ranked_from=ways, severity_level=2, minutes=4.0)
    assert RANKING.again(case, kept, NOON) == first
    heavier = Ranking(RANKING.taxonomy, Weights(minor_involved=64.0))
    assert heavier.again(case, kept, NOON).order_key == pytest.approx(first.order_key + 5.0)
    assert RANKING.again(case, SCORE, NOON) == RANKING.unjudged(case, NOON)  # it knows no severity
    assert RANKING.again(case, None, NOON) == RANKING.unjudged(case, NOON)


def test_a_model_of_a_policy_with_other_levels_still_has_a_severity_to_show() -> None:
    three = Judgement({"spam_promotion": 1.0}, {1: 0.1, 2: 0.2, 3: 0.7}, "en", language_supported=True)
    assert RANKING.shown(three, three, CaseToJudge("", "text", NOON)) in (1, 2, 3)


CHANCES = st.lists(st.floats(0.0, 1.0), min_size=4, max_size=4).filter(lambda found: sum(found) > 0)


def _judgement(chances: list[float], violation: float, tier: Tier, novelty_p: float = 0.5) -> Judgement:
    return Judgement(
        category={"hate": violation, "no_violation": 1.0 - violation},
        severity={level: chance / sum(chances) for level, chance in enumerate(chances, start=1)},
        language="en",
        language_supported=True,
        tier=tier,
        novelty_p=novelty_p,
    )


@given(CHANCES, st.floats(0.0, 1.0), st.floats(0.0, 1e6), st.booleans())
def test_a_doubted_case_never_ranks_lower_than_the_same_one_undoubted(
    chances: list[float], violation: float, reach: float, minor: bool
) -> None:
    case = CaseToJudge("", "text", NOON, attributes={"reach": reach, "minor_involved": minor})
    sure = _judgement(chances, violation, "suggest")
    key = placed(sure, sure, case).order_key
    for doubted in (_judgement(chances, violation, "abstain"), _judgement(chances, violation, "suggest", 0.001)):
        assert placed(doubted, doubted, case).order_key >= key


@given(CHANCES, st.floats(0.0, 1.0))
def test_an_attribute_that_raises_never_lowers_a_case_by_ending_the_doubt(
    chances: list[float], violation: float
) -> None:
    sure, doubted = (_judgement(chances, violation, tier) for tier in ("apply", "abstain"))
    plain = placed(doubted, doubted, CaseToJudge("", "text", NOON))
    raised = placed(sure, doubted, CaseToJudge("", "text", NOON, attributes={"minor_involved": True}))
    assert raised.order_key >= plain.order_key


def test_the_parts_still_add_up_to_the_order_key() -> None:
    doubted = _judgement([0.2, 0.8, 0.0, 0.0], 0.3, "abstain")
    found = placed(doubted, doubted, CaseToJudge("", "text", NOON))
    assert sum(found.parts.values()) == pytest.approx(found.order_key)


def placed(judgement: Judgement, without_raises: Judgement, case: CaseToJudge) -> Priority:
    return RANKING.place(RANKING.ways(judgement, without_raises, case), case, level=None)
