"""Why a score is as it is: explanations and precedents over HTTP."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest

from cases.identity import Role
from cases.settings import load_settings
from cases.store import CaseStore
from evaluation.harmless_prose import PARAGRAPHS
from serving.api.problems import BusyError
from serving.scoring import explaining
from serving.scoring.explaining import Explaining, Wanted
from serving.scoring.ranking import CaseToJudge
from serving.scoring.scores import score_cases
from tests.databases import fresh_database
from tests.serving.conftest import NOON, Place, Running
from tests.serving.service_process import service_process

COPIED = (
    "Hello, I teach photography. Lecture four of this course is my own recording with another voice laid over it. "
    "Write to me at jo@example.com if you need the original files."
)


def explained(api: Running, *texts: str, precedents: int = 5) -> list[dict[str, Any]]:
    answer = api.client.post(
        "/v1/score",
        params={"explain": "true", "precedents": precedents},
        json={"cases": [{"title": "Copied lecture", "description": text} for text in texts]},
    )
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["scores"]
    return found


def test_sentences_and_words_are_places_in_the_text_that_is_given_back(assured: Running) -> None:
    [score] = explained(assured, COPIED)

    why = score["why"]
    text = why["text"]
    assert text.startswith("Copied lecture\n\nHello, I teach photography.")
    assert "jo@example.com" not in text, "what is given back is what the model reads: redacted"
    assert why["category"] == score["categories"][0]["category"]
    pieces = [text[sentence["start"] : sentence["end"]] for sentence in why["sentences"]]
    assert "Lecture four of this course is my own recording with another voice laid over it." in pieces
    assert why["words"]
    assert [text[word["start"] : word["end"]] for word in why["words"]] == [word["term"] for word in why["words"]]


def test_what_words_signals_and_embedding_add_is_the_whole_logit(assured: Running) -> None:
    [score] = explained(assured, COPIED)

    why = score["why"]
    parts = [word["contribution"] for word in why["words"]] + [found["contribution"] for found in why["signals"]]
    assert sum(parts) + why["embedding"] + why["intercept"] == pytest.approx(why["logit"], abs=1e-4)


def test_padding_of_a_long_case_is_not_weighed_and_its_place_is_told(assured: Running) -> None:
    # What it is measured with, and never learnt from.
    padding = PARAGRAPHS[0], PARAGRAPHS[1], PARAGRAPHS[3]
    [score], [bare] = explained(assured, "\n\n".join([*padding, COPIED])), explained(assured, COPIED)

    why = score["why"]
    set_aside = "".join(why["text"][span["start"] : span["end"]] for span in why["padding"])
    assert all(paragraph.split(".")[0] in set_aside for paragraph in padding)
    assert "my own recording" not in set_aside
    pieces = [why["text"][sentence["start"] : sentence["end"]] for sentence in why["sentences"]]
    assert "Lecture four of this course is my own recording with another voice laid over it." in pieces
    assert not any(piece in set_aside for piece in pieces)
    parts = [word["contribution"] for word in why["words"]] + [found["contribution"] for found in why["signals"]]
    assert sum(parts) + why["embedding"] + why["intercept"] == pytest.approx(why["logit"], abs=1e-3)
    assert score["categories"][0]["category"] == bare["categories"][0]["category"]
    assert bare["why"]["padding"] == []


def test_precedents_are_decided_cases_nearest_first_and_say_how_many_differ(assured: Running) -> None:
    [score] = explained(assured, COPIED, precedents=4)

    found = score["precedents"]
    assert len(found) == 4
    similarities = [precedent["similarity"] for precedent in found[:3]]
    assert similarities == sorted(similarities, reverse=True)
    suggested = score["categories"][0]["category"]
    assert all(precedent["differs"] == (precedent["category"] != suggested) for precedent in found)
    assert found[0].keys() == {"case_id", "similarity", "category", "severity", "action", "differs"}
    assert any(precedent["differs"] for precedent in found), "one that was decided otherwise is always among them"
    counted = score["precedents_say"].split()
    assert counted[1:] == ["of", "4", "like", "this", "were", "decided", "otherwise"]
    assert 0 <= int(counted[0]) <= 4


def test_each_of_several_cases_is_explained_in_the_requests_order(assured: Running) -> None:
    first, second = explained(assured, COPIED, "Somebody sells five-star reviews.")

    assert "recording" in first["why"]["text"]
    assert "five-star" in second["why"]["text"]


def test_nothing_is_explained_that_was_not_asked_for(assured: Running) -> None:
    body = {"cases": [{"description": COPIED}]}
    [plain] = assured.client.post("/v1/score", json=body).json()["scores"]
    [alike] = assured.client.post("/v1/score", params={"precedents": 2}, json=body).json()["scores"]

    assert (plain["why"], plain["precedents"], plain["precedents_say"]) == (None, None, None)
    assert alike["why"] is None
    assert len(alike["precedents"]) == 2


def test_a_model_that_remembers_no_decided_case_says_so_and_explains_itself(shared: Running) -> None:
    [score] = explained(shared, COPIED)

    assert score["precedents"] == []
    assert score["precedents_say"] == "the model remembers no decided case"
    assert score["why"]["sentences"]


@pytest.mark.parametrize(
    ("cases", "parameters", "field"),
    [
        ([{"description": "A quarrel."}] * 51, {"explain": "true"}, "cases"),
        ([{"description": "word " * 50_000}], {"precedents": 1}, "cases"),
        ([{"description": "A quarrel."}], {"precedents": 21}, "precedents"),
        ([{"description": "A quarrel."}], {"explain": "perhaps"}, "explain"),
    ],
)
def test_more_than_can_be_explained_at_once_is_refused(
    assured: Running, cases: list[dict[str, str]], parameters: dict[str, str | int], field: str
) -> None:
    answer = assured.client.post("/v1/score", params=parameters, json={"cases": cases})

    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_no_text_of_an_explained_case_is_logged(assured: Running, caplog: pytest.LogCaptureFixture) -> None:
    canary = "canary-90b1e7"
    with caplog.at_level(logging.DEBUG):
        [score] = explained(assured, f"{COPIED} {canary}")

    assert canary in score["why"]["text"]
    assert canary not in caplog.text


def test_a_case_is_no_precedent_of_itself(assured: Running) -> None:
    model = assured.services.watch.model()
    case = CaseToJudge("", COPIED, NOON)
    [scored] = score_cases(model, [case], assured.services.ranking)
    wanted = Wanted(why=False, precedents=1)

    nearest = Explaining().explain(scored, case, wanted).like_it
    assert nearest is not None
    [own] = nearest.precedents
    again = Explaining().explain(scored, case, wanted, exclude=(own.case_id,)).like_it
    assert again is not None
    assert own.case_id not in {found.case_id for found in again.precedents}


def test_callers_are_told_to_come_back_when_too_much_waits_to_be_explained(
    assured: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explaining, "MAX_WAITING", 3)
    case = CaseToJudge("", COPIED, NOON)
    [scored] = score_cases(assured.services.watch.model(), [case], assured.services.ranking)
    wanted = Wanted(why=True, precedents=0)

    async def three_and_one_more() -> list[object]:
        service = Explaining()
        asked = [service.all([scored] * n, [case] * n, wanted) for n in (3, 1)]
        return await asyncio.gather(*asked, return_exceptions=True)

    first, more = asyncio.run(three_and_one_more())
    assert isinstance(first, list)
    assert len(first) == 3
    assert isinstance(more, BusyError)


@pytest.mark.slow
def test_the_real_service_explains_and_prints_nothing_of_a_case(assured: Running, tmp_path: Path) -> None:
    canary = "canary-51ccd0"
    with fresh_database("sqlite", tmp_path) as url, CaseStore.open(url) as store:
        settings = load_settings(home=tmp_path / "home", database_url=url)
        Place(settings, store, assured.place.models).promote()
        key = store.add_caller("helpdesk", Role)
        with service_process(settings, tmp_path) as service, service.client(key) as http:
            answer = http.post(
                "/v1/score?explain=true&precedents=5", json={"cases": [{"description": f"{COPIED} {canary}"}]}
            )
            [score] = answer.json()["scores"]
            assert score["tier"] in ("apply", "suggest", "abstain")
            assert score["shortlist"]
            assert canary in score["why"]["text"]
            assert len(score["precedents"]) == 5
        assert canary not in service.printed()
