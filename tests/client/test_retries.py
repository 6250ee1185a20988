from __future__ import annotations

import math
import socket
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caseload_client import (
    ConflictError,
    ForbiddenError,
    InFlightError,
    InternalError,
    InvalidRequestError,
    NewReport,
    NotFoundError,
    NotReachedError,
    PreconditionFailedError,
    Retries,
    TimedOutError,
    TooManyRequestsError,
    UnauthorizedError,
    UnavailableError,
    UnreadableAnswerError,
)
from caseload_client._problems import retry_after
from tests.client.asking import NOON, Asking, StillClock
from tests.client.scripted_server import HANG_UP, Reply, ScriptedServer, answer, problem

CASE = "0198f3a0-0000-7000-8000-000000000001"
FILED = answer({"report_id": "r", "case_id": CASE, "created": True, "score": None, "unscored": None}, 201)
REPORT = NewReport(source="helpdesk", external_id="T-1", description="A text.")
LIVE = answer({"status": "alive"})
MODEL = answer(
    {
        "state": "no_model", "reason": "", "model": None, "promoted_at": None, "promoted_by": None,
        "taxonomy_version": 1, "model_taxonomy_version": None, "assembly_version": 2, "encoder_hash": None,
        "categories": [], "unlearned_categories": [], "severity_levels": [],
    }
)  # fmt: skip
ALL_OF_IT, NONE_OF_IT = Retries(jitter=lambda: 1.0), Retries(jitter=lambda: 0.0)


@pytest.mark.parametrize(
    "bad",
    [
        problem(429, "rate_limited"),
        problem(503, "model_loading"),
        problem(409, "idempotency_in_flight"),
        Reply(502, b"<html>Bad gateway</html>", kind="text/html"),
        Reply(504, b"", kind="text/html"),
        HANG_UP,
        Reply(201, FILED.body, cut_after=20),
        Reply(raw=b"\x00\x01 this is no HTTP\r\n\r\n"),
    ],
    ids=lambda reply: str(reply.status) if reply.raw is None else "no answer",
)
def test_a_post_is_sent_again_with_the_same_key_and_body(
    server: ScriptedServer, asking: Asking, clock: StillClock, bad: Reply
) -> None:
    server.script(bad, bad, FILED)

    filed = asking(server.url, lambda c: c.file(REPORT), clock=clock)

    assert filed.case_id == CASE
    assert len(server.came) == 3
    assert len({came.headers["idempotency-key"] for came in server.came}) == 1
    assert len({came.body for came in server.came}) == 1


def test_each_call_has_a_key_of_its_own_and_the_callers_own_goes_before(
    server: ScriptedServer, asking: Asking
) -> None:
    server.script(FILED)

    asking(server.url, lambda c: c.file(REPORT))
    asking(server.url, lambda c: c.file(REPORT))
    asking(server.url, lambda c: c.file(REPORT, idempotency_key="mine-1"))

    first, second, third = (came.headers["idempotency-key"] for came in server.came)
    assert first != second
    assert third == "mine-1"


def test_a_get_carries_no_key_and_is_asked_again(server: ScriptedServer, asking: Asking, clock: StillClock) -> None:
    server.script(HANG_UP, problem(503, "store_unavailable"), MODEL)

    assert asking(server.url, lambda c: c.model(), clock=clock).state == "no_model"
    assert [came.headers.get("idempotency-key") for came in server.came] == [None] * 3


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (problem(401, "unauthorized"), UnauthorizedError),
        (problem(403, "other_queue"), ForbiddenError),
        (problem(404, "not_found"), NotFoundError),
        (problem(409, "conflict"), ConflictError),
        (problem(412, "precondition_failed"), PreconditionFailedError),
        (problem(422, "invalid_input"), InvalidRequestError),
        (problem(428, "precondition_required"), InvalidRequestError),
        (problem(500, "internal_error"), InternalError),
        (Reply(201, b"<p>garbage"), UnreadableAnswerError),
        (Reply(201, b"{}"), UnreadableAnswerError),
        (Reply(302, b"", {"Location": "http://127.0.0.1:1/elsewhere"}), UnreadableAnswerError),
        (Reply(200, b"not gzip", {"Content-Encoding": "gzip"}), UnreadableAnswerError),
    ],
    ids=lambda one: one.__name__ if isinstance(one, type) else "",
)
def test_what_would_be_refused_again_is_asked_once(
    server: ScriptedServer, asking: Asking, clock: StillClock, bad: Reply, error: type[Exception]
) -> None:
    server.script(bad)

    with pytest.raises(error) as caught:
        asking(server.url, lambda c: c.file(REPORT), clock=clock)

    assert type(caught.value) is error
    assert len(server.came) == 1
    assert clock.slept == []


def test_back_off_doubles_up_to_the_longest_pause(server: ScriptedServer, asking: Asking, clock: StillClock) -> None:
    server.script(problem(503, "unavailable"))
    retries = Retries(tries=6, within=1000, first_pause=1, longest_pause=5, jitter=lambda: 1.0)

    with pytest.raises(UnavailableError):
        asking(server.url, lambda c: c.model(), clock=clock, retries=retries)

    assert clock.slept == [1, 2, 4, 5, 5]


