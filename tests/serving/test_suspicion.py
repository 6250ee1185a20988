"""A text in disguise: what is read is what it says, and the disguise never lets it down the queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.record import Attributes
from cases.taxonomy_file import load_taxonomy
from features.assemble import AssembledCase
from features.suspicion import SUSPICIOUS
from models.artifact import load_artifact
from models.judge import Judge, Judgement
from serving.scoring.ranking import CaseToJudge, Ranking
from serving.scoring.scores import LoadedModel, Scored, score_cases
from tests.serving.conftest import NOON
from tests.serving.small_model import SmallModel

RANKING = Ranking(load_taxonomy())
PLAIN = "He says that he will kill me if I report his course again."
DISGUISED = PLAIN.replace("kill", "k\u200bill").replace("report", "r\u0435port")


@dataclass(frozen=True)
class Prejudiced:
    """Judges by the signal alone: `suspicious` where it is there, else `plain`."""

    suspicious: Judgement
    plain: Judgement

    def judge(self, cases: Sequence[AssembledCase]) -> list[Judgement]:
        return [self.suspicious if SUSPICIOUS in case.signals else self.plain for case in cases]


def scored(judge: object, description: str, attributes: Attributes | None = None) -> Scored:
    model = LoadedModel(cast("Judge", judge), "small", "1", "0" * 64)
    case = CaseToJudge("", description, NOON, attributes=attributes or {})
    [found] = score_cases(model, [case], RANKING)
    return found


CHANCES = st.lists(st.floats(0.0, 1.0), min_size=4, max_size=4).filter(lambda found: sum(found) > 0)
JUDGEMENTS = st.builds(
    lambda chances, violation, sure: Judgement(
        category={"hate": violation, "no_violation": 1.0 - violation},
        severity={level: chance / sum(chances) for level, chance in enumerate(chances, start=1)},
        language="en",
        language_supported=True,
        tier="suggest" if sure else "abstain",
    ),
    CHANCES,
    st.floats(0.0, 1.0),
    st.booleans(),
)


@given(JUDGEMENTS, JUDGEMENTS, st.booleans())
def test_a_disguise_never_lowers_the_priority_whatever_the_model_makes_of_it(
    suspicious: Judgement, plain: Judgement, minor: bool
) -> None:
    judge = Prejudiced(suspicious, plain)
    attributes: Attributes = {"minor_involved": minor}
    plainly, disguised = (scored(judge, text, attributes).priority.order_key for text in (PLAIN, DISGUISED))
    assert disguised >= plainly


def test_a_model_may_take_a_disguise_for_grave() -> None:
    mild = Judgement({"hate": 1.0}, {1: 0.0, 2: 0.0, 3: 0.0, 4: 1.0}, "en", language_supported=True)
    judge = Prejudiced(replace(mild, severity={1: 1.0, 2: 0.0, 3: 0.0, 4: 0.0}), mild)
    assert scored(judge, DISGUISED).priority.order_key > scored(judge, PLAIN).priority.order_key


def test_a_real_model_reads_a_disguised_text_as_the_plain_one(small_models: tuple[SmallModel, SmallModel]) -> None:
    judge = load_artifact(small_models[0].directory)
    plainly, disguised = (scored(judge, text) for text in (PLAIN, DISGUISED))
    assert disguised.category == pytest.approx(plainly.category)
    assert disguised.priority.order_key == pytest.approx(plainly.priority.order_key)
