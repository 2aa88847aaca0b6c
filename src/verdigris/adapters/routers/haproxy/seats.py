"""The servers of HAProxy as seats: which there are, who is to sit in them, and how they get there.

Three kinds of backend for each slot. `<app>-green` holds green's own servers with their checks, and blue's as
backups for the request that meets a dead green while falling back is allowed. `<app>-green-only` holds green's and
nobody else's, unchecked: for preview requests, and to try anyway when no check passes and there is no other side.
`<app>-green-long` holds them once more, for connections that last.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from verdigris.adapters.routers.haproxy.settings import split_address
from verdigris.adapters.routers.haproxy.table import Table
from verdigris.core.world import Member, Slot

__all__ = ["Orders", "Seat", "Seats", "backends", "members_in", "orders", "places_of", "seating"]

Name = tuple[str, str]
"""Backend and server."""


@dataclass(frozen=True, slots=True)
class Seat:
    """One server as HAProxy has it. An empty seat is in maintenance; its address means nothing."""

    address: str
    taken: bool


Seats = Mapping[Name, Seat]


@dataclass(frozen=True, slots=True)
class Orders:
    """Runtime commands: those that only add, to be given before weights move, and those that take away, after."""

    adding: tuple[str, ...]
    taking: tuple[str, ...]


def backends(app: str, slot: Slot) -> tuple[str, str, str]:
    """The backends in which the slot's own servers stand: the pool, they alone, and for what lasts."""
    return f"{app}-{slot}", f"{app}-{slot}-only", f"{app}-{slot}-long"


def seating(app: str, table: Table, places: int) -> dict[Name, str | None]:
    """Who is to sit in every seat: an address, or None for an empty one."""
    found: dict[Name, str | None] = {}
    for slot in Slot:
        at = {p.place: p.member.address for p in table.placed[slot]}
        for place in range(1, places + 1):
            server, address = f"{slot}-{place}", at.get(place)
            found.update({(backend, server): address for backend in backends(app, slot)})
            found[f"{app}-{slot.other}", server] = address if table.row.fallback is slot else None
    return found


def places_of(app: str, seats: Seats) -> int:
    """How many places each slot has now."""
    return sum(1 for backend, server in seats if backend == f"{app}-{Slot.BLUE}-only")


def orders(wanted: Mapping[Name, str | None], seats: Seats) -> Orders:
    """The commands that lead from `seats` to `wanted`."""
    adding = [
        command
        for name, address in wanted.items()
        if address
        for command in _seat(name, address, seats[name])
    ]
    taking = [
        f"set server {b}/{s} state maint" for (b, s), a in wanted.items() if not a and seats[b, s].taken
    ]
    return Orders(tuple(adding), tuple(taking))


def _seat(name: Name, address: str, seat: Seat) -> Iterator[str]:
    if seat.address != address:
        host, port = split_address(address)
        yield f"set server {'/'.join(name)} addr {host} port {port}"
    if not seat.taken:
        yield f"set server {'/'.join(name)} state ready"


def members_in(app: str, slot: Slot, table: Table, seats: Seats) -> tuple[Member, ...]:
    """Who really sits in a slot: the table's members that do, then whoever the table does not know."""
    pool, *others = backends(app, slot)
    known = {f"{slot}-{p.place}": p.member for p in table.placed[slot]}
    seated = {
        s: seat.address for (b, s), seat in seats.items() if b == pool and seat.taken and s.startswith(slot)
    }
    ours = [
        s
        for s, m in known.items()
        if seated.get(s) == m.address and all(seats.get((b, s)) == Seat(m.address, True) for b in others)
    ]
    strange = [s for s in seated if s not in ours]
    return (*(known[s] for s in ours), *(Member(s, seated[s]) for s in strange))


def backed(app: str, slot: Slot, table: Table, seats: Seats) -> bool:
    """Whether every member of `slot` stands behind the other slot as a backup."""
    return all(
        seats.get((f"{app}-{slot.other}", f"{slot}-{p.place}")) == Seat(p.member.address, True)
        for p in table.placed[slot]
    )
