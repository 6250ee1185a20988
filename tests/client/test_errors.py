"""What is raised, and what must be in no error: nothing that was sent, and no key."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import caseload_client
from caseload_client import (
    AsyncClient,
    CaseloadError,
    CaseToScore,
    Client,
    ConflictError,
    InvalidRequestError,
    NewReport,
    NotFoundError,
    Retries,
    StaleLeaseError,
    UnknownPolicyError,
    UnreadableAnswerError,
    Verdict,
    errors,
)
from caseload_client._problems import error_class
from tests.client.asking import KEY, NOON, Asking, StillClock
from tests.client.scripted_server import HANG_UP, Reply, ScriptedServer, answer, problem

CASE = "0198f3a0-0000-7000-8000-000000000001"
CANARY = "canary-" + "9c41e7"
SECRET_REPORT = NewReport(
    source="helpdesk",
    external_id="T-1",
    description=f"Someone wrote {CANARY}.",
    title=CANARY,
    subject_ref=CANARY,
    reporter=CANARY,
    attributes={"seen": CANARY},
)
SECRET_CASE = CaseToScore(description=CANARY, title=CANARY, attributes={"seen": CANARY})
SECRET_VERDICT = Verdict(category="x", severity=1, action="y", reason="z", note=CANARY)
UNSAYABLE: Any = {"seen": {CANARY}}
ONCE = Retries(tries=1)


def test_an_error_says_what_the_service_said_and_which_request_it_was(server: ScriptedServer, asking: Asking) -> None:
    server.script(
        Reply(
            422,
            json.dumps(
                {
                    "type": "/problems/invalid_input", "title": "The request is not as it must be", "status": 422,
                    "code": "invalid_input", "detail": "'severity': must be 1 to 5", "field": "severity",
                    "errors": [{"field": "severity", "message": "must be 1 to 5"}], "added_later": [1],
                    "instance": "urn:caseload:request:r-77",
                }
            ).encode(),
            {"X-Request-Id": "r-77"},
            kind="application/problem+json; charset=utf-8",
        )
    )  # fmt: skip

    with pytest.raises(InvalidRequestError) as caught:
        asking(server.url, lambda c: c.file(SECRET_REPORT))

    error = caught.value
    assert str(error) == (
        "The request is not as it must be: 'severity': must be 1 to 5 (invalid_input, status 422, request r-77)"
    )
    assert (error.status, error.code, error.field, error.request_id) == (422, "invalid_input", "severity", "r-77")
    assert [(one.field, one.message) for one in error.errors] == [("severity", "must be 1 to 5")]


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (409, "stale_lease", StaleLeaseError),
        (409, "conflict", ConflictError),
        (409, "a_code_of_tomorrow", ConflictError),
        (422, "unknown_policy", UnknownPolicyError),
        (404, "no_such_route", InvalidRequestError),
        (404, "not_found", NotFoundError),
        (418, "", InvalidRequestError),
        (599, "", errors.InternalError),
    ],
)
def test_the_code_goes_before_the_status(status: int, code: str, error: type[CaseloadError]) -> None:
    assert error_class(status, code) is error


def test_what_one_does_about_an_error_is_its_parent() -> None:
    tree = {
        "RequestRefusedError": ["InvalidRequestError", "NotFoundError", "UnknownPolicyError"],
        "AccessError": ["ForbiddenError", "UnauthorizedError"],
        "StateMovedError": ["ConflictError", "PreconditionFailedError", "StaleLeaseError"],
        "TryAgainError": [
            "InFlightError", "NotReachedError", "TimedOutError", "TooManyRequestsError", "UnavailableError",
        ],
        "ServiceFaultError": ["InternalError", "UnreadableAnswerError"],
        "WebhookError": [],
    }  # fmt: skip
    found = {
        parent.__name__: sorted(
            name
            for name, kind in vars(errors).items()
            if isinstance(kind, type) and issubclass(kind, parent) and kind is not parent
        )
        for parent in CaseloadError.__subclasses__()
    }
    assert found == tree


def test_an_error_survives_a_copy_and_another_process(server: ScriptedServer, asking: Asking) -> None:
    server.script(problem(404, "not_found", X_Request_Id="r-1"))
    with pytest.raises(NotFoundError) as caught:
        asking(server.url, lambda c: c.case(CASE))

    for again in (copy.copy(caught.value), pickle.loads(pickle.dumps(caught.value))):  # noqa: S301 - our own
        assert (str(again), again.problem, again.request_id) == (str(caught.value), caught.value.problem, "r-1")


Question = Callable[[Any], Any]
LOOKS_LIKE = json.dumps({"status": 422, "title": CANARY, "detail": CANARY, "code": KEY}).encode()
ECHO = json.dumps({"you": "sent", "text": CANARY, "key": KEY}).encode()

FAILURES: dict[str, tuple[Reply, Question]] = {
    "a proxy's page that repeats the body": (Reply(502, ECHO, kind="text/html"), lambda c: c.file(SECRET_REPORT)),
    "a refusal that is no problem document": (Reply(422, ECHO), lambda c: c.file(SECRET_REPORT)),
    "a document that looks like a problem and is none": (Reply(422, LOOKS_LIKE), lambda c: c.file(SECRET_REPORT)),
    "a problem of another status": (
        Reply(400, LOOKS_LIKE, kind="application/problem+json"), lambda c: c.file(SECRET_REPORT),
    ),
    "a problem that says nothing of its own": (
        Reply(422, ECHO, kind="application/problem+json"), lambda c: c.file(SECRET_REPORT),
    ),
    "an answer that is another": (Reply(201, ECHO), lambda c: c.file(SECRET_REPORT)),
    "an answer that is no JSON": (Reply(201, CANARY.encode()), lambda c: c.file(SECRET_REPORT)),
    "an answer of an odd kind": (Reply(302, ECHO, kind=f"text/x{CANARY * 9}"), lambda c: c.file(SECRET_REPORT)),
    "no HTTP": (Reply(raw=f"{CANARY}{KEY}\r\n\r\n".encode()), lambda c: c.file(SECRET_REPORT)),
    "nothing": (HANG_UP, lambda c: c.file(SECRET_REPORT)),
    "an answer cut off": (Reply(201, ECHO, cut_after=30), lambda c: c.file(SECRET_REPORT)),
    "a score that is none": (answer({"scores": [{CANARY: CANARY}]}), lambda c: c.score(SECRET_CASE)),
    "a note that was refused": (Reply(500, ECHO), lambda c: c.bulk_decide([CASE], SECRET_VERDICT)),
    "an id that is a text": (HANG_UP, lambda c: c.case(f"{CANARY} and more")),
    "a filter": (Reply(400, ECHO), lambda c: c.cases(caseload_client.CaseFilter(subject_ref=CANARY))),
    "what JSON cannot say": (
        HANG_UP, lambda c: c.file(replace(SECRET_REPORT, attributes=UNSAYABLE)),
    ),
    "a number that is none": (
        HANG_UP, lambda c: c.score(CaseToScore(description=CANARY, attributes={"x": float("nan"), CANARY: 1})),
    ),
    "an idempotency key": (HANG_UP, lambda c: c.file(SECRET_REPORT, idempotency_key=f"{CANARY}\n")),
}  # fmt: skip


@pytest.mark.parametrize("name", FAILURES)
def test_nothing_that_was_sent_is_in_an_error(
    server: ScriptedServer, asking: Asking, clock: StillClock, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    reply, question = FAILURES[name]
    server.script(reply)

    # At DEBUG httpcore2 quotes a server that speaks no HTTP, and this one speaks of what was sent.
    with caplog.at_level(logging.INFO), pytest.raises((CaseloadError, ValueError)) as caught:
        asking(server.url, question, clock=clock, retries=ONCE)

    said = "".join(traceback.format_exception(caught.value)) + "".join(map(repr, _chain(caught.value)))
    assert CANARY not in said
    assert KEY not in said
    assert KEY not in caplog.text
    assert [record.name for record in caplog.records if record.name.startswith("caseload_client")] == []


def _chain(error: BaseException | None) -> Iterator[object]:
    """The error, what hangs on it, and all that these hold."""
    while error is not None:
        yield error
        yield from vars(error).values()
        error = error.__cause__ or error.__context__


def test_no_module_of_the_client_logs_or_prints() -> None:
    package = Path(caseload_client.__file__).parent
    said = [
        path.name
        for path in package.rglob("*.py")
        for word in ("import logging", "print(", "warnings")
        if word in path.read_text(encoding="utf-8")
    ]
    assert said == []


def test_the_key_is_in_no_repr() -> None:
    with Client("http://127.0.0.1:1", KEY) as client:
        assert repr(client) == "Client('http://127.0.0.1:1')"
        assert KEY not in repr(vars(client))
        with pytest.raises(TypeError):
            json.dumps(vars(client))
    other = AsyncClient("http://127.0.0.1:1/", KEY)
    assert repr(other) == "AsyncClient('http://127.0.0.1:1')"
    assert KEY not in repr(vars(other))


def test_a_value_that_is_shown_shows_no_text() -> None:
    shown = repr(SECRET_REPORT) + repr(SECRET_CASE) + repr(SECRET_VERDICT)
    assert CANARY not in shown
    assert "helpdesk" in shown


@pytest.mark.parametrize("key", ["", "with blank", "line\nbreak", "ключ", "tab\t"])
def test_a_key_that_is_none_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(ValueError, match=rf"^'key' must be .*\(got {len(key)} characters\)") as caught:
        Client("http://127.0.0.1:1", key)
    assert not key or key not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "", "127.0.0.1:3000", "ftp://host", "http://", "http://user:pass@host", "http://host/?a=b", "http://host#x",
        "http://host:99999", "http://ho st",
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match=r"^'base_url' must be") as caught:
        Client(url, KEY)
    assert url in ("", "http://") or url not in str(caught.value)


@pytest.mark.parametrize("wrong", ["", "a b", "a" * 256, "a\x7f", "é", "a\nb"])
def test_an_idempotency_key_that_is_none(asking: Asking, wrong: str) -> None:
    with pytest.raises(ValueError, match=r"^'idempotency_key' must be"):
        asking("http://127.0.0.1:1", lambda c: c.file(SECRET_REPORT, idempotency_key=wrong))


@pytest.mark.parametrize("wrong", [-1, True, "7", 1.5])
def test_a_version_that_is_none(asking: Asking, wrong: object) -> None:
    with pytest.raises(ValueError, match=r"^'version' must be"):
        asking("http://127.0.0.1:1", lambda c: c.assign(CASE, "bob", version=wrong))


def test_an_answer_that_does_not_fit_names_the_place_and_not_the_value(
    server: ScriptedServer, asking: Asking
) -> None:
    server.script(answer({"report_id": "r", "case_id": 7, "created": True}, 201, X_Request_Id="r-9"))

    with pytest.raises(UnreadableAnswerError, match=r"Filed \(case_id: string_type\) \(status 201") as caught:
        asking(server.url, lambda c: c.file(SECRET_REPORT))
    assert caught.value.request_id == "r-9"


def test_what_is_sent_is_as_it_was_said(server: ScriptedServer, asking: Asking) -> None:
    server.script(answer({"report_id": "r", "case_id": CASE, "created": True, "score": None, "unscored": None}, 201))

    asking(
        server.url,
        lambda c: c.file(NewReport(source="a", external_id="b", description="\ud800 é", received_at=NOON)),
        headers=lambda: {
            "traceparent": "00-ab-cd-01",
            "X-Request-Id": "mine",
            "AUTHORIZATION": "no",
            "content-type": "x",
        },
    )

    [came] = server.came
    assert came.json() == {
        "source": "a", "external_id": "b", "description": "\ud800 é", "received_at": "2026-03-04T12:00:00+00:00",
    }  # fmt: skip
    assert (came.headers["authorization"], came.headers["content-type"]) == (f"Bearer {KEY}", "application/json")
    assert (came.headers["traceparent"], came.headers["x-request-id"]) == ("00-ab-cd-01", "mine")
    assert came.headers["user-agent"].startswith("caseload-client")
