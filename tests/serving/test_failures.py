"""Sign-ins that fail: counted by the address that they come from, and refused unheard where they are too many."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any

import pytest

from cases.identity import Role
from cases.inbound import InboundKind
from serving.access import failures as module
from serving.access.callers import Callers
from serving.access.failures import WINDOW_SECONDS, Failures, Means
from serving.access.proxies import TrustedProxies
from serving.api.problems import RateLimitedError, UnauthorizedError, UnknownPersonError
from tests.serving.conftest import Place, an_api
from tests.serving.test_inbound import GENERIC, GENERIC_SECRET, by_standard
from tests.serving.test_pace import metrics

NO_PROXIES = TrustedProxies((), "x-caseload-person", b"")
SECRET = b"0123456789abcdef" * 3
PROXIES = TrustedProxies((ip_network("10.0.0.0/24"),), "x-caseload-person", SECRET)
Scope = Mapping[str, Any]


def scope_of(peer: str, **headers: str) -> Scope:
    """A request's, from a connection's address; an underscore in a header's name is a dash."""
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"client": (peer, 1), "headers": named}


def fail(failures: Failures, scope: Scope, means: Means = Means.KEY, name: str = "wrong") -> None:
    with pytest.raises(UnauthorizedError), failures.attempt(scope, means, name):
        raise UnauthorizedError("no")


def refused(failures: Failures, scope: Scope, means: Means = Means.KEY, name: str = "right") -> int | None:
    """In how many seconds it is heard; None where it is, and let in."""
    try:
        with failures.attempt(scope, means, name):
            return None
    except RateLimitedError as error:
        return error.retry_after


HERE, THERE = scope_of("192.0.2.1"), scope_of("192.0.2.2")


def test_an_address_that_failed_so_often_is_refused_until_a_minute_after_the_first() -> None:
    now = [0.0]
    failures = Failures(NO_PROXIES, 3, now=lambda: now[0])
    for number in range(3):
        assert failures.addresses() == 0
        fail(failures, HERE, name=f"wrong-{number}")
        now[0] += 10
    assert (refused(failures, HERE), refused(failures, THERE), failures.addresses()) == (30, None, 1)
    now[0] = WINDOW_SECONDS - 0.5
    assert refused(failures, HERE) == 1
    now[0] = WINDOW_SECONDS
    assert (refused(failures, HERE), failures.addresses()) == (None, 0)


def test_what_was_let_in_from_there_is_heard_whatever_others_fail_and_not_from_elsewhere() -> None:
    failures = Failures(NO_PROXIES, 3, now=lambda: 0.0)
    assert refused(failures, HERE, name="cl_the-right-key-of-a-helpdesk") is None
    for number in range(3):
        fail(failures, HERE, name=f"cl_{number}")
        fail(failures, THERE, name=f"cl_{number}")
    assert refused(failures, HERE, name="cl_the-right-key-of-a-helpdesk") is None
    assert refused(failures, HERE, name="cl_another-right-key") == 60
    assert refused(failures, THERE, name="cl_the-right-key-of-a-helpdesk") == 60
    # What it fails itself counts: it was revoked, say.
    for _ in range(3):
        fail(failures, HERE, name="cl_the-right-key-of-a-helpdesk")
    assert refused(failures, HERE, name="cl_the-right-key-of-a-helpdesk") == 60


def test_a_key_is_remembered_by_its_first_characters_alone() -> None:
    failures = Failures(NO_PROXIES, 3, now=lambda: 0.0)
    key = "cl_0123456789abcdef-the-rest-is-secret"
    assert refused(failures, HERE, name=key) is None
    fail(failures, HERE, name=key)
    assert "cl_0123456789abc" in repr(vars(failures))
    assert "secret" not in repr([failures._let_in, failures._of_named._found])  # noqa: SLF001 - what it keeps


def test_means_are_told_apart() -> None:
    failures = Failures(NO_PROXIES, 3, now=lambda: 0.0)
    assert refused(failures, HERE, Means.SIGNATURE, "helpdesk") is None
    for _ in range(3):
        fail(failures, HERE, Means.KEY, "helpdesk")
    assert refused(failures, HERE, Means.SIGNATURE, "helpdesk") is None
    assert refused(failures, HERE, Means.SIGNATURE, "detector") == 60
    assert refused(failures, HERE, Means.PERSON) == 60


def test_an_ipv6_address_is_counted_by_its_network_and_an_ipv4_one_within_one_as_itself() -> None:
    failures = Failures(NO_PROXIES, 1, now=lambda: 0.0)
    fail(failures, scope_of("2001:db8::1"))
    assert refused(failures, scope_of("2001:db8::ffff:1")) == 60
    assert refused(failures, scope_of("2001:db8:0:1::1")) is None
    fail(failures, scope_of("::ffff:192.0.2.9"))
    assert refused(failures, scope_of("192.0.2.9")) == 60


