"""Batches whose items stand each for itself."""

from __future__ import annotations

import pytest

from cases.errors import InvalidInputError
from cases.store import UNSCORED_ORDER_KEY, filing
from cases.store.storable import storable_report
from serving.api.problems import UnscorableError
from serving.scoring import scores as scoring
from tests.serving.conftest import Running, a_report, wait_until


def test_each_report_of_a_batch_is_filed_or_told_what_is_wrong(modelless: Running) -> None:
    modelless.client.post("/v1/cases", json=a_report(external_id="T-0", subject_ref="c-0"))
    reports = [
        a_report(external_id="T-1", subject_ref="c-1"),
        a_report(external_id="T-2", description=""),
        a_report(external_id="T-0", subject_ref="c-0"),
        "no report",
        a_report(external_id="T-1", subject_ref="c-1"),
        {**a_report(external_id="T-3"), "colour": "red"},
    ]
    answer = modelless.client.post("/v1/cases/batch", json={"reports": reports})
    results = answer.json()["results"]
    assert answer.status_code == 200
    assert [(item["index"], item["status"]) for item in results] == list(enumerate([201, 422, 200, 422, 200, 422]))
    assert [item["created"] for item in results] == [True, None, False, None, False, None]
    assert results[0]["case_id"] == results[4]["case_id"]
    fields = [item["problem"]["field"] for item in results if item["problem"]]
    assert fields == ["reports.1.description", "reports.3", "reports.5.colour"]
    assert modelless.client.get("/v1/queue").json()["length"] == 2


def test_a_report_that_only_the_store_refuses_fails_no_other(
    modelless: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is none that passes the schema today; should there be one, it is told in its place."""

    def strict(report: object) -> object:
        checked = storable_report(report)  # type: ignore[arg-type]
        if checked.external_id == "T-2":
            raise InvalidInputError("'external_id' must be liked (got T-2); take another", field="external_id")
        return checked

    monkeypatch.setattr(filing, "storable_report", strict)
    reports = [a_report(external_id=f"T-{n}", subject_ref=f"c-{n}") for n in (1, 2, 3)]
    results = modelless.client.post("/v1/cases/batch", json={"reports": reports}).json()["results"]
    assert [item["status"] for item in results] == [201, 422, 201]
    assert results[1]["problem"]["field"] == "external_id"


@pytest.mark.parametrize("reports", [[], [{}] * 501, "x", None, {}])
def test_what_is_no_list_of_reports_is_refused_as_a_whole(modelless: Running, reports: object) -> None:
    answer = modelless.client.post("/v1/cases/batch", json={"reports": reports})
    assert (answer.status_code, answer.json()["field"]) == (422, "reports")


def test_a_batch_is_ranked_at_once_and_scored_in_the_background(running: Running) -> None:
    reports = [a_report(external_id=f"T-{n}", subject_ref=f"c-{n}") for n in range(5)]
    ids = [
        item["case_id"]
        for item in running.client.post("/v1/cases/batch", json={"reports": reports}).json()["results"]
    ]
    store = running.place.store
    assert UNSCORED_ORDER_KEY not in {case.order_key for case in store.queue(10)}
    wait_until(lambda: len(store.latest_scores(ids)) == 5)


def test_a_case_that_the_model_breaks_on_fails_no_other(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    real = scoring.score_cases

    def breaking(model: object, cases: list[object], ranking: object) -> object:
        if any("unspeakable" in case.description for case in cases):  # type: ignore[attr-defined]
            raise ZeroDivisionError
        return real(model, cases, ranking)  # type: ignore[arg-type]

    monkeypatch.setattr(scoring, "score_cases", breaking)
    cases = [{"description": word, "case_ref": word} for word in ("one", "unspeakable", "three")]
    answer = running.client.post("/v1/score?explain=true", json={"cases": cases})
    first, broken, last = answer.json()["scores"]
    assert answer.status_code == 200
    assert broken == {
        "case_ref": "unspeakable",
        "problem": broken["problem"],
    }
    assert (broken["problem"]["code"], broken["problem"]["status"]) == ("internal_error", 500)
    assert [score["why"]["text"] for score in (first, last)] == ["one", "three"]
    assert UnscorableError.__name__ not in answer.text


def test_the_header_names_the_model_that_made_the_scores(running: Running) -> None:
    answer = running.client.post("/v1/score", json={"cases": [{"description": "x"}, {"description": ""}]})
    assert answer.headers["Caseload-Model"] == "small/1"
    assert answer.headers["Caseload-Taxonomy"] == str(running.services.taxonomy.version)
    assert running.client.get("/health/live").headers["Caseload-Model"] == "small/1"


def test_where_no_model_serves_no_header_names_one(modelless: Running) -> None:
    answer = modelless.client.post("/v1/cases", json=a_report())
    assert (answer.status_code, "Caseload-Model" in answer.headers) == (201, False)
    assert answer.headers["Caseload-Taxonomy"] == str(modelless.services.taxonomy.version)
