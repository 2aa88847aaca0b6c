"""Which certificate HAProxy shows to whom, as the lists that its `bind` lines name."""

from __future__ import annotations

from collections.abc import Iterable

from verdigris.adapters.routers.haproxy.settings import Door, Site
from verdigris.adapters.routers.haproxy.words import CERTIFICATES

__all__ = ["crt_lists", "name_of", "served_at"]


def name_of(app: str) -> str:
    """The file with the pair of an app, and its name on HAProxy's socket."""
    return f"{CERTIFICATES}/{app}.pem"


def served_at(sites: Iterable[Site], address: str) -> list[Site]:
    """The sites with TLS there; the first one's certificate is for everybody who names no host of another."""
    there = [site for site in sites if site.tls and site.tls.listen == address]
    return sorted(there, key=lambda site: bool(site.hosts))


def crt_lists(door: Door) -> dict[str, str]:
    """Which certificate is for whom, a list for each address with TLS."""
    lists = {}
    for number, address in enumerate(door.addresses):
        if sites := served_at(door.sites, address):
            lists[f"{CERTIFICATES}/{number}.list"] = _crt_list(sites)
    return lists


def _crt_list(sites: list[Site]) -> str:
    """A host that two sites share by path has the certificate of the first; `!*` is for no name but those left over."""
    taken: set[str] = set()
    lines = []
    for site in sites:
        names = " ".join(host for host in site.hosts if host not in taken)
        taken.update(site.hosts)
        oldest = site.tls.oldest if site.tls else "1.2"
        lines.append(f"{name_of(site.app)} [ssl-min-ver TLSv{oldest}] {names or '!*'}\n")
    return "".join(lines)
