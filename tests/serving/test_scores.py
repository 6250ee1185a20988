from __future__ import annotations

import math

import pytest

from tests.serving.conftest import Running


def test_a_score_says_category_severity_priority_and_who_said_so(shared: Running) -> None:
    body = {
        "cases": [
            {
                "case_ref": "a-1",
                "description": "This course is my book, read aloud.",
                "attributes": {"minor_involved": True},
            }
        ]
    }

    [score] = shared.client.post("/v1/score", json=body).json()["scores"]

    assert score["case_ref"] == "a-1"
    assert len(score["categories"]) == 3
    assert score["categories"][0].keys() == {"category", "name", "probability"}
    assert math.isclose(sum(score["severity"]["distribution"].values()), 1.0, abs_tol=1e-9)
    assert score["severity"]["level"] in (1, 2, 3, 4)
    assert score["priority"]["parts"]
    assert score["raised"] == {"levels": 1, "reasons": ["a minor is involved"]}
    assert (score["language"], score["supported"]) == ("en", True)
    assert score["model"] == {"name": "small", "version": "1", "sha256": shared.place.models[0].sha256}
    assert score["taxonomy_version"] == 1
    assert score["seconds"] > 0


def test_categories_come_likeliest_first_and_all_of_them_sum_to_one(shared: Running) -> None:
    body = {"cases": [{"description": "Somebody sells five-star reviews."}], "top_k": 100}

    [score] = shared.client.post("/v1/score", json=body).json()["scores"]

    probabilities = [category["probability"] for category in score["categories"]]
    assert probabilities == sorted(probabilities, reverse=True)
    assert math.isclose(sum(probabilities), 1.0, abs_tol=1e-9)


def test_probabilities_keep_their_digits(shared: Running) -> None:
    [score] = shared.client.post("/v1/score", json={"cases": [{"description": "A quarrel."}]}).json()["scores"]

    assert any(len(str(category["probability"])) > 10 for category in score["categories"])


def test_a_graver_attribute_ranks_the_same_text_higher(shared: Running) -> None:
    text = "A comment under a lecture."
    body = {"cases": [{"description": text}, {"description": text, "attributes": {"minor_involved": True}}]}

    plain, grave = shared.client.post("/v1/score", json=body).json()["scores"]

    assert grave["priority"]["order_key"] > plain["priority"]["order_key"]


def test_five_hundred_cases_are_answered_in_order_by_one_model_and_nothing_is_stored(shared: Running) -> None:
    body = {"cases": [{"case_ref": str(n), "description": f"Report number {n} about a course."} for n in range(500)]}

    scores = shared.client.post("/v1/score", json=body).json()["scores"]

    assert [score["case_ref"] for score in scores] == [str(n) for n in range(500)]
    assert {score["model"]["sha256"] for score in scores} == {shared.place.models[0].sha256}
    assert shared.place.store.queue_length() == 0


def test_a_case_scores_the_same_alone_and_among_others(shared: Running) -> None:
    case = {"description": "They copied my slides.", "received_at": "2026-03-01T09:30:00Z"}
    others = [{"description": f"Something else, number {n}."} for n in range(40)]

    alone = shared.client.post("/v1/score", json={"cases": [case]}).json()["scores"][0]
    among = shared.client.post("/v1/score", json={"cases": [*others, case]}).json()["scores"][-1]

    for one, other in zip(alone["categories"], among["categories"], strict=True):
        assert one["category"] == other["category"]
        assert one["probability"] == pytest.approx(other["probability"], abs=2e-3)


def test_a_million_characters_with_odd_ones_among_them_are_scored(shared: Running) -> None:
    text = b"word \\ud800 \\u0000 " * 50_000

    answer = shared.client.post(
        "/v1/score",
        content=b'{"cases": [{"description": "' + text + b'"}]}',
        headers={"Content-Type": "application/json"},
    )

    assert answer.status_code == 200
    assert len(answer.json()["scores"]) == 1


def test_the_model_says_what_it_knows(shared: Running) -> None:
    model = shared.client.get("/v1/model").json()

    assert model["state"] == "ready"
    assert model["model"]["sha256"] == shared.place.models[0].sha256
    assert model["promoted_by"] == "test"
    assert "intellectual_property" in model["categories"]
    assert model["severity_levels"] == [1, 2, 3, 4]
    assert model["encoder_hash"]
