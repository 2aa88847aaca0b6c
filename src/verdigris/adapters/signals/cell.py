"""One second of one slot, while it is counted."""

from __future__ import annotations

from dataclasses import dataclass, field

from verdigris.adapters.signals.lines import Line
from verdigris.core.tallies import BINS, bin_of, trimmed
from verdigris.core.world import Tally

__all__ = ["Cell"]


@dataclass(slots=True)
class Cell:
    """What `Tally` has, and by name the requests and the failures of each route."""

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
    good: int = 0
    bad: int = 0
    again: int = 0
    routes: dict[str, int] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)

    @property
    def served(self) -> bool:
        """Whether somebody was answered, or left before that could be said."""
        return self.requests > self.errors + self.unreached + self.timeouts

    def tally(self, outcomes: bool) -> Tally:
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
            self.good if outcomes else None,
            self.bad if outcomes else None,
            again=self.again,
        )

    def came_to(self, good: bool) -> None:
        self.good += good
        self.bad += not good

    def goes(self, route: str, times: int = 1, failed: int = 0) -> None:
        """Count requests of users by their route."""
        self.routes[route] = self.routes.get(route, 0) + times
        if failed:
            self.failed[route] = self.failed.get(route, 0) + failed

    def took(self, line: Line) -> None:
        """Note how long a request of a user took."""
        if not line.own:
            self.latency[bin_of(line.latency)] += 1
