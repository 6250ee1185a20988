"""Every operation of docs/api.md has its method, and every method is one of its operations."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from caseload_client import (
    Case,
    CaseToScore,
    Client,
    InternalError,
    Lease,
    NewReport,
    Retries,
    ToErase,
    UnavailableError,
    Verdict,
)
from tests.client.asking import KEY
from tests.client.scripted_server import ScriptedServer, problem
from tests.client.test_public_names import METHODS

DOCUMENT = Path(__file__).parents[2] / "docs" / "api.md"
# BentoML's own route and the metrics are outside the contract that this client is of.
CASE, REPORT, BULK, RECEIVER, ERASURE, DELIVERY = "case-0", "report-0", "bulk-0", "receiver-0", "erasure-0", 17
LATER = datetime(2026, 3, 4, 12, tzinfo=UTC)
LEASE = Lease(case_id=CASE, holder="ada", token=1, expires_at=LATER)
KNOWN = Case.model_construct(case_id=CASE, version=1, status="open")
VERDICT = Verdict(category="spam_promotion", severity=4, action="remove_content", reason="clear_breach")

ASKED: dict[str, Any] = {
    "appeal": lambda c: c.appeal(CASE),
    "assign": lambda c: c.assign(CASE, "bob", version=1),
    "bulk_decide": lambda c: c.bulk_decide([CASE], VERDICT),
    "bulk_preview": lambda c: c.bulk_preview([CASE]),
    "bulk_undo": lambda c: c.bulk_undo(BULK),
    "case": lambda c: c.case(CASE),
    "case_if_changed": lambda c: c.case_if_changed(KNOWN),
    "cases": lambda c: list(c.cases()),
    "cases_page": lambda c: c.cases_page(),
    "claim": lambda c: c.claim(),
    "decide": lambda c: c.decide(LEASE, VERDICT),
    "escalate": lambda c: c.escalate(LEASE, "legal"),
    "events": lambda c: list(c.events(CASE)),
    "events_page": lambda c: c.events_page(CASE),
    "file": lambda c: c.file(NewReport(source="s", external_id="e", description="d")),
    "file_many": lambda c: c.file_many([NewReport(source="s", external_id="e", description="d")]),
    "fires": lambda c: list(c.fires()),
    "fires_page": lambda c: c.fires_page(burning=True),
    "hold": lambda c: c.hold(CASE, until=LATER, reason="other"),
    "live": lambda c: c.live(),
    "merge": lambda c: c.merge(CASE, "case-1"),
    "model": lambda c: c.model(),
    "move": lambda c: c.move(CASE, "main", version=1),
    "openapi": lambda c: c.openapi(),
    "queue": lambda c: list(c.queue()),
    "queue_page": lambda c: c.queue_page(),
    "ready": lambda c: c.ready(),
    "release": lambda c: c.release(LEASE),
    "renew": lambda c: c.renew(LEASE),
    "reopen": lambda c: c.reopen(CASE, "mistake", version=1),
    "resume": lambda c: c.resume(CASE),
    "score": lambda c: c.score(CaseToScore(description="d")),
    "score_many": lambda c: c.score_many([CaseToScore(description="d")]),
    "set_priority": lambda c: c.set_priority(CASE, "high", version=1),
    "set_severity": lambda c: c.set_severity(CASE, 2, version=1),
    "skip": lambda c: c.skip(LEASE, "language"),
    "split": lambda c: c.split(REPORT),
    "unassign": lambda c: c.unassign(CASE, version=1),
    "undo": lambda c: c.undo(CASE, version=1),
    "deliveries": lambda c: list(c.deliveries()),
    "deliveries_page": lambda c: c.deliveries_page(),
    "erase": lambda c: c.erase(ToErase(case_id=CASE)),
    "erasure": lambda c: c.erasure(ERASURE),
    "receivers": lambda c: c.receivers(),
    "replay_delivery": lambda c: c.replay_delivery(DELIVERY),
    "replay_receiver": lambda c: c.replay_receiver(RECEIVER),
    "wait_until_ready": lambda c: c.wait_until_ready(0),
}
# Called by other systems in shapes of their own, signed and without a key.
OF_OTHERS = "/v1/inbound/"


def test_each_operation_has_its_method_and_each_method_its_operation(server: ScriptedServer) -> None:
    assert sorted([*ASKED, "close"]) == METHODS
    documented = set(re.findall(r"^### `(\w+ /[^`]+)`$", DOCUMENT.read_text(encoding="utf-8"), flags=re.MULTILINE))

    asked = _asked(server)

    assert {operation for operation in documented - asked if OF_OTHERS not in operation} == set()
    assert asked - documented <= {"GET /openapi.json"}


def test_each_post_carries_an_idempotency_key_and_no_get_does(server: ScriptedServer) -> None:
    _asked(server)

    assert {came.method for came in server.came} == {"GET", "POST"}
    for came in server.came:
        assert ("idempotency-key" in came.headers) == (came.method == "POST"), came.path


def _asked(server: ScriptedServer) -> set[str]:
    server.script(problem(500, "internal_error"))
    with Client(server.url, KEY, retries=Retries(tries=1)) as client:
        for name, ask in ASKED.items():
            with pytest.raises(UnavailableError if name == "wait_until_ready" else InternalError):
                ask(client)
    return {f"{came.method} {_template(came.path)}" for came in server.came}


def _template(path: str) -> str:
    names = {
        CASE: "{case_id}",
        REPORT: "{report_id}",
        BULK: "{bulk_id}",
        RECEIVER: "{webhook_id}",
        ERASURE: "{erasure_id}",
        str(DELIVERY): "{delivery_id}",
    }
    return "/".join(names.get(part, part) for part in path.partition("?")[0].split("/"))
