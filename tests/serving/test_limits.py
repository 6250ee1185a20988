from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
from fastapi.testclient import TestClient

from cases.identity import Identity, IdentityKind, Role
from serving.access.limits import Limits
from serving.api.problems import RateLimitedError
from serving.app import build_app, build_services
from tests.serving.conftest import Place

DESK = Identity("desk", IdentityKind.CALLER, frozenset())
NAMESAKE = Identity("desk", IdentityKind.PERSON, frozenset())


def refused(limits: Limits, who: Identity = DESK) -> int | None:
    """In how many seconds the next is let in; None where this one is."""
    try:
        with limits.one(who):
            return None
    except RateLimitedError as error:
        return error.retry_after


def test_two_seconds_worth_may_come_at_once_and_then_so_many_a_second() -> None:
    now = [100.0]
    limits = Limits(5, 100, now=lambda: now[0])
    assert [refused(limits) for _ in range(11)] == [None] * 10 + [1]
    assert refused(limits, NAMESAKE) is None  # each has a share of their own
    now[0] += 0.2
    assert [refused(limits) for _ in range(2)] == [None, 1]
    now[0] += 3_600
    assert [refused(limits) for _ in range(11)] == [None] * 10 + [1]


def test_whoever_may_send_one_in_a_minute_is_told_when() -> None:
    now = [0.0]
    limits = Limits(1 / 60, 100, now=lambda: now[0])
    assert [refused(limits) for _ in range(2)] == [None, 60]
    now[0] += 59.5
    assert refused(limits) == 1
    now[0] += 0.6
    assert refused(limits) is None


def test_so_many_are_answered_at_once_and_one_that_broke_makes_room() -> None:
    limits = Limits(1_000, 2)
    with limits.one(DESK):
        with suppress(KeyError), limits.one(DESK):
            assert (refused(limits), refused(limits, NAMESAKE)) == (1, None)
            raise KeyError
        assert refused(limits) is None


@pytest.fixture
def slow(place: Place) -> Iterator[TestClient]:
    """An API that lets each in once in a hundred seconds."""
    settings = place.settings.model_copy(update={"requests_per_second": 0.01})
    with TestClient(build_app(build_services(settings))) as client:
        yield client


def test_beyond_the_share_is_a_problem_that_says_when_and_health_has_none(slow: TestClient, place: Place) -> None:
    keys = [{"Authorization": f"Bearer {place.store.add_caller(name, [Role.LEAD])}"} for name in ("a", "b")]
    assert [slow.get("/v1/queue", headers=key).status_code for key in keys] == [200, 200]
    answer = slow.get("/v1/queue", headers=keys[0])
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert 90 <= int(answer.headers["Retry-After"]) <= 100
    assert {slow.get("/health/live").status_code for _ in range(5)} == {200}
    # Somebody who is not let in has no share to use up.
    assert {slow.get("/v1/queue", headers={"Authorization": "Bearer x"}).status_code for _ in range(3)} == {401}
