"""Words for a decision on their page: drafted, changed, kept by versions, linted, erased with the case."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from cases.identity import Role
from cases.letters.facts import Audience
from cases.record import Case
from tests.console.conftest import Console, claim_next
from tests.console.test_pages import VERDICT


@pytest.fixture
def decided(console: Console) -> tuple[Console, TestClient, Case]:
    """A case that ada has decided; the report's sender is known."""
    case = console.file(reporter="Grace Okonkwo")
    ada = console.sign_in("ada")
    address, token = claim_next(ada)
    assert ada.post(f"{address}/decide", data=VERDICT | {"token": token}).status_code == 303
    return console, ada, case


def test_each_side_gets_a_draft_with_the_facts_filled_in(decided: tuple[Console, TestClient, Case]) -> None:
    _, ada, case = decided
    page = ada.get(f"/cases/{case.id}/words", params={"name": "Painting at Night", "put_up": "2026-01-05"}).text
    assert page.count('name="subject_line"') == 3
    assert page.count("Painting at Night") >= 2
    assert "Grace" not in page
    assert "Okonkwo" not in page
    assert 'name="put_up" value="2026-01-05"' in page
    without = ada.get(f"/cases/{case.id}/words").text
    assert "must be the day on which it was put up" in without


def test_what_is_changed_is_kept_as_a_version_and_the_older_stay(decided: tuple[Console, TestClient, Case]) -> None:
    console, ada, case = decided
    address = f"/cases/{case.id}/words/reporter"
    sent = {"subject_line": "Thank you for telling us", "body": "Hello,\r\n\r\nwe looked at it.", "seen": "1"}
    answer = ada.post(address, data=sent)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/cases/{case.id}/words#reporter")
    [decision] = console.place.store.decisions(case.id)
    history = console.place.store.letters_of(decision.id)[Audience.REPORTER]
    assert [version.number for version in history.versions] == [1, 2]
    assert history.latest.draft.body == "Hello,\n\nwe looked at it."
    assert history.latest.author == "ada"
    assert history.latest.changed > 0.5
    assert "Version 2, ada" in ada.get(f"/cases/{case.id}/words").text
    # Somebody else had it open, too, and changes what is no longer the latest.
    assert ada.post(address, data=sent | {"body": "Other words."}).status_code == 409
    assert len(console.place.store.letters_of(decision.id)[Audience.REPORTER].versions) == 2


def test_a_letter_that_tells_who_reported_is_told_so(decided: tuple[Console, TestClient, Case]) -> None:
    _, ada, case = decided
    sent = {"subject_line": "About your course", "body": "Hello,\n\nG r a c e Okonkwo reported it.", "seen": "1"}
    assert ada.post(f"/cases/{case.id}/words/subject", data=sent).status_code == 303
    page = ada.get(f"/cases/{case.id}/words").text
    assert "<strong>Must:</strong>" in page


def test_an_undecided_case_has_no_words_and_an_empty_letter_is_refused(console: Console) -> None:
    case = console.file()
    ada = console.sign_in("ada")
    assert ada.get(f"/cases/{case.id}/words").status_code == 409
    address, token = claim_next(ada)
    ada.post(f"{address}/decide", data=VERDICT | {"token": token})
    sent = {"subject_line": " ", "body": "Words.", "seen": "1"}
    assert ada.post(f"/cases/{case.id}/words/reporter", data=sent).status_code == 422


def test_letters_go_with_the_cases_text(decided: tuple[Console, TestClient, Case]) -> None:
    console, ada, case = decided
    sent = {"subject_line": "A canary sings", "body": "Canary-8841.", "seen": "1"}
    ada.post(f"/cases/{case.id}/words/reporter", data=sent)
    [decision] = console.place.store.decisions(case.id)
    assert console.place.store.letters_of(decision.id)
    admin = {"Authorization": f"Bearer {console.place.store.add_caller('admin', [Role.ADMIN])}"}
    told = console.client.post("/v1/erasures", json={"case_id": case.id}, headers=admin).json()
    assert told["counts"]["letters"] == 2
    console.client.post("/v1/erasures", json={"case_id": case.id, "confirm": True}, headers=admin)
    assert console.place.store.letters_of(decision.id) == {}