@pytest.mark.parametrize(
    ("peer", "said", "counted"),
    [
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),  # no proxy that is believed
        ("10.0.0.7", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.7", "203.0.113.5, 198.51.100.7", "198.51.100.7"),  # the first is what the client said of itself
        ("10.0.0.7", "198.51.100.7, 10.0.0.8", "198.51.100.7"),  # one proxy behind another
        ("10.0.0.7", "198.51.100.7, unknown", "10.0.0.7"),
        ("10.0.0.7", "10.0.0.9", "10.0.0.9"),
        ("10.0.0.7", "", "10.0.0.7"),
        ("::ffff:10.0.0.7", "198.51.100.7", "198.51.100.7"),
    ],
)
def test_only_a_trusted_proxy_says_whose_address_it_is(peer: str, said: str, counted: str) -> None:
    headers = {"x_forwarded_for": said} if said else {}
    assert PROXIES.asker(scope_of(peer, **headers)) == counted
    failures = Failures(PROXIES, 1, now=lambda: 0.0)
    fail(failures, scope_of(peer, **headers))
    assert refused(failures, scope_of(counted)) == 60


def test_a_proxy_that_has_not_proven_itself_says_nothing_of_its_address() -> None:
    failures = Failures(PROXIES, 2, now=lambda: 0.0)
    for number in range(2):
        fail(failures, scope_of("10.0.0.7", x_forwarded_for=f"198.51.100.{number}"), Means.PERSON)
    assert refused(failures, scope_of("10.0.0.7", x_forwarded_for="198.51.100.9"), Means.PERSON) == 60


def test_no_more_is_kept_than_so_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_REMEMBERED", 5)
    failures = Failures(NO_PROXIES, 2, now=lambda: 0.0)
    for number in range(20):
        fail(failures, scope_of(f"192.0.2.{number}"), name=f"wrong-{number}")
        assert refused(failures, scope_of(f"198.51.100.{number}"), name=f"right-{number}") is None
    kept = (failures._let_in, failures._of_named._found, failures._of_address._found)  # noqa: SLF001 - what it keeps
    assert [len(each) for each in kept] == [5, 5, 5]


def test_many_keys_are_looked_up_no_more_and_the_right_one_is_let_in(place: Place) -> None:
    right = place.store.add_caller("desk", [Role.TOOLING])
    looked: list[object] = []

    def store() -> Any:
        looked.append(1)
        return place.store

    failures = Failures(NO_PROXIES, 5, now=lambda: 0.0)
    callers = Callers(store, NO_PROXIES, failures, now=lambda: 0.0)
    before = metrics()("caseload_sign_ins_refused_total", means="key") or 0

    def ask(key: str) -> str:
        return callers.of_request(scope_of("192.0.2.1", authorization=f"Bearer {key}")).name

    assert ask(right) == "desk"
    for number in range(20):
        with suppress(UnauthorizedError, RateLimitedError):
            ask(f"cl_{number:032}")
    assert len(looked) == 6
    assert ask(right) == "desk"
    assert metrics()("caseload_sign_ins_refused_total", means="key") == before + 15
    with pytest.raises(UnauthorizedError):
        callers.of_request(scope_of("192.0.2.1"))  # without a key nothing is looked up, nor counted


def test_wrong_secrets_of_a_proxy_are_counted_and_a_person_who_is_not_let_in_is_none(place: Place) -> None:
    failures = Failures(PROXIES, 2, now=lambda: 0.0)
    callers = Callers(lambda: place.store, PROXIES, failures)

    def ask(secret: str, peer: str) -> None:
        callers.of_request(scope_of(peer, x_caseload_person="nobody", x_caseload_proxy_secret=secret))

    for _ in range(3):  # the proxy is right, and did nothing wrong
        with pytest.raises(UnknownPersonError):
            ask(SECRET.decode(), "10.0.0.7")
    for _ in range(2):
        with pytest.raises(UnauthorizedError):
            ask("x" * 48, "10.0.0.8")
    with pytest.raises(RateLimitedError):
        ask(SECRET.decode(), "10.0.0.8")


def test_over_http_it_is_429_with_when_to_come_again(place: Place) -> None:
    few = place.settings.model_copy(update={"failed_sign_ins_per_minute": 3})
    place.store.add_inbound("detector", InboundKind.GENERIC, GENERIC_SECRET)
    place.store.add_inbound("other", InboundKind.GENERIC, GENERIC_SECRET)
    with an_api(replace(place, settings=few)) as api:
        body = b'{"external_id": "T-1", "description": "x"}'
        assert api.client.post(GENERIC, content=body, headers=by_standard(body)).status_code == 201
        assert api.client.get("/v1/model").status_code == 200
        wrong = {"Authorization": "Bearer cl_wrong"}
        assert [api.client.get("/v1/model", headers=wrong).status_code for _ in range(4)] == [401, 401, 401, 429]
        answer = api.client.get("/v1/cases", headers={"Authorization": "Bearer cl_other"})
        assert answer.json()["code"] == "rate_limited"
        assert 0 < int(answer.headers["Retry-After"]) <= 60
        assert "cl_other" not in answer.text
        # Both were let in before: neither is in the way of the other's failures.
        assert api.client.get("/v1/model").status_code == 200
        assert api.client.post(GENERIC, content=body, headers=by_standard(body)).status_code == 200
        unknown = api.client.post(GENERIC.replace("detector", "other"), content=body, headers=by_standard(body))
        assert (unknown.status_code, unknown.json()["code"]) == (429, "rate_limited")
        # Unsigned, it is counted with its source.
        forged = by_standard(body, at=datetime(2000, 1, 1, tzinfo=UTC))
        codes = [api.client.post(GENERIC, content=body, headers=forged).status_code for _ in range(4)]
        assert codes == [401, 401, 401, 429]