@pytest.mark.parametrize("kind", ["seconds", "date"])
def test_nobody_comes_back_before_retry_after(
    server: ScriptedServer, asking: Asking, clock: StillClock, kind: str
) -> None:
    asked = "7" if kind == "seconds" else "Wed, 04 Mar 2026 12:00:07 GMT"
    for retries in (NONE_OF_IT, ALL_OF_IT):
        server.script(problem(429, "busy", Retry_After=asked), MODEL)
        clock.slept.clear()
        asking(server.url, lambda c: c.model(), clock=clock, retries=retries)
        # Not all at once either: chance is added to what was asked.
        assert clock.slept == [7.0 if retries is NONE_OF_IT else 7.5]


def test_who_is_asked_to_wait_beyond_the_deadline_is_told_at_once(
    server: ScriptedServer, asking: Asking, clock: StillClock
) -> None:
    server.script(problem(429, "rate_limited", Retry_After="90", X_Request_Id="r-1"))

    with pytest.raises(TooManyRequestsError) as caught:
        asking(server.url, lambda c: c.model(), clock=clock, retries=Retries(within=60))

    assert (caught.value.retry_after, caught.value.request_id) == (90.0, "r-1")
    assert (len(server.came), clock.slept) == (1, [])


def test_all_tries_and_pauses_end_by_the_deadline(server: ScriptedServer, asking: Asking, clock: StillClock) -> None:
    server.script(problem(409, "idempotency_in_flight", Retry_After="5"))

    with pytest.raises(InFlightError):
        asking(
            server.url, lambda c: c.file(REPORT), clock=clock, retries=Retries(tries=100, within=23, jitter=lambda: 0)
        )

    assert clock.slept == [5, 5, 5, 5]


def test_one_try_is_one_try(server: ScriptedServer, asking: Asking, clock: StillClock) -> None:
    server.script(HANG_UP)

    with pytest.raises(NotReachedError):
        asking(server.url, lambda c: c.model(), clock=clock, retries=Retries(tries=1))

    assert len(server.came) == 1


def test_silence_ends_by_the_time_out(server: ScriptedServer, asking: Asking, clock: StillClock) -> None:
    server.script(Reply(silence=5.0))
    began = time.monotonic()

    with pytest.raises(TimedOutError):
        asking(server.url, lambda c: c.model(), clock=clock, timeout=0.2, retries=Retries(tries=2))

    assert len(server.came) == 2
    assert time.monotonic() - began < 4.0


def test_an_answer_that_drips_ends_by_the_deadline(server: ScriptedServer, asking: Asking) -> None:
    server.script(Reply(body=b" " * 500, drip=0.05))
    began = time.monotonic()

    with pytest.raises(TimedOutError):
        asking(server.url, lambda c: c.model(), timeout=5, retries=Retries(within=0.4))

    assert time.monotonic() - began < 4.0


def test_nobody_at_the_port_is_said_in_the_systems_words(asking: Asking, clock: StillClock) -> None:
    with socket.socket() as taken:
        # Bound and not listened at: nobody else gets the port, and nobody answers.
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(NotReachedError, match="Connection refused"):
            asking(f"http://127.0.0.1:{taken.getsockname()[1]}", lambda c: c.model(), clock=clock)
    assert len(clock.slept) == 5


def test_the_key_goes_nowhere_but_to_the_service(server: ScriptedServer, asking: Asking) -> None:
    # A redirect to the same server: what follows one would send the key along.
    server.script(Reply(307, b"", {"Location": f"{server.url}/elsewhere"}), MODEL)

    with pytest.raises(UnreadableAnswerError, match="status 307"):
        asking(server.url, lambda c: c.model())
    server.script(LIVE)
    asking(server.url, lambda c: c.live())

    assert [came.path for came in server.came] == ["/health/live"]
    assert "authorization" not in server.came[0].headers


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("0", 0.0),
        (" 12 ", 12.0),
        ("9" * 5000, math.inf),
        ("1.5", None),
        ("-3", None),
        ("soon", None),
        ("Wed, 04 Mar 2026 12:01:00 GMT", 60.0),
        ("Wed, 04 Mar 2026 11:00:00 GMT", 0.0),
        ("Wed, 04 Mar 2026 13:01:00 -0000", 3660.0),
        ("Wed, 99 Mar 2026 12:01:00 GMT", None),
    ],
)
def test_retry_after_in_both_forms(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, NOON) == seconds


@given(
    asked=st.none() | st.floats(0, 1e6),
    tried=st.integers(1, 2000),
    left=st.floats(0, 1e4),
    chance=st.floats(0, 1),
)
def test_a_pause_is_within_what_is_left_and_not_before_what_was_asked(
    asked: float | None, tried: int, left: float, chance: float
) -> None:
    retries = Retries(tries=1000, jitter=lambda: chance)

    pause = retries.pause_after(UnavailableError("x", retry_after=asked), tried=tried, left=left)

    if pause is None:
        assert tried >= 1000 or (asked or 0) + retries.longest_pause >= left
    else:
        assert (asked or 0) <= pause < left
        assert pause <= (asked or 0) + min(retries.longest_pause, retries.first_pause * 2.0 ** min(tried - 1, 60))


@pytest.mark.parametrize("wrong", [{"tries": 0}, {"within": 0}, {"first_pause": -1}, {"longest_pause": math.nan}])
def test_retries_that_cannot_be_meant(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=f"'{next(iter(wrong))}' must be"):
        Retries(**wrong)  # type: ignore[arg-type]


def test_the_clocks_of_the_machine_are_the_default() -> None:
    from caseload_client.retries import SystemClock

    assert abs((SystemClock().now() - datetime.now(UTC)).total_seconds()) < 5
