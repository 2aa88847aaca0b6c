"""The front door at one address: who asks, for which app, which way the request goes, and what is said of the answer.

One frontend serves every app at its address; what differs from app to app is looked up, not written out, so that an
app costs the others nothing. What nobody has configured leaves no line, but for pause and maintenance: those have to
work at once, without a successor.
"""

from __future__ import annotations

from collections.abc import Iterator

from verdigris.adapters.routers.haproxy import reserved
from verdigris.adapters.routers.haproxy.cohorts import by_share, of
from verdigris.adapters.routers.haproxy.settings import Door, Site, split_address
from verdigris.adapters.routers.haproxy.words import (
    CERTIFICATES,
    COHORT_COOKIE,
    LATCH,
    PREVIEW,
    PREVIEW_COOKIE,
    SHARE,
    SITES,
    STREAMS,
    answer,
    milliseconds,
)
from verdigris.core.world import Slot

__all__ = ["LINE", "PROBE_FROM", "front"]

PROBE_FROM = "127.86.68.71"
"""Where our own probes come from: they are no proxy, whoever else is one on this machine."""

ID = "[A-Za-z0-9._~+/=-]{1,128}"
OUR_ID = "%[date(0,us),hex,lower]%[rand,hex,lower]"
"""32 hexadecimal digits. The microsecond comes first, then 32 bits of chance; a UUID costs several times as much."""

PLAIN = r"^green=(100|[1-9]?[0-9])/fallback=none/cohort=[^/]*/new=[^/]*/(generation=|$)"
"""A row that is readable and wants neither a fallback nor a pause."""

ASKED = "{ var(txn.asked) -m found }"

OUTCOME = "x-verdigris-outcome"
"""On an answer: what the request came to for the user. It is for the line alone, and no client sees it."""

LINE = (
    "r2 %[var(txn.app)] %[date(0,ms)] %[var(txn.slot)] %s %ST %Tw %Tc %Tr %Ta %ts %rc %[var(txn.preview)]"
    " %[var(txn.outcome)] %[var(txn.id)] %HM %HPO ."
)
"""One line for each request, read by the signals adapter. The dot at its end shows that nothing was cut off.

Path and method have the bounds of `tune.http.logurilen`, and HAProxy writes what could break a line as #22. A query
may hold what nobody else should know, and is left out.
"""


def front(door: Door, number: int, address: str) -> str:
    """The whole frontend of one address. A plain one and one for HTTPS differ in how they are bound."""
    sites = list(door.at(address))
    secure = any(site.tls and site.tls.listen == address for site in sites)
    return "".join(
        (
            *_binding(sites, number, secure),
            *_who_asks(sites),
            *reserved.rules(),
            *_for_whom(sites),
            *_elsewhere(sites, secure),
            *_held(sites),
            *_which_slot(sites),
            *_turns(),
            *_ways(),
            *_says("https" if secure else "http", sites[0].trust),
            *_answers(sites, secure),
        )
    )


def _binding(sites: list[Site], number: int, secure: bool) -> Iterator[str]:
    waits = [site.timeouts for site in sites]
    # The first certificate is for unknown names as well; the other sites have their oldest version in the list.
    first = min(sites, key=lambda site: bool(site.hosts)).tls
    oldest = first.oldest if first else "1.2"
    how = f" ssl crt-list {CERTIFICATES}/{number}.list alpn h2,http/1.1 ssl-min-ver TLSv{oldest}"
    yield f"frontend front-{number}\n"
    yield f"    bind fd@${{VERDIGRIS_FD_{number}}}{how if secure else ''}\n"
    yield f"    timeout client {milliseconds(max(t.client for t in waits))}\n"
    yield f"    timeout http-request {milliseconds(max(t.request for t in waits))}\n"
    yield f"    timeout http-keep-alive {milliseconds(max(t.keep_alive for t in waits))}\n"
    yield f'    log global\n    log-format "{LINE}"\n'
    # X_Forwarded_For is X-Forwarded-For to many an application: what could be taken for ours never reaches one.
    yield "    option http-restrict-req-hdr-names delete\n"
    if sites[0].proxy_protocol:
        proxies = f"{{ src {' '.join(sites[0].trust)} }} !{{ src {PROBE_FROM} }}"
        yield f"    tcp-request connection expect-proxy layer4 if {proxies}\n"
    # Made into text once for a connection, not once for a request.
    yield "    tcp-request session set-var(sess.from) src,concat()\n"


