"""The service seals the log of events beside its work."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import Engine

from cases.errors import DamagedRecordError
from cases.seals import SealKey
from cases.settings import load_settings
from cases.store import CaseStore
from serving.chores.sealing import Sealing
from tests.cases.store.builders import file_one
from tests.cases.store.conftest import engine
from tests.cases.store.tampering import tamper
from tests.serving.conftest import Place, an_api, wait_until

__all__ = ["engine"]

KEY = SealKey(bytes(range(32)))
OTHER_KEY = SealKey(bytes(range(1, 33)))


def test_a_running_service_seals_what_happens(place: Place) -> None:
    settings = load_settings(
        home=place.settings.home, database_url=place.settings.database_url, audit_seconds=1,
        audit_key="AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    )  # fmt: skip
    with an_api(replace(place, settings=settings)):
        file_one(place.store, 1)
        wait_until(lambda: place.store.verify_seals(KEY).sealed >= 1, seconds=30)
        # Not a number: the service itself may add events, that it scored the case.
        sealed = place.store.chain_head().events
        file_one(place.store, 2)
        wait_until(lambda: place.store.chain_head().events > sealed, seconds=30)
    found = place.store.verify_seals(KEY)
    assert found.wrong is None
    assert found.seals >= 2
    assert found.unkeyed == 0


def test_what_has_piled_up_is_sealed_a_batch_at_a_time(store: CaseStore) -> None:
    for number in range(3):
        file_one(store, number)
    sealing = Sealing(lambda: store, None, every=60)
    assert [sealing.step(), sealing.step()] == [True, False]
    assert store.verify_seals().unsealed == 0


def test_a_service_whose_last_seal_is_gone_seals_no_more(store: CaseStore, engine: Engine) -> None:
    file_one(store, 1)
    sealing = Sealing(lambda: store, KEY, every=60)
    assert sealing.step()
    file_one(store, 2)
    tamper(engine, "DELETE FROM seals")
    for _ in range(2):
        with pytest.raises(DamagedRecordError, match="got no seal 1"):
            sealing.step()
    assert store.chain_head().seal == 0


def test_two_services_make_one_chain(store: CaseStore) -> None:
    one, two = (Sealing(lambda: store, KEY, every=60) for _ in range(2))
    for number in range(4):
        file_one(store, number)
        assert [one.step(), two.step(), one.step()] == [True, False, False]
        one, two = two, one
    found = store.verify_seals(KEY)
    assert (found.wrong, found.seals, found.sealed) == (None, 4, 4)


def test_another_key_than_the_chains_is_logged_and_the_work_goes_on(
    store: CaseStore, caplog: pytest.LogCaptureFixture
) -> None:
    file_one(store, 1)
    store.seal(KEY)
    file_one(store, 2)
    sealing = Sealing(lambda: store, OTHER_KEY, every=0.01)
    with caplog.at_level(logging.WARNING, logger="caseload"):
        run_until(sealing, lambda: len(caplog.records) >= 2)
    assert "'CASELOAD_AUDIT_KEY' must be the key that seal 1 was made with (got another)" in caplog.records[0].message
    assert store.chain_head().seal == 1


def run_until(sealing: Sealing, true: Callable[[], bool]) -> None:
    async def run() -> None:
        task = asyncio.create_task(sealing.run())
        await asyncio.to_thread(wait_until, true)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(run())
