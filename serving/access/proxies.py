"""People whom a trusted proxy signs in: whether what a request says of them is to be believed.

Such a proxy must take these headers out of what it is sent before it sets its own. Should it forget, or should
somebody reach the service past it: whatever is not exactly as a trusted proxy sends it is refused, and never passed
over.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, Self

from cases.settings import Settings
from cases.store.admitting import PERSON_NAME

SECRET_HEADER = "x-caseload-proxy-secret"  # noqa: S105 - its name
AUTHORIZATION = "authorization"
FORWARDED = "x-forwarded-for"


@dataclass(frozen=True, slots=True)
class TrustedProxies:
    """Which proxies are believed, and what they say.

    Attributes:
        networks: Where they connect from; none: no proxy is believed.
        person_header: Whom they signed in, in lower case.
        secret: What they prove themselves by, beside where they are.
    """

    networks: tuple[IPv4Network | IPv6Network, ...]
    person_header: str
    secret: bytes

    @classmethod
    def of_settings(cls, settings: Settings) -> Self:
        """As the process was started with."""
        secret = settings.proxy_secret.get_secret_value().encode()
        return cls(settings.proxy_networks, settings.person_header.lower(), secret)

    def tells(self, scope: Mapping[str, Any]) -> bool:
        """Whether the request tells of a person, in whatever spelling: then it is the proxy's, or nobody's."""
        ours = {self.person_header, SECRET_HEADER}
        return any(name.replace("_", "-") in ours for name, _ in _headers(scope))

    def person(self, scope: Mapping[str, Any]) -> str | None:
        """Whom the request is from; None where it is not to be believed."""
        headers = _headers(scope)
        names = [value for name, value in headers if name == self.person_header]
        secrets = [value for name, value in headers if name == SECRET_HEADER]
        # Some servers take an underscore for a dash, and let one header pass for another.
        bent = any(
            "_" in name and name.replace("_", "-") in (self.person_header, SECRET_HEADER) for name, _ in headers
        )
        keyed = any(name == AUTHORIZATION for name, _ in headers)
        if bent or keyed or len(names) != 1 or len(secrets) != 1:
            return None
        proven = hmac.compare_digest(secrets[0].encode("latin-1"), self.secret) and bool(self.secret)
        if not (proven and self._is_trusted(address_of(scope)) and PERSON_NAME.fullmatch(names[0])):
            return None
        return names[0]

    def asker(self, scope: Mapping[str, Any]) -> str:
        """The address that a request comes from: the connection's, or what a trusted proxy says of it.

        Of `X-Forwarded-For` counts what trusted proxies appended, from the end: the first address that is no trusted
        proxy's. What stands before it may be anybody's, and without a proxy all of it. It says who failed to sign in
        (`serving.access.failures`), and never who somebody is.
        """
        found = address_of(scope)
        if not self._is_trusted(found):
            return found
        said = ",".join(value for name, value in _headers(scope) if name == FORWARDED)
        for part in reversed(said.split(",") if said else []):
            address = _plain(part.strip())
            if address is None:
                break
            found = str(address)
            if not self._is_trusted(found):
                break
        return found

    def _is_trusted(self, client: str) -> bool:
        address = _plain(client)
        return address is not None and any(address in network for network in self.networks)


def address_of(scope: Mapping[str, Any]) -> str:
    """The connection's address, an IPv4 one within an IPv6 one as itself; empty where it has none."""
    client = scope.get("client")
    address = None if client is None else _plain(client[0])
    return "" if address is None else str(address)


def _plain(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def keys_of(scope: Mapping[str, Any]) -> list[str]:
    """The values of the request's Authorization headers."""
    return [value for name, value in _headers(scope) if name == AUTHORIZATION]


def _headers(scope: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]]