def _who_asks(sites: list[Site]) -> Iterator[str]:
    """A request id that is ours or fit to be, and none of the words that are only ours to say."""
    yield f"""
    # Who asks: what the client may say of itself, and what only we say.
    http-request set-var(txn.id) req.hdr(x-request-id)
    http-request set-var-fmt(txn.id) "{OUR_ID}" unless {{ var(txn.id) -m reg ^{ID}$ }}
    http-request set-var(txn.asked) req.hdr(x-verdigris-preview),map({PREVIEW})
    http-request set-var(txn.cookie) req.cook({PREVIEW_COOKIE})
    acl previewing var(txn.cookie) -m found
    http-request set-var(txn.asked) var(txn.cookie),map({PREVIEW})
    http-request replace-header Cookie (.*){PREVIEW_COOKIE}=[^;]*(.*) \\1\\2 if previewing
    http-request set-var(txn.preview) var(txn.asked),field(1,/)
    http-request del-header X-Environment
    http-request del-header X-API-Version
    http-request del-header X-Verdigris- -m beg
    http-request del-header Forwarded
    http-request del-header X-Request-Start
    # Later ones refuse it by themselves; 2.6 forwards a NUL, where one application ends the value and another not.
    .if version_before(2.8.25)
    http-request deny deny_status 400 if {{ req.hdrs -m reg \\\\x00 }}
    .endif
"""
    if sites[0].trust:
        yield f"    acl trusted src {' '.join(sites[0].trust)}\n"
    yield f"    http-request del-header X-Forwarded- -m beg{' unless trusted' if sites[0].trust else ''}\n"


def _for_whom(sites: list[Site]) -> Iterator[str]:
    """Which app: the longest prefix of the exact host, else of the wildcard one level up, else of any host."""
    yield "\n    # Whose request it is, and what is wanted for that app.\n"
    if len(sites) == 1 and not sites[0].hosts and sites[0].path == "/":
        yield f"    http-request set-var(txn.app) str({sites[0].app})\n"
    else:
        wild = any(host.startswith("*.") for site in sites for host in site.hosts)
        any_host = any(not site.hosts for site in sites)
        yield '    http-request set-var-fmt(txn.place) "%[req.hdr(host),host_only,lower]%[path]/"\n'
        yield f"    http-request set-var(txn.app) var(txn.place),map_beg({SITES})\n"
        unknown = "if !{ var(txn.app) -m found }"
        if wild:
            above = "%[req.hdr(host),host_only,lower,regsub('^[^.]*\\.','')]"
            yield f'    http-request set-var-fmt(txn.place) "*.{above}%[path]/" {unknown}\n'
            yield f"    http-request set-var(txn.app) var(txn.place),map_beg({SITES}) {unknown}\n"
        if any_host:
            yield f'    http-request set-var-fmt(txn.place) "%[path]/" {unknown}\n'
            yield f"    http-request set-var(txn.app) var(txn.place),map_beg({SITES}) {unknown}\n"
        yield "    http-request set-var(txn.app) var(txn.asked),field(2,/) if { var(txn.asked) -m sub / }\n"
        yield f"    http-request return status 404 {answer('unknown-host')} {unknown}\n"
    yield f"    http-request set-var(txn.row) var(txn.app),map({SHARE})\n"
    # Nearly always a row wants nothing but a share. One look says so: HAProxy remembers what matched what.
    yield f"    http-request set-var(txn.odd) bool(true) unless {{ var(txn.row) -m reg {PLAIN} }}\n"
    yield "    acl odd var(txn.odd) -m found\n"


def _elsewhere(sites: list[Site], secure: bool) -> Iterator[str]:
    """Plain requests that belong to HTTPS."""
    for site in sites:
        if site.tls and site.tls.redirect and not secure:
            _, port = split_address(site.tls.listen)
            place = f"https://%[req.hdr(host),host_only]{'' if port == 443 else f':{port}'}%[pathq]"
            yield f'    http-request redirect location "{place}" code 308 if {of(site, sites)} !{ASKED}\n'


def _held(sites: list[Site]) -> Iterator[str]:
    """An app that is paused lets nobody through but probes and previews; its row may say otherwise at any time."""
    yield "    acl paused var(txn.row) -m sub /pause=\n"
    yield f"    http-request set-var(txn.began) date(0,ms) if odd paused !{ASKED}\n"
    yield f"    http-request lua.hold if odd paused !{ASKED}\n"
    refused = "if odd { var(txn.refused) -m found }"
    yield f"    http-request return status 503 {answer('paused')} hdr Retry-After 5 {refused}\n"


def _which_slot(sites: list[Site]) -> Iterator[str]:
    """Where the secret says, else where the router turned to by itself, else by the share."""
    yield f"""
    # Where it goes: where the secret says, else where the router turned to by itself, else by the share.
    acl forced var(txn.preview) -m str {" ".join(Slot)}
    acl readable var(txn.row) -m reg ^green=(100|[1-9]?[0-9])(/|$)
    http-request return status 503 {answer("no-release")} if odd !forced !readable
    http-request set-var(txn.slot) str(blue)
    http-request set-var(txn.slot) str(green) if {{ var(txn.row) -m beg green=100 }}
    acl settled var(txn.row) -m beg green=0/ green=100/
    http-request set-var(txn.share) var(txn.row),field(1,/),field(2,=) unless settled
"""
    yield from by_share(sites)
    latched = f"var(txn.app),concat(/,txn.row),map({LATCH})"
    yield f"    http-request set-var(txn.slot) {latched} if odd\n"
    yield "    http-request set-var(txn.slot) var(txn.preview) if forced\n"


