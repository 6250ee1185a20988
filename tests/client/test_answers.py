from __future__ import annotations

import pytest
from pydantic import ValidationError

import caseload_client
from caseload_client import (
    Case,
    CaseFilter,
    Live,
    Problem,
    QueueFilter,
    Ready,
    ToErase,
    UnavailableError,
    UnreadableAnswerError,
)
from caseload_client.answers import Answer
from tests.client.asking import NOON, Asking, StillClock
from tests.client.scripted_server import HANG_UP, Reply, ScriptedServer, answer, problem

CASE = "0198f3a0-0000-7000-8000-000000000001"


def summary(case_id: str) -> dict[str, object]:
    return {
        "case_id": case_id, "status": "a_state_of_tomorrow", "received_at": "2026-03-04T12:00:00Z", "order_key": 1.0,
        "rank_parts": {}, "queue": "main", "assigned_to": None, "hold_until": None, "appeal": False,
        "severity_set": None, "priority_set": None, "due": None, "subject": None, "title": "", "score": None,
    }  # fmt: skip


def event(seq: int) -> dict[str, object]:
    return {"seq": seq, "kind": "reported", "at": "2026-03-04T12:00:00Z", "actor": "a", "data": {"x": [1]}}


def test_every_answer_is_frozen_and_blind_to_what_is_added() -> None:
    models = [kind for kind in vars(caseload_client).values() if isinstance(kind, type) and issubclass(kind, Answer)]
    assert len(models) > 30
    for model in models:
        assert model.model_config["frozen"], model
        assert model.model_config["extra"] == "ignore", model
        assert model.model_config["hide_input_in_errors"], model
    live = Live.model_validate({"status": "alive", "added": {"later": 1}})
    assert live == Live(status="alive")
    with pytest.raises(ValidationError):
        live.status = "x"  # type: ignore[misc]
    assert Problem.model_validate({"status": 500, "errors": None}).errors == ()


def test_pages_follow_one_another_by_their_cursors(server: ScriptedServer, asking: Asking) -> None:
    server.script(
        answer({"cases": [summary("a"), summary("b")], "length": 3, "next_cursor": "x y&z"}),
        answer({"cases": [], "length": 3, "next_cursor": "2"}),
        answer({"cases": [summary("c")], "length": 3, "next_cursor": None}),
    )

    wanted = QueueFilter(queues=["main", "legal"], status="open", category="spam", severity=2, assigned_to="bob")
    cases = asking(server.url, lambda c: c.queue(wanted, page_size=2))

    assert [case.case_id for case in cases] == ["a", "b", "c"]
    asked = "queues=main&queues=legal&status=open&category=spam&severity=2&assigned_to=bob"
    assert [came.path for came in server.came] == [
        f"/v1/queue?limit=2&{asked}",
        f"/v1/queue?limit=2&cursor=x+y%26z&{asked}",
        f"/v1/queue?limit=2&cursor=2&{asked}",
    ]


def test_cases_and_events_are_read_to_their_end(server: ScriptedServer, asking: Asking) -> None:
    server.script(
        answer({"cases": [summary("a")], "next_cursor": "1"}), answer({"cases": [summary("b")], "next_cursor": None})
    )
    wanted = CaseFilter(source="helpdesk", received_from=NOON, received_before="2026-03-05T00:00:00Z")
    assert [case.case_id for case in asking(server.url, lambda c: c.cases(wanted))] == ["a", "b"]
    assert server.came[0].path == (
        "/v1/cases?limit=100&source=helpdesk&received_from=2026-03-04T12%3A00%3A00%2B00%3A00"
        "&received_before=2026-03-05T00%3A00%3A00Z"
    )

    # A service of before pages tells all at once.
    server.script(answer({"case_id": CASE, "events": [event(1), event(2)]}))
    assert [told.seq for told in asking(server.url, lambda c: c.events(CASE))] == [1, 2]
    assert len(server.came) == 1


def test_a_cursor_that_does_not_move_ends_in_an_error(server: ScriptedServer, asking: Asking) -> None:
    server.script(answer({"cases": [summary("a")], "next_cursor": "1"}))

    with pytest.raises(UnreadableAnswerError, match="'next_cursor' must move on"):
        asking(server.url, lambda c: c.cases())
    assert len(server.came) == 2


@pytest.mark.parametrize("limit", [0, 201])
def test_a_page_that_no_service_gives(asking: Asking, limit: int) -> None:
    with pytest.raises(ValueError, match=f"got {limit}"):
        asking("http://127.0.0.1:1", lambda c: c.queue_page(limit=limit))


