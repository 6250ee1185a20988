"""Posting to a receiver whose address others chose: where its name leads is checked when it is connected to.

A name is looked up once, each address that it leads to must be allowed, and one of these very addresses is connected
to: a name that leads elsewhere the next moment leads nowhere. No redirect is followed, no proxy of the environment
asked, and of an answer no more than a little is read.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import partial
from importlib.metadata import version
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from types import TracebackType
from typing import Self

import httpcore2

from cases.errors import CaseloadError
from cases.proxy_settings import Network

WITHIN_SECONDS = 15.0
CONNECT_SECONDS = 5.0
# Enough to read a polite answer to its end, so that its connection can be used again.
MOST_READ = 4_096
MOST_RETRY_AFTER = 24 * 3600.0

FORBIDDEN = "forbidden_address"
_UNKNOWN_NAME = "unknown_name"

_CONNECTIONS = 64
LOOKUPS = 4
_KEEP_SECONDS = 30.0
# Networks whose addresses stand for an IPv4 address in their last bits (RFC 6052).
_TRANSLATED = ip_network("64:ff9b::/96")


class ForbiddenAddressError(CaseloadError):
    """A receiver's name leads where nothing may be posted to."""


class UnknownNameError(CaseloadError):
    """A receiver's name leads nowhere."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What came of a post.

    Attributes:
        status: The HTTP status; None where there was no answer.
        why: The status as text, or why there was none: a code, never what somebody said.
        retry_after: For how many seconds the receiver asks to be left alone; None where it does not.
    """

    status: int | None
    why: str
    retry_after: float | None = None

    @property
    def taken(self) -> bool:
        """Whether the receiver took it."""
        return self.status is not None and 200 <= self.status < 300


class Poster:
    """Posts to receivers; used as an async context manager, in one event loop.

    Args:
        networks: Those not public in which receivers may be.
        trust: Whose certificates are believed; None: the system's.
        within: How long a post may take in all, seconds.
    """

    def __init__(
        self,
        networks: Sequence[Network] = (),
        trust: ssl.SSLContext | None = None,
        within: float = WITHIN_SECONDS,
    ) -> None:
        self._networks = networks
        self._trust = trust
        self._within = within
        self._network: CheckedNetwork | None = None
        self._pool: httpcore2.AsyncConnectionPool | None = None

    async def __aenter__(self) -> Self:
        self._network = CheckedNetwork(self._networks)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=self._trust or httpcore2.default_ssl_context(),
            max_connections=_CONNECTIONS,
            keepalive_expiry=_KEEP_SECONDS,
            network_backend=self._network,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._network is not None:
            self._network.close()
        if self._pool is not None:
            await self._pool.aclose()

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Posted:
        """Post once. It raises nothing but being cancelled: what went wrong is told by a code.

        Args:
            url: As `cases.webhooks.checked_url` answers it.
            body: What is sent.
            headers: Beside those that HTTP needs.
        """
        assert self._pool is not None, "enter it first"  # noqa: S101 - ours alone to get wrong
        try:
            async with asyncio.timeout(self._within):
                return await self._post(self._pool, url, body, {"user-agent": _USER_AGENT, **headers})
        except TimeoutError:
            return Posted(None, "timeout")
        except ForbiddenAddressError:
            return Posted(None, FORBIDDEN)
        except UnknownNameError:
            return Posted(None, _UNKNOWN_NAME)
        except Exception as error:  # noqa: BLE001 - whatever a receiver makes of HTTP, it is told by its kind alone
            return Posted(None, type(error).__name__[:64])

    async def _post(
        self, pool: httpcore2.AsyncConnectionPool, url: str, body: bytes, headers: Mapping[str, str]
    ) -> Posted:
        limits = {"timeout": {"connect": CONNECT_SECONDS, "pool": WITHIN_SECONDS}}
        async with pool.stream("POST", url, headers=list(headers.items()), content=body, extensions=limits) as answer:
            named = {name.lower(): value.decode("ascii", "replace") for name, value in answer.headers}
            await _read_a_little(answer)
        return Posted(answer.status, str(answer.status), retry_after(named.get(b"retry-after", "")))


_USER_AGENT = f"Caseload/{version('caseload')}"


async def _read_a_little(answer: httpcore2.Response) -> None:
    """Read a short answer to its end; closing one that is longer closes its connection."""
    read = 0
    async for piece in answer.aiter_stream():
        read += len(piece)
        if read > MOST_READ:
            return


def retry_after(text: str) -> float | None:
    """The seconds that a Retry-After header asks for, 0 to a day; None where it asks for nothing that can be read."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), MOST_RETRY_AFTER)
    try:
        until = parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(0.0, until - time.time()), MOST_RETRY_AFTER)


class CheckedNetwork(httpcore2.AsyncNetworkBackend):
    """Connects by name to addresses that are allowed, and to no other.

    Args:
        networks: Those not public that are allowed.
    """

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = networks
        self._plain = httpcore2.AnyIOBackend()
        # Threads of its own: a look-up that hangs would keep one from the scoring, which has few.
        self._lookups = ThreadPoolExecutor(LOOKUPS, thread_name_prefix="caseload-lookup")

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's own signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """A connection to the first address of `host` that answers.

        Raises:
            ForbiddenAddressError: It leads to one that is not allowed.
            UnknownNameError: It leads nowhere.
        """
        failed: Exception | None = None
        for address in await self._addresses(host, port):
            try:
                return await self._plain.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failed = error
        raise failed or UnknownNameError("'url' must name a host that there is (got one without an address)")

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's own signature
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """None is a receiver.

        Raises:
            ForbiddenAddressError: Always.
        """
        del path, timeout, socket_options
        raise ForbiddenAddressError("'url' must name a host (got a socket of this machine)")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    def close(self) -> None:
        """Begin no look-up more; one that hangs is not waited for."""
        self._lookups.shutdown(wait=False, cancel_futures=True)

    async def _addresses(self, host: str, port: int) -> list[str]:
        try:
            look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
            found = await asyncio.get_running_loop().run_in_executor(self._lookups, look_up)
        except (OSError, UnicodeError) as error:
            raise UnknownNameError("'url' must name a host that there is (got one without an address)") from error
        addresses = list(dict.fromkeys(str(place[0]) for *_, place in found))
        # One forbidden address among several is no accident.
        if not all(is_allowed(address, self._networks) for address in addresses):
            raise ForbiddenAddressError("'url' must lead to public addresses (got one that is not); see the settings")
        return addresses


def is_allowed(address: str, networks: Sequence[Network]) -> bool:
    """Whether something may be posted to an address: a public one, or one within `networks`.

    Args:
        address: As getaddrinfo writes it.
        networks: Those not public that are allowed.
    """
    try:
        meant = _meant(ip_address(address))
    except ValueError:
        return False
    return all(_is_public(each) or any(each in network for network in networks) for each in meant)


def _meant(address: IPv4Address | IPv6Address) -> tuple[IPv4Address | IPv6Address, ...]:
    """The address, or those that it stands for: others carry IPv4 addresses within."""
    if isinstance(address, IPv4Address):
        return (address,)
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    if address.sixtofour is not None:
        return (address, address.sixtofour)
    if address.teredo is not None:
        return (address, *address.teredo)
    if address in _TRANSLATED:
        return (IPv4Address(int(address) & 0xFFFF_FFFF),)
    return (address,)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)
