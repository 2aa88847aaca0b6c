"""What the router of one app is to be like, every value checked before it can reach a configuration file.

A value that is not of its grammar is refused with a sentence, never escaped, never cut: what gets past here can
stand in HAProxy's configuration, its maps and its socket commands as it is.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from pathlib import Path

from verdigris.adapters.routers.haproxy.binary import bundled
from verdigris.core.errors import ConfigError

__all__ = ["HaproxySettings", "Timeouts", "split_address"]

APP = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)
HOST = re.compile(r"(?!-)[A-Za-z0-9.-]{1,253}(?<![-.])", re.ASCII)
PATH = re.compile(r"/[A-Za-z0-9._~!$&*+,;=:@%/?-]{0,1023}", re.ASCII)
PLACES_MOST = 256


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds that the router waits: for a connection, a request's head, a silent side, the next request."""

    connect: float = 2.0
    request: float = 10.0
    server: float = 60.0
    client: float = 60.0
    keep_alive: float = 60.0
    tunnel: float = 3600.0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            seconds = getattr(self, name)
            if not 0.001 <= seconds <= 30 * 86400:
                raise ConfigError(
                    f"router.timeouts.{name}: must lie between 1 ms and 30 days, got {seconds} s"
                )


@dataclass(frozen=True, slots=True)
class HaproxySettings:
    """The router of one app.

    `directory` is router/ of the state directory; `listen` an IP address and a port; `host` None for every host.
    `health_path` is asked (OPTIONS, any status will do) whether an instance answers at all, `probe_path` through
    the front door whether the release does. `places` is how many members a slot can have without a reload.
    """

    app: str
    directory: Path
    listen: str
    host: str | None = None
    health_path: str = "/health"
    probe_path: str | None = None
    places: int = 4
    timeouts: Timeouts = field(default_factory=Timeouts)
    max_body: int | None = None
    binary: Path = field(default_factory=bundled)
    probe_within: float = 2.0

    def __post_init__(self) -> None:
        _match(APP, "app", self.app, "letters, digits and dashes, at most 40")
        if self.host is not None:
            _match(HOST, "route.host", self.host, "a host name like api.example.com")
        for path in (self.health_path, self.probe_path or "/"):
            _match(PATH, "health.path", path, "a path like /health")
        split_address(self.listen, "route.listen")
        _between("run.instances", self.places, 1, PLACES_MOST)
        if self.max_body is not None:
            _between("route.max_body", self.max_body, 0, 1 << 50)
        if not self.binary.is_absolute():
            raise ConfigError(f"router.bin: must be an absolute path, got {str(self.binary)!r}")


def split_address(text: str, where: str = "address") -> tuple[str, int]:
    """("127.0.0.1", 8080) of "127.0.0.1:8080" or "[::1]:8080"; `ConfigError` for anything else."""
    host, _, port = text.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    right = ipaddress.IPv6Address if bare != host else ipaddress.IPv4Address
    try:
        right(bare)
    except ValueError:
        bare = ""
    if not bare or "%" in bare or not re.fullmatch(r"[1-9]\d{0,4}", port, re.ASCII):
        raise ConfigError(
            f"{where}: {text[:80]!r} is not an address; write it like 127.0.0.1:8080 or [::1]:8080"
        )
    if int(port) > 65535:
        raise ConfigError(f"{where}: there is no port {port}; the last one is 65535")
    return bare, int(port)


def _match(grammar: re.Pattern[str], key: str, value: str, like: str) -> None:
    if not grammar.fullmatch(value):
        raise ConfigError(f"{key}: must be {like}, got {value[:80]!r}")


def _between(key: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise ConfigError(f"{key}: must lie between {least} and {most}, got {value}")
