"""Callback URLs below the one public address of the application, which stays when slots change.

A URL that is given away is kept by others for weeks. So nothing of this process goes into it: neither its port, nor
its host, nor what a request claims in `Host`. What looks like a slot's address is refused when the process starts.
"""

import ipaddress
import os
import socket
from collections.abc import Collection, Mapping
from typing import Optional, Union
from urllib.parse import SplitResult, quote, urlencode, urlsplit

from verdigris_kit.hosts import plain

__all__ = ["Callbacks"]

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]

TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
"""NAT64 of RFC 6052: the last four bytes are an address of IPv4."""

TRANSLATED_HERE = ipaddress.IPv6Network("64:ff9b:1::/48")
"""The same of RFC 8215, for the inside of a network."""

INNER = ("localhost", "local", "internal", "localdomain", "home.arpa", "lan")
"""Endings of names that only some network knows."""


class Callbacks:
    """Builds callback URLs below `base`, such as `https://api.example.com` or `https://example.com/shop`."""

    def __init__(
        self,
        base: str,
        *,
        http: bool = False,
        private: bool = False,
        slot_ports: Collection[int] = (),
        environ: Optional[Mapping[str, str]] = None,
    ) -> None:
        """Raise `ValueError` for what would not reach the application after the next switch.

        `http` allows a base without TLS; `private` one that only an inner network knows, loopback included, for
        tests and laptops. The port of this instance (`PORT`) and `slot_ports` are refused all the same.
        """
        parts = _split(base)
        if parts.scheme != "https" and not http:
            raise ValueError(_no(base, "it is not https. Give http=True if callbacks may come without TLS"))
        if not private and (why := _inner(parts.hostname or "")):
            raise ValueError(_no(base, f"{why}. Give the address of the front door, or private=True"))
        if parts.port in _ports(slot_ports, os.environ if environ is None else environ):
            raise ValueError(_no(base, f"port {parts.port} is a slot's. Give the port of the front door"))
        self._base = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"

    @property
    def base(self) -> str:
        """The public address, without a slash at its end."""
        return self._base

    def url(self, path: str, query: Optional[Mapping[str, Union[str, int]]] = None) -> str:
        """Return the URL of `path`, which begins with one slash; what is no letter of a URL is encoded.

        Raise `ValueError` for a whole URL, and for a path that leads out of the base.
        """
        if not path.startswith("/") or path.startswith("//") or _unsafe(path):
            raise ValueError(
                f"path: {path!r} is no plain path. Give one as '/webhooks/paid', without host or query."
            )
        encoded = quote(path, safe="/:@!$&'()*+,;=-._~%")
        return self._base + encoded + (f"?{urlencode(query)}" if query else "")


def _split(base: str) -> SplitResult:
    try:
        parts = urlsplit(base)
        parts.port  # noqa: B018 - raises for what is no port
    except ValueError as error:
        raise ValueError(_no(base, f"{error}")) from None
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError(_no(base, "it is no address. Give one as 'https://api.example.com'"))
    if parts.username is not None or parts.query or parts.fragment or _unsafe(base):
        raise ValueError(_no(base, "it holds more than scheme, host, port and path"))
    return parts


def _unsafe(text: str) -> bool:
    """Whether a reader could take it for another place: spaces, control characters, backslashes, `..`."""
    odd = any(letter <= " " or letter in '\\?#"<>\x7f' for letter in text)
    return odd or ".." in text.lower().replace("%2e", ".").split("/")


def _ports(slot_ports: Collection[int], environ: Mapping[str, str]) -> set[int]:
    own = environ.get("PORT", "")
    return {*slot_ports, *([int(own)] if own.isdecimal() else [])}


def _inner(host: str) -> str:
    """Why nobody outside reaches this host, or nothing."""
    name = plain(host)  # letters that look like digits are digits to a resolver
    address = _address(name)
    if address is not None:
        return "" if _reached(address) else f"{host} is an address that only an inner network knows"
    if "." not in name or any(name.endswith(f".{ending}") for ending in INNER):
        return f"{host} is a name that only an inner network knows"
    return ""


def _reached(address: Address) -> bool:
    """Whether one machine, and everybody's, is behind this address."""
    inner = _carried(address) if isinstance(address, ipaddress.IPv6Address) else None
    return address.is_global and not address.is_multicast and (inner is None or _reached(inner))


def _carried(address: ipaddress.IPv6Address) -> Optional[Address]:
    """The address of IPv4 behind one of IPv6, where there is one."""
    if address in TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address in TRANSLATED_HERE:
        return ipaddress.IPv4Address("127.0.0.1")  # whatever it is, it is this network's
    return address.ipv4_mapped or address.sixtofour


def _address(host: str) -> Optional[Address]:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return _short(host)


def _short(host: str) -> Optional[Address]:
    # 127.1, 2130706433 and 0x7f.1 are 127.0.0.1 to every resolver; no public name ends in a number.
    if not host.rpartition(".")[2][:1].isdecimal():
        return None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def _no(base: str, why: str) -> str:
    shown = urlsplit(base).hostname if "@" in base else base
    return f"base: {shown!r} cannot be given away as a callback: {why}."
