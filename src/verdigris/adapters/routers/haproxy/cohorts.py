"""Who sees which version: the share of all requests, and who stays with one slot because he can be told from others.

A user goes where the hash of his name and of the deployment's salt points: the same all through a deployment, and
another in the next. Nobody is ever led to a slot without weight.
"""

from __future__ import annotations

from collections.abc import Iterator

from verdigris.adapters.routers.haproxy.settings import Door, Identity, Site
from verdigris.adapters.routers.haproxy.words import COHORT_COOKIE, USERS
from verdigris.core.world import Slot

__all__ = ["by_share", "of", "users_map"]

SHARED = "shared"
"""The condition that both slots are wanted. Where one of them has everybody, nobody has to be told apart."""


def users_map(door: Door) -> str:
    """Who is always among the first to see a new version of an app, and who among the last."""
    lists = [(site.app, site.identity) for site in door.sites if site.identity]
    allowed = [f"{app}/{user} allow\n" for app, identity in lists for user in identity.allow]
    denied = [f"{app}/{user} deny\n" for app, identity in lists for user in identity.deny]
    return "".join((*allowed, *denied))


def by_share(sites: list[Site]) -> Iterator[str]:
    """The rules that choose a slot; with nobody to tell apart it is a throw of the dice."""
    yield f"    acl {SHARED} var(txn.share) -m int 1:99\n"
    cohorts = [(site, site.identity) for site in sites if site.identity]
    if cohorts:
        yield from _cohorts(cohorts, sites)
    else:
        yield f"    http-request set-var(txn.slot) str(green) if {SHARED} {{ rand(100),sub(txn.share) lt 0 }}\n"


def _cohorts(cohorts: list[tuple[Site, Identity]], sites: list[Site]) -> Iterator[str]:
    """The same user, the same slot: a hash of who asks and of this deployment's salt, against the share."""
    for site, identity in cohorts:
        when = f"if {SHARED} {of(site, sites)}"
        fetch = {"header": f"req.hdr({identity.name})", "cookie": f"req.cook({identity.name})"}
        if identity.by in fetch:
            yield f"    http-request set-var(txn.who) {fetch[identity.by]} {when}\n"
        if identity.assign:
            nobody = "!{ var(txn.who),length gt 0 }"
            yield f"    http-request set-var(txn.who) req.cook({COHORT_COOKIE}) {when} {nobody}\n"
            yield f"    http-request set-var(txn.assigned) uuid() {when} {nobody}\n"
            yield f"    http-request set-var(txn.who) var(txn.assigned) {when} {nobody}\n"
    salted = "var(txn.row),field(3,/),concat(/,txn.who),xxh32,mod(100)"
    yield f"    http-request set-var(txn.bucket) rand(100) if {SHARED}\n"
    yield f"    http-request set-var(txn.bucket) {salted} if {SHARED} {{ var(txn.who),length gt 0 }}\n"
    yield f"    http-request set-var(txn.slot) str(green) if {SHARED} {{ var(txn.bucket),sub(txn.share) lt 0 }}\n"
    if any(identity.allow or identity.deny for _, identity in cohorts):
        yield f"    http-request set-var(txn.listed) var(txn.app),concat(/,txn.who),map({USERS}) if {SHARED}\n"
        for slot in Slot:
            new = f"{{ var(txn.row) -m sub /new={slot}/ }}"
            yield f"    http-request set-var(txn.slot) str({slot}) if {{ var(txn.listed) -m str allow }} {new}\n"
            yield f"    http-request set-var(txn.slot) str({slot.other}) if {{ var(txn.listed) -m str deny }} {new}\n"


def of(site: Site, sites: list[Site]) -> str:
    """The condition that a request is for this site: always true where it is alone."""
    return f"{{ var(txn.app) -m str {site.app} }}" if len(sites) > 1 else "TRUE"
