"""How a call is sent, and sent again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self, TypeVar

import httpx2
from pydantic import SecretStr

from caseload_client._address import bearer, service_root, user_agent
from caseload_client._call import Call, Received
from caseload_client._problems import error_of, not_reached
from caseload_client.errors import CaseloadError, TimedOutError, UnreadableAnswerError
from caseload_client.retries import Clock, Retries, SystemClock

T = TypeVar("T")

_CONNECT_SECONDS = 5.0


class Sender:
    """What all calls go through.

    Args:
        base_url: Where the service is, as it prints it: "http://127.0.0.1:3000".
        key: What `caseload caller add` printed; it is in no repr and no error.
        timeout: Seconds that the service may be silent within one try; connecting may take 5.
        retries: How often and for how long a call is tried again.
        headers: Asked before each call for headers to send along, such as a `traceparent` or an `X-Request-Id`.
        clock: The time; a test's stands still.
        http: The connections, with proxies, certificates and the like; whoever gives them closes them.

    Raises:
        ValueError: One of these cannot be meant.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        timeout: float = 60.0,
        retries: Retries | None = None,
        headers: Callable[[], Mapping[str, str]] | None = None,
        clock: Clock | None = None,
        http: httpx2.Client | None = None,
    ) -> None:
        if not timeout > 0:
            raise ValueError(f"'timeout' must be above 0 seconds (got {timeout}); leave it out for 60")
        self._root = service_root(base_url)
        self._bearer = SecretStr(bearer(key))
        self._timeout = timeout
        self._retries = retries or Retries()
        self._more_headers = headers
        self._clock = clock or SystemClock()
        self._own = http is None
        self._http = httpx2.Client() if http is None else http

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._root!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections, unless they were given."""
        if self._own:
            self._http.close()

    def _send(self, call: Call[T], *, within: float | None = None) -> T:
        """The answer, after as many tries as are allowed.

        Args:
            call: What is asked.
            within: Seconds for all tries together; that of `retries` where it is None.

        Raises:
            CaseloadError: See `caseload_client.errors`.
        """
        # The same at every try: an idempotency key counts as one only then.
        headers = self._headers(call)
        end = self._clock.monotonic() + (self._retries.within if within is None else within)
        tried = 0
        while True:
            tried += 1
            came = self._try(call, headers, end)
            if isinstance(came, Received) and call.reads(came):
                return call.read(came)
            error = error_of(came, self._clock.now()) if isinstance(came, Received) else came
            left = end - self._clock.monotonic()
            pause = None if call.once else self._retries.pause_after(error, tried=tried, left=left)
            if pause is None:
                # Here and not in a handler: what the library raised may hold what was sent, and must not hang on it.
                raise error
            self._clock.sleep(pause)

    def _try(self, call: Call[T], headers: httpx2.Headers, end: float) -> Received | CaseloadError:
        """What one try came to."""
        left = end - self._clock.monotonic()
        if left <= 0:
            return TimedOutError("no time was left to ask; allow more 'within'")
        seconds = min(self._timeout, left)
        request = self._http.build_request(
            call.method,
            self._root + call.path,
            params=list(call.params) or None,
            headers=headers,
            content=call.body,
            timeout=httpx2.Timeout(seconds, connect=min(_CONNECT_SECONDS, seconds)),
        )
        try:
            response = self._http.send(request, stream=True, follow_redirects=False)
            try:
                pieces = []
                for piece in response.iter_bytes():
                    pieces.append(piece)
                    # A time-out counts the silence between two pieces; who drips could keep us for ever.
                    if self._clock.monotonic() > end:
                        return TimedOutError("the answer did not end in time; it may have been done all the same")
                return Received(response.status_code, response.headers, b"".join(pieces))
            finally:
                response.close()
        except httpx2.DecodingError:
            return UnreadableAnswerError("the answer is not compressed as it says; a proxy may have changed it")
        except httpx2.HTTPError as error:
            return not_reached(error)

    def _headers(self, call: Call[T]) -> httpx2.Headers:
        headers = httpx2.Headers({"Accept": "application/json", "User-Agent": user_agent()})
        if self._more_headers is not None:
            headers.update(self._more_headers())
        # After the caller's, so that nothing of theirs takes the place of these, whatever its case.
        headers.update(call.headers)
        if call.body is not None:
            headers["Content-Type"] = "application/json"
        if not call.open:
            headers["Authorization"] = self._bearer.get_secret_value()
        return headers
