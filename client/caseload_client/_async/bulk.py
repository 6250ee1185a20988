"""Deciding many cases alike."""

from __future__ import annotations

from collections.abc import Sequence

from caseload_client._async.sender import AsyncSender
from caseload_client._call import given, id_in_path, posting, reads
from caseload_client.answers_cases import Bulk, BulkPreview
from caseload_client.requests import Verdict, as_body


class AsyncBulkCalls(AsyncSender):
    """1 to 500 cases at once: looked at, decided, undone."""

    async def bulk_preview(self, case_ids: Sequence[str], *, by: str | None = None) -> BulkPreview:
        """What a decision in bulk would find of each case; nothing changes."""
        body = given(case_ids=case_ids, by=by)
        return await self._send(posting("/v1/bulk/preview", reads(BulkPreview), body))

    async def bulk_decide(
        self, case_ids: Sequence[str], verdict: Verdict, *, by: str | None = None, idempotency_key: str | None = None
    ) -> Bulk:
        """Decide those of the cases that are free; the others are left as they are, and `state` says why."""
        body = as_body(verdict) | given(case_ids=case_ids, by=by)
        return await self._send(posting("/v1/bulk/decide", reads(Bulk), body, idempotency_key=idempotency_key))

    async def bulk_undo(self, bulk_id: str, *, by: str | None = None, idempotency_key: str | None = None) -> Bulk:
        """Withdraw a bulk's decisions within the minutes that the service allows.

        Raises:
            ConflictError: It is too late.
        """
        path = f"/v1/bulk/{id_in_path('bulk_id', bulk_id)}/undo"
        return await self._send(posting(path, reads(Bulk), given(by=by), idempotency_key=idempotency_key))
