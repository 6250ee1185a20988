from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from cases.decision import PastDecision, Verdict
from cases.store import CaseStore
from cli.contract.replay import ReplayAnswer, ReplayedFigure
from tests.cli.conftest import Run
from tests.cli.filed_cases import RECEIVED, file_case, score_case

# Short streams of one person's work: what is asked here is the command, not the figures.
QUICK = ("--load", "0.8", "--staff", "1", "--seeds", "2")

SMALL_POLICY = """\
version: 1
categories:
  - {id: late, name: Late, violation: true, sub_policies: [], usual_severity: [2]}
  - {id: fine, name: Nothing wrong, violation: false, sub_policies: []}
severity:
  - {level: 1, name: high, first_touch: 15m, means: soon}
  - {level: 2, name: low, first_touch: 3d, means: later}
actions:
  - {id: none, name: None, adverse: false}
reasons:
  - {id: clear, text: Clear}
"""


def weights(path: Path, text: str) -> Path:
    path.write_text(f"version: 1\n{text}\n", encoding="utf-8")
    return path


def test_replay_prints_a_row_for_each_order_and_says_that_nobody_starved(run: Run):
    outcome = run("replay", *QUICK)
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert lines[0].startswith("seed, newer half: 3,168 recorded cases, 1 week redrawn, 1 people, 2 seeds")
    for order in (
        "first in, first out",
        "severity-argmax",
        "earliest deadline",
        "argmax-cμ",
        "expected-cμ",
        "caseload",
    ):
        assert any(line.strip().startswith(order) for line in lines)
    assert "bound on waiting held" in outcome.out
    assert "load 0.8" in outcome.err


def test_the_answer_is_the_contracts_and_the_same_each_time(run: Run, tmp_path: Path):
    page = tmp_path / "replay.html"
    answers = [run("replay", *QUICK, "--json", "--html", page).out for _ in range(2)]
    assert answers[0] == answers[1]
    found = ReplayAnswer.model_validate_json(answers[0])
    assert (found.weights, found.against, found.verdict) == ("packaged", None, "")
    (load,) = found.loads
    ours = load.orders[-1]
    assert ours.order == "caseload"
    assert ours.bound is not None
    assert ours.bound.waits_broken == 0
    assert ours.gap_closed["linear"].value is not None
    assert ours.gap_closed["linear"].value > 0.6
    assert set(ours.harm) == {"linear", "step", "quadratic", "deadline"}
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_new_weights_are_held_against_todays(run: Run, tmp_path: Path):
    new, current = weights(tmp_path / "new.yaml", "doubling_hours: 0.1"), weights(tmp_path / "current.yaml", "")
    outcome = run("replay", "--weights", new, "--against", current, *QUICK, "--seeds", "12")
    assert outcome.code == 0
    assert outcome.out.splitlines()[-1] == "today's weights prevent more harm at load 0.8; keep them"
    assert "worse: severity 1 in time" in outcome.out
    answer = json.loads(run("replay", "--weights", new, "--against", current, *QUICK, "--json").out)
    assert answer["schema"] == "caseload.replay/1"
    assert answer["loads"][0]["contrast"]["harm"]["linear"]["value"] > 1.0
    assert answer["loads"][0]["clairvoyant"] == {}


def test_where_no_case_has_to_wait_the_gap_is_none_and_no_file_is_said_to_be_better(run: Run, tmp_path: Path):
    idle = ("--load", "0.01", "--staff", "10", "--seeds", "2")
    page = tmp_path / "replay.html"
    outcome = run("replay", *idle, "--html", page)
    assert outcome.code == 0
    assert "1.0000 (none)" in outcome.out
    assert "nan" not in outcome.out + page.read_text(encoding="utf-8")
    (load,) = ReplayAnswer.model_validate_json(run("replay", *idle, "--json").out).loads
    assert load.orders[-1].gap_closed["linear"] == ReplayedFigure(value=None, low=None, high=None)
    current = weights(tmp_path / "current.yaml", "doubling_hours: 0.1")
    last = run("replay", "--against", current, *idle).out.split("\n")
    assert "at load 0.01 no case had to wait under either, so there is nothing to tell apart in harm" in " ".join(
        last
    )


