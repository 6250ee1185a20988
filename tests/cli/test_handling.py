from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from cases.decision import Verdict
from cases.ids import new_id
from cases.record import CaseStatus
from cases.store import CaseStore
from tests.cli.conftest import Run
from tests.cli.filed_cases import file_case, score_case

VERDICT = Verdict("harassment", 2, "warn", "clear_breach")
VERDICT_OPTIONS = ("--category", "harassment", "--severity", "2", "--action", "warn", "--reason", "clear_breach")


def one(store: CaseStore, number: int = 1) -> str:
    return file_case(store, number, text=f"He writes to her every night, for the {number}th time.").id


def token(store: CaseStore, case: str, holder: str = "mei") -> str:
    return str(store.claim(case, holder, 60)[1].token)  # type: ignore[arg-type]  # an id


def decided(store: CaseStore, case: str) -> None:
    store.decide(case, VERDICT, holder="mei", token=int(token(store, case)))  # type: ignore[arg-type]


def test_a_case_is_skipped_and_the_line_says_where_it_is(run: Run, store: CaseStore):
    case = one(store)
    done = run("skip", case[-8:], "--as", "mei", "--token", token(store, case), "--reason", "language")
    assert done.out == f"skip: case {case} is open, in queue main\n"
    assert store.claim_next("mei", 60) is None
    again = run("skip", case, "--as", "mei", "--token", "1", "--reason", "language")
    assert (again.code, again.out) == (1, "")
    assert "claim the case again" in again.err


def test_a_hold_takes_a_time_or_how_long_and_resume_ends_it(run: Run, store: CaseStore):
    case = one(store)
    lease = ("--as", "mei", "--token", token(store, case))
    wrong = run("hold", case, *lease, "--until", "a secret", "--reason", "other")
    assert (wrong.code, "secret" in wrong.err) == (2, False)
    for never in ("-4h", "infh", "nand", "400d", "999999999d", "0001-01-01T00:00+14:00", "9999-12-31T23:00-12:00"):
        refused = run("hold", case, *lease, "--until", never, "--reason", "other")
        assert (refused.code, refused.err.count("\n")) == (2, 1)
        assert re.match("caseload: '(--)?until' must be ", refused.err), refused.err
    answer = json.loads(run("hold", case, *lease, "--until", "4h", "--reason", "awaiting_team", "--json").out)
    assert (answer["schema"], answer["did"]) == ("caseload.handled/1", "hold")
    left = datetime.fromisoformat(answer["hold_until"]) - datetime.now(UTC)
    assert timedelta(hours=3.9) < left < timedelta(hours=4)
    assert run("claim", case, "--as", "mei").code == 1
    resumed = run("resume", case, "--as", "eve")
    assert resumed.code == 0
    assert "on hold" not in resumed.out
    later = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    lease = ("--as", "mei", "--token", token(store, case))
    assert "on hold until" in run("hold", case, *lease, "--until", later, "--reason", "other").out


def test_a_case_is_assigned_to_one_and_to_nobody(run: Run, store: CaseStore):
    case = one(store)
    assert "assigned to bob" in run("assign", case, "--to", "bob").out
    assert store.claim_next("mei", 60) is None
    freed = run("assign", case)
    assert freed.code == 0
    assert "assigned" not in freed.out.removeprefix("assign")


def test_a_case_is_escalated_to_a_team_of_the_policy(run: Run, store: CaseStore):
    case = one(store)
    lease = ("--as", "mei", "--token", token(store, case))
    assert run("escalate", case, *lease, "--team", "nowhere").code == 2
    assert "in queue legal" in run("escalate", case, *lease, "--team", "legal", "--note", "look").out
    assert store.notes(case)[0].text == "look"  # type: ignore[arg-type]
    assert run("claim", "--as", "bob", "--queue", "main").out == "the queue is empty\n"
    assert run("queue", "--queue", "main").out == "the queue is empty\n"
    assert case in run("claim", "--as", "bob", "--queue", "main", "--queue", "legal").out
    for command in (("queue",), ("claim", "--as", "bob")):
        refused = run(*command, "--queue", "nowhere")
        assert (refused.code, "'--queue' must be one of" in refused.err) == (2, True)


