"""Requests counted by second and slot, for the last three minutes and no longer.

Nothing here knows where lines come from. A failure is told by what the router says ended the request, so that
a client that gives up is none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from verdigris.adapters.signals.lines import Line
from verdigris.core.tallies import BINS, bin_of, trimmed
from verdigris.core.world import PerSlot, Second, Slot, Tally

__all__ = ["KEPT", "Counts", "Seconds", "seconds_of"]

KEPT = 180
"""Seconds that are remembered."""

UPGRADED, REFUSED_AT, ERROR_AT = 101, 400, 500


@dataclass(frozen=True, slots=True)
class Seconds:
    """The seconds that can be told of, in their order, and which of them have lines missing."""

    at: tuple[int, ...]
    lost: frozenset[int]


@dataclass(slots=True)
class _Cell:
    """One second of one slot, while it is counted."""

    requests: int = 0
    errors: int = 0
    refused: int = 0
    unreached: int = 0
    timeouts: int = 0
    streak: int = 0
    latency: list[int] = field(default_factory=lambda: [0] * (len(BINS) + 1))
    own: int = 0
    asked: int = 0
    own_failed: int = 0

    @property
    def served(self) -> bool:
        """Whether somebody was answered, or left before that could be said."""
        return self.requests > self.errors + self.unreached + self.timeouts

    def tally(self) -> Tally:
        return Tally(
            self.requests,
            self.errors,
            self.refused,
            self.unreached,
            self.timeouts,
            trimmed(self.latency),
            self.streak,
            self.own,
            self.asked,
            self.own_failed,
        )

    def took(self, line: Line) -> None:
        """Note how long a request of a user took."""
        if not line.own:
            self.latency[bin_of(line.latency)] += 1


class Counts:
    """Tallies by second. Streaks run on from one second to the next."""

    def __init__(self) -> None:
        self._told: dict[int, Second] = {}
        self._cells: dict[Slot, dict[int, _Cell]] = {slot: {} for slot in Slot}
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
        if line.retries:
            self._fail(chosen, second, line)
        slot = line.slot or chosen
        cell = self._cell(slot, second)
        cell.requests += 1
        cell.own += line.own
        # However an upgraded connection ends, its request was answered when it was upgraded.
        if line.status == UPGRADED or (line.state == b"--" and line.status < ERROR_AT):
            cell.took(line)
            cell.refused += line.status >= REFUSED_AT
            cell.streak = self._streaks[slot] = 0
        else:
            self._ended_badly(cell, slot, line)

    def lose(self, slot: Slot, second: int, count: int) -> None:
        """Count requests that were given up without a word, found a little later.

        Nobody knows which of them came before whom: they are a run of failures only where nobody was served since
        the second before.
        """
        self._told.clear()
        cell = self._cell(slot, second)
        cell.requests += count
        cell.unreached += count
        since = [(at, cell) for at, cell in self._cells[slot].items() if at >= second - 1]
        if not any(cell.served for _, cell in since):
            self._streaks[slot] += count
            for at, later in since:
                later.streak += count if at >= second else 0

    def second(self, at: int, lost: bool) -> Second:
        """What was counted in one second; nothing is a count as well. A streak lasts through silence.

        Counted once: the same seconds are asked for up to fifty times a second.
        """
        told = self._told.get(at)
        if told is None or told.lost != lost:
            told = self._told[at] = Second(
                float(at), PerSlot(*(self._tally(slot, at) for slot in Slot)), lost
            )
        return told

    def forget_before(self, at: int) -> None:
        kept: tuple[dict[int, Any], ...] = (self._told, *self._cells.values())
        for seconds in kept:
            for old in [second for second in seconds if second < at]:
                del seconds[old]

    def _tally(self, slot: Slot, at: int) -> Tally:
        cell = self._cells[slot].get(at)
        return cell.tally() if cell else Tally(streak=self._streak_at(slot, at))

    def _ended_badly(self, cell: _Cell, slot: Slot, line: Line) -> None:
        """Whose doing it was: the client's is no failure, though it may have waited long."""
        who, unreached = line.state[:1], line.slot is None
        if who in {b"C", b"c"}:
            cell.took(line)
            return
        self._streaks[slot] += 1
        cell.streak = self._streaks[slot]
        cell.own_failed += line.own
        if who == b"s" and line.state != b"sC":
            cell.timeouts += 1
        elif unreached or line.state == b"sC" or who in {b"S", b"D", b"K"}:
            cell.unreached += 1
        else:
            cell.errors += 1
            cell.took(line)

    def _fail(self, slot: Slot, second: int, line: Line) -> None:
        """The attempts of a request that reached nobody."""
        cell, times = self._cell(slot, second), line.retries
        if line.own:
            cell.own += times
            cell.own_failed += times
        cell.requests += times
        cell.unreached += times
        self._streaks[slot] += times
        cell.streak = self._streaks[slot]

    def _cell(self, slot: Slot, second: int) -> _Cell:
        cells = self._cells[slot]
        cell = cells.get(second)
        if cell is None:
            cell = cells[second] = _Cell(streak=self._streaks[slot])
        return cell

    def _streak_at(self, slot: Slot, at: int) -> int:
        """The streak at the end of a second without requests: that of the last one before it that had some."""
        cells = self._cells[slot]
        before = max((second for second in cells if second < at), default=None)
        return cells[before].streak if before is not None else 0


def seconds_of(since: float, until: float) -> range:
    """The whole seconds that this time touches, as many as are remembered."""
    return range(max(int(since), int(until) - KEPT), int(until) + 1)
