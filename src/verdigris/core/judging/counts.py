"""What the judge is given of one second: counts, never rates, of the slot that is judged and of the one beside it."""

from __future__ import annotations

from dataclasses import dataclass
from operator import ge, lt
from typing import NamedTuple

__all__ = ["Arm", "Control", "Counts", "Route"]


@dataclass(frozen=True, slots=True)
class Arm:
    """One slot's second. `slow[i]` requests took longer than `Counts.edges[i]`; those that hang or timed out did.

    `good` and `bad` are what the requests came to for users, as the application says; None where it does not.
    `again` of the requests are attempts that were made again: nobody shared them anew between the slots.
    """

    requests: int = 0
    errors: int = 0
    slow: tuple[int, ...] = ()
    good: int | None = None
    bad: int | None = None
    again: int = 0

    def __post_init__(self) -> None:
        parts = (self.requests, self.errors, *self.slow, self.good or 0, self.bad or 0, self.again)
        if min(parts) < 0:
            raise ValueError(f"counts are never negative, got {min(parts)}")
        if self.errors > self.requests:
            raise ValueError(f"errors must be at most the requests, got {self.errors} of {self.requests}")
        if self.again > self.requests:
            raise ValueError(f"again must be at most the requests, got {self.again} of {self.requests}")
        if self.slow and max(self.slow) > self.requests:
            raise ValueError(f"slow must be at most the requests, got {max(self.slow)} of {self.requests}")
        if any(map(lt, self.slow, self.slow[1:])):
            raise ValueError(
                "the slow requests must not grow with the edge: who is above 100 ms is above 50 ms"
            )


class Route(NamedTuple):
    """One route's second: errors and requests of the candidate and of the live slot."""

    name: str
    candidate_errors: int
    live_errors: int
    candidate: int
    live: int


class Control(NamedTuple):
    """The same requests, sent to both slots by us: what is compared where users are all in one of them."""

    live: Arm
    candidate: Arm


@dataclass(frozen=True, slots=True)
class Counts:
    """The second that began at `at` (whole seconds of any clock that only goes forward).

    `edges` are in milliseconds, ascending. `share`, in [0, 1], is the part of the requests that the router was told
    to send to the candidate, None where nobody knows. `routes` are the same requests by route, where they are told
    apart; `control` is compared instead of the two slots, where it is given.
    """

    at: int
    live: Arm
    candidate: Arm
    edges: tuple[float, ...] = ()
    share: float | None = None
    routes: tuple[Route, ...] = ()
    control: Control | None = None

    def __post_init__(self) -> None:
        if any(map(ge, self.edges, self.edges[1:])):
            raise ValueError(f"the edges must ascend, got {self.edges}")
        for arm in (self.live, self.candidate, *(self.control or ())):
            if len(arm.slow) not in (0, len(self.edges)):
                raise ValueError(f"{len(self.edges)} edges need as many slow counts, got {len(arm.slow)}")
        for name, eg, eb, ng, nb in self.routes:
            if not (0 <= eg <= ng and 0 <= eb <= nb):
                raise ValueError(f"of {ng} and {nb} requests of {name} cannot have failed {eg} and {eb}")
        if self.share is not None and not 0.0 <= self.share <= 1.0:
            raise ValueError(f"a share is between 0 and 1, got {self.share}")
