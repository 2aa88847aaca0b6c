"""One look at HAProxy: the questions that are asked of a process, and what their answers come to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from verdigris.adapters.routers.haproxy import stat
from verdigris.adapters.routers.haproxy.holding import HELD
from verdigris.adapters.routers.haproxy.seats import Seats, backed, backends, members_in, places_of
from verdigris.adapters.routers.haproxy.socket import Conversation
from verdigris.adapters.routers.haproxy.table import Row, Table
from verdigris.adapters.routers.haproxy.words import LATCH, SHARE, STREAMS
from verdigris.core.counters import Counters, Passage
from verdigris.core.world import Member, PerSlot, Reading, Routing, Slot

__all__ = ["Load", "Sight", "counters_of", "load_of", "look_at"]


@dataclass(frozen=True, slots=True)
class Load:
    """What is inside one process now: requests and long-lived streams of each slot of an app, requests of it that
    wait because it is paused, and client connections of all apps."""

    in_flight: PerSlot[int]
    long_lived: PerSlot[int]
    waiting: int
    connections: int


@dataclass(frozen=True, slots=True)
class Sight:
    """What the serving process says of one app: its rows, what they mean, its servers, and what it turned to by itself.

    `rows` is the whole map, of all apps. `trouble` is set when the app's row says no share; the table is then one that
    gives blue everything.
    """

    app: str
    rows: dict[str, str]
    table: Table
    seats: Seats
    latch: dict[str, str]
    trouble: str = ""

    @property
    def entries(self) -> dict[str, str]:
        """The rows of this app."""
        return {
            key: value
            for key, value in self.rows.items()
            if key == self.app or key.startswith(f"{self.app}/")
        }

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
        routing = Routing(row.weights, members, fallback, self.table.versions, row.cohort, row.pause)
        return Reading(
            routing, row.generation if row.installation == installation else None, self.fell_back_to
        )

    @property
    def fell_back_to(self) -> Slot | None:
        """The latch is bound to the row under which it fell: a new row makes it void at the same moment."""
        slot = self.latch.get(f"{self.app}/{self.rows.get(self.app)}")
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
    """Count what is inside a process.

    What said that it would last is in a backend of its own; a stream that did not is inside its server as well, and
    is taken off there.
    """
    servers, fronts, streams, held = await conversation.ask(
        "show stat -1 4 -1", "show stat -1 1 -1", f"show table {STREAMS}", HELD
    )
    sessions, streaming = stat.sessions_in(servers), stat.long_lived_in(streams)
    found = [_of_slot(app, slot, sessions, streaming.get(f"{app}/{slot}", 0)) for slot in Slot]
    return Load(
        PerSlot(found[0][0], found[1][0]),
        PerSlot(found[0][1], found[1][1]),
        stat.held_in(held).get(app, 0),
        stat.connections_in(fronts),
    )


async def counters_of(conversation: Conversation, apps: Iterable[str]) -> Counters:
    """What a process has counted since it began."""
    fronts, pools = await conversation.ask("show stat -1 1 -1", "show stat -1 2 -1")
    traffic = stat.traffic_in(pools)
    return Counters(
        conversation.pid,
        stat.requests_in(fronts),
        tuple(passage for app in apps for passage in _passages(app, traffic)),
    )


def _passages(app: str, traffic: Mapping[str, tuple[int, int, int]]) -> Iterator[Passage]:
    """Both slots of an app. The backends without fallback are left out: previews go there, and are nobody's traffic.

    So are those that find a slot dead and are tried all the same; nearly all of these are refused, with a line.
    """
    for slot in Slot:
        pool, _, lasting = backends(app, slot)
        if pool in traffic and lasting in traffic:
            yield Passage(app, slot, *map(sum, zip(traffic[pool], traffic[lasting], strict=True)))


def _of_slot(
    app: str, slot: Slot, sessions: Mapping[tuple[str, str], int], streaming: int
) -> tuple[int, int]:
    """Short requests and long-lived connections of one slot, in whichever backend its servers stand."""
    short = {name for s in Slot for name in backends(app, s)[:2]}
    _, _, lasting = backends(app, slot)
    inside = [(b, count) for (b, server), count in sessions.items() if server.startswith(f"{slot}-")]
    brief = sum(count for backend, count in inside if backend in short)
    long_lived = sum(count for backend, count in inside if backend == lasting)
    return max(0, brief - streaming), long_lived + streaming
