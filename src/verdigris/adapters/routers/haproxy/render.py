"""HAProxy's configuration as text, made from the settings and the table and from nothing else.

Everything that varies at run time stands here as well, so that a restart comes up with it: members as servers,
weights in the map beside. Every value was checked by its grammar before; nothing is quoted or escaped here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from verdigris.adapters.routers.haproxy.seats import backends, seating
from verdigris.adapters.routers.haproxy.settings import HaproxySettings
from verdigris.adapters.routers.haproxy.table import Row, Table
from verdigris.core.world import Slot

__all__ = ["LATCH", "LINES", "PREVIEW", "SHARE", "SOCKET", "render", "structure"]

SOCKET = "haproxy.sock"
LINES = "lines.sock"
SHARE = "share.map"
LATCH = "latch.map"
PREVIEW = "preview.map"

EMPTY = "127.0.0.1:9"
"""Where a server points that nobody sits in. It is in maintenance, nothing is ever sent there."""

ERRORS = {
    400: "bad-request",
    408: "too-slow",
    413: "too-large",
    500: "internal",
    502: "bad-answer",
    503: "unreached",
    504: "timeout",
}
"""What `X-Verdigris-Error` says when the router itself answers."""

ID = "[A-Za-z0-9._~+/=-]{1,128}"

LINE = (
    "r1 {app} %[date(0,ms)] %[var(txn.slot)] %s %ST %Tw %Tc %Tr %Ta %ts %rc %[var(txn.preview)] %[var(txn.id)]"
    " %HM %[capture.req.uri,bytes(0,1024)] ."
)
"""One line for each request, read by the signals adapter. The dot at its end shows that nothing was cut off."""


def render(settings: HaproxySettings, table: Table, places: int) -> str:
    """The whole file."""
    parts = [_global(settings, places), _defaults(settings), _frontend(settings, places), _counted(settings)]
    for slot in Slot:
        parts += [_pool(settings, table, slot, places), _only(settings, table, slot, places)]
    return "\n".join(parts)


def structure(settings: HaproxySettings, places: int) -> str:
    """What only a reload can change, as a short digest. The running process tells the one that it was started with."""
    rest = (
        _defaults(settings),
        _frontend(settings, places),
        _pool(settings, Table(Row(0)), Slot.BLUE, places),
    )
    return hashlib.sha256("\n".join(rest).encode()).hexdigest()[:16]


def _global(settings: HaproxySettings, places: int) -> str:
    return f"""\
# Written by verdigris and replaced whenever it changes: nothing that is edited here stays.

global
    description {structure(settings, places)}
    stats socket unix@{SOCKET} mode 600 level admin
    stats timeout 1h
    log ring@lines len 2048 format raw local0
    # Without it memory follows the limit of open files, which some systems set to a thousand million.
    fd-hard-limit 65536
    hard-stop-after {_ms(settings.timeouts.tunnel)}

ring lines
    format raw
    maxlen 2048
    size 4194304
    timeout connect 1s
    timeout server 10s
    server controller unix@{LINES} log-proto octet-count
"""


def _defaults(settings: HaproxySettings) -> str:
    t = settings.timeouts
    return f"""\
defaults
    mode http
    option dontlognull
    option http-keep-alive
    # A kept-alive connection is closed with an answer, never under a request that is on its way.
    option idle-close-on-response
    option forwardfor
    http-reuse safe
    # A connection that is refused was no request yet: any method goes on to the next member. A request whose
    # bytes arrived somewhere is sent again only when its method is safe, see disable-l7-retry.
    retry-on conn-failure empty-response
    option redispatch 1
    balance roundrobin
    timeout connect {_ms(t.connect)}
    timeout client {_ms(t.client)}
    timeout server {_ms(t.server)}
    timeout tunnel {_ms(t.tunnel)}
    timeout http-request {_ms(t.request)}
    timeout http-keep-alive {_ms(t.keep_alive)}
    timeout queue {_ms(t.connect)}
    timeout check 800ms
{"".join(_errors())}"""


def _errors() -> Iterator[str]:
    for status, kind in ERRORS.items():
        yield f"    http-error status {status} {_answer(kind)}\n"


def _frontend(settings: HaproxySettings, places: int) -> str:
    return f"""\
frontend {settings.app}
    bind fd@${{VERDIGRIS_FD_0}}
    log global
    log-format "{LINE.format(app=settings.app)}"

    # Who asks: a request id that is ours or fit to be, and none of the words that are only ours to say.
    http-request set-var(txn.id) req.hdr(x-request-id)
    http-request set-var(txn.id) uuid() unless {{ var(txn.id) -m reg ^{ID}$ }}
    http-request set-header X-Request-Id %[var(txn.id)]
    http-request set-var(txn.preview) req.hdr(x-verdigris-preview),map({PREVIEW})
    http-request del-header X-Environment
    http-request del-header X-API-Version
    http-request del-header X-Verdigris- -m beg
{"".join(_refusals(settings))}
    # Where it goes: where the secret says, else where the router turned to by itself, else by the share.
    acl forced var(txn.preview) -m str {" ".join(Slot)}
    acl readable var(txn.row) -m reg ^green=(100|[1-9]?[0-9])(/|$)
    http-request set-var(txn.row) str({settings.app}),map({SHARE})
    http-request return status 503 {_answer("no-release")} if !forced !readable
    http-request set-var(txn.share) var(txn.row),field(1,/),field(2,=)
    http-request set-var(txn.slot) str(blue)
    http-request set-var(txn.slot) str(green) if {{ rand(100),sub(txn.share) lt 0 }}
    http-request set-var(txn.slot) str({settings.app}/),concat(,txn.row),map({LATCH})
    http-request set-var(txn.slot) var(txn.preview) if forced