def test_a_decided_case_is_reopened_appealed_and_reviewed(run: Run, store: CaseStore):
    case = one(store)
    decided(store, case)
    assert "is open" in run("reopen", case, "--reason", "new_evidence").out
    decided(store, case)
    assert "under appeal" in run("appeal", case, "--note", "no", "--as", "u-1").out
    assert run("claim", case, "--as", "mei").code == 1
    lease = ("--as", "bob", "--token", token(store, case, "bob"))
    assert "'outcome'" in run("decide", case, *lease, *VERDICT_OPTIONS).err
    assert run("decide", case, *lease, *VERDICT_OPTIONS, "--outcome", "overturn").code == 0
    assert store.decisions(case)[-1].overturns  # type: ignore[arg-type]


def test_severity_and_priority_are_set_and_taken_back(run: Run, store: CaseStore):
    case = one(store)
    score_case(store, store.case(case))  # type: ignore[arg-type]
    up = json.loads(run("set-severity", case, "--level", "1", "--reason", "misjudged", "--json").out)
    down = json.loads(run("set-severity", case, "--level", "4", "--json").out)
    assert up["severity_set"] == 1
    assert up["order_key"] > down["order_key"]
    first = json.loads(run("set-priority", case, "--name", "first", "--json").out)
    assert first["order_key"] > up["order_key"]
    for what in ("priority", "severity"):
        cleared = run(f"set-{what}", case, "--clear")
        assert cleared.code == 0
        assert what not in cleared.out.removeprefix(f"set-{what}")
    for wrong in (
        ("set-severity", case),
        ("set-severity", case, "--level", "1", "--clear"),
        ("set-severity", case, "--level", "9"),
        ("set-priority", case, "--name", "whenever"),
    ):
        assert run(*wrong).code == 2


def test_cases_are_decided_in_bulk_and_taken_back(run: Run, store: CaseStore):
    free, held = one(store, 1), one(store, 2)
    token(store, held, "bob")
    command = ("bulk-decide", free, held, "--as", "mei", *VERDICT_OPTIONS)
    seen = json.loads(run(*command, "--dry-run", "--json").out)
    assert (seen["bulk_id"], [item["state"] for item in seen["cases"]]) == (None, ["free", "held"])
    lines = run(*command).out.splitlines()
    assert lines[:2] == [f"{free}  free", f"{held}  held"]
    assert lines[2].startswith("1 of 2 cases; bulk ")
    bulk = lines[2].split()[-1]
    assert f"{free}  withdrawn" in run("undo", "--bulk", bulk).out
    assert store.case(free).status is CaseStatus.OPEN  # type: ignore[arg-type]


def test_a_decision_is_undone(run: Run, store: CaseStore):
    case = one(store)
    decided(store, case)
    assert run("undo", case).out == f"undo: case {case} is open, in queue main\n"
    assert run("undo", case).code == 1
    assert run("undo").code == 2
    assert run("undo", case, "--bulk", new_id()).code == 2
    assert run("undo", "--bulk", new_id()).code == 1


@pytest.mark.parametrize("as_json", [True, False])
def test_the_history_tells_who_did_what_and_no_words(run: Run, store: CaseStore, as_json: bool):
    case = one(store)
    decided(store, case)
    out = run("history", case, *(["--json"] if as_json else [])).out
    assert "every night" not in out
    if as_json:
        told = json.loads(out)
        assert [event["kind"] for event in told["events"]] == ["reported", "claimed", "decided"]
    else:
        assert [line.split()[2:4] for line in out.splitlines()] == [
            ["reported", "test"],
            ["claimed", "mei"],
            ["decided", "mei"],
        ]
