"""What the judge knows of its own answers, on its way to people: by the API, by a file, and from the record."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

from cases.ids import CaseId
from cases.taxonomy_file import load_taxonomy
from serving.scoring.ranking import CaseToJudge, Ranking
from serving.scoring.score_file import score_file
from tests.serving.conftest import Running, a_report

GERMAN = "Der Dozent hat meinen Kurs Wort für Wort kopiert und verkauft ihn jetzt unter seinem eigenen Namen."
# Nothing that people report looks like it.
NUMBERS = "12 34 56 78 90"
COPIED = "Lecture four of this course is my own recording with another voice laid over it, slide by slide."
REFUND = "The sound of the lectures is too quiet, I would like my money back."
EARLY = "2026-03-01T09:30:00Z"

RANKING = Ranking(load_taxonomy())


def scores(api: Running, *cases: dict[str, object]) -> list[dict[str, object]]:
    body = {"cases": [{"received_at": EARLY} | case for case in cases]}
    answer = api.client.post("/v1/score", json=body)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, object]] = answer.json()["scores"]
    return found


def test_a_score_says_how_far_it_is_to_be_trusted(assured: Running) -> None:
    [score] = scores(assured, {"description": COPIED})

    assert score["tier"] in ("apply", "suggest")
    best = score["categories"][0]  # type: ignore[index]
    assert score["shortlist"][0] == best  # type: ignore[index]
    listed = [category["category"] for category in score["shortlist"]]  # type: ignore[attr-defined]
    assert score["shortlists"]["0.9"] == listed  # type: ignore[index]
    assert score["shortlists"]["0.95"][: len(listed)] == listed  # type: ignore[index]
    assert not score["novel"]
    assert 0.01 <= score["novelty_p"] <= 1.0  # type: ignore[operator]
    assert score["sub_policy"] == ""


def test_a_case_in_a_language_that_was_not_learnt_is_abstained_from_and_not_buried(assured: Running) -> None:
    [german] = scores(assured, {"description": GERMAN})

    assert (german["language"], german["supported"], german["tier"]) == ("de", False, "abstain")
    assert _order(german) >= RANKING.unjudged(CaseToJudge("", GERMAN, datetime.fromisoformat(EARLY))).order_key


def test_a_new_kind_of_case_is_said_to_be_one_and_not_buried(assured: Running) -> None:
    [novel] = scores(assured, {"description": NUMBERS})

    assert novel["novel"]
    assert novel["novelty_p"] < 0.01  # type: ignore[operator]
    assert novel["tier"] == "abstain"
    assert _order(novel) >= RANKING.unjudged(CaseToJudge("", NUMBERS, datetime.fromisoformat(EARLY))).order_key


def test_a_minor_involved_raises_the_severity_shown_with_its_reason(assured: Running) -> None:
    plain, raised = scores(
        assured, {"description": REFUND}, {"description": REFUND, "attributes": {"minor_involved": True}}
    )

    before, after = plain["severity"]["shown"], raised["severity"]["shown"]  # type: ignore[index]
    assert before > 1, "else there is nothing to raise"
    assert after <= before - 1
    assert raised["raised"] == {"levels": 1, "reasons": ["a minor is involved"]}


def test_the_severity_shown_never_costs_more_than_the_likeliest(assured: Running) -> None:
    costs = RANKING.taxonomy.severity_costs
    for score in scores(assured, *({"description": text} for text in (COPIED, NUMBERS, REFUND, "A quarrel."))):
        severity = score["severity"]
        chances = list(severity["distribution"].values())  # type: ignore[index]

        def expected(level: int, chances: list[float] = chances) -> float:
            return sum(p * row[level - 1] for p, row in zip(chances, costs, strict=True))

        assert expected(severity["shown"]) <= expected(severity["level"]) + 1e-9  # type: ignore[index]


def test_a_stored_score_gives_back_its_tier_shortlist_and_severity(assured: Running) -> None:
    report = a_report(external_id="T-kept", subject_ref="c-kept", attributes={"minor_involved": True})
    filed = assured.client.post("/v1/cases", json=report).json()

    case = assured.client.get(f"/v1/cases/{filed['case_id']}").json()
    assert case["score"] == filed["score"]
    kept = assured.place.store.latest_score(CaseId(filed["case_id"]))
    assert kept is not None
    assert kept.tier == case["score"]["tier"] != ""
    assert list(kept.shortlist) == [category["category"] for category in case["score"]["shortlist"]] != []
    assert case["score"]["shortlists"] == {"0.9": list(kept.shortlist)}
    assert kept.severity_level == case["score"]["severity"]["shown"]
    assert kept.novelty_p == case["score"]["novelty_p"] is not None
    assert case["score"]["raised"]["reasons"] == ["a minor is involved"]


def test_a_model_without_such_knowledge_suggests_and_promises_nothing(shared: Running) -> None:
    english, german = scores(shared, {"description": COPIED}, {"description": GERMAN})

    assert (english["tier"], german["tier"]) == ("suggest", "abstain")
    assert (english["shortlist"], english["shortlists"], english["novelty_p"]) == ([], {}, None)
    assert english["severity"]["shown"] in (1, 2, 3, 4)  # type: ignore[index]


def test_a_scored_file_has_it_in_columns(assured: Running, tmp_path: Path) -> None:
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(f'case_id,description\na,"{COPIED}"\nb,"{GERMAN}"\n', encoding="utf-8")

    score_file(assured.place.settings, str(source), out)

    known, foreign = csv.DictReader(out.read_text(encoding="utf-8-sig").splitlines())
    assert known["tier"] in ("apply", "suggest")
    assert known["shortlist"].split("|")[0] == known["category"]
    assert 0.0 < float(known["novelty_p"]) <= 1.0
    assert known["severity"] in {"1", "2", "3", "4"}
    assert foreign["tier"] == "abstain"


def _order(score: dict[str, object]) -> float:
    return float(score["priority"]["order_key"])  # type: ignore[index]
