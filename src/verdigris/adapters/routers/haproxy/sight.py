"""One look at HAProxy: the questions that are asked of a process, and what their answers come to."""

from __future__ import annotations

from dataclasses import dataclass

from verdigris.adapters.routers.haproxy import stat
from verdigris.adapters.routers.haproxy.render import LATCH, SHARE
from verdigris.adapters.routers.haproxy.seats import Seats, backed, backends, members_in, places_of
from verdigris.adapters.routers.haproxy.socket import Conversation
from verdigris.adapters.routers.haproxy.table import Row, Table
from verdigris.core.world import Member, PerSlot, Reading, Routing, Slot

__all__ = ["Load", "Sight", "load_of", "look_at"]


@dataclass(frozen=True, slots=True)
class Load:
    """What is inside one process now: requests and long-lived streams of each slot, and client connections."""

    in_flight: PerSlot[int]
    long_lived: PerSlot[int]
    connections: int


@dataclass(frozen=True, slots=True)
class Sight:
    """What the serving process says: its map, what that means, its servers, and what it turned to by itself.

    `trouble` is set when its row says no share; the table is then one that gives blue everything.
    """

    app: str
    entries: dict[str, str]
    table: Table
    seats: Seats
    latch: dict[str, str]
    trouble: str = ""

    @property
    def places(self) -> int:
        return places_of(self.app, self.seats)

    def reading(self, installation: str) -> Reading:
        """What it does, as the port tells it. A stamp of another installation is none."""
        row = self.table.row
        members = PerSlot(*(members_in(self.app, slot, self.table, self.seats) for slot in Slot))
        fallback = (
            row.fallback if row.fallback and backed(self.app, row.fallback, self.table, self.seats) else None
        )
        routing = Routing(row.weights, members, fallback, self.table.versions)
        return Reading(
            routing, row.generation if row.installation == installation else None, self.fell_back_to
        )

    @property
    def fell_back_to(self) -> Slot | None:
        """The latch is bound to the row under which it fell: a new row makes it void at the same moment."""
        slot = self.latch.get(f"{self.app}/{self.entries.get(self.app)}")
        return Slot(slot) if slot in list(Slot) else None

    def member(self, server: str) -> tuple[Slot, Member] | None:
        """Who sits on a server of this name."""
        for slot in Slot:
            for placed in self.table.placed[slot]:
                if server == f"{slot}-{placed.place}":
                    return slot, placed.member
        return None


async def look_at(conversation: Conversation, app: str) -> Sight:
    """Ask for everything that can be told to it."""
    rows, latch, servers = await conversation.ask(
        f"show map {SHARE}", f"show map {LATCH}", "show servers state"
    )
    entries = stat.map_in(rows)
    table, trouble = Table.read(app, entries), ""
    if table is None:
        table = Table.read(app, entries | {app: str(Row(green=0))}) or Table(Row(green=0))
        trouble = (
            f"the router's row for {app} is {entries.get(app)!r}, which says no share, so every request gets 503;"
            f" `set map {SHARE} {app} green=0` on its socket gives blue everything"
        )
    return Sight(app, entries, table, stat.seats_in(servers), stat.map_in(latch), trouble)


async def load_of(conversation: Conversation, app: str) -> Load:
    """Count what is inside a process. A stream is inside its server too, and is taken off there."""
    servers, fronts, streams = await conversation.ask(
        "show stat -1 4 -1", "show stat -1 1 -1", f"show table {app}-long"
    )
    sessions, long_lived = stat.sessions_in(servers), stat.long_lived_in(streams)
    found = []
    for slot in Slot:
        inside = sum(
            count
            for (backend, server), count in sessions.items()
            if server.startswith(f"{slot}-") and backend in {name for s in Slot for name in backends(app, s)}
        )
        found.append((max(0, inside - long_lived.get(slot, 0)), long_lived.get(slot, 0)))
    return Load(
        PerSlot(found[0][0], found[1][0]), PerSlot(found[0][1], found[1][1]), stat.connections_in(fronts)
    )
