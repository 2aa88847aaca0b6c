"""The keys that say where requests come in and how they are taken: hosts, HTTPS, proxies, cohorts, pause, maintenance.

Each model is one mapping of verdigris.yaml and holds what the file says, as it says it.
"""

from __future__ import annotations

from typing import Annotated, Any

from verdigris.config import addresses as a
from verdigris.config import fields as f
from verdigris.config.section import Section, key, section

__all__ = ["Cohort", "Maintenance", "Pause", "Route", "Tls"]

File = Annotated[str, f.text(r"\S(.*\S)?", "none or a path")]


class Tls(Section):
    """HTTPS, at an address of its own. Files are looked for from where verdigris.yaml stands."""

    listen: Annotated[str, a.listen_or_none] = key(
        "none", "Where the router listens for HTTPS; `none` for no HTTPS."
    )
    certificate: File = key(
        "none", "The PEM file with the certificate, then its chain. A new one is taken up while requests run."
    )
    private_key: File = key(
        "none", "The PEM file with the key; `none` when it stands in the certificate's.", alias="key"
    )
    redirect: bool = key(False, "Whether a plain request is sent to HTTPS (308) instead of being answered.")
    oldest: Annotated[str, f.text(r"1\.[23]", '"1.2" or "1.3"')] = key(
        "1.2", "The oldest version of TLS that is spoken.", '"1.2" or "1.3"'
    )


class Cohort(Section):
    """Who sees a new version first, and keeps seeing it. `cohort: header:X-User` is short for `{by: header:X-User}`."""

    short = "by"
    by: Annotated[str, a.identity] = key(
        "none",
        "What tells one user from another: all requests of a user go to one slot for a whole deployment. "
        "With `none` each request goes by itself.",
    )
    assign: bool = key(
        False,
        "Whether clients without that header or cookie get a cookie of ours, and are told apart by it.",
    )
    allow: list[Annotated[str, a.user]] = key(
        [], "Users that get the new version before all others.", "list of users", max_length=5_000
    )
    deny: list[Annotated[str, a.user]] = key(
        [], "Users that get it after all others.", "list of users", max_length=5_000
    )


class Pause(Section):
    """What a paused app asks of those who wait (`verdigris pause`)."""

    # May be longer than router.timeouts.client: that ends only requests whose body has not wholly arrived.
    longest: Annotated[str, f.duration("100ms", "1h")] = key(
        "10s",
        "How long one request waits before it is answered 503; one that is still being sent waits "
        "`router.timeouts.client` at most.",
    )
    most: int = key(
        10_000,
        "How many wait together; further ones are answered 503 at once.",
        "requests",
        ge=1,
        le=1_000_000,
    )


class Maintenance(Section):
    """What everybody is answered during maintenance (`verdigris maintenance`)."""

    page: File = key(
        "none",
        "The file with the page, HTML in UTF-8 of at most 12 KiB; `none` for one of ours. Read at `maintenance on` "
        "and while it lasts.",
    )
    retry_after: Annotated[str, f.duration("1s", "30d")] = key(
        "60s", "What `Retry-After` asks clients to wait, in whole seconds."
    )


class Route(Section):
    """Where requests come in, whose they are, and how they are taken."""

    listen: Annotated[str, a.listen] = key(
        "127.0.0.1:8080", "Where the router listens. Several apps may share an address."
    )
    host: Annotated[Any, a.host] = key(
        "any",
        "The hosts whose requests are for this app: a name, `*.example.com` for one level below, or a list of these; "
        "`any` for every host. A name goes before `*`, and `*` before `any`.",
    )
    path: Annotated[str, a.prefix] = key(
        "/", "The prefix of the paths that are for this app. Among apps of one host the longest wins."
    )
    strip: bool = key(False, "Whether the app gets its requests without that prefix.")
    tls: Tls = section()
    trust: list[Annotated[str, a.network]] = key(
        [],
        "Networks of the proxies in front, whose X-Forwarded headers are believed. Nobody else's are.",
        "list of networks",
        max_length=32,
    )
    proxy_protocol: bool = key(False, "Whether the proxies of `trust` send the PROXY protocol's header.")
    max_body: Annotated[str, f.size("0B", "1024GiB", otherwise="none")] = key(
        "none",
        "Requests with a larger body are answered 413, and 411 where a body does not say its length beforehand "
        "(chunked, or HTTP/2 without Content-Length); `none` for no limit.",
    )
    http2: bool = key(
        False,
        "Whether the app is spoken to in HTTP/2 without TLS, as gRPC needs it. The router cannot see the status of a "
        "gRPC call: a call that fails does not count as a failed request.",
    )
    cohort: Cohort = section()
    pause: Pause = section()
    maintenance: Maintenance = section()
