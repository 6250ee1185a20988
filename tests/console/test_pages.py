"""The console's pages: what an associate sees and does, as forms send it, without a script."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from cases.choices import Choices
from cases.decision import Suggestion
from cases.event import EventKind
from cases.identity import Role
from cases.record import CaseStatus
from serving.scoring.rankings import Rankings
from tests.console.conftest import Console, claim_next

VERDICT = {
    "category": "intellectual_property", "severity": "3", "action": "remove_content", "reason": "clear_breach",
}  # fmt: skip


def test_the_queue_shows_what_is_next_and_why(console: Console) -> None:
    console.file()
    console.file(external_id="T-2", subject_ref="c-2", title="A child was asked to meet", description="Grooming.")
    page = console.sign_in("ada").get("/")
    assert page.status_code == 200
    assert "Next up" in page.text
    assert "2 cases wait" in page.text
    assert "Claim next" in page.text
    assert page.text.count("<tr id=") == 2
    first = console.place.store.queue(1)[0]
    assert page.text.index(f'href="/cases/{first.id}"') == page.text.index('href="/cases/')


def test_a_case_is_claimed_looked_at_and_decided(console: Console) -> None:
    case = console.file()
    ada = console.sign_in("ada")
    address, token = claim_next(ada)
    assert address == f"/cases/{case.id}"
    page = ada.get(address).text
    assert case.content.description in page
    assert page.count('class="suggestion"') == 3
    score = console.place.store.latest_score(case.id)
    assert score is not None
    offered = page.partition('name="shown" value="')[2].partition('"')[0]
    sent = VERDICT | {
        "token": token,
        "score_id": score.id,
        "shown": offered,
        "note": "Her own recording.",
        "seconds": "31",
    }
    answer = ada.post(f"{address}/decide", data=sent)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/?decided={case.id}")
    [decision] = console.place.store.decisions(case.id)
    assert (decision.decided_by, decision.verdict.category) == ("ada", "intellectual_property")
    assert decision.suggestion_shown
    assert decision.handling_seconds == 31
    assert decision.suggested_rank == (offered.split(",").index("intellectual_property") + 1)
    assert console.place.store.note(decision.id) == "Her own recording."
    assert "Undo" in ada.get(answer.headers["location"]).text


def test_a_decision_is_taken_back_within_its_window_and_the_case_is_theirs_again(console: Console) -> None:
    case = console.file()
    ada = console.sign_in("ada")
    address, token = claim_next(ada)
    ada.post(f"{address}/decide", data=VERDICT | {"token": token})
    assert console.place.store.case(case.id).status is CaseStatus.DECIDED
    answer = ada.post(f"{address}/undo")
    assert answer.headers["location"] == address
    assert console.place.store.case(case.id).status is CaseStatus.CLAIMED
    assert 'id="decision"' in ada.get(address).text


def test_on_the_blind_slice_nothing_is_suggested_until_it_is_decided(blind: Console) -> None:
    case = blind.file()
    ada = blind.sign_in("ada")
    address, token = claim_next(ada)
    page = ada.get(address).text
    assert 'class="suggestion"' not in page
    assert "you decide before you see a suggestion" in page
    assert "shown once you have decided" in ada.get(f"{address}/why").text
    score = blind.place.store.latest_score(case.id)
    assert score is not None
    offered = page.partition('name="shown" value="')[2].partition('"')[0]
    assert len(offered.split(",")) == 3
    sent = VERDICT | {"token": token, "score_id": score.id, "shown": offered, "hidden": "true"}
    after = ada.get(ada.post(f"{address}/decide", data=sent).headers["location"]).text
    [decision] = blind.place.store.decisions(case.id)
    assert decision.suggestion is Suggestion.UNAIDED
    assert not decision.suggestion_shown
    assert decision.suggested_rank is not None
    assert "The suggestion, hidden from you on this case" in after


def test_the_reasons_mark_sentences_of_the_text_and_name_precedents(console: Console) -> None:
    case = console.file(description="Hello there. Lecture four of this course is my own recording. Kind regards.")
    why = console.sign_in("ada").get(f"/cases/{case.id}/why")
    assert why.status_code == 200
    assert '<mark class="w3">' in why.text
    assert "Cases like it" in why.text


@pytest.mark.parametrize(
    ("what", "form", "kind"),
    [
        ("skip", {"skip_reason": "language"}, EventKind.SKIPPED),
        ("hold", {"hold_reason": "awaiting_reporter", "lasting": "4h"}, EventKind.HELD),
        ("escalate", {"team": "legal", "told": "A letter from their lawyer."}, EventKind.ESCALATED),
        ("release", {}, EventKind.RELEASED),
    ],
)
def test_what_is_not_decided_is_given_back_kept_back_or_sent_on(
    console: Console, what: str, form: dict[str, str], kind: EventKind
) -> None:
    case = console.file()
    ada = console.sign_in("ada")
    address, token = claim_next(ada)
    answer = ada.post(f"{address}/{what}", data=form | {"token": token})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert kind in {event.kind for event in console.place.store.events(case.id)}


def test_a_claim_that_ended_is_told_and_changes_nothing(console: Console) -> None:
    case = console.file()
    ada, eve = console.sign_in("ada"), console.sign_in("eve")
    address, token = claim_next(ada)
    console.place.store.release(case.id, "ada", int(token))
    eve.post(f"{address}/claim")
    answer = ada.post(f"{address}/decide", data=VERDICT | {"token": token})
    assert answer.status_code == 409
    assert "The lease is no longer yours" in answer.text
    assert console.place.store.decisions(case.id) == ()
    # A page that is open gets the notice alone, so that what was typed stays.
    inside = ada.post(f"{address}/decide", data=VERDICT | {"token": token}, headers={"HX-Request": "true"})
    assert (inside.status_code, inside.headers["hx-retarget"]) == (409, "#notice")
    assert "<html" not in inside.text


def test_claim_next_passes_over_what_somebody_is_spared_and_what_they_skipped(console: Console) -> None:
    store = console.place.store
    for number in range(4):
        console.file(external_id=f"T-{number}", subject_ref=f"c-{number}")
    scores = store.latest_scores([case.id for case in store.queue(9)])
    likely = {max(score.category, key=lambda name: score.category[name]) for score in scores.values()}
    ada = console.sign_in("ada")
    store.choose("ada", Choices(avoid=tuple(likely)))
    assert ada.post("/claim").headers["location"] == "/?nothing=true"
    assert "Nothing is left for you" in ada.get("/?nothing=true").text
    store.choose("ada", Choices(avoid=("self_harm",)))
    address, token = claim_next(ada)
    ada.post(f"{address}/skip", data={"token": token, "skip_reason": "other"})
    assert claim_next(ada)[0] != address


def test_what_somebody_chooses_is_kept_for_them_alone(console: Console) -> None:
    ada, eve = console.sign_in("ada"), console.sign_in("eve")
    chosen = {"theme": "dark", "greyscale": "true", "avoid": ["hate", "no_such"]}
    assert ada.post("/choices", data=chosen).status_code == 303
    assert console.place.store.choices_of("ada") == Choices(
        theme=Choices().theme.DARK, keys=False, blur=False, greyscale=True, avoid=("hate",)
    )
    assert 'data-theme="dark"' in ada.get("/").text
    assert 'data-theme="system"' in eve.get("/").text


def test_the_text_of_what_the_policy_calls_sensitive_is_blurred_until_asked_for(console: Console) -> None:
    case = console.file()
    score = console.place.store.latest_score(case.id)
    assert score is not None
    likeliest = max(score.category, key=lambda category: score.category[category])
    ada, policy = console.sign_in("ada"), console.services.ranking.taxonomy
    for sensitive in (True, False):
        marked = [dataclasses.replace(c, sensitive=sensitive and c.id == likeliest) for c in policy.categories]
        taxonomy = dataclasses.replace(policy, categories=tuple(marked))
        rankings = Rankings(dataclasses.replace(console.services.ranking, taxonomy=taxonomy))
        console.client.app.state.services = dataclasses.replace(console.services, rankings=rankings)  # type: ignore[attr-defined]
        assert ('class="veiled"' in ada.get(f"/cases/{case.id}").text) == sensitive
        assert ada.get("/choices").text.count("Spare me") == sensitive


def test_a_view_is_saved_shown_and_removed(console: Console) -> None:
    ada = console.sign_in("ada")
    ada.post("/views", data={"name": "Urgent", "query": "severity=1"})
    assert '<a class="chip" href="/?severity=1">Urgent</a>' in ada.get("/").text
    ada.post("/views/remove", data={"name": "Urgent"})
    assert "Urgent" not in ada.get("/").text
    assert ada.post("/views", data={"name": " ", "query": ""}).status_code == 422


def test_a_case_is_found_by_ids_and_by_words_of_its_title(console: Console) -> None:
    case = console.file(title="The 100% real course_name")
    console.file(external_id="T-2", subject_ref="c-2", title="Another")
    ada = console.sign_in("ada")
    assert ada.get("/", params={"q": case.id}).headers["location"] == f"/cases/{case.id}"
    for words in ("T-1", "c-1", "COURSE_NAME real", "100%"):
        page = ada.get("/", params={"q": words}).text
        assert page.count("<tr id=") == 1, words
        assert f"/cases/{case.id}" in page
    assert "Nothing is called so" in ada.get("/", params={"q": "100_"}).text


def test_the_queue_downloads_as_a_spreadsheet_in_which_nothing_runs(console: Console) -> None:
    console.file(title="=1+1")
    ada = console.sign_in("ada")
    csv = ada.get("/queue.csv")
    assert csv.headers["content-disposition"] == 'attachment; filename="queue.csv"'
    assert "'=1+1" in csv.text
    excel = ada.get("/queue.xlsx")
    assert excel.content.startswith(b"PK")
    assert ada.get("/queue.exe").status_code == 404


def test_the_subjects_history_counts_breaches(console: Console) -> None:
    console.file()
    ada = console.sign_in("ada")
    address, token = claim_next(ada)
    ada.post(f"{address}/decide", data=VERDICT | {"token": token})
    again = console.file(external_id="T-2", description="Another lecture of it is copied, too.", title="Again")
    page = ada.get(f"/cases/{again.id}").text
    assert "<strong>1</strong> breach decided before" in page
    assert "1 other case" in page


def test_an_appeal_asks_for_its_outcome(console: Console) -> None:
    case = console.file()
    ada, eve = console.sign_in("ada"), console.sign_in("eve", Role.LEAD)
    address, token = claim_next(ada)
    ada.post(f"{address}/decide", data=VERDICT | {"token": token})
    console.place.store.appeal(case.id, by="instructor")
    eve.post(f"{address}/claim")
    page = eve.get(address)
    assert 'name="outcome" value="uphold"' in page.text
    token = page.text.partition('name="token" value="')[2].partition('"')[0]
    assert eve.post(f"{address}/decide", data=VERDICT | {"token": token}).status_code == 422
    assert eve.post(f"{address}/decide", data=VERDICT | {"token": token, "outcome": "uphold"}).status_code == 303


def test_clocks_and_holds_are_in_words(console: Console) -> None:
    case = console.file()
    ada = console.sign_in("ada")
    store = console.place.store
    _, lease = store.claim(case.id, "ada", 900)
    store.hold(case.id, "ada", lease.token, store._db.clock() + timedelta(hours=5), "awaiting_team")  # noqa: SLF001
    page = ada.get(f"/cases/{case.id}").text
    assert "On hold, to come back in 4 h" in page
    assert ada.post(f"/cases/{case.id}/resume").status_code == 303
    assert "Claim it" in ada.get(f"/cases/{case.id}").text


def test_choices_of_a_later_version_are_read(console: Console) -> None:
    told = dataclasses.asdict(Choices(keys=False)) | {"sound": "on"}
    assert Choices.from_dict(told) == Choices(keys=False)
    assert Choices.from_dict({}) == Choices()
    assert console.place.store.choices_of("nobody") == Choices()


def test_fields_of_a_filter_that_are_left_alone_filter_nothing(console: Console) -> None:
    console.file()
    ada = console.sign_in("ada")
    empty = dict.fromkeys(("q", "queue", "severity", "category", "status", "cursor", "decided"), "")
    page = ada.get("/", params=empty)
    assert (page.status_code, page.text.count("<tr id=")) == (200, 1)
    assert ada.get("/", params=empty | {"severity": "one"}).status_code == 422
    assert ada.get("/", params=empty | {"queue": "nowhere"}).status_code == 422
