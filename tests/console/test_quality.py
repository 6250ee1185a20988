"""Samples, blind second readings, what is settled, golden sets and exercises, as people meet them on pages."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from cases.choices import Choices
from cases.decision import Verdict
from cases.erasure import ErasureKind, ErasureRequest
from cases.event import EventKind
from cases.identity import Role
from cases.quality import SampledState
from cases.record import Case, CaseStatus
from tests.console.conftest import Console
from tests.console.test_overseeing import file_some

DECIDED = Verdict("intellectual_property", 3, "remove_content", "clear_breach")
SAME = {"category": "intellectual_property", "severity": "3", "action": "remove_content"}
_DAY = timedelta(days=1)
OTHER = {"category": "academic_integrity", "severity": "2", "action": "warn"}


def tells(page: str, told: str) -> bool:
    """Whether the page has it as a word of its own: "ada" may well be a part of an id."""
    return re.search(rf"(?<!\w){re.escape(told)}(?!\w)", page) is not None


def decided(console: Console, count: int, *, by: str = "ada", note: str = "") -> list[Case]:
    filed = file_some(console, count)
    for case in filed:
        _, lease = console.place.store.claim(case.id, by, 900)
        console.place.store.decide(case.id, DECIDED, holder=by, token=lease.token, note=note)
    return filed


def draw(console: Console, count: int = 1, lead: str = "lee") -> TestClient:
    """A lead who has drawn so many."""
    visitor = console.sign_in(lead, Role.LEAD)
    answer = visitor.post("/quality/samples", data={"count": str(count), "days": "7", "seed": ""})
    assert (answer.status_code, answer.headers["location"]) == (303, "/quality")
    return visitor


def next_reading(visitor: TestClient) -> str:
    found = re.search(r'href="(/readings/[^"]+)">Read the next', visitor.get("/readings").text)
    assert found is not None
    return found[1]


def read_next(visitor: TestClient, answer: Mapping[str, str]) -> str:
    address = next_reading(visitor)
    assert visitor.post(address, data=answer).headers["location"] == "/readings?kept=true"
    return address


def test_a_lead_draws_and_another_reads_blind(console: Console) -> None:
    [case] = decided(console, 1, note="canary-of-the-decider")
    lee = draw(console)
    sample = console.place.store.samples(1)[0]
    assert (sample.drawn_by, sample.asked, sample.among) == ("lee", 1, 1)
    assert f'<td class="number">{sample.seed}</td>' in lee.get("/quality").text
    assert "None waits for you" in console.sign_in("ada").get("/readings").text
    eve = console.sign_in("eve")
    page = eve.get(next_reading(eve))
    assert page.status_code == 200
    assert case.content.description in html.unescape(page.text)
    for told in ("canary-of-the-decider", "ada", "Suggested", "%", case.id, " selected", " checked"):
        assert not tells(page.text.partition("<main")[2], told), told
    read_next(eve, SAME)
    [one] = [console.place.store.sampled(one.id) for one in console.place.store.read_twice(_DAY)]
    assert (one.state, one.second.reader if one.second else "") == (SampledState.AGREED, "eve")
    assert "<strong>100 %</strong>" in lee.get("/quality").text
    assert "not defined: all gave one and the same category" in lee.get("/quality").text
    drawn, by_category = (lee.get(f"/quality/{name}.csv?days=30").text for name in ("drawn", "categories"))
    assert f",{sample.seed}," in drawn
    assert by_category.splitlines()[1].endswith(",1,1,")


def test_who_decided_it_and_who_does_not_see_it_cannot_read_it(console: Console) -> None:
    decided(console, 1)
    draw(console)
    address = next_reading(console.sign_in("eve"))
    ada = console.sign_in("ada")
    assert ada.get(address).status_code == ada.post(address, data=SAME).status_code == 409
    lou = console.sign_in("lou", Role.ASSOCIATE, queues=["legal"])
    assert "None waits for you" in lou.get("/readings").text
    assert lou.get(address).status_code == 403
    assert lou.post(address, data=SAME).status_code == 403
    assert (
        console.sign_in("lo", Role.LEAD, queues=["legal"])
        .get(address.replace("/readings", "/quality/sampled"))
        .status_code
        == 403
    )


def test_of_two_readers_the_later_is_told_and_loses_nothing_that_was_typed(console: Console) -> None:
    decided(console, 1)
    draw(console)
    eve, bob = console.sign_in("eve"), console.sign_in("bob")
    address = next_reading(bob)
    read_next(eve, SAME)
    typed = OTHER | {"note": "I weighed it <carefully>."}
    late = bob.post(address, data=typed)
    assert late.status_code == 409
    assert "waits for a second reading" in html.unescape(late.text)
    assert "I weighed it &lt;carefully&gt;." in late.text
    assert '<option value="academic_integrity" selected>' in late.text
    assert '<option value="warn" selected>' in late.text
    assert 'value="2" checked' in late.text
    # With the script the page stays as it is, and is given the notice alone.
    notice = bob.post(address, data=typed, headers={"HX-Request": "true"})
    assert (notice.status_code, notice.headers["HX-Retarget"]) == (409, "#notice")
    assert bob.get(address).status_code == 409


def test_two_readings_are_settled_without_names_and_the_decision_stays(console: Console) -> None:
    [case] = decided(console, 1)
    lee = draw(console)
    address = read_next(console.sign_in("eve"), OTHER | {"note": "It is an essay mill."})
    sampled = address.replace("/readings", "/quality/sampled")
    assert f'href="{sampled}"' in lee.get("/quality").text
    page = lee.get(sampled).text.partition("<main")[2]
    assert not re.search(r"\b(eve|ada)\b", page)
    assert "essay mill" in page
    assert case.id not in page
    third = {"chosen": "third", "category": "", "severity": "2", "action": "warn"}
    assert lee.post(sampled, data=third).status_code == 422
    side = "a" if page.index("Academic") < page.index("Intellectual") else "b"
    assert lee.post(sampled, data={"chosen": side, "note": "A mill."}).status_code == 303
    done = lee.get(sampled).text
    assert "eve, the second reading" in done
    assert "ada, the decision" in done
    assert "The decision was otherwise, and stands" in done
    assert console.place.store.decisions(case.id)[0].verdict == DECIDED
    assert console.place.store.case(case.id).status is CaseStatus.DECIDED
    assert "Decided otherwise than was settled" in lee.get("/quality").text
    assert lee.post(sampled, data={"chosen": side}).status_code == 409
    kinds = [event.kind for event in console.place.store.events(case.id)]
    assert kinds[-3:] == [EventKind.SAMPLED, EventKind.READ_AGAIN, EventKind.ADJUDICATED]
    assert lee.post(f"/cases/{case.id}/reopen", data={"reason": "quality_review"}).status_code == 303
    assert console.place.store.case(case.id).status is CaseStatus.OPEN
    assert "The case was opened again since" in lee.get(sampled).text


def test_a_lead_who_is_one_of_the_two_settles_it_only_where_no_other_lead_is_there(console: Console) -> None:
    decided(console, 2)
    eve = console.sign_in("eve", Role.LEAD)
    eve.post("/quality/samples", data={"count": "2", "days": "7", "seed": "5"})
    first, second = (read_next(eve, OTHER).replace("/readings", "/quality/sampled") for _ in range(2))
    assert "it is marked as settled by one of the two" in eve.get(first).text
    assert eve.post(first, data={"chosen": "a"}).status_code == 303
    assert "one of the two readers; no other lead was there" in eve.get(first).text
    console.sign_in("lee", Role.LEAD)
    assert "Not yours to settle" in eve.get(second).text
    assert eve.post(second, data={"chosen": "a"}).status_code == 409
    page = eve.get("/quality").text
    assert "Each person" not in page


def test_the_page_tells_what_is_confused_and_how_each_came_out(console: Console) -> None:
    decided(console, 2)
    lee = draw(console, 2)
    eve = console.sign_in("eve")
    for answer in (OTHER, SAME):
        address = read_next(eve, answer)
        sampled = address.replace("/readings", "/quality/sampled")
        lee.post(sampled, data={"chosen": "third"} | SAME)
    page = lee.get("/quality").text
    assert "<strong>50 %</strong>" in page
    assert "too few to say much" in page
    names = {one.id: one.name for one in console.services.taxonomy.categories}
    row = rf'<th scope="row">{names["intellectual_property"]}</th><td class="number">2</td><td class="number">1</td>'
    assert re.search(row + rf"<td>{names['academic_integrity']} 1</td>", page)
    assert '<th scope="row">ada</th>' in page
    assert '<th scope="row">eve</th>' in page


def test_numbers_that_no_sample_has_are_refused_and_where_there_is_nothing_it_is_said(console: Console) -> None:
    lee = console.sign_in("lee", Role.LEAD)
    assert lee.post("/quality/samples", data={"count": "0", "days": "7"}).status_code == 422
    assert lee.post("/quality/samples", data={"count": "1", "days": "7", "seed": "9" * 20}).status_code == 422
    nothing = lee.post("/quality/samples", data={"count": "1", "days": "7"})
    assert nothing.status_code == 409
    assert "draw again when more is decided" in nothing.text
    assert "Nothing was read twice" in lee.get("/quality").text


def golden(console: Console, lead: TestClient, cases: list[Case]) -> str:
    """A golden set of these cases; answers the page's address that begins it."""
    page = lead.get("/quality/golden", params={"more": "\n".join(case.id for case in cases)}).text
    found = [html.unescape(each) for each in re.findall(r'name="expected" value="([^"]+)"', page)]
    sent = {
        "title": "First weeks",
        "case": [case.id for case in cases],
        "expected": found,
        "explanation": [f"Because of canary-{number}." for number, _ in enumerate(cases)],
    }
    answer = lead.post("/quality/golden", data=sent)
    assert (answer.status_code, answer.headers["location"]) == (303, "/quality#exercises")
    return f"/exercises/{console.place.store.golden_sets()[-1].id}"


