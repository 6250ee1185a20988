from __future__ import annotations

import logging

import pytest

from serving.observing.request_context import request_id, trace_id, traced
from tests.serving.conftest import Running

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def test_each_answer_names_its_request_by_the_callers_name_or_a_new_one(shared: Running) -> None:
    given = shared.client.get("/health/live", headers={"X-Request-Id": "Zendesk-77_a.b"})
    assert given.headers["X-Request-Id"] == "Zendesk-77_a.b"
    made = {shared.client.get(path).headers["X-Request-Id"] for path in ("/health/live", "/v1/queue", "/nowhere")}
    assert len(made) == 3


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "a/b", "<b>", "a,b"])
def test_what_may_be_more_than_a_name_is_not_believed(shared: Running, given: str) -> None:
    answer = shared.client.get("/health/live", headers={"X-Request-Id": given})
    assert answer.headers["X-Request-Id"] not in ("", given)


def test_a_problem_names_the_request_that_it_was(shared: Running) -> None:
    for url, headers in (("/v1/cases/x", {}), ("/v1/queue", {"Authorization": ""})):
        problem = shared.client.get(url, headers={"X-Request-Id": "r-1", **headers}).json()
        assert problem["instance"] == "urn:caseload:request:r-1"


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ([f"00-{TRACE}-{PARENT}-01"], TRACE),
        ([f"cc-{TRACE}-{PARENT}-01-what-will-be"], TRACE),
        ([f"00-{TRACE}-{PARENT}-01-more"], ""),
        ([f"ff-{TRACE}-{PARENT}-01"], ""),
        ([f"00-{'0' * 32}-{PARENT}-01"], ""),
        ([f"00-{TRACE}-{'0' * 16}-01"], ""),
        ([f"00-{TRACE.upper()}-{PARENT}-01"], ""),
        ([f"00-{TRACE}-{PARENT}-01"] * 2, ""),
        (["x"], ""),
        ([], ""),
    ],
)
def test_a_trace_is_taken_over_where_it_is_valid(given: list[str], wanted: str) -> None:
    assert traced(given) == wanted


def test_what_is_logged_of_a_request_can_be_told_by_its_id_and_trace(
    modelless: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, str]] = []

    class Seeing(logging.Filter):
        def filter(self, _record: logging.LogRecord) -> bool:
            seen.append((request_id.get(), trace_id.get()))
            return True

    monkeypatch.setattr(type(modelless.place.store), "queue", lambda *_args, **_kwargs: 1 / 0)
    seeing = Seeing()
    logging.getLogger("caseload.serving").addFilter(seeing)
    try:
        headers = {"X-Request-Id": "r-2", "traceparent": f"00-{TRACE}-{PARENT}-01"}
        assert modelless.client.get("/v1/queue", headers=headers).status_code == 500
    finally:
        logging.getLogger("caseload.serving").removeFilter(seeing)
    assert ("r-2", TRACE) in seen
