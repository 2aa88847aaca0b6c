"""Requests counted by second and slot, for the last three minutes and no longer.

Nothing here knows where lines come from. A failure is told by what the router says ended the request, so that
a client that gives up is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from verdigris.adapters.signals.cell import Cell
from verdigris.adapters.signals.lines import Line
from verdigris.adapters.signals.routes import OTHER, Routes
from verdigris.core.world import PerSlot, RouteTally, Second, Slot, Tally

__all__ = ["KEPT", "ROUTED", "Counts", "Seconds", "seconds_of"]

KEPT = 180
"""Seconds that are remembered."""

ROUTED = 10
"""Seconds whose requests are told by route: whoever judges takes one within a few, and each costs fifty names."""

FADES_EVERY = 60
"""Seconds after which a request counts half as much for which routes are the busiest."""

UPGRADED, REFUSED_AT, ERROR_AT = 101, 400, 500


@dataclass(frozen=True, slots=True)
class Seconds:
    """The seconds that can be told of, in their order, and which of them have lines missing."""

    at: tuple[int, ...]
    lost: frozenset[int]


class Counts:
    """Tallies by second. Streaks run on from one second to the next, and outcomes are told as long as any are."""

    def __init__(self, routes: Routes | None = None) -> None:
        self.routes = routes or Routes()
        self._said: dict[Slot, int] = {}
        self._told: dict[int, Second] = {}
        self._cells: dict[Slot, dict[int, Cell]] = {slot: {} for slot in Slot}
        self._streaks: dict[Slot, int] = dict.fromkeys(Slot, 0)

    def add(self, line: Line, second: int) -> None:
        """Count one request, and every attempt before it that reached nobody. Previews are nobody's traffic."""
        chosen = line.chosen
        if chosen is None:
            return
        if second in self._told:  # a late one: streaks run on from there through all that was told since
            self._told.clear()
        if line.preview:
            self._cell(chosen, second).asked += 1
            return
        route = None if line.own else self.routes.of(line.asked)
        if line.retries:
            self._fail(chosen, second, line.retries, route)
        slot = line.slot or chosen
        cell = self._cell(slot, second)
        cell.requests += 1
        if route is None:
            cell.own += 1
        else:
            cell.routes[route] = cell.routes.get(route, 0) + 1
            if line.good is not None:
                self._says(slot, second)
                cell.came_to(line.good)
        # However an upgraded connection ends, its request was answered when it was upgraded.
        if line.status == UPGRADED or (line.state == b"--" and line.status < ERROR_AT):
            cell.took(line)
            cell.refused += line.status >= REFUSED_AT
            cell.streak = self._streaks[slot] = 0
        else:
            self._ended_badly(cell, slot, line, route)

    def lose(self, slot: Slot, second: int, count: int) -> None:
        """Count requests that were given up without a word, found a little later.

        Nobody knows which of them came before whom: they are a run of failures only where nobody was served since
        the second before.
        """
        self._told.clear()
        cell = self._cell(slot, second)
        cell.requests += count
        cell.unreached += count
        cell.goes(OTHER, count, count)
        since = [(at, cell) for at, cell in self._cells[slot].items() if at >= second - 1]
        if not any(cell.served for _, cell in since):
            self._streaks[slot] += count
            for at, later in since:
                later.streak += count if at >= second else 0

    def second(self, at: int, lost: bool, routed: bool = True) -> Second:
        """What was counted in one second; nothing is a count as well. A streak lasts through silence.

        Counted once: the same seconds are asked for up to fifty times a second. `routed`: by route as well.
        """
        told = self._told.get(at)
        if told is None or told.lost != lost or (told.routes and not routed):
            tallies = PerSlot(*(self._tally(slot, at) for slot in Slot))
            told = self._told[at] = Second(float(at), tallies, lost, self._routes(at) if routed else ())
        return told

    def forget_before(self, at: int) -> None:
        """Forget seconds, who said something in them, and routes some seconds after they were told."""
        self.routes.settle()
        if at % FADES_EVERY == 0:
            self.routes.fade()
        for slot in [slot for slot, said in self._said.items() if said < at]:
            del self._said[slot]
            self._told.clear()
        for cells in self._cells.values():
            for cell in [cell for second, cell in cells.items() if second < at + KEPT - ROUTED]:
                cell.routes, cell.failed = {}, {}
        kept: tuple[dict[int, Any], ...] = (self._told, *self._cells.values())
        for seconds in kept:
            for old in [second for second in seconds if second < at]:
                del seconds[old]

    def _tally(self, slot: Slot, at: int) -> Tally:
        cell, outcomes = self._cells[slot].get(at), slot in self._said
        if cell is not None:
            return cell.tally(outcomes)
        none = 0 if outcomes else None
        return Tally(streak=self._streak_at(slot, at), good=none, bad=none)

    def _routes(self, at: int) -> tuple[RouteTally, ...]:
        """By name: those of both slots, for whoever has no requests in one of them has a count of none there."""
        cells = [self._cells[slot].get(at) or Cell() for slot in Slot]
        names = sorted({name for cell in cells for name in cell.routes})
        return tuple(
            RouteTally(
                name,
                PerSlot(*(cell.routes.get(name, 0) for cell in cells)),
                PerSlot(*(cell.failed.get(name, 0) for cell in cells)),
            )
            for name in names
        )

    def _says(self, slot: Slot, second: int) -> None:
        """Somebody says what requests come to: from now on, who says nothing has a count of none."""
        if slot not in self._said:
            self._told.clear()
        self._said[slot] = max(second, self._said.get(slot, 0))

    def _ended_badly(self, cell: Cell, slot: Slot, line: Line, route: str | None) -> None:
        """Whose doing it was: the client's is no failure, though it may have waited long."""
        who, unreached = line.state[:1], line.slot is None
        if who in {b"C", b"c"}:
            cell.took(line)
            return
        self._streaks[slot] += 1
        cell.streak = self._streaks[slot]
        if route is None:
            cell.own_failed += 1
        else:
            cell.goes(route, 0, 1)
        if who == b"s" and line.state != b"sC":
            cell.timeouts += 1
        elif unreached or line.state == b"sC" or who in {b"S", b"D", b"K"}:
            cell.unreached += 1
        else:
            cell.errors += 1
            cell.took(line)

    def _fail(self, slot: Slot, second: int, times: int, route: str | None) -> None:
        """The attempts of a request that reached nobody; without a route it is our own."""
        cell = self._cell(slot, second)
        if route is None:
            cell.own += times
            cell.own_failed += times
        else:
            cell.goes(route, times, times)
            cell.again += times
        cell.requests += times
        cell.unreached += times
        self._streaks[slot] += times
        cell.streak = self._streaks[slot]

    def _cell(self, slot: Slot, second: int) -> Cell:
        cells = self._cells[slot]
        cell = cells.get(second)
        if cell is None:
            cell = cells[second] = Cell(streak=self._streaks[slot])
        return cell

    def _streak_at(self, slot: Slot, at: int) -> int:
        """The streak at the end of a second without requests: that of the last one before it that had some."""
        cells = self._cells[slot]
        before = max((second for second in cells if second < at), default=None)
        return cells[before].streak if before is not None else 0


def seconds_of(since: float, until: float) -> range:
    """The whole seconds that this time touches, as many as are remembered."""
    return range(max(int(since), int(until) - KEPT), int(until) + 1)
