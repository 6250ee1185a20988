"""Whether the service is there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from caseload_client._async.sender import AsyncSender
from caseload_client._call import getting, read_document, reads
from caseload_client.answers import Live, Ready
from caseload_client.errors import TryAgainError, UnavailableError

_READY = "ready"
_NOT_READY = 503
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0


class AsyncHealthCalls(AsyncSender):
    """What load balancers ask, too; none of it but `openapi` needs a key."""

    async def live(self) -> Live:
        """That the process answers; asked once, without trying again."""
        return await self._send(replace(getting("/health/live", reads(Live)), open=True, once=True))

    async def ready(self) -> Ready:
        """Whether scores can be had, whichever it is; asked once, without trying again."""
        return await self._ready()

    async def wait_until_ready(self, within: float = 60.0, *, model: bool = True) -> Ready:
        """Wait until a model serves.

        Args:
            within: Seconds to wait for it.
            model: False: until the service answers at all, which is enough for intake, the queue and decisions.

        Raises:
            UnavailableError: It does not yet; the message says what was last seen.
        """
        end = self._clock.monotonic() + within
        pause = _FIRST_PAUSE
        while True:
            try:
                seen = await self._ready(end - self._clock.monotonic())
            except TryAgainError as error:
                last = type(error).__name__
            else:
                if seen.state == _READY or not model:
                    return seen
                last = seen.state
            if self._clock.monotonic() + pause >= end:
                break
            await self._clock.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        raise UnavailableError(
            f"the service must be ready within {within:g} s (got {last}); GET /health/ready says why, and a model "
            "serves once one is promoted"
        )

    async def openapi(self) -> dict[str, Any]:
        """The API's own description, OpenAPI 3.1."""
        return await self._send(getting("/openapi.json", read_document))

    async def _ready(self, within: float | None = None) -> Ready:
        call = replace(getting("/health/ready", reads(Ready)), also=frozenset({_NOT_READY}), open=True, once=True)
        return await self._send(call, within=within)
