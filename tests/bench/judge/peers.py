"""What others roll back by, from their documentation and in our words: the same counts, one look a minute.

Each rule is told the minutes since exposure and says after how many seconds it rolls back, or None. What they do
besides (outliers that are taken out, several metrics, no data) does not matter to one metric that is always there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import sqrt
from statistics import median
from typing import NamedTuple

__all__ = ["Minute", "argo", "flagger", "kayenta", "shifted"]

INTERVAL = 60
KAYENTA_FROM = 5
"""Points: with fewer its interval cannot be attained, and any separation counts."""
SURE = 2.3263
"""The 99th percentile of a normal distribution: 98 % in between."""


class Minute(NamedTuple):
    """A value of each slot; what they are is the rule's business: an error rate, a p99."""

    candidate: float
    live: float


def flagger(minutes: Iterable[Minute], most: float = 0.01, threshold: int = 5) -> int | None:
    """A success rate of 99 %, threshold 5. Failed checks add up and are never forgiven; it acts one tick later."""
    failed = 0
    for tick, minute in enumerate(minutes, 1):
        if failed >= threshold:
            return tick * INTERVAL
        failed += minute.candidate > most
    return None


def argo(minutes: Iterable[Minute], most: float = 0.01, limit: int = 3) -> int | None:
    """Argo Rollouts: a measurement a minute, the first after one; it fails when more than `failureLimit` failed."""
    failed = 0
    for tick, minute in enumerate(minutes, 1):
        failed += minute.candidate > most
        if failed > limit:
            return tick * INTERVAL
    return None


def kayenta(minutes: Sequence[Minute], first: int = KAYENTA_FROM) -> int | None:
    """Its judge run every minute on all points so far; the metric is critical, so "high" is a rollback."""
    for tick in range(first, len(minutes) + 1):
        candidate, live = zip(*minutes[:tick], strict=True)
        if shifted(candidate, live):
            return tick * INTERVAL
    return None


def shifted(candidate: Sequence[float], live: Sequence[float], tolerance: float = 0.25) -> bool:
    """Whether it calls this "high": the shift between both is more than a quarter of its own estimate, at 98 %."""
    if sorted(candidate) == sorted(live):
        return False
    shifts = sorted(x - y for x in candidate for y in live)
    higher = sum(candidate) / len(candidate) >= sum(live) / len(live)
    return higher and lowest(shifts, candidate, live) > tolerance * abs(median(shifts))


def lowest(shifts: Sequence[float], candidate: Sequence[float], live: Sequence[float]) -> float:
    """The lower end of the Mann-Whitney interval: normal approximation, corrected for continuity and ties."""
    m, n = len(candidate), len(live)
    tied = sum(k**3 - k for row in (candidate, live) for k in Counter(row).values())
    sigma = sqrt(m * n / 12.0 * (m + n + 1 - tied / ((m + n) * (m + n - 1))))
    # With i shifts below it, a shift is refuted while (mn/2 - i - 1/2) / sigma is above the quantile.
    beyond = m * n / 2.0 - 0.5 - SURE * sigma
    return shifts[max(int(beyond), 0)] if sigma > 0.0 else shifts[0]
