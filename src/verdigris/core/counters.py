"""What a router process has counted since it began: numbers that only grow, and how many requests are inside now."""

from __future__ import annotations

from dataclasses import dataclass

from verdigris.core.world import Slot

__all__ = ["Counters", "Passage"]


@dataclass(frozen=True, slots=True)
class Passage:
    """Requests of one app that were meant for one slot: how many came in, how many of them ended with a status that
    was written down, and how many are inside. Previews are none of them."""

    app: str
    slot: Slot
    begun: int
    ended: int
    inside: int

    @property
    def silent(self) -> int:
        """How many are neither: they went without a word. Off by those that were just moving when it was read."""
        return self.begun - self.ended - self.inside


@dataclass(frozen=True, slots=True)
class Counters:
    """One process. `requests` is how many ended with a line of the log, whichever app they were for."""

    process: int
    requests: int
    passages: tuple[Passage, ...] = ()
