from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cases.ids import CaseId, new_id
from tests.serving.conftest import A_VERDICT, Running, a_report


@pytest.fixture
def case(modelless: Running) -> str:
    """The id of the one case in the queue."""
    return file(modelless)


def file(api: Running, number: int = 1, **changes: object) -> str:
    body = a_report(external_id=f"T-{number}", **({"subject_ref": f"c-{number}"} | changes))
    found: str = api.client.post("/v1/cases", json=body).json()["case_id"]
    return found


def post(api: Running, path: str, body: object = None, *, status: int = 200) -> dict[str, Any]:
    # By no version: test_versions.py has those.
    answer = api.client.post(f"/v1/{path}", headers={"If-Match": "*"}, **({} if body is None else {"json": body}))
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def claimed(api: Running, case: str, holder: str = "ada") -> dict[str, object]:
    lease = post(api, "queue/claim", {"case_id": case, "holder": holder})["lease"]
    return {"token": lease["token"], "holder": holder}


def next_for(api: Running, holder: str, **body: object) -> str | None:
    answer = api.client.post("/v1/queue/claim", json={"holder": holder, **body})
    if answer.status_code == 204:
        return None
    lease = answer.json()["lease"]
    given_back = {"token": lease["token"], "holder": holder}
    assert api.client.post(f"/v1/cases/{lease['case_id']}/lease/release", json=given_back).status_code == 204
    found: str = lease["case_id"]
    return found


def decide(api: Running, case: str, holder: str = "ada", *, status: int = 201, **more: object) -> dict[str, Any]:
    return post(api, f"cases/{case}/decision", {**claimed(api, case, holder), **A_VERDICT, **more}, status=status)


def test_a_skipped_case_goes_to_others(modelless: Running, case: str) -> None:
    answer = post(modelless, f"cases/{case}/skip", {**claimed(modelless, case), "reason": "language"})
    assert answer["status"] == "open"
    assert next_for(modelless, "ada") is None
    assert next_for(modelless, "bob") == case


def test_a_case_on_hold_says_until_when_and_can_be_resumed(modelless: Running, case: str) -> None:
    until = datetime.now(UTC) + timedelta(hours=2)
    body = {**claimed(modelless, case), "until": until.isoformat(), "reason": "awaiting_reporter"}
    answer = post(modelless, f"cases/{case}/hold", body)
    assert datetime.fromisoformat(answer["hold_until"]) == until
    assert next_for(modelless, "bob") is None
    assert modelless.client.get("/v1/queue").json()["cases"][0]["hold_until"]
    assert post(modelless, f"cases/{case}/resume")["hold_until"] is None
    assert next_for(modelless, "bob") == case
    problem = post(modelless, f"cases/{case}/resume", {}, status=409)
    assert problem["code"] == "conflict"


def test_a_case_is_assigned_and_unassigned(modelless: Running, case: str) -> None:
    assert post(modelless, f"cases/{case}/assign", {"to": "bob", "by": "eve"})["assigned_to"] == "bob"
    assert next_for(modelless, "ada") is None
    assert (
        "assigned to another"
        in post(modelless, "queue/claim", {"case_id": case, "holder": "ada"}, status=409)["detail"]
    )
    assert post(modelless, f"cases/{case}/unassign")["assigned_to"] is None
    assert next_for(modelless, "ada") == case


