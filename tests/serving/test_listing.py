from __future__ import annotations

import base64
import json

import pytest

from cases.identity import Role
from cases.record import Case
from cases.store import CaseStore, Start
from serving.api.deprecations import DEPRECATIONS
from tests.cases.store.builders import decide, file_one, report
from tests.serving.conftest import Running


def file_many(store: CaseStore, count: int) -> None:
    reports = [report(n, subject_ref=f"c-{n}") for n in range(1, count + 1)]
    keys = {made.external_id: float(n % 3) for n, made in enumerate(reports)}
    store.file_reports(reports, actor="intake", start_of=lambda made: Start(keys[made.external_id], 2))


def paged(api: Running, url: str, of: str = "cases") -> list[str]:
    """The ids, or numbers, of all pages of a list."""
    found: list[str] = []
    cursor, joint = None, "&" if "?" in url else "?"
    while True:
        page = api.client.get(url if cursor is None else f"{url}{joint}cursor={cursor}").json()
        found += [item["case_id"] if of == "cases" else item["seq"] for item in page[of]]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


@pytest.mark.parametrize("limit", [1, 4, 10, 50])
def test_the_pages_of_each_list_hold_all_of_it_once_and_in_order(modelless: Running, limit: int) -> None:
    store = modelless.place.store
    file_many(store, 10)
    assert paged(modelless, f"/v1/queue?limit={limit}") == [case.id for case in store.queue(20)]
    assert paged(modelless, f"/v1/cases?limit={limit}") == [case.id for case in store.list_cases(20)]
    [case, *_] = store.queue(1)
    decide(store, case.id)
    numbers = [event.seq for event in store.events(case.id)]
    assert len(numbers) == 3
    assert paged(modelless, f"/v1/cases/{case.id}/events?limit={limit}", "events") == numbers


def test_the_last_page_says_so_also_where_it_is_full(modelless: Running) -> None:
    file_many(modelless.place.store, 4)
    first = modelless.client.get("/v1/queue?limit=2").json()
    last = modelless.client.get(f"/v1/queue?limit=2&cursor={first['next_cursor']}").json()
    assert (len(first["cases"]), len(last["cases"]), last["next_cursor"], last["length"]) == (2, 2, None, 4)


def test_what_is_asked_for_is_listed(modelless: Running) -> None:
    store = modelless.place.store
    a = file_one(store, 1, subject_kind="course", subject_ref="c-1")
    b = file_one(store, 2, source="forum", subject_ref="c-2")
    store.assign(b.id, "bob", by="eve")
    store.claim(a.id, "ann", 60)

    def queue(query: str) -> list[str]:
        return paged(modelless, f"/v1/queue?{query}")

    def cases(query: str) -> list[str]:
        return paged(modelless, f"/v1/cases?{query}")

    assert queue("status=claimed") == cases("status=claimed") == [a.id]
    assert queue("assigned_to=bob") == cases("source=forum&external_id=ticket-2") == [b.id]
    assert queue("queues=legal") == queue("severity=1") == queue("category=spam_promotion") == []
    assert cases("queue=legal") == []
    assert cases("subject_kind=course&subject_ref=c-1") == [a.id]
    assert cases("received_from=2026-03-04T09:02:00Z") == [b.id]
    assert cases("received_before=2026-03-04T09:02:00Z") == [a.id]
    decide(store, a.id)
    assert cases("status=decided") == [a.id]


@pytest.mark.parametrize(
    ("url", "field"),
    [
        ("/v1/queue?status=decided", "status"),
        ("/v1/queue?status=lost", "status"),
        ("/v1/queue?severity=0", "severity"),
        ("/v1/queue?category=Spam", "category"),
        ("/v1/queue?sort=age", "sort"),
        ("/v1/cases?external_id=T-1", "external_id"),
        ("/v1/cases?subject_ref=c-1", "subject_ref"),
        ("/v1/cases?received_from=2026-03-04T09:02:00", "received_from"),
        ("/v1/cases?received_from=1700000000", "received_from"),
        ("/v1/cases?limit=0", "limit"),
        ("/v1/cases?offset=5", "offset"),
        ("/v1/queue?cursor=", "cursor"),
    ],
)
def test_what_cannot_be_asked_for_is_named(modelless: Running, url: str, field: str) -> None:
    answer = modelless.client.get(url)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "invalid_input", field)


def written(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


CURSORS = [
    "x", "ä", "====", "W10", written(), written("q"), written("c", 7), written("q", 1.0, "yesterday", "0" * 36),
    written("q", float("inf"), "2026-03-04T09:00:00+00:00", "01a217d0-5ff7-7254-ab29-c89c7396761c"),
    written("q", 1.0, "2026-03-04T09:00:00", "01a217d0-5ff7-7254-ab29-c89c7396761c"), written("e", -1),
    written("e", 2**70), written("e", 1, 1), base64.urlsafe_b64encode(b"[" * 300).decode(),
    written("e", *[True]), written("q", 2 * 10**308, "2026-03-04", "01a217d0-5ff7-7254-ab29-c89c7396761c"),
]  # fmt: skip


@pytest.mark.parametrize("cursor", CURSORS)
@pytest.mark.parametrize("path", ["/v1/queue", "/v1/cases", "/v1/cases/{case}/events"])
def test_what_is_no_cursor_of_the_list_is_refused(modelless: Running, path: str, cursor: str) -> None:
    case: Case = file_one(modelless.place.store)
    answer = modelless.client.get(path.format(case=case.id), params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "invalid_input", "cursor")


def test_cases_of_other_queues_are_not_listed(modelless: Running) -> None:
    store = modelless.place.store
    own, other = file_one(store, 1, subject_ref="a"), file_one(store, 2, subject_ref="b")
    store.move(other.id, "legal", by="eve")
    kept = {"Authorization": f"Bearer {store.add_caller('kept', [Role.LEAD], ['main'])}"}
    listed = modelless.client.get("/v1/cases", headers=kept).json()["cases"]
    assert [case["case_id"] for case in listed] == [own.id]
    refused = modelless.client.get("/v1/cases?queue=legal", headers=kept)
    assert (refused.status_code, refused.json()["code"]) == (403, "other_queue")


def test_whoever_still_counts_is_told_what_to_use_instead(modelless: Running) -> None:
    file_many(modelless.place.store, 3)
    plain = modelless.client.get("/v1/queue?limit=1")
    counted = modelless.client.get("/v1/queue?limit=1&offset=2")
    assert "Deprecation" not in plain.headers
    told = DEPRECATIONS["queue_offset"]
    assert counted.headers["Deprecation"] == f"@{int(told.since.timestamp())}"
    assert counted.headers["Sunset"] == "Fri, 26 Nov 2027 00:00:00 GMT"
    link = counted.headers["Link"]
    assert link.startswith("</deprecations/queue_offset>;")
    page = modelless.client.get(link[1 : link.index(">")], headers={"Authorization": ""})
    assert (page.status_code, "next_cursor" in page.text) == (200, True)
    assert modelless.client.get("/deprecations/nothing").status_code == 404
