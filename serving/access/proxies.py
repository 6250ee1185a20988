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
        if not (proven and self._is_trusted(scope.get("client")) and PERSON_NAME.fullmatch(names[0])):
            return None
        return names[0]

    def _is_trusted(self, client: tuple[str, int] | None) -> bool:
        if client is None:
            return False
        try:
            address: IPv4Address | IPv6Address = ip_address(client[0])
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in self.networks)


def keys_of(scope: Mapping[str, Any]) -> list[str]:
    """The values of the request's Authorization headers."""
    return [value for name, value in _headers(scope) if name == AUTHORIZATION]


def _headers(scope: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]]
