"""How many attempts are too many, and what is counted together."""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass

from querist.core.people import folded


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `n` attempts within `span_s` seconds."""

    n: int
    span_s: int


PER_NAME = Limit(5, 300)
PER_ADDRESS = Limit(30, 300)


def name_bucket(name: str) -> str:
    """What attempts on one name are counted under, whether or not there is such a person."""
    return "name:" + hashlib.sha256(folded(name).encode("utf-8", "surrogatepass")).hexdigest()


def address_bucket(address: str) -> str:
    """What attempts from one address are counted under.

    An IPv6 address counts with its neighbors: whoever has one usually has 2**64 of them.

    Examples
    --------
    >>> address_bucket("192.0.2.7"), address_bucket("2001:db8::7")
    ('address:192.0.2.7', 'address:2001:db8::/64')
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "address:" + hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest()
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return f"address:{found.ipv4_mapped}"
        return f"address:{ipaddress.ip_network((found, 64), strict=False)}"
    return f"address:{found}"
