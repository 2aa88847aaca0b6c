"""Whether requests are split as the router was told: a split that is not explains a difference that no release made.

It never says that a release is worse; the judge's answer is that it cannot tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import lgamma, log

from verdigris.core.judging.merge import sum_of_logs

__all__ = ["MULTIPLIERS", "dirichlet", "evidence", "sides"]

MULTIPLIERS = (1.02, 1.05, 1.1, 1.2, 1.5, 2.0, 4.0)
"""Odds that are assumed, relative to those at the edge of the margin."""


def dirichlet(counts: Sequence[float], shares: Sequence[float], kappa: float) -> float:
    """ln E in nats against exactly these shares (> 0, sum 1): Lindon & Malek 2022, without a margin.

    `kappa` > 0 is how closely around the shares the alternative is spread.
    """
    total = lgamma(kappa) - lgamma(kappa + sum(counts))
    for count, share in zip(counts, shares, strict=True):
        total += lgamma(kappa * share + count) - lgamma(kappa * share) - count * log(share)
    return total


def margins(share: float, margin: float) -> tuple[float, float]:
    """The lowest and the highest share that pass for the configured one, inside (0, 1)."""
    return max(share - margin, 1e-9), min(share + margin, 1.0 - 1e-9)


def sides(
    n_green: float, n: float, share: float, margin: float, multipliers: Sequence[float] = MULTIPLIERS
) -> tuple[list[float], list[float]]:
    """ln F for each multiplier of the odds: against "not more than share + margin", and against "not less"."""
    low, high = margins(share, margin)
    return tilted(n_green, n, high, multipliers), tilted(n - n_green, n, 1.0 - low, multipliers)


def tilted(k: float, n: float, x: float, multipliers: Sequence[float]) -> list[float]:
    """ln F against a share of at most x, for odds that are each multiplier times those of x."""
    return [k * win - n * cost for win, cost in stakes(x, tuple(multipliers))]


@lru_cache(maxsize=64)
def stakes(x: float, multipliers: tuple[float, ...]) -> tuple[tuple[float, float], ...]:
    """What a request here wins and any request costs, for each multiplier: a stage keeps its share for minutes."""
    return tuple((log(m), log(1.0 - x + m * x)) for m in multipliers)


def evidence(
    n_green: float, n: float, share: float, margin: float, multipliers: Sequence[float]
) -> tuple[float, ...]:
    """ln E in nats on totals: too many, too few, and the mean of both."""
    found = [
        sum_of_logs(side) - log(len(multipliers)) for side in sides(n_green, n, share, margin, multipliers)
    ]
    return found[0], found[1], sum_of_logs(found) - log(2.0)