def test_an_escalated_case_waits_for_its_team_with_the_note(modelless: Running, case: str) -> None:
    body = {**claimed(modelless, case), "team": "legal", "note": "A claim by a law firm."}
    answer = post(modelless, f"cases/{case}/escalate", body)
    assert answer["queue"] == "legal"
    assert [(note["kind"], note["author"], note["text"]) for note in answer["notes"]] == [
        ("escalation", "ada", "A claim by a law firm.")
    ]
    assert next_for(modelless, "bob", queues=["main"]) is None
    assert next_for(modelless, "bob", queues=["brand", "legal"]) == case
    listed = modelless.client.get("/v1/queue", params={"queues": ["main"]}).json()
    assert (listed["cases"], listed["length"]) == ([], 0)
    assert modelless.client.get("/v1/queue", params={"queues": ["main", "legal"]}).json()["length"] == 1
    assert post(modelless, f"cases/{case}/move", {"queue": "main"})["queue"] == "main"


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("move", {"queue": "nowhere"}, "queue"),
        ("escalate", {"token": 1, "team": "nowhere"}, "team"),
        ("severity", {"severity": 9}, "severity"),
        ("priority", {"priority": "a secret priority"}, "priority"),
        ("skip", {"token": 1, "reason": "a secret reason"}, "reason"),
        ("reopen", {"reason": "a secret reason"}, "reason"),
    ],
)
def test_a_word_that_there_is_not_is_refused_and_repeated_only_where_it_is_a_code(
    modelless: Running, case: str, path: str, body: dict[str, object], field: str
) -> None:
    problem = post(modelless, f"cases/{case}/{path}", body, status=422)
    assert problem["field"] == field
    assert "secret" not in str(problem)


def test_claims_and_lists_of_unknown_queues_are_refused(modelless: Running) -> None:
    assert post(modelless, "queue/claim", {"queues": ["nowhere"]}, status=422)["code"] == "unknown_policy"
    assert modelless.client.get("/v1/queue", params={"queues": ["nowhere"]}).status_code == 422


def test_a_reopened_case_is_decided_anew(modelless: Running, case: str) -> None:
    first = decide(modelless, case)
    answer = post(modelless, f"cases/{case}/reopen", {"reason": "new_evidence", "by": "eve"})
    assert (answer["status"], answer["appeal"]) == ("open", False)
    second = decide(modelless, case, severity=4)
    assert (second["reviews"], second["after_reopening"], second["overturns"]) == (first["decision_id"], True, False)


def test_an_appeal_is_upheld_or_overturned_by_another(modelless: Running, case: str) -> None:
    first = decide(modelless, case)
    answer = post(modelless, f"cases/{case}/appeal", {"by": "u-1", "note": "It is mine."})
    assert (answer["status"], answer["appeal"], answer["notes"][0]["kind"]) == ("open", True, "appeal")
    refused = post(modelless, "queue/claim", {"case_id": case, "holder": "ada"}, status=409)
    assert "must not have taken the decision that is appealed" in refused["detail"]
    assert decide(modelless, case, "bob", status=422)["field"] == "outcome"
    review = decide(modelless, case, "bob", outcome="overturn")
    assert (review["reviews"], review["overturns"]) == (first["decision_id"], True)


def test_a_fresh_decision_is_undone(modelless: Running, case: str) -> None:
    gone = decide(modelless, case)
    assert post(modelless, f"cases/{case}/undo")["decision_id"] == gone["decision_id"]
    shown = modelless.client.get(f"/v1/cases/{case}").json()
    assert (shown["status"], shown["decisions"]) == ("open", [])
    assert post(modelless, f"cases/{case}/undo", {}, status=409)["code"] == "conflict"


def test_a_severity_set_by_hand_moves_the_case_until_it_is_taken_back(modelless: Running, case: str) -> None:
    before = modelless.client.get(f"/v1/cases/{case}").json()
    up = post(modelless, f"cases/{case}/severity", {"severity": 1, "reason": "misjudged", "by": "eve"})
    assert up["severity_set"] == 1
    assert up["order_key"] > before["order_key"]
    assert sum(up["rank_parts"].values()) == pytest.approx(up["order_key"])
    assert up["due"] is not None
    down = post(modelless, f"cases/{case}/severity", {"severity": 4})
    assert down["order_key"] < up["order_key"]
    assert down["due"] > up["due"]
    cleared = post(modelless, f"cases/{case}/severity", {"severity": None})
    assert cleared["severity_set"] is None
    stored = modelless.place.store.case(CaseId(case))
    unset = modelless.services.ranking.of_case(stored, None, modelless.services.clock())
    assert cleared["order_key"] == pytest.approx(unset.order_key)
    assert down["order_key"] < cleared["order_key"] < up["order_key"]


