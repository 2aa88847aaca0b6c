"""What the router and its sites are to be like, every value checked before it can reach a configuration file.

A value that is not of its grammar is refused with a sentence, never escaped, never cut: what gets past here can
stand in HAProxy's configuration, its maps and its socket commands as it is.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

from verdigris.adapters.routers.haproxy.asking import HealthCall
from verdigris.adapters.routers.haproxy.binary import bundled, threads
from verdigris.adapters.routers.haproxy.grammar import between, match, network, seconds
from verdigris.core.errors import ConfigError

__all__ = ["Door", "Identity", "Maintenance", "Patience", "Site", "Timeouts", "Tls", "split_address"]

APP = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)
HOST = re.compile(r"(\*\.)?(?![-.*])[a-z0-9.-]{1,253}(?<![-.])", re.ASCII)
PATH = re.compile(r"/[A-Za-z0-9._~!$&*+,;=:@%/?-]{0,1023}", re.ASCII)
PREFIX = re.compile(r"/([A-Za-z0-9._~-]{1,64}(/[A-Za-z0-9._~-]{1,64}){0,15})?", re.ASCII)
TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
USER = re.compile(r"[!-~]{1,256}", re.ASCII)
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
            seconds(f"router.timeouts.{name}", getattr(self, name), 30 * 86400)


@dataclass(frozen=True, slots=True)
class Tls:
    """Where a site is reached by HTTPS and with which certificate; `key` None when it is in the same file.

    `redirect` sends plain requests there. `oldest` is the oldest version of TLS that is spoken.
    """

    listen: str
    certificate: Path
    key: Path | None = None
    redirect: bool = False
    oldest: str = "1.2"

    def __post_init__(self) -> None:
        split_address(self.listen, "route.tls.listen")
        if self.oldest not in ("1.2", "1.3"):
            raise ConfigError(f"route.tls.oldest: must be 1.2 or 1.3, got {self.oldest[:80]!r}")


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells one user from another: a header or a cookie, by name.

    `assign` gives clients without one a cookie of ours. `allow` are users who see the new version first, `deny`
    those who see it last.
    """

    by: str
    name: str
    assign: bool = False
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.by not in ("header", "cookie", "none"):
            raise ConfigError(f"route.cohort.by: must be a header or a cookie, got {self.by[:80]!r}")
        if self.by != "none":
            match(TOKEN, "route.cohort.by", self.name, "the name of a header or cookie, like X-User-Id")
        for user in (*self.allow, *self.deny):
            match(USER, "route.cohort", user, "a user without spaces, of at most 256 characters")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a paused app lets one request wait, in seconds, and how many at most wait together."""

    longest: float = 10.0
    most: int = 10_000

    def __post_init__(self) -> None:
        seconds("route.pause.longest", self.longest, 3600)
        between("route.pause.most", self.most, 1, 1_000_000)


@dataclass(frozen=True, slots=True)
class Maintenance:
    """What is answered during maintenance: a page of HTML, None for ours, and after how many seconds to come back."""

    page: Path | None = None
    retry_after: float = 60.0

    def __post_init__(self) -> None:
        seconds("route.maintenance.retry_after", self.retry_after, 30 * 86400)


@dataclass(frozen=True, slots=True)
class Site:
    """One app as the router has to know it.

    `hosts` are names or one-level wildcards (`*.example.com`), none for every host; `path` is the prefix that belongs
    to the app, which `strip` takes off before the app sees it. `health_path` is asked (OPTIONS, any status will do;
    a `health_call` if there is one) whether an instance answers at all, `probe_path` through the front door whether
    the release does. `places` is how many members a slot can have without a reload. `trust` are the networks of
    proxies whose X-Forwarded headers are believed, and with `proxy_protocol` whose PROXY header is expected. `http2`
    speaks HTTP/2 in clear to the app.
    """

    app: str
    listen: str
    hosts: tuple[str, ...] = ()
    path: str = "/"
    strip: bool = False
    health_path: str = "/health"
    health_call: HealthCall | None = None
    probe_path: str | None = None
    places: int = 4
    timeouts: Timeouts = field(default_factory=Timeouts)
    max_body: int | None = None
    tls: Tls | None = None
    trust: tuple[str, ...] = ()
    proxy_protocol: bool = False
    http2: bool = False
    identity: Identity | None = None
    patience: Patience = field(default_factory=Patience)
    maintenance: Maintenance = field(default_factory=Maintenance)

    def __post_init__(self) -> None:
        match(APP, "app", self.app, "letters, digits and dashes, at most 40")
        for host in self.hosts:
            match(HOST, "route.host", host, "a host name like api.example.com or *.example.com")
        for path in (self.health_path, self.probe_path or "/"):
            match(PATH, "health.path", path, "a path like /health")
        match(PREFIX, "route.path", self.path, "a path like /search, without a slash at its end")
        split_address(self.listen, "route.listen")
        between("run.instances", self.places, 1, PLACES_MOST)
        if self.max_body is not None:
            between("route.max_body", self.max_body, 0, 1 << 50)
        for trusted in self.trust:
            network(trusted)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where it is reached: plain first, then by HTTPS."""
        return (self.listen, self.tls.listen) if self.tls else (self.listen,)

    @property
    def places_named(self) -> frozenset[tuple[str, str]]:
        """The pairs of host and path prefix that belong to it; the host "" stands for every one."""
        return frozenset((host, self.path) for host in self.hosts or ("",))


@dataclass(frozen=True, slots=True)
class Door:
    """The router with all its sites. `directory` is router/ of the state directory, `threads` how many it runs on."""

    directory: Path
    sites: tuple[Site, ...]
    binary: Path = field(default_factory=bundled)
    probe_within: float = 2.0
    threads: int = field(default_factory=threads)

    def __post_init__(self) -> None:
        if not self.binary.is_absolute():
            raise ConfigError(f"router.bin: must be an absolute path, got {str(self.binary)!r}")
        for one, other in combinations(self.sites, 2):
            _apart(one, other)

    def site(self, app: str) -> Site:
        return next(site for site in self.sites if site.app == app)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every address that is listened at, in a lasting order: the n-th is the n-th socket of the keeper."""
        return tuple(dict.fromkeys(address for site in self.sites for address in site.addresses))

    def at(self, address: str) -> Iterator[Site]:
        """The sites that are reached there."""
        return (site for site in self.sites if address in site.addresses)


def _apart(one: Site, other: Site) -> None:
    """`ConfigError` names the owner of what the other claims too."""
    shared = set(one.addresses) & set(other.addresses)
    twice = one.places_named & other.places_named
    if shared and twice:
        host, path = min(twice)
        raise ConfigError(
            f"{other.app}: {host or 'any host'}{path} at {min(shared)} belongs to {one.app} already;"
            " give it another host, path or listen"
        )
    plain = {site.listen for site in (one, other)}
    secure = {site.tls.listen for site in (one, other) if site.tls}
    if plain & secure:
        raise ConfigError(
            f"{other.app}: {min(plain & secure)} is meant for HTTPS and for plain HTTP; take two addresses"
        )
    for name in ("trust", "proxy_protocol"):
        if shared and getattr(one, name) != getattr(other, name):
            raise ConfigError(
                f"{other.app}: route.{name} has to be the same as for {one.app}, which listens at the same address"
            )


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
