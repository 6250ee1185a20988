"""What the settings of trusted proxies must be."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_network

Network = IPv4Network | IPv6Network

PROXY_SECRET = re.compile(r"[\x21-\x7e]{32,1000}")

# Names that a header about a person must not have: each says something else already.
TAKEN_HEADERS = frozenset(
    {
        "authorization",
        "connection",
        "content-length",
        "content-type",
        "cookie",
        "forwarded",
        "host",
        "transfer-encoding",
        "x-caseload-proxy-secret",
        "x-forwarded-for",
    }
)


def networks(text: str) -> tuple[Network, ...]:
    """Networks written as CIDRs between commas; none where it is blank.

    Raises:
        ValueError: One is not so written, has bits beyond its prefix, or is all there is: everybody is no proxy.
    """
    found = tuple(ip_network(part.strip()) for part in text.split(",")) if text.strip() else ()
    if any(network.prefixlen == 0 for network in found):
        raise ValueError("a network of everybody trusts everybody")
    return found
