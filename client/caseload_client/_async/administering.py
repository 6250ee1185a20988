"""For whoever looks after the service: receivers of events, and erasures."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

from caseload_client._async.sender import AsyncSender
from caseload_client._call import getting, given, id_in_path, posting, reads
from caseload_client._pages import next_cursor, page_params
from caseload_client.answers_admin import DeliveriesPage, Delivery, Erased, Erasure, Receiver, Receivers, Replayed
from caseload_client.requests import DeliveryState, ToErase, as_body


class AsyncAdminCalls(AsyncSender):
    """What an `admin` may."""

    async def receivers(self) -> tuple[Receiver, ...]:
        """The receivers of events, the oldest first, those removed too."""
        return (await self._send(getting("/v1/webhooks", reads(Receivers)))).webhooks

    async def deliveries(
        self, *, state: DeliveryState | None = None, webhook_id: str | None = None, page_size: int = 100
    ) -> AsyncIterator[Delivery]:
        """What receivers are to be told, were told, or could not be told, the newest first, page after page."""
        cursor: str | None = None
        while True:
            page = await self.deliveries_page(state=state, webhook_id=webhook_id, limit=page_size, cursor=cursor)
            for delivery in page.deliveries:
                yield delivery
            cursor = next_cursor(cursor, page.next_cursor)
            if cursor is None:
                return

    async def deliveries_page(
        self,
        *,
        state: DeliveryState | None = None,
        webhook_id: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> DeliveriesPage:
        """One page of deliveries; `cursor` is the `next_cursor` of the one before."""
        params = page_params(limit, cursor) | {"state": state, "webhook_id": webhook_id}
        return await self._send(getting("/v1/webhooks/deliveries", reads(DeliveriesPage), params))

    async def replay_delivery(self, delivery_id: int, *, idempotency_key: str | None = None) -> Delivery:
        """Send one delivery again that was delivered or given up.

        Raises:
            ConflictError: It is pending already, or its receiver was removed.
        """
        path = f"/v1/webhooks/deliveries/{id_in_path('delivery_id', str(delivery_id))}/replay"
        return await self._send(posting(path, reads(Delivery), idempotency_key=idempotency_key))

    async def replay_receiver(
        self, webhook_id: str, *, since: datetime | None = None, idempotency_key: str | None = None
    ) -> Replayed:
        """Send a receiver again all that was given up; with `since`, aware, all that happened from then on."""
        path = f"/v1/webhooks/{id_in_path('webhook_id', webhook_id)}/replay"
        return await self._send(posting(path, reads(Replayed), given(since=since), idempotency_key=idempotency_key))

    async def erase(self, what: ToErase, *, confirm: bool = False, idempotency_key: str | None = None) -> Erased:
        """Erase what people wrote or who they are, for good; without `confirm` only say what would be.

        Raises:
            RequestRefusedError: `what` names none of the four, or several.
        """
        body = {**as_body(what), "confirm": confirm}
        return await self._send(posting("/v1/erasures", reads(Erased), body, idempotency_key=idempotency_key))

    async def erasure(self, erasure_id: str) -> Erasure:
        """The record of an erasure: that it was, when, by whom, how much, and where it has yet to reach."""
        return await self._send(getting(f"/v1/erasures/{id_in_path('erasure_id', erasure_id)}", reads(Erasure)))
