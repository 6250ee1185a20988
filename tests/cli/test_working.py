from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cases.handling import HoldReason, RankReason
from cases.record import CaseStatus, Rank
from cases.store import CaseStore
from cli.screens import age, in_words, plain
from tests.cli.conftest import Run
from tests.cli.filed_cases import file_case, score_case


def test_the_queue_ranks_cases_and_says_category_and_probability_in_words(run: Run, store: CaseStore):
    late, urgent = file_case(store, 1, title="The late one"), file_case(store, 2, title="The urgent one")
    score_case(store, late, order_key=1.0)
    score_case(store, urgent, order_key=7.5)
    lines = run("queue").out.splitlines()
    assert lines[1].split()[:2] == ["1", urgent.id[-8:]]
    assert "The urgent one" in lines[1]
    assert "Harassment (likely, 70 %)" in lines[1]
    assert "2 high (60 %)" in lines[1]
    # 5.5 for the harm, and five hours of the 96 that double it.
    assert lines[1].split(" h ")[1].split()[0] == "5.6"
    assert lines[2].split()[:2] == ["2", late.id[-8:]]
    assert lines[3] == "2 of 2 undecided cases"


def test_the_queue_says_what_people_did_to_a_case(run: Run, store: CaseStore):
    held, given, ranked = (file_case(store, number, title=f"Number {number}") for number in (1, 2, 3))
    for case in (held, given, ranked):
        score_case(store, case, order_key=1.0)
    _, lease = store.claim(held.id, "ann", 60)
    until = datetime.now(UTC) + timedelta(days=30)
    store.hold(held.id, "ann", lease.token, until, HoldReason.OTHER)
    store.assign(given.id, "bob", by="lead")
    store.set_severity(ranked.id, 1, by="lead", reason=RankReason.OTHER, rank=Rank(9e6, {"by_hand": 9e6}))
    store.move(ranked.id, "legal", by="lead")
    first, *others = run("queue").out.splitlines()[1:4]
    assert "1 critical (by hand)" in first
    assert "by hand" in first.split(" h ")[1]
    assert "[legal] Number 3" in first
    shown = "\n".join(others)
    assert f"[on hold until {until:%d %b %H:%M}] Number 1" in shown
    assert "[for bob] Number 2" in shown
    listed = json.loads(run("queue", "--json").out)["cases"]
    assert listed[0]["severity_set"] == 1
    assert listed[0]["queue"] == "legal"
    assert listed[0]["rank_parts"] == {"by_hand": 9e6}


def test_the_queue_shows_claimed_and_unscored_cases_as_such(run: Run, store: CaseStore):
    file_case(store, 1)
    store.claim_next("mei", 60)
    line = run("queue").out.splitlines()[1]
    assert "not scored yet" in line
    assert "[claimed] Title 1" in line


def test_the_queues_json_keeps_all_digits(run: Run, store: CaseStore):
    third = 1 / 3
    score_case(store, file_case(store, 1), category={"hate": third, "harassment": 1 - third})
    file_case(store, 2)
    answer = json.loads(run("queue", "--json", "--limit", "1").out)
    assert (answer["schema"], answer["length"], len(answer["cases"])) == ("caseload.queue/1", 2, 1)
    score = answer["cases"][0]["score"]
    assert [s["category"] for s in score["categories"]] == ["harassment", "hate"]
    assert score["categories"][1]["probability"] == third
    assert score["severity"]["level"] == 2


@pytest.mark.usefixtures("store")
def test_an_empty_queue_is_said(run: Run):
    assert run("queue").out == "the queue is empty\n"
    assert run("claim", "--as", "mei").out == "the queue is empty\n"
    assert json.loads(run("claim", "--as", "mei", "--json").out)["lease"] is None


