"""HAProxy's configuration as text, made from the door and the tables of its apps and from nothing else.

Everything that varies at run time stands here as well, so that a restart comes up with it: members as servers,
weights in the map beside. Every value was checked by its grammar before; nothing is quoted or escaped here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from verdigris.adapters.routers.haproxy.cohorts import users_map
from verdigris.adapters.routers.haproxy.fronts import front
from verdigris.adapters.routers.haproxy.pools import pools, streams
from verdigris.adapters.routers.haproxy.settings import Door
from verdigris.adapters.routers.haproxy.table import Row, Table
from verdigris.adapters.routers.haproxy.words import (
    ANSWERS,
    LINES,
    LUA,
    SOCKET,
    answer,
    milliseconds,
)

__all__ = ["render", "sites_map", "structure"]

Tables = Mapping[str, Table]
Places = Mapping[str, int]
"""By app: what stands in the map, and how many members a slot can have."""


def render(door: Door, tables: Tables, places: Places, beside: str = "") -> str:
    """The whole file. `beside` is what stands in the other files that it names and that no command can change."""
    return "\n".join((_global(door, structure(door, places, beside)), *_sections(door, tables, places)))


def structure(door: Door, places: Places, beside: str = "") -> str:
    """What only a successor can change, as a short digest. The running process tells the one it was started with."""
    nobody = {site.app: Table(Row(0)) for site in door.sites}
    rest = (*_sections(door, nobody, places), sites_map(door), users_map(door), _global(door, ""), beside)
    return hashlib.sha256("\n".join(rest).encode()).hexdigest()[:16]


def sites_map(door: Door) -> str:
    """Host and path prefix to app. The slash at the end keeps /search from owning /searching."""
    rows = {f"{host}{path.rstrip('/')}/": site.app for site in door.sites for host, path in site.places_named}
    return "".join(f"{place} {app}\n" for place, app in sorted(rows.items()))


def _sections(door: Door, tables: Tables, places: Places) -> Iterator[str]:
    yield _defaults(door)
    for number, address in enumerate(door.addresses):
        yield front(door, number, address)
    yield streams()
    for site in door.sites:
        yield from pools(site, tables[site.app], places[site.app])


def _global(door: Door, digest: str) -> str:
    longest = max(site.timeouts.tunnel for site in door.sites)
    return f"""\
# Written by verdigris and replaced whenever it changes: nothing that is edited here stays.

global
    description {digest}
    stats socket unix@{SOCKET} mode 600 level admin
    stats timeout 1h
    nbthread {door.threads}
    lua-load {LUA}
    log ring@lines len 2048 format raw local0
    # How much of a request's first line is kept for the log: over HTTP/2 scheme and host stand before the path. Each
    # byte of the path may be written as three.
    tune.http.logurilen 440
    # Without it memory follows the limit of open files, which some systems set to a thousand million.
    fd-hard-limit 65536
    # Buffers that wait for their next use stay with their thread: half a MiB is too little for 32 busy clients.
    .if version_atleast(2.7)
    tune.memory.hot-size 4194304
    .endif
    hard-stop-after {milliseconds(longest)}

ring lines
    format raw
    maxlen 2048
    size 4194304
    timeout connect 1s
    timeout server 10s
    server controller unix@{LINES} log-proto octet-count
"""


def _defaults(door: Door) -> str:
    limited = any(site.max_body is not None for site in door.sites)
    kinds = {status: kind for status, kind in ANSWERS.items() if status != 413 or limited}
    answers = "".join(f"    http-error status {status} {answer(kind)}\n" for status, kind in kinds.items())
    return f"""\
defaults
    mode http
    option dontlognull
    option http-keep-alive
    # A kept-alive connection is closed with an answer, never under a request that is on its way.
    option idle-close-on-response
    http-reuse safe
    # A connection that is refused was no request yet: any method goes on to the next member. A request whose
    # bytes arrived somewhere is sent again only when its method is safe, see disable-l7-retry.
    retry-on conn-failure empty-response
    option redispatch 1
    balance roundrobin
    timeout check 800ms
    # Every frontend and backend has its own; these are only for what is neither.
    timeout connect 2s
    timeout client 60s
    timeout server 60s
{answers}"""