def test_a_level_that_no_case_has_is_none(run: Run, tmp_path: Path):
    past = tmp_path / "past.csv"
    times = [f"2026-05-04T{hour:02d}:00:00+00:00,{1 + 2 * (hour % 2)}" for hour in range(24)]
    past.write_text("received_at,severity\n" + "\n".join(times), encoding="utf-8")
    outcome = run("replay", "--arrivals", past, *QUICK)
    assert outcome.code == 0
    assert "nan" not in outcome.out
    (load,) = ReplayAnswer.model_validate_json(run("replay", "--arrivals", past, *QUICK, "--json").out).loads
    for by_level in (load.orders[-1].in_time, load.orders[-1].worst_wait_hours):
        assert {level: figure.value is None for level, figure in by_level.items()} == {
            1: False,
            2: True,
            3: False,
            4: True,
        }


def test_a_record_is_replayed_with_what_was_decided(run: Run, store: CaseStore):
    taken = []
    for number in range(8):
        case = file_case(store, number)
        if number % 2:
            score_case(store, case)
        verdict = Verdict("harassment", 1 + number % 4, "warn", "clear_breach")
        taken.append(PastDecision(case.id, verdict, "mei", RECEIVED.replace(year=RECEIVED.year + 1), None, 300.0))
    store.record_past_decisions(taken, actor="test")
    outcome = run("replay", "--arrivals", "record", *QUICK)
    assert outcome.code == 0
    assert "4 of 8 decided cases were decided before a model had judged them" in outcome.err
    assert "record, newer half: 4 recorded cases" in outcome.out


def test_a_decision_that_was_undone_and_one_under_appeal_are_not_replayed(run: Run, store: CaseStore):
    cases = [file_case(store, number) for number in range(6)]
    verdict = Verdict("harassment", 3, "warn", "clear_breach")
    taken = [PastDecision(case.id, verdict, "mei", RECEIVED + timedelta(hours=1), None, 300.0) for case in cases]
    store.record_past_decisions(taken, actor="test")
    store.undo(cases[0].id, by="mei", undo_seconds=1e9)
    store.appeal(cases[1].id, by="reporter")
    outcome = run("replay", "--arrivals", "record", *QUICK)
    assert outcome.code == 0
    assert "4 of 4 decided cases were decided before a model had judged them" in outcome.err
    assert "record, newer half: 2 recorded cases" in outcome.out


def test_under_a_policy_of_other_words_the_written_cases_are_refused(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    past = tmp_path / "past.csv"
    times = [f"2026-05-04T{hour:02d}:00:00+00:00,{1 + hour % 2}" for hour in range(24)]
    past.write_text("received_at,severity\n" + "\n".join(times), encoding="utf-8")
    small = tmp_path / "policy.yaml"
    small.write_text(SMALL_POLICY, encoding="utf-8")
    monkeypatch.setenv("CASELOAD_TAXONOMY", str(small))
    for arrivals in ("seed", past):
        outcome = run("replay", "--arrivals", arrivals, *QUICK)
        assert outcome.code == 2
        assert "'taxonomy' must have the packaged policy's levels and categories" in outcome.err
        assert "choose --arrivals with answers, categories and handling times of your own" in outcome.err
    whole = [f"{row},late,12,0.5,0.5,0.6,0.4" for row in times]
    head = "received_at,severity,category,handling_minutes,p_severity_1,p_severity_2,p_late,p_fine"
    past.write_text(head + "\n" + "\n".join(whole), encoding="utf-8")
    assert run("replay", "--arrivals", past, *QUICK).code == 0


@pytest.mark.usefixtures("store")
def test_an_empty_record_is_said(run: Run):
    outcome = run("replay", "--arrivals", "record", *QUICK)
    assert outcome.code == 2
    assert "'arrivals' must hold two cases or more (got 0)" in outcome.err


def test_a_table_is_replayed(run: Run, tmp_path: Path):
    past = tmp_path / "past.csv"
    times = [
        f"2026-05-{day:02d}T{hour:02d}:00:00+00:00,{1 + (day + hour) % 4}"
        for day in range(4, 9)
        for hour in range(9, 17)
    ]
    past.write_text("received_at,severity\n" + "\n".join(times), encoding="utf-8")
    outcome = run("replay", "--arrivals", past, "--scaled", *QUICK)
    assert outcome.code == 0
    assert "past.csv, newer half: 20 recorded cases, the record under a faster clock" in outcome.out


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--arrivals", "past.xlsx"), "must be seed, record, or a .csv or .parquet file"),
        (("--weights", "none.yaml"), "'weights' must be a readable file"),
        (("--html", "nowhere/replay.html"), "must be in a folder that exists"),
        (("--load", "0"), "'load' must be above 0"),
    ],
)
def test_what_cannot_be_is_refused(run: Run, options: tuple[str, ...], complaint: str):
    outcome = run("replay", "--seeds", "2", *options)
    assert outcome.code == 2
    assert complaint in outcome.err
