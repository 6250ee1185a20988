"""The page of new fires, and what the queue says of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cases.fires import Fire, FireEnd, FireId, FireKind, Sighting
from cases.identity import Role
from cases.ids import CaseId
from serving.console.words import fire_in_words
from tests.console.conftest import Console

HOUR = timedelta(hours=1)


def burst(*case_ids: CaseId, expected: float = 1.1) -> Sighting:
    return Sighting(FireKind.BURST_OF_CATEGORY, "hate", HOUR, 14, case_ids, expected, 1e-9, ("legal",))


def test_the_queue_says_that_something_burns_and_the_page_how_unusual_it_is(console: Console) -> None:
    ada = console.sign_in("ada")
    assert "New fire" not in ada.get("/").text
    case = console.file()
    console.place.store.keep_fires([burst(case.id)])
    queue = ada.get("/").text
    assert "New fire:" in queue
    assert "14 cases within an hour; about 1 is usual" in queue
    assert '<a href="/fires">Look at it</a>' in queue
    page = ada.get("/fires").text
    assert "14 cases within an hour; about 1 is usual" in page
    assert f'<a href="/cases/{case.id}" dir="auto">{case.content.title}</a>' in page
    assert '<a href="/?category=hate">' in page
    assert "For Legal" in page
    # An associate may look, and a lead may say that they know.
    assert "I know of it" not in page
    assert "I know of it" in console.sign_in("lee", Role.LEAD).get("/fires").text
    assert console.sign_in("pat", Role.POLICY_OWNER).get("/fires").status_code == 200


def test_a_lead_acknowledges_with_a_note_once(console: Console) -> None:
    store = console.place.store
    [fire_id] = store.keep_fires([burst(console.file().id)]).began
    lee = console.sign_in("lee", Role.LEAD)
    path = f"/fires/{fire_id}/acknowledge"
    assert console.sign_in("ada").post(path, data={"note": "x"}).status_code == 403
    answer = lee.post(path, data={"note": "Legal <b>knows</b>"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/fires")
    [fire] = store.fires(10)
    assert (fire.ended_because, fire.ended_by, fire.note) == (FireEnd.ACKNOWLEDGED, "lee", "Legal <b>knows</b>")
    page = lee.get("/fires").text
    assert "lee knew" in page
    assert "Legal &lt;b&gt;knows&lt;/b&gt;" in page
    assert "Nothing burns." in page
    assert "New fire" not in lee.get("/").text
    told = lee.get("/fires/all.csv").text
    assert f"{fire_id},burst_of_category,hate,,1.0,14,1.1," in told
    assert ",acknowledged,lee,Legal <b>knows</b>" in told
    assert lee.post(path, data={}).status_code == 409
    assert lee.post("/fires/nonsense/acknowledge", data={}).status_code == 404
    assert lee.post(path, data={"note": "x" * 2_001}).status_code == 422


def test_another_teams_cases_and_subject_are_not_named(console: Console) -> None:
    case = console.file()
    assert case.subject is not None
    about = Sighting(FireKind.BURST_ON_SUBJECT, case.subject.id, 24 * HOUR, 12, (case.id,), 0.1, 1e-9)
    console.place.store.keep_fires([about])
    page = console.sign_in("lou", Role.LEAD, queues=["legal"]).get("/fires").text
    assert "A subject of another team" in page
    assert case.id not in page
    assert "Course <bdi>c-1</bdi>" in console.sign_in("ada").get("/fires").text


@pytest.mark.parametrize(
    ("kind", "hours", "count", "expected", "words"),
    [
        ("burst_of_category", 1, 14, 1.1, "14 cases within an hour; about 1 is usual"),
        ("burst_of_category", 24, 1_200, 401.6, "1,200 cases within 24 hours; about 402 are usual"),
        ("burst_on_subject", 1, 12, 0.01, "12 reports within an hour; hardly any is usual"),
        (
            "new_kind", 72, 4, None,
            "4 cases within 3 days that are like each other and like nothing decided so far",
        ),
    ],
)  # fmt: skip
def test_how_unusual_it_is_in_words(kind: str, hours: int, count: int, expected: float | None, words: str) -> None:
    now = datetime(2026, 3, 4, 12, tzinfo=UTC)
    fire = Fire(
        FireId("f"), FireKind(kind), None, None, hours * HOUR, count, expected, None, (), (), now, now, count
    )  # fmt: skip
    assert fire_in_words(fire) == words