def test_an_exercise_is_worked_blind_with_feedback_and_a_score_and_done_again(console: Console) -> None:
    filed = decided(console, 2)
    lee = console.sign_in("lee", Role.LEAD)
    begin = golden(console, lee, filed)
    new = console.sign_in("new")
    assert begin in new.get("/exercises").text
    attempt = new.post(begin).headers["location"]
    for number, answer in enumerate((SAME, OTHER)):
        case = new.get(attempt).headers["location"]
        page = new.get(case).text.partition("<main")[2]
        assert filed[number].content.description in html.unescape(page)
        for told in (f"canary-{number}", "ada", filed[number].id, "Right is", " selected", " checked"):
            assert not tells(page, told), told
        assert new.post(case, data=answer).headers["location"] == case
        assert f"canary-{number}" in new.get(case).text
        assert new.post(case, data=SAME).status_code == 409
    assert "<h2>Otherwise in category, severity, action</h2>" in new.get(case).text
    assert "1 level too severe" in new.get(case).text
    done = new.get(attempt).text
    assert done.count("<strong>50 %</strong>") == 3
    assert "<strong>100 %</strong>" in done
    assert "What was confused with what" in done
    again = new.post(begin).headers["location"]
    assert again != attempt
    page = lee.get("/quality").text
    assert page.count('<th scope="row">new</th>') == 2
    assert "2 of 2" in page
    assert "0 of 2" in page
    for each in filed:
        assert [one.kind for one in console.place.store.events(each.id)][-1] is EventKind.DECIDED
        assert len(console.place.store.decisions(each.id)) == 1
    other = console.sign_in("eve")
    assert other.get(attempt).status_code == other.get(case).status_code == 404


