"""How HAProxy asks an instance whether it answers at all. What the answer says of its health is not its matter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verdigris.adapters.routers.haproxy.settings import Site

__all__ = ["HealthCall", "check_lines", "host_of"]

BEGUN = "01(04|05)00000001"
"""The frame with which an answer to the first call begins: HEADERS that are complete, with or without an end."""


@dataclass(frozen=True, slots=True)
class HealthCall:
    """A gRPC health call: its message, and all bytes of a connection that makes it over HTTP/2 in clear."""

    message: bytes
    exchange: bytes


def check_lines(site: Site) -> Iterator[str]:
    """Any status of HTTP or gRPC will do: a database that is down must not take both slots out."""
    if site.health_call is None:
        yield "    option httpchk\n"
        yield f"    http-check send meth OPTIONS uri {site.health_path} ver HTTP/1.1 hdr Host {host_of(site)}\n"
        yield "    http-check expect status 100-599\n"
        return
    # The bytes as they are: no body of http-check can hold a NUL, and without one some servers never answer.
    yield "    option tcp-check\n    tcp-check connect\n"
    yield f"    tcp-check send-binary {site.health_call.exchange.hex()}\n"
    yield f"    tcp-check expect rbinary {BEGUN}\n"


def host_of(site: Site) -> str:
    """The name that a check asks for: a real one, where there is one."""
    return next((host for host in site.hosts if not host.startswith("*")), site.app)
