"""What replayed requests came to, by second and slot: a control where users give none.

Counted in pairs only: both slots got the same request, and of both something can be said. A pair that both refused is
not one: whoever asks without a login is told the same by any release.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from verdigris.core.tallies import BINS, bin_of, trimmed
from verdigris.core.world import SLOTS, Known, PerSlot, Second, Seen, Slot, Tally, Unknown
from verdigris.ports import Signals
from verdigris.traffic.sender import How, Outcome

__all__ = ["KEPT", "Control", "Controlled", "comparable"]

KEPT = 180
"""Seconds that are remembered."""

REFUSED_AT, ERROR_AT = 400, 500


def comparable(one: Outcome, other: Outcome) -> bool:
    """Whether two answers to the same request say anything of who gave them."""
    return How.VOID not in (one.how, other.how) and not (refused(one) and refused(other))


def refused(outcome: Outcome) -> bool:
    return outcome.how is How.ANSWERED and REFUSED_AT <= outcome.status < ERROR_AT


@dataclass(slots=True)
class _Cell:
    """One second of one slot, while it is counted."""

    requests: int = 0
    errors: int = 0
    refused: int = 0
    unreached: int = 0
    timeouts: int = 0
    latency: list[int] = field(default_factory=lambda: [0] * (len(BINS) + 1))
    asked: int = 0

    def add(self, outcome: Outcome) -> None:
        self.requests += 1
        self.refused += refused(outcome)
        self.unreached += outcome.how is How.UNREACHED
        self.timeouts += outcome.how is How.TIMED_OUT
        if outcome.how is How.ANSWERED:
            self.errors += outcome.status >= ERROR_AT
            self.latency[bin_of(outcome.milliseconds)] += 1

    def tally(self) -> Tally:
        latency = trimmed(self.latency)
        return Tally(
            self.requests, self.errors, self.refused, self.unreached, self.timeouts, latency, asked=self.asked
        )


class Control:
    """Tallies by second for the last three minutes. In a `Tally` of these, `asked` are what could not be compared."""

    def __init__(self) -> None:
        self._cells: dict[int, dict[Slot, _Cell]] = {}
        self._told: dict[int, PerSlot[Tally]] = {}
        self._joined: dict[int, Second] = {}

    def begin(self, at: int) -> None:
        """Something is replayed in this second, whatever comes of it."""
        if at in self._cells:
            return
        self._cells[at] = {slot: _Cell() for slot in SLOTS}
        kept: tuple[dict[int, Any], ...] = (self._cells, self._told, self._joined)
        for seconds in kept:
            for old in [second for second in seconds if second <= at - KEPT]:
                del seconds[old]

    def count(self, at: int, outcomes: PerSlot[Outcome]) -> None:
        """Count a pair in the second in which its later half ended."""
        self.begin(at)
        self._told.pop(at, None)
        counts = comparable(outcomes.blue, outcomes.green)
        for slot, cell in self._cells[at].items():
            if counts:
                cell.add(outcomes[slot])
            else:
                cell.asked += 1

    def beside(self, seconds: tuple[Second, ...]) -> tuple[Second, ...]:
        """These seconds of users, each with what was replayed in it; the same value again while nothing is new."""
        return tuple(map(self._join, seconds)) if self._cells else seconds

    def _join(self, second: Second) -> Second:
        at = int(second.at)
        if at not in self._cells:
            return second
        told = self._told.get(at)
        if told is None:
            told = self._told[at] = PerSlot(*(self._cells[at][slot].tally() for slot in SLOTS))
        joined = self._joined.get(at)
        # Users' seconds are made once as well: to compare them costs as much as to put them together.
        if (
            joined is None
            or joined.control is not told
            or joined.slots is not second.slots
            or joined.lost != second.lost
        ):
            joined = self._joined[at] = replace(second, control=told)
        return joined


@dataclass(frozen=True, slots=True)
class Controlled:
    """Signals of users with the control beside them."""

    users: Signals
    control: Control

    async def observe(self) -> Seen[tuple[Second, ...]]:
        seen = await self.users.observe()
        return seen if isinstance(seen, Unknown) else Known(self.control.beside(seen.value), seen.seen_at)