def test_cases_of_other_queues_and_erased_ones_are_not_in_the_exercise_and_it_is_said(console: Console) -> None:
    filed = decided(console, 3)
    lee = console.sign_in("lee", Role.LEAD)
    begin = golden(console, lee, filed)
    lou = console.sign_in("lou", Role.ASSOCIATE, queues=["legal"])
    assert "3 more are of queues that you do not see" in lou.get("/exercises").text
    nothing = lou.post(begin).headers["location"]
    assert "0 answered" in lou.get(nothing).text
    store = console.place.store
    plan = store.plan_erasure(ErasureRequest(ErasureKind.CASE, filed[0].id))
    store.erase_cases(plan, plan.case_ids, store.begin_erasure(ErasureKind.CASE, by="dpo", case_ids=plan.case_ids))
    new = console.sign_in("new")
    assert "2 cases. Of 1 the text was erased." in new.get("/exercises").text
    attempt = new.post(begin).headers["location"]
    gone = f"{attempt}/{store.golden_sets()[0].cases[0].id}"
    assert new.get(gone).status_code == new.post(gone, data=SAME).status_code == 404
    assert new.get(attempt).headers["location"] != gone


def test_a_golden_set_is_chosen_from_what_was_checked_and_what_does_not_fit_is_counted(console: Console) -> None:
    [case] = decided(console, 1)
    lee = draw(console)
    read_next(console.sign_in("eve"), SAME)
    page = lee.get("/quality/golden").text
    assert f'name="case" value="{case.id}"' in page
    assert "two readers agreed" in page
    page = lee.get("/quality/golden", params={"case": case.id, "more": "nonsense 1"}).text
    assert "2 are left out" in page
    assert page.count('name="explanation"') == 1
    sent = {"title": "T", "case": case.id, "expected": "intellectual_property/3/remove_content"}
    assert lee.post("/quality/golden", data=sent | {"explanation": " "}).status_code == 422
    assert lee.post("/quality/golden", data=sent | {"explanation": ["a", "b"]}).status_code == 422
    assert lee.post("/quality/golden", data=sent | {"explanation": "a", "expected": "x"}).status_code == 422
    changed = sent | {"explanation": "a", "expected": "hate/3/remove_content"}
    assert lee.post("/quality/golden", data=changed).status_code == 409
    assert console.place.store.golden_sets() == ()


