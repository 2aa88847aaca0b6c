"""What the apps of one file share: the router, and the addresses where it listens. Complaints name the other app.

Hosts and paths may overlap as long as one of them is meant more exactly; what two apps claim alike is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from verdigris.config.addresses import address_of, hosts_of, network_of
from verdigris.config.document import Complaint, Key
from verdigris.config.models import Service
from verdigris.config.routing import Route

__all__ = ["Claimant", "doors"]

ADDRESSES_MOST = 16
"""The keeper has places for so many listening sockets."""

PLAIN, SECURE = ("route", "listen"), ("route", "tls", "listen")

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Claimant:
    """One app, and where it stands in the file."""

    key: Key
    app: str
    service: Service

    @property
    def route(self) -> Route:
        return self.service.route

    @property
    def addresses(self) -> dict[Address, Key]:
        """Where it is reached, plain first, each with the key that says so."""
        written = {PLAIN: self.route.listen, SECURE: self.route.tls.listen}
        return {address_of(text): (*self.key, *key) for key, text in written.items() if text != "none"}

    @property
    def places(self) -> list[str]:
        """The hosts with the path that it claims, in words."""
        return [f"{host}, path {self.route.path}" for host in hosts_of(self.route.host) or ("any host",)]


def doors(apps: Sequence[Claimant], line: Callable[[Key], int]) -> Iterator[Complaint]:
    """Everything that the apps cannot have together. `line` says where a key stands in the file."""

    def whose(owner: Claimant) -> str:
        return f"{owner.app} (line {line((*owner.key, 'route'))})"

    yield from _claimed_twice(apps, whose)
    yield from _both_plain_and_secure(apps, whose)
    yield from _unlike(apps, whose)
    yield from _swallowed(apps)
    yield from _too_many(apps)
    for app in apps[1:]:
        if app.service.router.bin != apps[0].service.router.bin:
            sentence = f"must be the same as for {apps[0].app}: one router serves all apps of a file"
            yield Complaint((*app.key, "router", "bin"), sentence)


Whose = Callable[[Claimant], str]


def _claimed_twice(apps: Sequence[Claimant], whose: Whose) -> Iterator[Complaint]:
    owners: dict[tuple[Address, str], Claimant] = {}
    for app in apps:
        claims = [(address, place) for address in app.addresses for place in app.places]
        if taken := [claim for claim in claims if claim in owners]:
            address, place = taken[0]
            sentence = (
                f"{place} at {_text(address)} belongs to {whose(owners[taken[0]])} already:"
                " give one of them another host, path or listen"
            )
            yield Complaint((*app.key, "route"), sentence)
        for claim in claims:
            owners.setdefault(claim, app)


def _both_plain_and_secure(apps: Sequence[Claimant], whose: Whose) -> Iterator[Complaint]:
    plain = {address_of(app.route.listen): app for app in reversed(apps)}
    for app in apps:
        secure = app.route.tls.listen
        if secure != "none" and (owner := plain.get(address_of(secure))):
            sentence = (
                f"must be an address of its own, but is route.listen of {whose(owner)}: take another port"
            )
            yield Complaint((*app.key, *SECURE), sentence)


def _unlike(apps: Sequence[Claimant], whose: Whose) -> Iterator[Complaint]:
    """What is decided before it is known whose request it is has to be the same for all apps at an address."""
    first: dict[Address, Claimant] = {}
    for app in apps:
        for address in app.addresses:
            owner = first.setdefault(address, app)
            for name in _differing(app.route, owner.route):
                sentence = f"must be the same as for {whose(owner)}, which is reached at {_text(address)} too"
                yield Complaint((*app.key, "route", name), sentence)


def _differing(one: Route, other: Route) -> Iterator[str]:
    if set(map(network_of, one.trust)) != set(map(network_of, other.trust)):
        yield "trust"
    if one.proxy_protocol != other.proxy_protocol:
        yield "proxy_protocol"


def _swallowed(apps: Sequence[Claimant]) -> Iterator[Complaint]:
    """Who listens at 0.0.0.0 has the port of every address, and nobody can have it at one of them."""
    keys = {address: key for app in reversed(apps) for address, key in app.addresses.items()}
    for (host, port), key in keys.items():
        every = "::" if ":" in host else "0.0.0.0"  # noqa: S104 -- compared, not listened at
        if host != every and (every, port) in keys:
            sentence = (
                f"cannot be had beside {_text((every, port))}, which takes the port of every address:"
                " take the same address for both, or another port"
            )
            yield Complaint(key, sentence)


def _too_many(apps: Sequence[Claimant]) -> Iterator[Complaint]:
    keys = {address: key for app in reversed(apps) for address, key in app.addresses.items()}
    if len(keys) > ADDRESSES_MOST:
        sentence = (
            f"is one of {len(keys)} addresses, of which a router has {ADDRESSES_MOST} at most: let apps share"
        )
        yield Complaint(next(iter(keys.values())), sentence)


def _text(address: Address) -> str:
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
