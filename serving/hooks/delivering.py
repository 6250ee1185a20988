"""Telling receivers what happens, beside the service: the log is read, and each is sent what it is to be told.

Several services share the work. A receiver that is slow or down keeps nobody waiting but itself: each is served by a
task of its own, and one that takes nothing is left alone for a while.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Self

from prometheus_client import Gauge
from starlette.concurrency import run_in_threadpool

from cases.clock import Clock
from cases.errors import CaseloadError
from cases.settings import Settings
from cases.store import CaseStore
from cases.telling import Told
from cases.webhooks import (
    ENVIRONMENT,
    ClaimedDelivery,
    DeliveryState,
    PauseReason,
    WebhookId,
    checked_url,
    key_of,
)
from serving.chores.pace import Pace, Paced
from serving.hooks.messages import message_body, message_headers
from serving.hooks.posting import Posted, Poster
from serving.observing.logs import logger

# After the first try: 10 s, 30 s, 90 s and so on up to half a day, in all about three days.
PAUSES = (10.0, 30.0, 90.0, 270.0, 810.0, 2_430.0, 7_290.0, 21_870.0, *(43_200.0,) * 5)
# So that those who were refused together do not come again together.
JITTER = 0.2
GONE = 410

AT_ONCE = 8
LEASE = timedelta(seconds=60)
KEEP_DEAD = timedelta(days=30)

IDLE_SECONDS = 1.0
COUNT_SECONDS = 15.0
PURGE_SECONDS = 600.0
# For how long a receiver that took nothing of a batch is left alone, doubled each time.
REST_SECONDS, LONGEST_REST = 2.0, 60.0


@dataclass(slots=True)
class _Rest:
    """How often in a row a receiver took nothing, and until when it is left alone."""

    times: int = 0
    until: float = 0.0


class Delivering:
    """Reads the log and sends what is due.

    Args:
        store: Answers the open store.
        poster: Posts; it is entered while this runs.
        clock: Business time.
        url: Where the environment's receiver is; "" for none.
        secrets: What it is signed with, the newest first.
        keep: For how long what was delivered is kept.
        now: Seconds that only ever grow.

    Raises:
        InvalidInputError: A secret is none.
    """

    def __init__(
        self,
        store: Callable[[], CaseStore],
        poster: Poster,
        clock: Clock,
        *,
        url: str = "",
        secrets: Sequence[str] = (),
        keep: timedelta = timedelta(days=7),
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._poster = poster
        self._clock = clock
        self._url = url
        self._keys = tuple(key_of(secret, field="CASELOAD_WEBHOOK_SECRET") for secret in secrets)
        self._keep = keep
        self._now = now
        self._serving: dict[WebhookId, asyncio.Task[None]] = {}
        self._rests: dict[WebhookId, _Rest] = {}
        self._counted = self._purged = -PURGE_SECONDS
        self._settled = False
        self.paced = Paced("delivering", self._look, Pace(IDLE_SECONDS, COUNT_SECONDS), called="telling receivers")

    @classmethod
    def of_settings(cls, store: Callable[[], CaseStore], settings: Settings, clock: Clock) -> Self:
        """As the settings have it.

        Raises:
            InvalidInputError: The URL or a secret of the environment's receiver is none.
        """
        networks, url = settings.receivers_networks, settings.webhook_url
        return cls(
            store,
            Poster(networks),
            clock,
            url=checked_url(url, networks, field="CASELOAD_WEBHOOK_URL") if url else "",
            secrets=settings.webhook_secret.get_secret_value().split(),
            keep=timedelta(days=settings.webhook_keep_days),
        )

    async def run(self) -> None:
        """Work until cancelled. What is being sent then is sent again by whoever comes after."""
        async with self._poster:
            try:
                await self.paced.run()
            finally:
                for task in self._serving.values():
                    task.cancel()
                await asyncio.gather(*self._serving.values(), return_exceptions=True)

    async def _look(self) -> int:
        read = await run_in_threadpool(self.read)
        await self.start()
        await self._tend()
        return read

    def read(self) -> int:
        """Read on in the log; answers how many events were read.

        Raises:
            CaseloadError: The database does not answer.
        """
        store = self._store()
        if not self._settled:
            store.keep_environment_webhook(self._url)
            self._settled = True
        return store.derive_deliveries()

    async def start(self) -> None:
        """Begin to serve each receiver to which something is due and which is not served yet.

        Raises:
            CaseloadError: The database does not answer.
        """
        self._serving = {who: task for who, task in self._serving.items() if not task.done()}
        for webhook_id in await run_in_threadpool(self._store().due_webhooks):
            rests = self._rests.get(webhook_id)
            if webhook_id not in self._serving and (rests is None or rests.until <= self._now()):
                self._serving[webhook_id] = asyncio.create_task(self._serve(webhook_id))

    async def _serve(self, webhook_id: WebhookId) -> None:
        try:
            await self.serve(webhook_id)
        except CaseloadError as error:
            logger.warning("telling receiver %s waits: %s", webhook_id, type(error).__name__)
        except Exception:  # noqa: BLE001 - logged; the other receivers are told all the same
            logger.exception("telling receiver %s stumbled", webhook_id)

    async def serve(self, webhook_id: WebhookId) -> None:
        """Send the receiver what is due to it, a few at a time, until nothing is or it takes nothing.

        Raises:
            CaseloadError: The database does not answer.
        """
        store = self._store()
        while claimed := await run_in_threadpool(store.claim_deliveries, webhook_id, AT_ONCE, LEASE):
            taken = await asyncio.gather(*(self._send(each) for each in claimed))
            if not any(taken):
                rest = self._rests.setdefault(webhook_id, _Rest())
                rest.until = self._now() + min(LONGEST_REST, REST_SECONDS * 2**rest.times)
                rest.times = min(rest.times + 1, 10)
                return
            self._rests.pop(webhook_id, None)

    async def _send(self, claimed: ClaimedDelivery) -> bool:
        delivery, store = claimed.delivery, self._store()
        body = message_body(delivery.kind, delivery.event_at, claimed.payload)
        headers = message_headers(self._keys_of(claimed), delivery.event_id, int(time.time()), body)
        posted = await self._poster.post(claimed.url, body, headers)
        if posted.taken:
            await run_in_threadpool(store.delivered, delivery, posted.why)
        elif posted.status == GONE:
            logger.warning("receiver %s is gone (410): it is paused", delivery.webhook_id)
            await run_in_threadpool(store.pause_webhook, delivery.webhook_id, PauseReason.GONE)
            await run_in_threadpool(_wait, store, claimed, posted)
        else:
            pause = pause_after(delivery.attempts, posted.retry_after)
            if pause is None:
                logger.error("webhook %s to %s is given up (%s)", delivery.event_id, delivery.webhook_id, posted.why)
            again = None if pause is None else timedelta(seconds=pause)
            await run_in_threadpool(store.not_delivered, delivery, posted.why, again)
        return posted.taken

    def _keys_of(self, claimed: ClaimedDelivery) -> Sequence[bytes]:
        if claimed.delivery.webhook_id == ENVIRONMENT:
            return self._keys
        return [key_of(secret, field="secret") for secret in claimed.secrets]

    async def _tend(self) -> None:
        """Count, and delete what is old, each at its pace."""
        now, store = self._now(), self._store()
        if now - self._counted >= COUNT_SECONDS:
            self._counted = now
            await run_in_threadpool(set_metrics, store, self._clock())
        if now - self._purged >= PURGE_SECONDS:
            self._purged = now
            while await run_in_threadpool(store.purge_deliveries, self._keep, KEEP_DEAD):
                pass


def _wait(store: CaseStore, claimed: ClaimedDelivery, posted: Posted) -> None:
    # It waits for the receiver to be resumed, and has not used up a try.
    store.not_delivered(claimed.delivery, posted.why, timedelta(0), counts=False)


def pause_after(attempts: int, asked: float | None, draw: Callable[[], float] = random.random) -> float | None:
    """After how many seconds a delivery is sent again that was not taken; None where it is given up.

    Args:
        attempts: How often it was sent, from 1.
        asked: For how long the receiver asks to be left alone, seconds; None where it does not.
        draw: A number in [0, 1), by which pauses differ.
    """
    if attempts > len(PAUSES):
        return None
    own = PAUSES[attempts - 1] * (1 + JITTER * (2 * draw() - 1))
    return max(own, asked or 0.0)


@cache
def _gauges() -> tuple[Gauge, Gauge]:
    """Made on first use: what they are called holds for the process. Of several processes the newest counts."""
    return (
        Gauge(
            "caseload_webhook_deliveries",
            "Deliveries by state and kind; those delivered as long as they are kept.",
            ["state", "kind"],
            multiprocess_mode="livemostrecent",
        ),
        Gauge(
            "caseload_webhook_oldest_pending_seconds",
            "How long the oldest delivery has waited that is neither taken nor given up.",
            multiprocess_mode="livemostrecent",
        ),
    )


def set_metrics(store: CaseStore, now: datetime) -> None:
    """Set the metrics of deliveries.

    Raises:
        CaseloadError: The database does not answer.
    """
    counted, oldest = _gauges()
    found = store.delivery_counts()
    there = {(each.state, each.kind): each.count for each in found}
    for state in DeliveryState:
        for kind in Told:
            counted.labels(state.value, kind.value).set(there.get((state, kind.value), 0))
    pending = [each.oldest for each in found if each.state is DeliveryState.PENDING]
    waited = now - min(pending) if pending else timedelta(0)
    oldest.set(max(0.0, waited.total_seconds()))