def test_nothing_left_to_claim(server: ScriptedServer, asking: Asking) -> None:
    server.script(Reply(204))
    assert asking(server.url, lambda c: c.claim(holder="ada")) is None


def test_a_case_that_has_not_changed_is_not_sent_again(server: ScriptedServer, asking: Asking) -> None:
    known = Case.model_validate(
        summary(CASE)
        | {
            "version": 7, "status": "open", "first_claimed_at": None, "decided_at": None, "merged_into": None,
            "content": {"version": 1, "title": "", "description": "x", "channel": "", "attributes": {}},
            "reports": [], "decisions": [], "notes": [],
        }
    )  # fmt: skip
    server.script(Reply(304))
    assert asking(server.url, lambda c: c.case_if_changed(known)) is None
    assert server.came[0].headers["if-none-match"] == '"7-open", "7"'


def test_a_version_goes_along_as_the_api_wants_it(server: ScriptedServer, asking: Asking) -> None:
    server.script(problem(412, "precondition_failed"))
    for version in (12, "*"):
        with pytest.raises(caseload_client.PreconditionFailedError):
            asking(server.url, lambda c, v=version: c.set_severity(CASE, None, version=v))
    assert [came.headers["if-match"] for came in server.came] == ['"12"', "*"]
    assert server.came[0].json() == {"severity": None, "reason": "other"}


def test_waiting_until_a_model_serves(server: ScriptedServer, asking: Asking, clock: StillClock) -> None:
    not_yet = answer({"state": "loading", "reason": "", "model": None}, 503)
    page = Reply(503, b"<html>", kind="text/html")
    ready = answer({"state": "ready", "reason": "", "model": {"name": "m", "version": "1", "sha256": "0"}})
    server.script(HANG_UP, page, not_yet, ready)

    assert asking(server.url, lambda c: c.wait_until_ready(), clock=clock).state == "ready"
    assert clock.slept == [0.1, 0.2, 0.4]

    server.script(not_yet)
    assert asking(server.url, lambda c: c.wait_until_ready(model=False), clock=clock).state == "loading"
    assert asking(server.url, lambda c: c.ready(), clock=clock) == Ready(state="loading")
    assert "authorization" not in server.came[0].headers


def test_waiting_ends(server: ScriptedServer, asking: Asking, clock: StillClock) -> None:
    server.script(answer({"state": "no_model", "reason": "x", "model": None}, 503))

    with pytest.raises(UnavailableError, match=r"within 30 s \(got no_model\)"):
        asking(server.url, lambda c: c.wait_until_ready(30), clock=clock)
    assert 28 <= sum(clock.slept) < 30


def test_what_an_admin_looks_after(server: ScriptedServer, asking: Asking) -> None:
    delivery = {
        "delivery_id": 17, "webhook_id": "w", "event_id": "msg_1", "kind": "case.decided", "about": CASE,
        "event_at": "2026-03-04T12:00:00Z", "state": "dead", "attempts": 14, "next_at": "2026-03-04T12:00:00Z",
        "last_status": "500", "done_at": None,
    }  # fmt: skip
    server.script(
        answer({"deliveries": [delivery], "next_cursor": "17"}), answer({"deliveries": [], "next_cursor": None})
    )
    assert [one.event_id for one in asking(server.url, lambda c: c.deliveries(state="dead"))] == ["msg_1"]
    assert server.came[1].path == "/v1/webhooks/deliveries?limit=100&cursor=17&state=dead"

    server.script(answer({"replayed": 3}))
    assert asking(server.url, lambda c: c.replay_receiver("w", since=NOON)).replayed == 3
    assert server.came[0].json() == {"since": "2026-03-04T12:00:00+00:00"}


def test_nothing_is_erased_unless_it_is_said_so(server: ScriptedServer, asking: Asking) -> None:
    server.script(answer({"erasure_id": None, "erased": False, "counts": {"notes": 2}, "exports": 0, "pending": []}))

    told = asking(server.url, lambda c: c.erase(ToErase(reporter="r-5", source="helpdesk")))
    asking(server.url, lambda c: c.erase(ToErase(case_id=CASE), confirm=True))

    assert (told.erased, told.counts) == (False, {"notes": 2})
    assert server.came[0].json() == {"reporter": "r-5", "source": "helpdesk", "confirm": False}
    assert server.came[1].json() == {"case_id": CASE, "confirm": True}
    assert "r-5" not in repr(ToErase(reporter="r-5"))
