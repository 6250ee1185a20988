from __future__ import annotations

from typing import cast

import pytest

from serving.api.deprecations import DEPRECATIONS
from serving.api.problems import CODES
from serving.api.reference_pages import ADVICE
from tests.serving.conftest import Running
from tests.serving.test_contract import DOCUMENT

NO_KEY = {"Authorization": ""}


def test_the_type_of_a_problem_leads_to_a_page_that_says_what_to_do(shared: Running) -> None:
    for answer in (
        shared.client.get("/v1/queue", headers=NO_KEY),
        shared.client.get("/v1/cases/x"),
        shared.client.post("/v1/score", json={"cases": []}),
    ):
        problem = answer.json()
        page = shared.client.get(problem["type"], headers=NO_KEY)
        assert page.status_code == 200
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert page.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert problem["code"] in page.text
        assert problem["title"] in page.text


def test_there_is_a_page_for_each_kind_and_none_for_what_is_none(shared: Running) -> None:
    listed = shared.client.get("/problems", headers=NO_KEY).text
    assert all(f'href="/problems/{code}"' in listed for code in CODES)
    assert {shared.client.get(f"/problems/{code}", headers=NO_KEY).status_code for code in CODES} == {200}
    missing = shared.client.get("/problems/<script>", headers=NO_KEY)
    assert (missing.status_code, "script" in missing.text) == (404, False)


def test_what_stands_between_backticks_is_shown_as_code(shared: Running) -> None:
    page = shared.client.get("/problems/unknown_person", headers=NO_KEY).text
    assert "who is not let in: <code>caseload person add</code>." in page
    pages = [*(f"/problems/{code}" for code in CODES), *(f"/deprecations/{what}" for what in DEPRECATIONS)]
    assert [where for where in pages if "`" in shared.client.get(where, headers=NO_KEY).text] == []


def test_words_between_backticks_are_escaped(shared: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cast("dict[str, str]", ADVICE), "busy", "send `<b>&` or <i>`</i>, `one`")
    page = shared.client.get("/problems/busy", headers=NO_KEY).text
    assert "send <code>&lt;b&gt;&amp;</code> or &lt;i&gt;<code>&lt;/i&gt;, </code>one`." in page


def test_the_documentation_gives_the_same_advice() -> None:
    # But for links, which a page has no use for.
    text = DOCUMENT.read_text(encoding="utf-8").replace(" ([who may do what](#who-may-do-what))", "")
    text = text.replace(" ([inbound.md](inbound.md))", "")
    rows = {row.split("`")[1]: row for row in text.splitlines() if row.startswith("| `")}
    assert ADVICE.keys() == CODES.keys()
    assert [code for code, advice in ADVICE.items() if f"| {advice} |" not in rows[code]] == []