def _turns() -> Iterator[str]:
    """The first request that finds a slot dead turns all later ones, until the row changes."""
    yield "    acl alive var(txn.app),concat(-,txn.slot,-long),nbsrv gt 0\n"
    yield "    http-request set-var(txn.way) str(only) unless alive\n"
    yield "    acl dead var(txn.way) -m found\n"
    for slot in Slot:
        up = "{ var(txn.app),concat(-" + slot + "-long),nbsrv gt 0 }"
        may = f"{{ var(txn.row) -m sub /fallback={slot}/ }}"
        when = f"if odd dead !forced {{ var(txn.slot) -m str {slot.other} }} {may} {up}"
        yield f"    http-request set-var(txn.turned) str({slot}) {when}\n"
    turned = "if odd { var(txn.turned) -m found }"
    yield f"    http-request set-map({LATCH}) %[var(txn.app)]/%[var(txn.row)] %[var(txn.turned)] {turned}\n"
    yield f"    http-request set-var(txn.slot) var(txn.turned) {turned}\n"
    yield f"    http-request unset-var(txn.way) {turned}\n"


def _ways() -> Iterator[str]:
    """A dead slot without another is tried all the same: a check that fails may be wrong."""
    yield "    acl lasting req.hdr(upgrade) -m str -i websocket\n"
    yield "    acl lasting req.hdr(accept) -m beg text/event-stream\n"
    yield "    http-request set-var(txn.way) str(long) if lasting !dead\n"
    yield "    http-request set-var(txn.way) str(only) if forced\n"


def _says(scheme: str, trust: tuple[str, ...]) -> Iterator[str]:
    """What we say of the request, after everything that has to look through its headers: each costs every look.

    X-Forwarded headers are made by us, or continued where a proxy sent them whom we trust.
    """
    yield """
    # What the application hears of it from us, and of nobody else.
    http-request set-header X-Request-Id %[var(txn.id)]
    http-request add-header X-Request-Start t=%[date(0,ms)]
    http-request set-header X-Request-Start t=%[var(txn.began)] if odd { var(txn.began) -m found }
    http-request add-header X-Forwarded-For %[var(sess.from)]
"""
    for name, value in (("Proto", scheme), ("Host", "%[req.hdr(host)]"), ("Port", "%[dst_port]")):
        absent = f" if !{{ req.hdr(x-forwarded-{name.lower()}) -m found }}" if trust else ""
        yield f"    http-request {'set' if trust else 'add'}-header X-Forwarded-{name} {value}{absent}\n"
    yield "    use_backend %[var(txn.app)]-%[var(txn.slot)] unless { var(txn.way) -m found }\n"
    yield "    use_backend %[var(txn.app)]-%[var(txn.slot)]-%[var(txn.way)]\n"


def _answers(sites: list[Site], secure: bool) -> Iterator[str]:
    """What is said about the answer: who really gave it."""
    yield f"""
    # What is said about the answer: who really gave it.
    http-response set-var(txn.said) res.hdr({OUTCOME})
    http-response set-var(txn.outcome) str(g) if {{ var(txn.said) -m str -i good }}
    http-response set-var(txn.outcome) str(b) if {{ var(txn.said) -m str -i bad }}
    http-response del-header X-Verdigris- -m beg
    http-response set-var(txn.from) srv_name,field(1,-)
    acl expected var(txn.way) -m str long
    acl long-lived status 101
    acl long-lived res.hdr(content-type) -m beg text/event-stream
    http-response track-sc0 var(txn.app),concat(/,txn.from) table {STREAMS} if long-lived !expected
    http-response set-var(txn.version) var(txn.app),concat(/,txn.from,/version),map({SHARE})
    acl versioned res.hdr(x-api-version) -m found
    acl nameless var(txn.version) -m str -- -
    http-response add-header X-API-Version %[var(txn.version)] if !nameless !versioned
    http-response set-header X-Environment %[var(txn.from)]
    http-response set-header X-Verdigris-Server %[srv_name] if {{ var(txn.preview) -m found }}
    http-after-response set-header X-Request-Id %[var(txn.id)]
"""
    if any(site.identity and site.identity.assign for site in sites):
        cookie = f"{COHORT_COOKIE}=%[var(txn.assigned)]; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax"
        given = "{ var(txn.assigned) -m found }"
        yield f'    http-response add-header Set-Cookie "{cookie}{"; Secure" if secure else ""}" if {given}\n'