{"".join(_turns(settings.app, places))}
    # What is said about the answer: who really gave it.
    http-response del-header X-Verdigris- -m beg
    http-response set-var(txn.from) srv_name,field(1,-)
    http-response set-header X-Environment %[var(txn.from)]
    http-response set-header X-Verdigris-Server %[srv_name] if {{ var(txn.preview) -m found }}
    http-response set-var(txn.version) str({settings.app}/),concat(,txn.from,/version),map({SHARE})
    acl versioned res.hdr(x-api-version) -m found
    acl nameless var(txn.version) -m str -- -
    http-response set-header X-API-Version %[var(txn.version)] if !versioned !nameless
    acl long-lived status 101
    acl long-lived res.hdr(content-type) -m beg text/event-stream
    http-response track-sc0 var(txn.from) table {settings.app}-long if long-lived
    http-after-response set-header X-Request-Id %[var(txn.id)]
"""


def _refusals(settings: HaproxySettings) -> Iterator[str]:
    """What is not for this app. What is not configured leaves no line."""
    if settings.host is not None:
        ours = f"{{ req.hdr(host),host_only,lower -m str {settings.host.lower()} }}"
        yield f"    http-request return status 404 {_answer('unknown-host')} unless {ours}\n"
    if settings.max_body is not None:
        yield f"    http-request deny deny_status 413 if {{ req.body_size gt {settings.max_body} }}\n"


def _turns(app: str, places: int) -> Iterator[str]:
    """The way to a backend. The first request that finds a slot dead turns all later ones, until the row changes."""
    for slot in Slot:
        for place in range(1, places + 1):
            yield f"    acl {slot}-up srv_is_up({app}-{slot}/{slot}-{place})\n"
        yield f"    acl to-{slot} var(txn.slot) -m str {slot}\n"
        yield f"    acl may-{slot} var(txn.row) -m sub /fallback={slot}/\n"
    for dead, slot in ((slot.other, slot) for slot in Slot):
        when = f"if !forced to-{dead} may-{slot} !{dead}-up {slot}-up"
        yield f"    http-request set-map({LATCH}) {app}/%[var(txn.row)] {slot} {when}\n"
        yield f"    http-request set-var(txn.slot) str({slot}) {when}\n"
    for slot in Slot:
        yield f"    use_backend {app}-{slot} if to-{slot} {slot}-up !forced\n"
        yield f"    use_backend {app}-{slot}-only if to-{slot}\n"


def _counted(settings: HaproxySettings) -> str:
    return f"""\
# Streams and upgraded connections, counted by slot: they are not waited for as requests are.
backend {settings.app}-long
    stick-table type string len 8 size 16 expire 1d store conn_cur
"""


def _pool(settings: HaproxySettings, table: Table, slot: Slot, places: int) -> str:
    """A slot's servers, checked only for answering at all: a database that is down must not take both slots out.

    Nothing is cut when a check fails: a slow instance may still answer what it has.
    """
    name, _ = backends(settings.app, slot)
    return f"""\
backend {name}
    option httpchk
    http-check send meth OPTIONS uri {settings.health_path} ver HTTP/1.1 hdr Host {settings.host or settings.app}
    http-check expect status 100-599
    option allbackups
    # More than anywhere else: a safe request may meet several kept connections that died with their instance.
    retries 10
    http-request disable-l7-retry unless {{ method GET HEAD OPTIONS }}
    default-server inter 500ms fastinter 250ms downinter 500ms fall 2 rise 1
{"".join(_servers(settings, table, name, slot, places, "check observe layer4 error-limit 3 on-error mark-down"))}\
{"".join(_servers(settings, table, name, slot.other, places, f"backup track {settings.app}-{slot.other}/"))}"""


def _only(settings: HaproxySettings, table: Table, slot: Slot, places: int) -> str:
    _, name = backends(settings.app, slot)
    return f"""\
backend {name}
    retries 3
    http-request disable-l7-retry unless {{ method GET HEAD OPTIONS }}
{"".join(_servers(settings, table, name, slot, places, ""))}"""


def _servers(
    settings: HaproxySettings, table: Table, backend: str, slot: Slot, places: int, how: str
) -> Iterator[str]:
    seats = seating(settings.app, table, places)
    for place in range(1, places + 1):
        server = f"{slot}-{place}"
        address = seats[backend, server]
        words = ["    server", server, address or EMPTY, how + server if how.endswith("/") else how]
        yield " ".join(filter(None, (*words, "" if address else "disabled"))) + "\n"


def _answer(kind: str) -> str:
    body = f'"{{\\"error\\":\\"{kind}\\",\\"request_id\\":\\"%[var(txn.id)]\\"}}\\n"'
    return f"content-type application/json lf-string {body} hdr X-Verdigris-Error {kind}"


def _ms(seconds: float) -> str:
    return f"{round(seconds * 1000)}ms"
