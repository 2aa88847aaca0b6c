"""The backends of a site: for each slot a pool that may fall back, its servers alone, and its long-lived ones.

Checked only for answering at all: a database that is down must not take both slots out. Nothing is cut when a check
fails: a slow instance may still answer what it has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from verdigris.adapters.routers.haproxy.asking import check_lines
from verdigris.adapters.routers.haproxy.seats import backends, seating
from verdigris.adapters.routers.haproxy.settings import Site
from verdigris.adapters.routers.haproxy.table import Table
from verdigris.adapters.routers.haproxy.words import STREAMS, answer, milliseconds
from verdigris.core.world import Slot

__all__ = ["pools", "streams"]

EMPTY = "127.0.0.1:9"
"""Where a server points that nobody sits in. It is in maintenance, nothing is ever sent there."""


def pools(site: Site, table: Table, places: int) -> Iterator[str]:
    for slot in Slot:
        pool, only, long_lived = backends(site.app, slot)
        yield from (_pool(site, table, pool, slot, places), _only(site, table, only, slot, places))
        yield _long_lived(site, table, long_lived, slot, places)


def streams() -> str:
    return f"""\
# Streams that did not say beforehand that they are some, counted by app and slot.
backend {STREAMS}
    stick-table type string len 64 size 1k expire 1d store conn_cur
"""


def _pool(site: Site, table: Table, name: str, slot: Slot, places: int) -> str:
    other, _, _ = backends(site.app, slot.other)
    return f"""\
backend {name}
{"".join(check_lines(site))}\
    option allbackups
    # More than anywhere else: a safe request may meet several kept connections that died with their instance.
    retries 10
{"".join(_rules(site))}\
    default-server inter 500ms fastinter 250ms downinter 500ms fall 2 rise 1
{"".join(_servers(site, table, name, slot, places, "check observe layer4 error-limit 3 on-error mark-down"))}\
{"".join(_servers(site, table, name, slot.other, places, f"backup track {other}/"))}"""


def _only(site: Site, table: Table, name: str, slot: Slot, places: int) -> str:
    """Where a dead slot is tried all the same: an instance, and another one. The only one is asked again after
    a second (or `timeout connect`), and each time more would be a second more until the client is told.
    """
    return f"""\
backend {name}
    retries 1
{"".join(_rules(site))}{"".join(_servers(site, table, name, slot, places, ""))}"""


def _long_lived(site: Site, table: Table, name: str, slot: Slot, places: int) -> str:
    """How many of its servers are up also says whether the slot can serve: it has no other's among them."""
    pool, _, _ = backends(site.app, slot)
    return f"""\
backend {name}
    # The application hears at once that the listener has gone, not with the next word that it has for him.
    option abortonclose
    retries 3
{"".join(_rules(site))}{"".join(_servers(site, table, name, slot, places, f"track {pool}/"))}"""


def _rules(site: Site) -> Iterator[str]:
    """What holds for a site wherever it is served from; what is not configured leaves no line."""
    t = site.timeouts
    yield f"    timeout connect {milliseconds(t.connect)}\n"
    yield f"    timeout queue {milliseconds(t.connect)}\n"
    yield f"    timeout server {milliseconds(t.server)}\n"
    yield f"    timeout tunnel {milliseconds(t.tunnel)}\n"
    yield "    http-request disable-l7-retry unless { method GET HEAD OPTIONS }\n"
    if site.max_body is not None:
        yield f"    http-request deny deny_status 413 if {{ req.body_size gt {site.max_body} }}\n"
        unmeasured = "!{ method GET HEAD OPTIONS DELETE } !{ req.hdr(content-length) -m found }"
        chunked = "{ req.hdr(transfer-encoding) -m found }"
        yield f"    http-request return status 411 {answer('length-required')} if {unmeasured}\n"
        yield f"    http-request return status 411 {answer('length-required')} if {chunked}\n"
    if site.strip:
        yield f"    http-request set-header X-Forwarded-Prefix {site.path}\n"
        yield f"    http-request replace-path ^{re.escape(site.path)}(/(.*))?$ /\\2\n"


def _servers(site: Site, table: Table, backend: str, slot: Slot, places: int, how: str) -> Iterator[str]:
    seats, spoken = seating(site.app, table, places), "proto h2" if site.http2 else ""
    for place in range(1, places + 1):
        server = f"{slot}-{place}"
        address = seats[backend, server]
        words = ["    server", server, address or EMPTY, how + server if how.endswith("/") else how, spoken]
        yield " ".join(filter(None, (*words, "" if address else "disabled"))) + "\n"
