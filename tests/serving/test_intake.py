from __future__ import annotations

from models.judge import Judgement
from serving.scoring.ranking import CaseToJudge
from tests.serving.conftest import A_VERDICT, NOON, Running, a_report, wait_until


def test_a_report_is_stored_scored_and_queued(running: Running) -> None:
    answer = running.client.post("/v1/cases", json=a_report())

    assert answer.status_code == 201
    filed = answer.json()
    assert filed["created"]
    assert filed["unscored"] is None
    assert filed["score"]["case_id"] == filed["case_id"]
    [queued] = running.client.get("/v1/queue").json()["cases"]
    assert queued["case_id"] == filed["case_id"]
    assert queued["order_key"] == filed["score"]["priority"]["order_key"]
    assert queued["score"] == filed["score"]


def test_the_same_report_twice_is_one_case_and_one_score(running: Running) -> None:
    first = running.client.post("/v1/cases", json=a_report())
    again = running.client.post("/v1/cases", json=a_report(description="Told in other words."))

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json() | {"created": False}
    assert running.client.get("/v1/queue").json()["length"] == 1


def test_a_second_report_on_a_subject_joins_its_case_which_is_scored_anew(running: Running) -> None:
    first = running.client.post("/v1/cases", json=a_report()).json()
    second = running.client.post(
        "/v1/cases", json=a_report(external_id="T-2", description="Also copied: the exercises.")
    ).json()

    assert second["case_id"] == first["case_id"]
    assert second["score"]["score_id"] != first["score"]["score_id"]
    case = running.client.get(f"/v1/cases/{first['case_id']}").json()
    assert [report["external_id"] for report in case["reports"]] == ["T-1", "T-2"]
    assert case["score"]["score_id"] == second["score"]["score_id"]


def test_each_report_of_a_case_shows_the_subject_that_it_named(modelless: Running) -> None:
    case_id = modelless.client.post("/v1/cases", json=a_report(case_ref="C-1")).json()["case_id"]
    other = {"subject_kind": "user", "subject_ref": "u-2"}
    for external_id, named in (("T-2", other), ("T-3", {"subject_kind": "", "subject_ref": ""})):
        modelless.client.post("/v1/cases", json=a_report(external_id=external_id, case_ref="C-1", **named))

    case = modelless.client.get(f"/v1/cases/{case_id}").json()
    own = {"kind": "course", "ref": "c-1"}
    assert case["subject"] == own
    assert [report["subject"] for report in case["reports"]] == [own, {"kind": "user", "ref": "u-2"}, None]


def test_without_a_model_a_report_is_stored_and_queued_and_says_why_it_has_no_score(modelless: Running) -> None:
    answer = modelless.client.post("/v1/cases", json=a_report())

    assert answer.status_code == 201
    assert answer.json()["score"] is None
    assert answer.json()["unscored"]["code"] == "model_missing"
    assert modelless.client.get("/v1/queue").json()["length"] == 1


def test_what_was_filed_without_a_model_is_scored_once_there_is_one(modelless: Running) -> None:
    case_id = modelless.client.post("/v1/cases", json=a_report()).json()["case_id"]

    sha256 = modelless.place.promote()

    wait_until(lambda: modelless.client.get(f"/v1/cases/{case_id}").json()["score"] is not None)
    assert modelless.client.get(f"/v1/cases/{case_id}").json()["score"]["model"]["sha256"] == sha256


def test_an_unscored_case_stands_no_lower_than_one_of_medium_severity(modelless: Running) -> None:
    modelless.client.post("/v1/cases", json=a_report(received_at=NOON.isoformat()))
    [unscored] = modelless.client.get("/v1/queue").json()["cases"]

    report = a_report()
    same_case = CaseToJudge(str(report["title"]), str(report["description"]), NOON, attributes={"reach": 120})
    medium = Judgement(
        {"intellectual_property": 1.0}, {1: 0.0, 2: 0.0, 3: 1.0, 4: 0.0}, "en", language_supported=True
    )
    ranking = modelless.services.ranking
    judged = ranking.place(ranking.ways(medium, medium, same_case), same_case, level=3)
    assert unscored["order_key"] >= judged.order_key


def test_a_report_and_the_backlog_do_not_score_one_case_twice(running: Running) -> None:
    filed = []
    for number in range(8):
        running.services.backlog.wake()
        filed.append(
            running.client.post(
                "/v1/cases", json=a_report(external_id=f"T-{number}", subject_ref=f"c-{number}")
            ).json()
        )

    for answer in filed:
        kinds = [event.kind for event in running.place.store.events(answer["case_id"])]
        assert kinds == ["reported", "scored"]


def test_who_reported_is_never_shown(running: Running) -> None:
    case_id = running.client.post("/v1/cases", json=a_report(reporter="Maria Canaria <m@example.org>")).json()[
        "case_id"
    ]
    running.client.post("/v1/queue/claim")

    shown = running.client.get(f"/v1/cases/{case_id}").text + running.client.get("/v1/queue").text
    assert "Canaria" not in shown


def test_a_case_shows_its_text_state_reports_score_and_decisions(running: Running) -> None:
    case_id = running.client.post("/v1/cases", json=a_report()).json()["case_id"]
    lease = running.client.post("/v1/queue/claim").json()["lease"]
    running.client.post(f"/v1/cases/{case_id}/decision", json=A_VERDICT | {"token": lease["token"]})

    case = running.client.get(f"/v1/cases/{case_id}").json()

    assert case["status"] == "decided"
    assert case["subject"] == {"kind": "course", "ref": "c-1"}
    assert case["content"]["description"] == a_report()["description"]
    assert case["content"]["attributes"] == {"reach": 120}
    assert [report["source"] for report in case["reports"]] == ["helpdesk"]
    assert [decision["category"] for decision in case["decisions"]] == ["intellectual_property"]
