"""Who is let into the console, from where a form may come, and that what cases say stands there inert."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from cases.choices import SavedView
from cases.identity import Role
from cases.store import CaseStore
from serving.access.pages import PAGES
from serving.access.permissions import OPEN, ROLES
from serving.app import build_app, build_services
from serving.observing import logs
from tests.console.conftest import Console, claim_next
from tests.databases import fresh_database
from tests.serving.conftest import Place
from tests.serving.test_permissions import filled_in

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}\u202e\u0000javascript:alert(1)"


def test_each_page_asks_whoever_is_not_signed_in_to_do_so_where_they_are(console: Console) -> None:
    nobody = TestClient(console.client.app, headers={"Origin": "http://testserver"}, follow_redirects=False)
    for (method, path), needed in PAGES.items():
        answer = nobody.request(method, filled_in(path))
        if needed == OPEN:
            assert answer.status_code in (200, 303, 404, 422), path
        else:
            assert answer.status_code == 401, path
            assert 'name="code"' in answer.text
            assert "/cases/" not in answer.text.replace('value="/cases/', "")


@pytest.mark.parametrize("role", Role)
def test_each_role_sees_the_pages_that_the_table_allows_it(console: Console, role: Role) -> None:
    visitor = console.sign_in("someone", role)
    for (method, path), needed in PAGES.items():
        if path == "/sign-out":
            continue
        refused = visitor.request(method, filled_in(path)).status_code == 403
        assert refused == (needed != OPEN and needed not in ROLES[role]), (role, path)


def test_a_code_signs_in_once_and_a_session_ends(console: Console) -> None:
    store = console.place.store
    store.add_person("ada", [Role.ASSOCIATE])
    code = store.make_sign_in_code("ada")
    visitor = TestClient(console.client.app, headers={"Origin": "http://testserver"}, follow_redirects=False)
    answer = visitor.post("/sign-in", data={"code": f" {code.upper()} ", "back": "/mine"})
    assert answer.headers["location"] == "/mine"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    again = TestClient(console.client.app, headers={"Origin": "http://testserver"}, follow_redirects=False)
    assert again.post("/sign-in", data={"code": code}).status_code == 401
    assert visitor.get("/").status_code == 200
    visitor.post("/sign-out")
    assert visitor.get("/").status_code == 401


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_never_leads_to_another_site(console: Console, back: str) -> None:
    console.place.store.add_person("ada", [Role.ASSOCIATE])
    code = console.place.store.make_sign_in_code("ada")
    visitor = TestClient(console.client.app, headers={"Origin": "http://testserver"}, follow_redirects=False)
    assert visitor.post("/sign-in", data={"code": code, "back": back}).headers["location"] == "/"


def test_whoever_is_let_in_no_more_is_out_and_codes_end(console: Console) -> None:
    store = console.place.store
    store.add_person("ada", [Role.ASSOCIATE])
    code = store.make_sign_in_code("ada")
    store.remove_person("ada")
    assert store.begin_session(code, timedelta(hours=1)) is None
    assert store.person_of_session("nonsense") is None


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://testserver", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://testserver", "Sec-Fetch-Site": "same-site"},
        {"Origin": "null"},
    ],
)
def test_a_form_of_another_site_does_nothing(console: Console, headers: dict[str, str]) -> None:
    console.file()
    ada = console.sign_in("ada")
    answer = ada.post("/claim", headers=headers)
    assert answer.status_code == 403
    assert console.place.store.held_by("ada") == []


def test_a_form_without_a_word_of_where_it_comes_from_does_nothing(console: Console) -> None:
    ada = console.sign_in("ada")
    del ada.headers["Origin"]
    assert ada.post("/claim").status_code == 403


def test_a_session_is_no_key_and_a_key_is_no_session(console: Console) -> None:
    ada = console.sign_in("ada")
    assert ada.get("/v1/queue").status_code == 401
    key = console.place.store.add_caller("all", Role)
    assert console.client.get("/", headers={"Authorization": f"Bearer {key}"}).status_code == 401


def test_pages_carry_a_strict_policy_and_nothing_inline(console: Console) -> None:
    case = console.file()
    ada = console.sign_in("ada")
    address, _ = claim_next(ada)
    for path in ("/", address, f"{address}/why", "/mine", "/choices", "/sign-in", "/cases/nonsense"):
        answer = ada.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not re.search(r"<script(?![^>]*\ssrc=)|\son\w+=|style=|<style", answer.text), path
        assert not re.search(r"(?:src|href)=\"(?:https?:)?//", answer.text), path
    assert case.id in address


def test_what_pages_load_is_named_by_its_digest_and_kept(console: Console) -> None:
    page = console.client.get("/sign-in").text
    for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', page):
        answer = console.client.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    assert console.client.get("/static/..%2fpages.py").status_code in (401, 404)


def test_a_hostile_case_stands_there_as_text(console: Console) -> None:
    case = console.file(
        title=HOSTILE, description=HOSTILE, subject_ref=HOSTILE.replace("\u0000", ""), attributes={"a": HOSTILE}
    )
    ada = console.sign_in("ada")
    address, _ = claim_next(ada)
    for path in ("/", address, f"{address}/why", "/mine"):
        text = ada.get(path).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "49" not in re.findall(r"onerror=alert\(1\)&gt;(.{2})", text)
    assert "&lt;script&gt;" in ada.get(address).text
    assert case.id in address


def test_another_teams_case_is_not_shown(console: Console) -> None:
    case = console.file()
    lou = console.sign_in("lou", Role.ASSOCIATE, queues=["legal"])
    for method, path in PAGES:
        if "{case_id}" in path:
            answer = lou.request(method, path.replace("{case_id}", case.id), data={"token": "1"})
            assert answer.status_code == 403, path
    assert case.id not in lou.get("/").text
    assert case.content.title not in lou.get("/", params={"q": "T-1"}).text


def test_what_nobody_foresaw_is_a_page_without_a_word_of_what_it_said(
    console: Console, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    logs.configure()
    ada = console.sign_in("ada")

    def broken(*_: object, **__: object) -> int:
        raise RuntimeError("canary-7716")

    monkeypatch.setattr(type(console.place.store), "queue_length", broken)
    answer = ada.get("/")
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.text
    assert "canary-7716" not in answer.text + "".join(capfd.readouterr())


@pytest.mark.postgresql
def test_what_no_database_holds_is_looked_for_without_it(tmp_path: Path, place: Place) -> None:
    with fresh_database("postgresql", tmp_path) as url:
        services = build_services(place.settings.model_copy(update={"database_url": url}))
        with CaseStore.open(url) as store, TestClient(build_app(services)) as client:
            console = Console(client, Place(place.settings, store, place.models), services, "")
            ada = console.sign_in("ada")
            assert ada.get("/", params={"q": "a\x00b"}).status_code == 200
            assert ada.post("/views", data={"name": "a\x00b", "query": "q=\x00"}).status_code == 303
            assert store.choices_of("ada").views == (SavedView("ab", "q="),)
