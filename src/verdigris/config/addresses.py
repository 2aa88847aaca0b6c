"""The kinds of text that say where requests come in, and from whom: addresses, hosts, prefixes, networks, users.

What passes can stand in the router's configuration as it is: no grammar here is wider than the router's own.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from verdigris.config.document import shown
from verdigris.config.fields import Written

__all__ = [
    "address_of",
    "host",
    "hosts_of",
    "identity",
    "identity_of",
    "listen",
    "listen_or_none",
    "network",
    "network_of",
    "prefix",
    "user",
]

LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
HOST = re.compile(rf"(\*\.)?{LABEL}(\.{LABEL}){{0,30}}", re.ASCII)
HOST_LENGTH = 253
HOSTS_MOST = 256
HINTS = {
    "/": "without scheme and path",
    ":": "without a port",
    "*": "where * stands for the whole first part only, as in *.example.com",
}
PART = "[A-Za-z0-9._~-]{1,64}"
PREFIX = re.compile(rf"/({PART}(/{PART}){{0,15}})?", re.ASCII)
PORT = re.compile("[1-9][0-9]{0,4}", re.ASCII)
IDENTITY = re.compile(r"(header|cookie):([A-Za-z0-9_-]{1,64})", re.ASCII)
# The front door takes these off, or they are its own: nobody could ever be told apart by them.
OURS = re.compile(
    r"header:(forwarded|x-environment|x-api-version|x-verdigris-.*)|cookie:verdigris-.*", re.IGNORECASE
)


def address_of(listen: object) -> tuple[str, int]:
    """Address and port, ("::1", 80) of "[0::1]:80", the address as everybody writes it. A ValueError says why not."""
    host, colon, port = listen.rpartition(":") if isinstance(listen, str) else ("", "", "")
    if not colon:
        raise ValueError(f"must be an address and a port like 127.0.0.1:8080, in quotes, got {shown(listen)}")
    if not host:
        raise ValueError(f'needs an address: write "0.0.0.0:{port}" to be reached from everywhere')
    address = _address(host, port)
    if not PORT.fullmatch(port) or int(port) > 65_535:
        raise ValueError(f"must end with a port from 1 to 65535, got {shown(port)}")
    return address, int(port)


def _address(host: str, port: str) -> str:
    bracketed = host[:1] == "[" and host[-1:] == "]"
    try:
        found = ipaddress.ip_address(host[1:-1] if bracketed else host)
    except ValueError:
        example = "127.0.0.1" if host == "localhost" else "0.0.0.0"  # noqa: S104 -- a word in a sentence
        raise ValueError(
            f"must begin with an IP address, got {shown(host)}: write {example}:{port}"
        ) from None
    if "%" in host:
        raise ValueError(f"must begin with an IP address without a zone, got {shown(host)}")
    if bracketed and found.version == 4:
        raise ValueError(f"needs brackets around IPv6 only: write {found}:{port}")
    if not bracketed and found.version == 6:
        raise ValueError(f"needs brackets around IPv6: write [{found}]:{port}")
    return str(found)


def _kept(read: Callable[[Any], object], otherwise: str | None = None) -> Callable[[Any], Any]:
    """A check out of what reads the value, which stays as it was written."""

    def check(value: Any) -> Any:
        if otherwise is None or value != otherwise:
            read(value)
        return value

    return check


LISTEN_PATTERN = r"^.+:[0-9]{1,5}$"
listen = Written(_kept(address_of), "address:port", {"type": "string", "pattern": LISTEN_PATTERN})
listen_or_none = Written(
    _kept(address_of, "none"),
    "address:port",
    {"anyOf": [{"const": "none"}, {"type": "string", "pattern": LISTEN_PATTERN}]},
)


def hosts_of(value: object) -> tuple[str, ...]:
    """The hosts of a name or a list of names, in small letters; none of "any". A ValueError says why not."""
    if value == "any":
        return ()
    found = tuple(_host(part) for part in (value if isinstance(value, list) else [value]))
    if not 1 <= len(found) <= HOSTS_MOST:
        raise ValueError(f"must name 1 to {HOSTS_MOST} hosts, or be any")
    if twice := [name for number, name in enumerate(found) if name in found[:number]]:
        raise ValueError(f"names {twice[0]} twice")
    return found


def _host(value: object) -> str:
    if value == "any":
        raise ValueError("must be any or a list of names, not both")
    if isinstance(value, str) and HOST.fullmatch(value) and len(value) <= HOST_LENGTH:
        return value.lower()
    text = value if isinstance(value, str) else ""
    if text and not text.isascii():
        raise ValueError(f"must be a host in its ASCII form, which has xn-- in it, got {shown(value)}")
    if hint := next((hint for mark, hint in HINTS.items() if mark in text), ""):
        raise ValueError(f"must be a host {hint}, got {shown(value)}")
    raise ValueError(
        f"must be any, a host like api.example.com or *.example.com, or a list of these, got {shown(value)}"
    )


_ONE_HOST = {"type": "string", "pattern": f"^{HOST.pattern}$"}
host = Written(
    _kept(hosts_of), "host or list of hosts", {"anyOf": [_ONE_HOST, {"type": "array", "items": _ONE_HOST}]}
)


def _check_prefix(value: object) -> object:
    if isinstance(value, str) and _is_prefix(value):
        return value
    near = f"/{value.strip('/')}" if isinstance(value, str) else ""
    meant = f": write {near}" if near and _is_prefix(near) else ""
    raise ValueError(
        "must be a path like /search, of letters, digits and . _ ~ -, without a slash at its end,"
        f" got {shown(value)}{meant}"
    )


def _is_prefix(text: str) -> bool:
    return PREFIX.fullmatch(text) is not None and not {".", ".."} & set(text.split("/"))


prefix = Written(_check_prefix, "path", {"type": "string", "pattern": f"^{PREFIX.pattern}$"})


def network_of(value: object) -> str:
    """The network in the one way that it is written: "10.0.0.1/32" of "10.0.0.1". A ValueError says why not."""
    try:
        # A zone may hold anything at all, blanks and braces too, and the router knows none.
        if not isinstance(value, str) or "%" in value:
            raise ValueError
        found = ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise ValueError(f"must be a network like 10.0.0.0/8 or 10.0.0.7, got {shown(value)}") from None
    if "/" in value and str(found.network_address) != str(ipaddress.ip_address(value.partition("/")[0])):
        raise ValueError(f"names an address inside of its network: write {found}")
    return str(found)


network = Written(_kept(network_of), "network", {"type": "string"})


def identity_of(value: object) -> tuple[str, str]:
    """("header", "X-User-Id") of "header:X-User-Id", ("none", "") of "none". A ValueError says why not."""
    if value == "none":
        return "none", ""
    found = IDENTITY.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"must be none, header:NAME or cookie:NAME, got {shown(value)}{_meant(value)}")
    if OURS.fullmatch(found[0]):
        raise ValueError(
            f"names a {found[1]} that belongs to the front door, got {shown(value)}: take another"
        )
    return found[1], found[2]


def _meant(value: object) -> str:
    kind, _, name = str(value).partition(":")
    if isinstance(value, str) and IDENTITY.fullmatch(f"header:{value}"):
        return f": write header:{value} or cookie:{value}"
    close = get_close_matches(kind.strip().lower(), ["header", "cookie"], 1)
    near = f"{close[0]}:{name.strip()}" if close else ""
    return f", did you mean {near}?" if IDENTITY.fullmatch(near) else ""


identity = Written(
    _kept(identity_of),
    "none, header:NAME or cookie:NAME",
    {"anyOf": [{"const": "none"}, {"type": "string", "pattern": f"^{IDENTITY.pattern}$"}]},
)


def _check_user(value: object) -> object:
    """No value is ever shown: what tells users apart may be the secret that they come in with."""
    if not isinstance(value, str):
        raise ValueError("must be text: write it in quotes")
    if not re.fullmatch("[!-~]{1,256}", value):
        raise ValueError("must be a user without blanks, of at most 256 ASCII characters")
    return value


user = Written(_check_user, schema={"type": "string", "pattern": "^[!-~]{1,256}$"})
