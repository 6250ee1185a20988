"""What leads, policy owners and data scientists look at."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases.decision import SuggestionShown, Verdict
from cases.identity import Role
from cases.record import Case
from cases.store import Blind
from serving.console.overseeing.shares import share_of
from tests.console.conftest import Console, claim_next
from tests.console.test_pages import VERDICT


def decide_all(console: Console, name: str, *categories: str) -> None:
    """`name` claims and decides a case for each category, as the page's form does."""
    visitor = console.sign_in(name)
    for category in categories:
        address, token = claim_next(visitor)
        page = visitor.get(address).text
        told = {
            field: page.partition(f'name="{field}" value="')[2].partition('"')[0]
            for field in ("score_id", "shown", "hidden")
        }
        sent = VERDICT | told | {"token": token, "category": category, "seconds": "120"}
        assert visitor.post(f"{address}/decide", data=sent).status_code == 303


def file_some(console: Console, count: int) -> list[Case]:
    return [console.file(external_id=f"T-{n}", subject_ref=f"c-{n}") for n in range(count)]


def test_the_team_page_tells_what_waits_who_holds_what_and_who_did_what(console: Console) -> None:
    file_some(console, 4)
    decide_all(console, "ada", "intellectual_property", "academic_integrity")
    claim_next(console.sign_in("eve"))
    page = console.sign_in("lee", Role.LEAD).get("/team").text
    assert '<th scope="row">ada</th><td class="number">2</td>' in page
    assert "of 2</td>" in page
    assert '<td class="number">2.0</td>' in page
    assert "eve: <a href=" in page
    assert "Claimed" in page
    assert console.sign_in("ann").get("/team").status_code == 403


def test_another_teams_title_is_not_on_a_leads_page(console: Console) -> None:
    [case] = file_some(console, 1)
    claim_next(console.sign_in("eve"))
    page = console.sign_in("lou", Role.LEAD, queues=["legal"]).get("/team").text
    assert case.content.title not in page
    assert "Nobody holds a case." in page


def test_the_model_is_judged_where_nobody_saw_what_it_said(blind: Console) -> None:
    file_some(blind, 3)
    score = blind.place.store.latest_scores([case.id for case in blind.place.store.queue(3)])
    [*ranked] = sorted(next(iter(score.values())).category.items(), key=lambda each: -each[1])
    first, second = ranked[0][0], ranked[1][0]
    decide_all(blind, "ada", first, second, "academic_integrity")
    slice_ = {each.category: each for each in blind.place.store.blind_slice(timedelta(days=1))}
    assert slice_[first] == Blind(first, 1, 1, 1)
    assert slice_[second] == Blind(second, 1, 0, 1)
    assert slice_["academic_integrity"] == Blind("academic_integrity", 1, 0, 0)
    page = blind.sign_in("dee", Role.DATA_SCIENTIST).get("/model").text
    assert "<strong>33 %</strong>" in page
    assert "<strong>67 %</strong>" in page
    assert "too few to say much" in page


def test_a_model_that_abstained_is_not_taken_for_one_that_was_hidden(console: Console) -> None:
    [case] = file_some(console, 1)
    store = console.place.store
    score = store.latest_score(case.id)
    assert score is not None
    _, lease = store.claim(case.id, "ada", 900)
    verdict = Verdict("hate", 2, "warn", "clear_breach")
    nothing = SuggestionShown(score.id, ())
    decision = store.decide(case.id, verdict, holder="ada", token=lease.token, shown=nothing)
    assert not decision.suggestion_shown
    assert store.blind_slice(timedelta(days=1)) == []


def test_what_was_decided_with_a_suggestion_in_sight_is_no_part_of_the_blind_slice(console: Console) -> None:
    file_some(console, 1)
    decide_all(console, "ada", "intellectual_property")
    assert console.place.store.blind_slice(timedelta(days=1)) == []
    page = console.sign_in("dee", Role.DATA_SCIENTIST).get("/model").text
    assert page.count("not known yet") == 2
    assert "no accuracy" in page


def test_the_policy_is_there_in_words(console: Console) -> None:
    page = console.sign_in("pat", Role.POLICY_OWNER).get("/policy").text
    taxonomy = console.services.taxonomy
    for category in taxonomy.categories:
        assert f'id="c-{category.id}"' in page
    assert "a minor is involved" in page
    assert "First touch within 15 min" in page


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"), [(0, 10, 0.0, 0.278), (10, 10, 0.722, 1.0), (1, 2, 0.095, 0.905)]
)
def test_a_share_has_its_interval(hits: int, of: int, low: float, high: float) -> None:
    share = share_of(hits, of)
    assert share is not None
    assert share.few
    assert (share.interval.low, share.interval.high) == pytest.approx((low, high), abs=0.001)
    assert share_of(0, 0) is None
