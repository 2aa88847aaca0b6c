"""When a dead process is started again, and when nobody tries any more. Pure."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Tuning", "delay", "limit", "router_delay"]


@dataclass(frozen=True, slots=True)
class Tuning:
    """The keeper's own numbers. Seconds, except where the name says otherwise."""

    backoff_first: float = 0.1
    backoff_most: float = 10.0
    router_backoff_most: float = 1.0
    settled_after: float = 10.0
    starting_within: float = 30.0
    log_most_bytes: int = 10 << 20
    housekeeping: float = 1.0


def delay(restarts: int, tuning: Tuning) -> float:
    """How long the restart after `restarts` earlier ones waits: doubled each time, never more than the bound."""
    return float(min(tuning.backoff_first * 2.0 ** min(restarts, 30), tuning.backoff_most))


def router_delay(restarts: int, tuning: Tuning) -> float:
    """The same for the router, which is tried for ever: while it waits nobody is served, and callers give up."""
    return min(delay(restarts, tuning), tuning.router_backoff_most)


def limit(count: int) -> int:
    """How many restarts a slot gets that has not been up yet: half its instances, at least 3, at most 200."""
    return int(min(max(0.5 * count, 3), 200))
