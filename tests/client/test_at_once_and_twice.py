"""The client against a real service: many at once, and what is sent twice or too late."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from caseload_client import (
    AsyncClient,
    Client,
    Filed,
    InvalidRequestError,
    PreconditionFailedError,
    Retries,
)
from tests.client.conftest import Service
from tests.client.lossy_relay import lossy_relay
from tests.client.test_against_the_service import VERDICT, a_report, filed

pytestmark = pytest.mark.slow


def test_many_at_once_without_threads(service: Service) -> None:
    async def all_of_them() -> list[Filed]:
        async with AsyncClient(service.url, service.key) as client:
            return await asyncio.gather(*(client.file(a_report()) for _ in range(20)))

    assert len({new.case_id for new in asyncio.run(all_of_them())}) == 20


def test_one_client_serves_many_threads(service: Service) -> None:
    with service.client() as client, ThreadPoolExecutor(8) as threads:
        new = list(threads.map(lambda _: client.file(a_report()), range(40)))

    assert len({filed.case_id for filed in new}) == 40


def test_a_case_that_moved_on_is_not_changed(service: Service) -> None:
    with service.client() as client:
        case = filed(client)
        moved = client.assign(case.case_id, "bob", version=case.version)
        assert moved.version > case.version
        with pytest.raises(PreconditionFailedError):
            client.move(case.case_id, "legal", version=case.version)
        assert client.case_if_changed(moved) is None
        changed = client.case_if_changed(case)
        assert changed is not None
        assert changed.assigned_to == "bob"


def test_the_same_key_is_answered_the_same(service: Service) -> None:
    with service.client() as client:
        case_id = filed(client).case_id
        one = client.claim(case_id=case_id, holder="ada", idempotency_key="claim-1")
        two = client.claim(case_id=case_id, holder="ada", idempotency_key="claim-1")
        assert one is not None
        assert two is not None
        assert one.lease == two.lease
        with pytest.raises(InvalidRequestError) as caught:
            client.claim(case_id=case_id, holder="bob", idempotency_key="claim-1")
        assert caught.value.code == "idempotency_key_reused"
        assert caught.value.request_id


def test_nothing_is_done_twice_where_every_first_answer_is_lost(service: Service) -> None:
    quick = Retries(first_pause=0.01)
    with lossy_relay(service.url) as relay, Client(relay.url, service.key, retries=quick) as client:
        report = a_report()
        new = client.file(report)
        assert new.created
        claim = client.claim(case_id=new.case_id, holder="ada")
        assert claim is not None
        renewed = client.renew(claim.lease, lease_seconds=600)
        decision = client.decide(renewed, VERDICT, version=client.case(new.case_id).version)
        reopened = client.reopen(new.case_id, "mistake", version=client.case(new.case_id).version)
        client.move(new.case_id, "legal", version=reopened.version)

        case = client.case(new.case_id)
        kinds = [event.kind for event in client.events(new.case_id)]

    # Of each of the eight requests; what is asked again is answered.
    assert relay.lost == 8
    assert [one.decision_id for one in case.decisions] == [decision.decision_id]
    assert len(case.reports) == 1
    assert [kind for kind in kinds if kinds.count(kind) > 1] == []
    assert {"reported", "claimed", "decided", "reopened"} <= set(kinds)
