"""Scores of a real model, through a real service."""

from __future__ import annotations

import asyncio

import pytest

from caseload_client import AsyncClient, CaseToScore, NewReport, Score
from tests.client.conftest import Service

pytestmark = pytest.mark.slow

COPIED = CaseToScore(description="This lecture is my book, read aloud.", title="Copied course", case_ref="a-1")


def test_a_score_and_why(scoring_service: Service) -> None:
    with scoring_service.client() as client:
        assert client.wait_until_ready().state == "ready"
        assert client.model().model is not None
        score = client.score(COPIED, top_k=2, explain=True, precedents=3)

    assert (score.case_ref, len(score.categories)) == ("a-1", 2)
    assert score.categories[0].probability >= score.categories[1].probability
    assert sum(score.severity.distribution.values()) == pytest.approx(1)
    assert score.why is not None
    assert "lecture" in score.why.text
    assert score.precedents == ()


def test_many_scores_are_those_of_each(scoring_service: Service) -> None:
    texts = [f"Lecture {number} is copied from my own course." for number in range(520)]

    async def one() -> Score:
        async with AsyncClient(scoring_service.url, scoring_service.key) as client:
            return await client.score(CaseToScore(description=texts[517]))

    with scoring_service.client() as client:
        results = client.score_many([CaseToScore(description=text, case_ref=text[:12]) for text in texts], top_k=1)

    assert [result.index for result in results] == list(range(520))
    assert [result.score.case_ref for result in results if result.score] == [text[:12] for text in texts]
    alone, among = asyncio.run(one()), results[517].score
    assert among is not None
    assert among.categories[0].probability == pytest.approx(alone.categories[0].probability, abs=1e-6)


def test_a_bad_case_fails_alone(scoring_service: Service) -> None:
    with scoring_service.client() as client:
        good, bad, also_good = client.score_many([COPIED, CaseToScore(description=" ", case_ref="b"), COPIED])

    assert good.score is not None
    assert also_good.score is not None
    assert bad.problem is not None
    assert (bad.problem.code, bad.score) == ("invalid_input", None)


def test_what_is_filed_is_scored(scoring_service: Service) -> None:
    with scoring_service.client() as client:
        filed = client.file(NewReport(source="scoring", external_id="S-1", description=COPIED.description))
        case = client.case(filed.case_id)

    assert filed.score is not None
    assert case.score is not None
    assert case.score.score_id == filed.score.score_id
    assert case.content.description == COPIED.description
