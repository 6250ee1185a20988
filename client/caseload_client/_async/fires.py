"""New fires: what burns, and what burned."""

from __future__ import annotations

from collections.abc import AsyncIterator

from caseload_client._async.sender import AsyncSender
from caseload_client._call import getting, reads
from caseload_client._pages import next_cursor, page_params
from caseload_client.answers_fires import Fire, FiresPage


class AsyncFireCalls(AsyncSender):
    """Bursts, and new kinds of case."""

    async def fires(self, *, burning: bool | None = None, page_size: int = 50) -> AsyncIterator[Fire]:
        """Fires, the newest first, page after page; with `burning` those that burn, or those that are over."""
        cursor: str | None = None
        while True:
            page = await self.fires_page(burning=burning, limit=page_size, cursor=cursor)
            for fire in page.fires:
                yield fire
            cursor = next_cursor(cursor, page.next_cursor)
            if cursor is None:
                return

    async def fires_page(
        self, *, burning: bool | None = None, limit: int = 50, cursor: str | None = None
    ) -> FiresPage:
        """One page of fires; `cursor` is the `next_cursor` of the one before."""
        asked = None if burning is None else str(burning).lower()
        params = page_params(limit, cursor) | {"burning": asked}
        return await self._send(getting("/v1/fires", reads(FiresPage), params))
