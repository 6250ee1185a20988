from __future__ import annotations

import ast
import inspect
import re
import sys
import tomllib
from pathlib import Path

import pytest

import caseload_client
from caseload_client import AsyncClient, Client, webhooks

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "client" / "caseload_client"

NAMES = [
    "AccessError",
    "AsyncClient",
    "AsyncClock",
    "Bulk",
    "BulkItem",
    "BulkPreview",
    "Case",
    "CaseFilter",
    "CaseSummary",
    "CaseToScore",
    "CaseloadError",
    "CasesPage",
    "Claim",
    "Client",
    "Clock",
    "ConflictError",
    "Content",
    "Decision",
    "DeliveriesPage",
    "Delivery",
    "Erased",
    "Erasure",
    "Event",
    "EventsPage",
    "FieldProblem",
    "FileResult",
    "Filed",
    "Fire",
    "FireEnded",
    "FireStarted",
    "FiresPage",
    "ForbiddenError",
    "InFlightError",
    "InternalError",
    "InvalidRequestError",
    "ItemProblem",
    "Lease",
    "Live",
    "Model",
    "ModelIdentity",
    "NewReport",
    "NotFoundError",
    "NotReachedError",
    "Note",
    "Padding",
    "Precedent",
    "PreconditionFailedError",
    "Priority",
    "Problem",
    "QueueFilter",
    "QueuePage",
    "Raised",
    "Ready",
    "Receiver",
    "Replayed",
    "Report",
    "RequestRefusedError",
    "Retries",
    "Score",
    "ScoreResult",
    "Sentence",
    "ServiceFaultError",
    "Severity",
    "Shown",
    "Signal",
    "Split",
    "StaleLeaseError",
    "StateMovedError",
    "Subject",
    "SuggestedCategory",
    "TimedOutError",
    "ToErase",
    "TooManyRequestsError",
    "TryAgainError",
    "UnauthorizedError",
    "UnavailableError",
    "UnknownPolicyError",
    "UnreadableAnswerError",
    "Unscored",
    "Verdict",
    "WebhookError",
    "Why",
    "Word",
    "webhooks",
]

METHODS = [
    "appeal",
    "assign",
    "bulk_decide",
    "bulk_preview",
    "bulk_undo",
    "case",
    "case_if_changed",
    "cases",
    "cases_page",
    "claim",
    "close",
    "decide",
    "deliveries",
    "deliveries_page",
    "erase",
    "erasure",
    "escalate",
    "events",
    "events_page",
    "file",
    "file_many",
    "fires",
    "fires_page",
    "hold",
    "live",
    "merge",
    "model",
    "move",
    "openapi",
    "queue",
    "queue_page",
    "ready",
    "receivers",
    "release",
    "renew",
    "reopen",
    "replay_delivery",
    "replay_receiver",
    "resume",
    "score",
    "score_many",
    "set_priority",
    "set_severity",
    "skip",
    "split",
    "unassign",
    "undo",
    "wait_until_ready",
]


def test_public_names_are_these() -> None:
    assert sorted(caseload_client.__all__) == sorted(NAMES)
    assert sorted(webhooks.__all__) == ["TOLERANCE", "WebhookError", "WebhookEvent", "read", "verify"]
    assert [name for name in NAMES if not hasattr(caseload_client, name)] == []


def test_both_clients_have_these_methods_with_the_same_arguments() -> None:
    assert _methods(Client) == METHODS
    assert _methods(AsyncClient) == sorted("aclose" if name == "close" else name for name in METHODS)
    for name in METHODS:
        other = "aclose" if name == "close" else name
        assert list(inspect.signature(getattr(Client, name)).parameters) == list(
            inspect.signature(getattr(AsyncClient, other)).parameters
        )
    assert list(inspect.signature(Client).parameters) == list(inspect.signature(AsyncClient).parameters)


def test_each_method_says_what_it_does() -> None:
    assert [name for name in METHODS if not getattr(Client, name).__doc__] == []


def test_the_synchronous_client_is_made_of_the_asynchronous_one() -> None:
    sys.path.insert(0, str(ROOT / "client"))
    try:
        from make_sync import made
    finally:
        sys.path.pop(0)
    written = {path.name: path.read_text(encoding="utf-8") for path in (PACKAGE / "_sync").glob("*.py")}
    assert made() == written, "run python client/make_sync.py"


def test_it_imports_what_it_declares_and_nothing_of_the_service() -> None:
    declared = tomllib.loads((ROOT / "client" / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.split(r"[<>=]", requirement)[0] for requirement in declared["dependencies"]}
    assert names == {"httpx2", "pydantic"}

    imported = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, path
                imported.add(str(node.module).partition(".")[0])
    assert imported - sys.stdlib_module_names == names | {"caseload_client"}


@pytest.mark.parametrize("key", ["requires-python", "license"])
def test_it_is_for_the_pythons_and_under_the_licence_of_the_service(key: str) -> None:
    ours, theirs = (
        tomllib.loads((ROOT / folder / "pyproject.toml").read_text(encoding="utf-8"))["project"][key]
        for folder in ("client", ".")
    )
    assert ours == theirs


def test_what_it_needs_at_least_is_what_is_tested_with() -> None:
    both = {
        folder: dict(
            re.split(r">=", requirement)
            for requirement in tomllib.loads((ROOT / folder / "pyproject.toml").read_text(encoding="utf-8"))[
                "project"
            ]["dependencies"]
            if ">=" in requirement
        )
        for folder in ("client", ".")
    }
    assert both["client"].items() <= both["."].items()


def _methods(client: type) -> list[str]:
    return sorted(name for name, _ in inspect.getmembers(client, callable) if not name.startswith("_"))