def test_a_claim_takes_the_most_urgent_and_shows_text_and_suggestions(run: Run, store: CaseStore):
    score_case(store, file_case(store, 1), order_key=1.0)
    urgent = file_case(store, 2, text="He writes [to] her.")
    score_case(store, urgent, order_key=2.0)
    out = run("claim", "--as", "mei").out
    assert store.case(urgent.id).status is CaseStatus.CLAIMED
    assert "He writes [to] her." in out
    assert "1  Harassment (likely, 70 %)  harassment" in out
    assert "2  Hate (a guess, 20 %)  hate" in out
    assert "the policy raises severity by 1: a minor is involved" in out
    assert f"caseload decide {urgent.id} --as mei --token 1" in out


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"novelty_p": 0.001}, "a new kind"),
        ({"novelty_p": 0.4, "shortlist": tuple("abcdef")}, "6 categories would have to be listed"),
        ({"novelty_p": 0.4, "language": "de"}, "it has not learnt to read de"),
    ],
)
def test_where_the_model_does_not_know_no_guess_is_shown(run: Run, store: CaseStore, said: dict[str, Any], why: str):
    score_case(store, file_case(store, 1), tier="abstain", **said)
    assert "not known" in run("queue").out.splitlines()[1]
    shown = run("claim", "--as", "mei").out
    assert "does not know what it is about" in shown
    assert why in " ".join(shown.split())
    assert "Harassment" not in shown
    assert "severity 2 high" in shown, "how grave it is can be told all the same"


def test_a_claim_finds_a_case_by_the_end_of_its_id(run: Run, store: CaseStore):
    file_case(store, 1)
    second = file_case(store, 2)
    answer = json.loads(run("claim", second.id[-8:], "--as", "mei", "--json").out)
    assert answer["case"]["case_id"] == second.id
    assert answer["case"]["description"] == "He writes to her every night."
    assert answer["lease"]["token"] == 1


def test_a_case_that_another_holds_cannot_be_claimed(run: Run, store: CaseStore):
    case = file_case(store, 1)
    store.claim(case.id, "kwame", 60)
    outcome = run("claim", case.id, "--as", "mei")
    assert outcome.code == 1
    assert "nobody else holds" in outcome.err


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("name", "code", "says"),
    [
        ("01a20afd-0eb1-7a1d-8376-8198bddbc756", 1, "must name a stored case"),
        ("deadbeef", 1, "'CASE' must name one of the first 1,000 undecided cases"),
        ("ef", 2, "'CASE' must be an id or its last 8 characters"),
    ],
)
def test_an_unknown_case_is_said(run: Run, name: str, code: int, says: str):
    outcome = run("claim", name, "--as", "mei")
    assert outcome.code == code
    assert says in outcome.err


def test_the_lease_lasts_as_the_settings_say(run: Run, store: CaseStore, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CASELOAD_LEASE_SECONDS", "1")
    case = file_case(store, 1)
    run("claim", "--as", "mei")
    (claimed,) = [event for event in store.events(case.id) if event.kind == "claimed"]
    assert claimed.actor == "mei"
    assert claimed.data == {"token": 1}


def test_a_text_cannot_command_the_terminal(run: Run, store: CaseStore):
    file_case(store, 1, title="\x1b[2Jgone\x9b31m", text="\x1b]0;owned\x07 right\u202eleft\r\nnext\tline")
    out = run("claim", "--as", "mei").out + run("queue").out
    assert not set("\x1b\x9b\x07\u202e\r") & set(out)
    assert "\ufffd[2Jgone" in out
    assert plain("a\r\nb\tc") == "a\nb\tc"


@pytest.mark.parametrize(
    ("probability", "words"),
    [(1.0, "almost certain, 100 %"), (0.95, "almost certain, 95 %"), (0.5, "likely, 50 %"), (0.0, "a guess, 0 %")],
)
def test_a_probability_in_words(probability: float, words: str):
    assert in_words(probability) == words


@pytest.mark.parametrize(
    ("waited", "shown"),
    [
        (timedelta(seconds=-5), "0 min"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=47), "47 h"),
        (timedelta(hours=48), "2 d"),
    ],
)
def test_an_age_in_its_largest_unit(waited: timedelta, shown: str):
    assert age(waited) == shown