def test_whoever_is_spared_hard_texts_is_spared_each_of_them_here(console: Console) -> None:
    filed = decided(console, 1)
    lee = draw(console)
    begin = golden(console, lee, filed)
    eve = console.sign_in("eve")
    console.place.store.choose("eve", Choices(blur=True))
    assert 'class="veiled"' in eve.get(next_reading(eve)).text
    attempt = eve.post(begin).headers["location"]
    assert 'class="veiled"' in eve.get(eve.get(attempt).headers["location"]).text
    console.place.store.choose("eve", Choices(blur=False))
    assert 'class="veiled"' not in eve.get(next_reading(eve)).text


@pytest.mark.parametrize("words", [{"category": "colour"}, {"severity": "9"}, {"action": "dance"}])
def test_words_that_the_policy_does_not_have_are_refused(console: Console, words: dict[str, str]) -> None:
    decided(console, 1)
    lee = draw(console)
    eve = console.sign_in("eve")
    address = next_reading(eve)
    assert eve.post(address, data=SAME | words).status_code == 422
    read_next(eve, OTHER)
    sampled = address.replace("/readings", "/quality/sampled")
    assert lee.post(sampled, data={"chosen": "third"} | SAME | words).status_code == 422


def test_pages_about_quality_hold_nothing_inline_and_case_texts_stand_there_as_text(console: Console) -> None:
    hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    case = console.file(title=hostile, description=hostile, attributes={"a": hostile})
    _, lease = console.place.store.claim(case.id, "ada", 900)
    console.place.store.decide(case.id, DECIDED, holder="ada", token=lease.token, note=hostile)
    lee = draw(console)
    eve = console.sign_in("eve")
    reading = next_reading(eve)
    begin = golden(console, lee, [case])
    pages = [eve.get(reading)]
    read_next(eve, OTHER | {"note": hostile})
    attempt = eve.post(begin).headers["location"]
    pages += [eve.get(path) for path in ("/readings", "/exercises", eve.get(attempt).headers["location"])]
    pages += [lee.get(path) for path in ("/quality", reading.replace("/readings", "/quality/sampled"))]
    pages += [lee.get("/quality/golden"), lee.get("/quality/golden", params={"case": case.id})]
    for answer in pages:
        assert answer.status_code == 200
        assert not re.search(r"<script(?![^>]*\ssrc=)|<img src=x|\son\w+=(?!alert)|style=|<style", answer.text)
