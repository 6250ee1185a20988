"""What is counted and logged of requests that do not end well, or pass twice."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from cases.identity import Identity, IdentityKind, Role
from serving.access.guard import IDENTITY
from serving.observing.logs import TOLD
from serving.observing.measures import measures
from serving.observing.requests import Observed

SCOPE = {"type": "http", "method": "GET", "path": "/v1/queue", "headers": []}


def counted(status: str) -> float:
    for family in measures().request_seconds.collect():
        for sample in family.samples:
            labels = {"method": "GET", "route": "/v1/queue", "status": status}
            if sample.name.endswith("_count") and sample.labels == labels:
                return float(sample.value)
    return 0.0


def in_flight() -> float:
    [family] = measures().in_flight.collect()
    return float(family.samples[0].value)


async def _sent(_message: Any) -> None:
    """Somebody takes the answer."""


def ask(app: ASGIApp, **more: Any) -> None:
    async def nothing() -> Any:
        return {"type": "http.disconnect"}

    asyncio.run(app({**SCOPE, **more}, nothing, _sent))


async def answers(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@pytest.mark.parametrize("error", [ZeroDivisionError, asyncio.CancelledError])
def test_a_request_that_gets_no_answer_counts_as_that_and_is_in_flight_no_more(
    error: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    async def breaks(_scope: Scope, _receive: Receive, _send: Send) -> None:
        assert in_flight() == flying + 1
        raise error

    before, flying = counted("none"), in_flight()
    with caplog.at_level(logging.INFO, logger="caseload.access"), pytest.raises(error):
        ask(Observed(breaks))
    assert (counted("none"), in_flight()) == (before + 1, flying)
    [line] = caplog.records
    assert getattr(line, TOLD)["status"] == 0


def test_one_within_another_counts_once() -> None:
    before = counted("2xx")
    ask(Observed(Observed(answers)))
    assert counted("2xx") == before + 1


def test_what_is_no_request_passes_untouched() -> None:
    seen: list[str] = []

    async def lives(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope["type"])

    before = in_flight()
    ask(Observed(lives), type="lifespan")
    assert (seen, in_flight()) == (["lifespan"], before)


def test_a_system_is_named_and_a_person_is_not(caplog: pytest.LogCaptureFixture) -> None:
    for kind in IdentityKind:
        who = Identity("ada", kind, frozenset({Role.LEAD}))

        async def knows(scope: Scope, receive: Receive, send: Send, who: Identity = who) -> None:
            scope[IDENTITY] = who
            await answers(scope, receive, send)

        with caplog.at_level(logging.INFO, logger="caseload.access"):
            ask(Observed(knows))
    told = [getattr(record, TOLD) for record in caplog.records]
    assert [(line["caller_kind"], line.get("caller")) for line in told] == [("caller", "ada"), ("person", None)]
