"""What nobody has configured leaves no line: every line of the plainest configuration has a reason here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from verdigris.adapters.routers.haproxy.asking import HealthCall
from verdigris.adapters.routers.haproxy.render import render
from verdigris.adapters.routers.haproxy.settings import Door, Identity, Site, Tls
from verdigris.adapters.routers.haproxy.table import Row, Table

PLAIN = Site("api", "127.0.0.1:80", places=1)
SECURE = Tls("127.0.0.1:443", Path("both.pem"))

REASONS = {
    "the process, its socket and its bounds": (
        "global",
        "description ",
        "stats socket ",
        "stats timeout ",
        "nbthread ",
        "fd-hard-limit ",
        ".if version_atleast(2.7)",
        "tune.memory.hot-size ",
        "hard-stop-after ",
    ),
    "a line for each request": (
        "log ring@lines ",
        "log global",
        "log-format ",
        "tune.http.logurilen ",
        "ring lines",
        "format raw",
        "maxlen ",
        "size ",
        "server controller ",
        "option dontlognull",
    ),
    "connections and how long they may take": (
        "defaults",
        "mode http",
        "option http-keep-alive",
        "option idle-close-on-response",
        "http-reuse ",
        "timeout ",
    ),
    "answers of our own": ("http-error status ",),
    "the door": ("frontend front-0", "bind fd@"),
    "sending again what is safe": (
        "retry-on ",
        "retries ",
        "option redispatch 1",
        "http-request disable-l7-retry ",
    ),
    "paths that are ours alone": (
        "acl dotted ",
        "acl reserved ",
        "http-request return status 404 ",
    ),
    "a request id": (
        "http-request set-var(txn.id) ",
        "http-request set-var-fmt(txn.id) ",
        "http-request set-header X-Request-Id ",
        "http-after-response set-header X-Request-Id ",
    ),
    "a preview by the secret, for people and for our own probes": (
        "http-request set-var(txn.asked) ",
        "http-request set-var(txn.cookie) ",
        "acl previewing ",
        "http-request replace-header Cookie ",
        "http-request set-var(txn.preview) ",
        "acl forced ",
        "http-request set-var(txn.slot) var(txn.preview) ",
        "http-request set-var(txn.way) str(only) if forced",
        "http-response set-header X-Verdigris-Server ",
    ),
    "what only we may say": (
        "option http-restrict-req-hdr-names ",
        "http-request del-header ",
        "http-response del-header ",
        "tcp-request session set-var(sess.from) ",
        "http-request add-header X-",
        "http-request set-header X-Request-Start ",
        "http-response set-var(txn.from) ",
        "http-response set-header X-Environment ",
        "http-response set-var(txn.version) ",
        "acl versioned ",
        "acl nameless ",
        "http-response add-header X-API-Version ",
    ),
    "what a request came to for its user": (
        "http-response set-var(txn.said) ",
        "http-response set-var(txn.outcome) ",
    ),
    "a NUL, in versions that would forward it": (
        ".if version_before(2.8.25)",
        "http-request deny deny_status 400 ",
        ".endif",
    ),
    "the row of the app": (
        "http-request set-var(txn.app) ",
        "http-request set-var(txn.row) ",
        "http-request set-var(txn.odd) ",
        "acl odd ",
        "acl readable ",
    ),
    # On purpose: a pause works at once, without a successor. See docs/decisions/pause-in-the-router.md.
    "pause and maintenance": (
        "lua-load ",
        "acl paused ",
        "http-request return status 503 ",
        "http-request set-var(txn.began) ",
        "http-request lua.hold ",
    ),
    "the share": (
        "http-request set-var(txn.slot) str(",
        "acl settled ",
        "http-request set-var(txn.share) ",
        "acl shared ",
    ),
    "turning to the other slot, and remembering it": (
        "http-request set-var(txn.slot) var(txn.app),concat(/,txn.row),map(latch.map) ",
        "acl alive ",
        "acl dead ",
        "http-request set-var(txn.way) str(only) unless alive",
        "http-request set-var(txn.turned) ",
        "http-request set-map(latch.map) ",
        "http-request set-var(txn.slot) var(txn.turned) ",
        "http-request unset-var(txn.way) ",
        "option allbackups",
    ),
    "streams, counted apart": (
        "acl lasting ",
        "acl expected ",
        "acl long-lived ",
        "http-request set-var(txn.way) str(long) ",
        "http-response track-sc0 ",
        "backend streams",
        "stick-table ",
        "option abortonclose",
    ),
    "which way it goes": ("use_backend ",),
    "the slots and their members": (
        "backend api-",
        "balance roundrobin",
        "option httpchk",
        "http-check ",
        "default-server ",
        "server blue-1 ",
        "server green-1 ",
    ),
}

FEATURES = {
    "a host": ({"hosts": ("api.example.com",)}, "sites.map"),
    "a prefix": ({"path": "/api"}, "sites.map"),
    "a prefix that is stripped": ({"path": "/api", "strip": True}, "replace-path"),
    "a limit for bodies": ({"max_body": 1}, "413"),
    "HTTPS": ({"tls": SECURE}, "crt-list"),
    "a redirect": ({"tls": replace(SECURE, redirect=True)}, "http-request redirect"),
    "trusted proxies": ({"trust": ("10.0.0.0/8",)}, "acl trusted"),
    "the PROXY protocol": ({"trust": ("10.0.0.0/8",), "proxy_protocol": True}, "expect-proxy"),
    "HTTP/2 to the app": ({"http2": True}, "proto h2"),
    "a gRPC health call": ({"health_call": HealthCall(b"", b"PRI")}, "tcp-check"),
    "cohorts": ({"identity": Identity("cookie", "user")}, "txn.who"),
    "a cookie of ours": ({"identity": Identity("none", "", assign=True)}, "Set-Cookie"),
    "lists of users": ({"identity": Identity("cookie", "user", allow=("ada",))}, "users.map"),
}


def text(**more):
    site = replace(PLAIN, **more)
    return render(Door(Path("/x"), (site,)), {"api": Table(Row(0))}, {"api": 1})


def lines_of(text):
    """The lines that HAProxy heeds."""
    return [line.strip() for line in text.splitlines() if line.strip() and line.strip()[0] != "#"]


def test_every_line_of_the_plainest_configuration_has_a_reason():
    known = tuple(begin for begins in REASONS.values() for begin in begins)
    assert [] == [line for line in lines_of(text()) if not line.startswith(known)]


def test_every_reason_has_its_lines():
    lines = lines_of(text())
    begins = [begin for begins in REASONS.values() for begin in begins]
    assert [] == [begin for begin in begins if not any(line.startswith(begin) for line in lines)]


@pytest.mark.parametrize("name", FEATURES)
def test_what_is_not_configured_leaves_no_line(name):
    settings, word = FEATURES[name]
    assert (False, True) == (word in text(), word in text(**settings))