def test_a_priority_set_by_hand_goes_before_all_else(modelless: Running, case: str) -> None:
    names = sorted(modelless.services.ranking.weights.by_hand.items(), key=lambda item: item[1])
    low, high = names[0][0], names[-1][0]
    up = post(modelless, f"cases/{case}/priority", {"priority": high, "reason": "deadline"})
    assert up["priority_set"] == high
    assert post(modelless, f"cases/{case}/priority", {"priority": low})["order_key"] < up["order_key"]
    post(modelless, f"cases/{case}/severity", {"severity": 1})
    assert modelless.client.get(f"/v1/cases/{case}").json()["order_key"] < up["order_key"]
    assert post(modelless, f"cases/{case}/priority", {"priority": None})["priority_set"] is None


def test_reports_are_split_off_and_cases_merged(modelless: Running) -> None:
    case = file(modelless, 1)
    assert file(modelless, 2, subject_ref="c-1") == case
    second = modelless.client.get(f"/v1/cases/{case}").json()["reports"][1]["report_id"]
    began = post(modelless, f"reports/{second}/split", status=201)
    assert began["report_id"] == second
    assert len(modelless.client.get(f"/v1/cases/{case}").json()["reports"]) == 1
    whole = post(modelless, f"cases/{began['case_id']}/merge", {"into": case})
    assert (whole["case_id"], len(whole["reports"])) == (case, 2)
    merged = modelless.client.get(f"/v1/cases/{began['case_id']}").json()
    assert (merged["status"], merged["merged_into"]) == ("merged", case)
    for path in (f"reports/{new_id()}/split", "reports/x/split", f"cases/{new_id()}/merge"):
        assert post(modelless, path, {"into": case} if "merge" in path else {}, status=404)["code"] == "not_found"


def test_events_tell_who_did_what_and_no_words(modelless: Running, case: str) -> None:
    decide(modelless, case, note="a secret note")
    told = modelless.client.get(f"/v1/cases/{case}/events").json()
    assert [event["kind"] for event in told["events"]] == ["reported", "claimed", "decided"]
    assert [event["actor"] for event in told["events"]] == ["tests", "ada", "ada"]
    assert "secret" not in str(told)
    assert "recording" not in str(told)
    assert modelless.client.get(f"/v1/cases/{new_id()}/events").status_code == 404


def test_reports_that_say_the_same_are_one_case(modelless: Running) -> None:
    nameless = {"subject_kind": "", "subject_ref": ""}
    assert file(modelless, 1, **nameless) == file(modelless, 2, **nameless)


def test_a_bulk_is_looked_at_decided_and_undone(modelless: Running) -> None:
    free, held, gone = file(modelless, 1), file(modelless, 2), new_id()
    claimed(modelless, held, "bob")
    states = [(free, "free"), (held, "held"), (gone, "unknown")]
    ids = {"case_ids": [free, held, gone]}
    seen = post(modelless, "bulk/preview", ids)["cases"]
    assert [(item["case_id"], item["state"]) for item in seen] == states
    done = post(modelless, "bulk/decide", {**ids, **A_VERDICT, "by": "eve", "note": "the same"}, status=201)
    assert [(item["case_id"], item["state"]) for item in done["cases"]] == states
    shown = modelless.client.get(f"/v1/cases/{free}").json()
    assert (shown["status"], shown["decisions"][0]["bulk_id"]) == ("decided", done["bulk_id"])
    undone = post(modelless, f"bulk/{done['bulk_id']}/undo", {"by": "eve"})
    assert [(item["case_id"], item["state"]) for item in undone["cases"]] == [(free, "withdrawn")]
    assert post(modelless, f"bulk/{new_id()}/undo", {}, status=404)["code"] == "not_found"
    assert post(modelless, "bulk/x/undo", {}, status=404)["code"] == "not_found"
    unknown = {**ids, **A_VERDICT, "category": "nothing"}
    assert post(modelless, "bulk/decide", unknown, status=422)["code"] == "unknown_policy"
