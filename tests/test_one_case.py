"""One case, from intake to decision, through the real service over HTTP and on each real database."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases.identity import Role
from cases.settings import load_settings
from cases.store import CaseStore
from tests.databases import database_kind, store_url
from tests.serving.conftest import Place, small_models
from tests.serving.service_process import service_process
from tests.serving.small_model import SmallModel

__all__ = ["database_kind", "small_models", "store_url"]


@pytest.mark.slow
def test_one_case_from_intake_to_decision(
    store_url: str, tmp_path: Path, small_models: tuple[SmallModel, SmallModel]
) -> None:
    settings = load_settings(home=tmp_path / "home", database_url=store_url)
    with CaseStore.open(store_url) as store:
        key = store.add_caller("helpdesk", Role)
        Place(settings, store, small_models).promote(version="1")

        with service_process(settings, tmp_path) as service, service.client(key) as http:
            # The support tooling sends a report that can wait, and then one that cannot.
            waits = http.post(
                "/v1/cases",
                json={
                    "source": "helpdesk",
                    "external_id": "T-1",
                    "title": "Quiet videos",
                    "description": "The sound of the lectures is too quiet, I would like my money back.",
                    "subject_kind": "course",
                    "subject_ref": "c-1",
                },
            )
            urgent = http.post(
                "/v1/cases",
                json={
                    "source": "helpdesk",
                    "external_id": "T-2",
                    "title": "Messages to a pupil",
                    "description": "An instructor asks a 13 year old pupil for her private number again and again.",
                    "channel": "email",
                    "subject_kind": "user",
                    "subject_ref": "u-9",
                    "attributes": {"minor_involved": True, "prior_strikes": 2},
                    "reporter": "A. Parent",
                },
            )
            assert (waits.status_code, urgent.status_code) == (201, 201)
            case_id = urgent.json()["case_id"]

            # Both are scored, and the urgent one is first in the queue.
            assert urgent.json()["score"]["model"]["version"] == "1"
            assert urgent.json()["score"]["raised"]["levels"] == 1
            queue = http.get("/v1/queue").json()
            assert [case["case_id"] for case in queue["cases"]] == [case_id, waits.json()["case_id"]]

            # An associate takes what is most urgent, and reads it.
            claimed = http.post("/v1/queue/claim", json={"holder": "ada"}).json()
            lease, case = claimed["lease"], claimed["case"]
            assert case["case_id"] == case_id
            assert "private number" in case["content"]["description"]
            offered = [category["category"] for category in case["score"]["categories"]]

            # Nobody else gets the same case, and without the lease nobody decides it.
            assert http.post("/v1/queue/claim", json={"holder": "ben"}).json()["lease"]["case_id"] != case_id
            verdict = {"category": "child_safety", "severity": 1, "action": "ban", "reason": "clear_breach"}
            stranger = http.post(f"/v1/cases/{case_id}/decision", json=verdict | {"token": 99, "holder": "ben"})
            assert stranger.json()["code"] == "stale_lease"

            # She decides, and says what she had been shown.
            decided = http.post(
                f"/v1/cases/{case_id}/decision",
                json=verdict
                | {
                    "token": lease["token"],
                    "holder": "ada",
                    "sub_policy": "grooming",
                    "note": "Passed on to legal.",
                    "handling_seconds": 240,
                    "shown": {"score_id": case["score"]["score_id"], "categories": offered},
                },
            )
            assert decided.status_code == 201
            assert http.get(f"/v1/cases/{case_id}").json()["status"] == "decided"
            assert http.get("/v1/queue").json()["length"] == 1

        # What she decided is what the next model learns from.
        [learned] = list(store.decided_cases())
        assert learned.case_id == case_id
        assert learned.decision.decided_by == "ada"
        assert learned.decision.verdict.category == "child_safety"
        assert learned.decision.suggestion_shown
        assert learned.decision.suggested_rank == (
            offered.index("child_safety") + 1 if "child_safety" in offered else None
        )
        assert [event.kind for event in store.events(learned.case_id)] == ["reported", "scored", "claimed", "decided"]
