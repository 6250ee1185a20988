"""Who may do what, held to the table in serving/access/permissions.py: each role and each route, over HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from cases.event import Event, EventKind
from cases.identity import Role
from cases.ids import CaseId, new_id
from serving.access.guard import Guard
from serving.access.pages import PAGES
from serving.access.permissions import NATIVE, OPEN, ROLES, ROUTES, SIGNED, Permission, needs_no_key
from serving.access.permitting import permitted
from serving.api import problems
from serving.app import build_app, build_services
from tests.cases.store.builders import file_one
from tests.serving.conftest import A_VERDICT, Place, Running, a_report, an_api, state, wait_until
from tests.serving.test_contract import DOCUMENT

Keys = dict[Role, dict[str, str]]
Home = tuple[Running, Keys]
Elsewhere = tuple[Running, Keys, CaseId, str]

LISTED = sorted(ROUTES.items()) + sorted(NATIVE.items())


@pytest.fixture
def home(place: Place) -> Iterator[Home]:
    """An API, and by role the header of a key that has this role alone."""
    with an_api(place) as api:
        yield api, {role: bearer(place.store.add_caller(role, [role])) for role in Role}


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def routes_of(app: FastAPI) -> set[tuple[str, str]]:
    return {
        (method, route.path_format)
        for route in iter_route_contexts(app.router.routes)
        if route.path_format is not None and route.methods
        for method in route.methods
    }


def test_the_table_lists_each_route_of_the_api_and_none_that_there_is_not(place: Place) -> None:
    assert routes_of(build_app(build_services(place.settings))) == set(ROUTES) | set(PAGES)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_table_lists_each_route_that_bentoml_answers(place: Place) -> None:
    from starlette.routing import Mount, Route

    from serving.service import build_service

    routes = build_service(place.settings).to_asgi().routes
    ours = next(i for i, route in enumerate(routes) if isinstance(route, Mount) and route.path == "")
    # What stands after the API is never come to: the API answers every path.
    before = [route for route in routes[:ours] if isinstance(route, Route)]
    assert len(before) == ours
    methods = {(method, route.path) for route in before for method in route.methods or () if method != "HEAD"}
    assert methods == set(NATIVE)


def test_what_the_table_does_not_list_is_refused_whatever_the_role(place: Place) -> None:
    services = build_services(place.settings)
    app, router = FastAPI(), APIRouter(dependencies=[Depends(permitted)])
    app.state.services = services
    router.add_api_route("/v1/forgotten", lambda: "open")
    app.include_router(router)
    app.add_middleware(Guard, callers=services.callers, limits=services.limits, told=services.told_headers)
    problems.install(app)
    answer = TestClient(app).get("/v1/forgotten", headers=bearer(place.store.add_caller("all", Role)))
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize("role", Role)
def test_each_role_may_call_what_the_table_allows_it_and_nothing_else(home: Home, role: Role) -> None:
    api, keys = home
    got, wanted = {}, {}
    for (method, path), needed in LISTED:
        wanted[method, path] = needed in (OPEN, SIGNED) or needed in ROLES[role]
        answer = api.client.request(
            method, filled_in(path), headers=keys[role], json={} if method == "POST" else None
        )
        got[method, path] = answer.status_code != 403
        if answer.status_code == 403:
            assert answer.json()["code"] == "forbidden"
            assert f"must include {needed} for {method} {path}" in answer.json()["detail"]
    assert got == wanted
    assert 3 < sum(wanted.values()) < len(wanted)


def filled_in(path: str) -> str:
    return re.sub(r"\{\w+\}", "x", path)


def test_no_permission_is_left_to_nobody_and_each_is_needed_somewhere() -> None:
    given = frozenset().union(*ROLES.values())
    assert set(ROLES) == set(Role)
    everywhere = [*LISTED, *PAGES.items()]
    assert given == set(Permission) == {needed for _, needed in everywhere if needed not in (OPEN, SIGNED)}


def test_only_health_and_what_answers_mean_is_open() -> None:
    health = {"/health/live", "/health/ready", "/livez", "/readyz", "/healthz"}
    pages = {"/problems", "/problems/{code}", "/deprecations/{what}"}
    assert {path for (_, path), needed in LISTED if needed == OPEN} == health | pages
    assert all(needs_no_key(path) for path in {*health, "/problems", "/problems/conflict"})
    closed = ["/v1/queue", "/health/live/", "/problems/", "/problems/a/b", "/problems/../v1/queue", "/v1/problems/x"]
    assert [path for path in closed if needs_no_key(path)] == []


def test_the_documentation_shows_the_table() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for permission in Permission:
        marks = " | ".join("x" if permission in ROLES[role] else " " for role in Role)
        calls = {route for route, needed in LISTED if needed == permission}
        [row] = [line for line in text.splitlines() if line.startswith(f"| `{permission}` | {marks} |")]
        assert {tuple(call.split()) for call in row.split("`")[3::2]} == calls


@pytest.fixture
def elsewhere(
    place: Place,
) -> Iterator[Elsewhere]:
    """By role a key that is kept to the main queue; and a case of the legal team, with its report."""
    with an_api(place) as api:
        case = file_one(place.store, 1)
        [report] = place.store.reports(case.id)
        place.store.move(case.id, "legal", by="eve")
        yield api, {role: bearer(place.store.add_caller(role, [role], ["main"])) for role in Role}, case.id, report.id


@pytest.mark.parametrize("role", Role)
def test_another_teams_case_is_refused_on_each_route_before_anything_happens(
    elsewhere: Elsewhere, role: Role
) -> None:
    api, keys, case_id, report_id = elsewhere
    before = events(api, case_id)
    naming = [(route, needed) for route, needed in LISTED if "{case_id}" in route[1] or "{report_id}" in route[1]]
    assert len(naming) > 15
    for (method, path), needed in naming:
        url = path.replace("{case_id}", case_id).replace("{report_id}", report_id)
        answer = api.client.request(method, url, headers=keys[role], json={} if method == "POST" else None)
        code = "other_queue" if needed in ROLES[role] else "forbidden"
        assert (answer.status_code, answer.json()["code"]) == (403, code), (method, path)
    assert events(api, case_id) == before


def events(api: Running, case_id: CaseId) -> list[Event]:
    """What somebody did to the case; the clock may rank it again at any time."""
    return [event for event in api.place.store.events(case_id) if event.kind is not EventKind.RERANKED]


def test_a_case_of_ones_own_queue_is_seen_and_worked(elsewhere: Elsewhere):
    api, keys, case_id, _ = elsewhere
    own = file_one(api.place.store, 2)
    lead = keys[Role.LEAD]
    assert api.client.get(f"/v1/cases/{own.id}", headers=lead).status_code == 200
    seen = {**lead, "If-Match": "*"}
    assert api.client.post(f"/v1/cases/{own.id}/assign", headers=seen, json={"to": "ann"}).status_code == 200
    merged = api.client.post(f"/v1/cases/{own.id}/merge", headers=lead, json={"into": case_id})
    assert (merged.status_code, merged.json()["code"]) == (403, "other_queue")
    assert api.place.store.case(own.id).merged_into is None


def test_what_there_is_not_is_not_found_by_one_who_is_kept_to_a_queue(elsewhere: Elsewhere) -> None:
    api, keys, *_ = elsewhere
    lead = {**keys[Role.LEAD], "If-Match": "*"}
    for url in (f"/v1/cases/{new_id()}/undo", f"/v1/reports/{new_id()}/split", "/v1/cases/x/undo"):
        answer = api.client.post(url, headers=lead, json={})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_the_list_and_the_next_claim_are_of_ones_own_queues(
    elsewhere: Elsewhere,
) -> None:
    api, keys, case_id, _ = elsewhere
    lead = keys[Role.LEAD]
    assert api.client.post("/v1/queue/claim", headers=lead, json={}).status_code == 204
    own = file_one(api.place.store, 2)
    listed = api.client.get("/v1/queue", headers=lead).json()
    assert ([case["case_id"] for case in listed["cases"]], listed["length"]) == ([own.id], 1)
    refused = [
        api.client.get("/v1/queue?queues=main&queues=legal", headers=lead),
        api.client.post("/v1/queue/claim", headers=lead, json={"queues": ["legal"]}),
        api.client.post("/v1/queue/claim", headers=lead, json={"case_id": case_id}),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(403, "other_queue")] * 3
    assert api.client.post("/v1/queue/claim", headers=lead).json()["case"]["case_id"] == own.id
    assert api.client.get("/v1/queue").json()["length"] == 2


def test_a_bulk_names_other_teams_cases_as_not_theirs_and_leaves_them_alone(
    elsewhere: Elsewhere,
) -> None:
    api, keys, case_id, _ = elsewhere
    store, lead = api.place.store, keys[Role.LEAD]
    own = file_one(store, 2)
    ids = {"case_ids": [case_id, own.id]}
    previewed = api.client.post("/v1/bulk/preview", headers=lead, json=ids).json()["cases"]
    assert {case["case_id"]: case["state"] for case in previewed} == {case_id: "not_yours", own.id: "free"}
    done = api.client.post("/v1/bulk/decide", headers=lead, json={**ids, **A_VERDICT}).json()
    assert {case["case_id"]: case["state"] for case in done["cases"]} == {case_id: "not_yours", own.id: "free"}
    assert store.decisions(case_id) == ()

    # One who sees both decides both; a lead of the main queue takes back their own alone.
    store.undo_bulk(done["bulk_id"], by="lead")
    both = api.client.post("/v1/bulk/decide", json={**ids, **A_VERDICT}).json()["bulk_id"]
    undone = api.client.post(f"/v1/bulk/{both}/undo", headers=lead).json()["cases"]
    assert {case["case_id"]: case["state"] for case in undone} == {case_id: "not_yours", own.id: "withdrawn"}
    assert len(store.decisions(case_id)) == 1


def test_whoever_files_is_not_shown_the_score_of_a_case_that_is_not_theirs(place: Place) -> None:
    place.promote()
    with an_api(place) as api:
        key = bearer(place.store.add_caller("desk", ["tooling"], ["legal"]))
        wait_until(lambda: state(api) == "ready")
        filed = api.client.post("/v1/cases", headers=key, json=a_report()).json()
        assert (filed["created"], filed["score"], filed["unscored"]["code"]) == (True, None, "other_queue")
        place.store.move(filed["case_id"], "legal", by="eve")
        assert api.client.post("/v1/cases", headers=key, json=a_report()).json()["score"] is not None
