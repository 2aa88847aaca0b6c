"""Which addresses a request to the outside may go to, checked on the very address that is connected to.

A name is not checked: it may resolve to something else a moment later. Link-local and metadata addresses are never
connected to, however they are written; loopback and private ones are an operator's own business.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

__all__ = ["Forbidden", "checked_socket", "forbidden"]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254")
)
"""Where clouds answer with credentials, besides the link-local 169.254.169.254."""
TRANSLATED = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("::ffff:0:0:0/96"))
"""Prefixes that a translator turns into the IPv4 address in the last 32 bits (NAT64, SIIT)."""
LOW_32 = 0xFFFFFFFF


class Forbidden(OSError):
    """The address may not be connected to."""


def forbidden(text: str) -> str:
    """Why nothing may be sent to this address; "" when it may."""
    for address in meanings(ipaddress.ip_address(text.partition("%")[0])):
        if address.is_link_local or address in METADATA:
            return f"{text} is a link-local or metadata address"
        if address.is_unspecified or address.is_multicast:
            return f"{text} is not the address of one host"
    return ""


def meanings(address: Address) -> Iterator[Address]:
    """The address, and the IPv4 address that it stands for in one of the ways to write one in IPv6."""
    yield address
    if isinstance(address, ipaddress.IPv6Address):
        yield from (inner for inner in (address.ipv4_mapped, address.sixtofour) if inner)
        low = ipaddress.IPv4Address(int(address) & LOW_32)
        # ::a.b.c.d is the oldest of these ways; ::1 and :: are not meant by it.
        if any(address in network for network in TRANSLATED) or (
            int(address) >> 32 == 0 and int(low) > 0xFFFF
        ):
            yield low


def checked_socket(info: tuple[Any, ...]) -> socket.socket:
    """The `socket_factory` of an aiohttp connector: `Forbidden` in the place of a socket."""
    family, kind, protocol, _, where = info
    reason = forbidden(where[0])
    if reason:
        raise Forbidden(reason)
    return socket.socket(family, kind, protocol)
