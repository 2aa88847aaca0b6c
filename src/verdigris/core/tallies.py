"""Tallies added up, and how long requests took: in which bin a latency falls, and what bins say of it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from itertools import zip_longest

from verdigris.core.world import Second, Slot, Tally

__all__ = ["BINS", "add_up", "bin_of", "percentile", "total", "trimmed"]

BINS: tuple[int, ...] = (
    *range(1, 100),
    *range(100, 1000, 10),
    *range(1000, 5000, 100),
    *range(5000, 10_000, 500),
    *(10_000, 12_000, 15_000, 20_000, 25_000, 30_000, 40_000, 50_000, 60_000),
)
"""Upper bounds of the latency bins in milliseconds; one more bin takes what is slower.

A tenth slower is another bin from 10 ms to 10 s: the judge compares what exceeds a bound with what exceeds another.
"""


def bin_of(milliseconds: float) -> int:
    """The index in `Tally.latency` that a request of this length belongs to."""
    return bisect_left(BINS, milliseconds)


def trimmed(histogram: list[int]) -> tuple[int, ...]:
    """A histogram up to its last request: most answers are quick, and what is looked at each second stays short."""
    end = len(histogram)
    while end and not histogram[end - 1]:
        end -= 1
    return tuple(histogram[:end])


def total(seconds: Iterable[Second], slot: Slot) -> Tally:
    """The sum of a slot's seconds; the streak is that of the last."""
    tallies = [second.slots[slot] for second in seconds]
    if not tallies:
        return Tally()
    return Tally(
        requests=sum(t.requests for t in tallies),
        errors=sum(t.errors for t in tallies),
        refused=sum(t.refused for t in tallies),
        unreached=sum(t.unreached for t in tallies),
        timeouts=sum(t.timeouts for t in tallies),
        latency=add_up(tuple(t.latency for t in tallies if t.latency)),
        streak=tallies[-1].streak,
        own=sum(t.own for t in tallies),
        asked=sum(t.asked for t in tallies),
        own_failed=sum(t.own_failed for t in tallies),
        good=told(t.good for t in tallies),
        bad=told(t.bad for t in tallies),
        failed_inside=sum(t.failed_inside for t in tallies),
        again=sum(t.again for t in tallies),
    )


def told(counts: Iterable[int | None]) -> int | None:
    """The sum of those that were told; None where none was."""
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def add_up(histograms: tuple[tuple[int, ...], ...]) -> tuple[int, ...]:
    return tuple(map(sum, zip_longest(*histograms, fillvalue=0)))


def percentile(latency: tuple[int, ...], share: float) -> float:
    """The upper bound in milliseconds of the bin in which `share` of the requests are reached; 0 without any."""
    left = sum(latency) * share
    for count, bound in zip(latency, (*BINS, float("inf")), strict=False):
        left -= count
        if count and left <= 1e-9:
            return bound
    return 0.0
