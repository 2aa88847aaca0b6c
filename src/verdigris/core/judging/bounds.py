"""What can be said of a rate: how high it may be, how much worse it is at least, what would have been noticed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import exp, log, sqrt

from verdigris.core.judging.factors import ratio

__all__ = ["Strata", "exceeds", "ratio_lower", "smallest", "upper"]

Strata = Sequence[tuple[float, float, float, float]]
"""Totals e_g, e_b, n_g, n_b of stretches in which the split between the slots was the same."""

HALVINGS = 100
SURELY = 1.645
"""Standard deviations that 95 % of a normal distribution stay above the mean less."""


def upper(e: float, n: float, alpha: float) -> float:
    """The highest rate in [0, 1] that e bad of n do not refute at `alpha`: n*KL(e/n, q) = ln(1/alpha), q > e/n.

    The Chernoff bound (1952) in its Kullback-Leibler form: valid for any n, without an approximation.
    """
    if n <= 0:
        return 1.0
    p, limit = e / n, log(1.0 / alpha) / n
    return halved(p, 1.0, lambda q: kl(p, q) <= limit) if p < 1.0 else 1.0


def exceeds(e: float, n: float, rate: float, alpha: float) -> bool:
    """Whether e bad of n refute a rate of `rate` or less at `alpha`: the same bound from the other side."""
    if e <= rate * n:
        return False
    return rate <= 0.0 or n * kl(e / n, rate) >= log(1.0 / alpha)


def kl(p: float, q: float) -> float:
    """The Kullback-Leibler divergence of two coins, in nats."""
    if q >= 1.0:
        return float("inf")
    heads = p * log(p / q) if p > 0.0 else 0.0
    return heads + ((1.0 - p) * log((1.0 - p) / (1.0 - q)) if p < 1.0 else 0.0)


def ratio_lower(
    strata: Strata, alpha: float, effects: Sequence[float], pi: Sequence[float], phi: float = 1.0
) -> float:
    """How many times as often g fails as b, at least, at any time, at confidence 1 - alpha; 0 when nothing can be said.

    The largest r for which "at most r times" is refuted: the ratio test inverted over its margin, without restarts.
    """

    def refuted(log_r: float) -> bool:
        return evidence(strata, exp(log_r), effects, pi, phi) >= log(1.0 / alpha)

    lowest, highest = log(1e-6), log(1e6)
    return exp(halved(lowest, highest, refuted)) if refuted(lowest) else 0.0


def evidence(strata: Strata, r: float, effects: Sequence[float], pi: Sequence[float], phi: float) -> float:
    """ln E against p_g <= r*p_b on totals."""
    logs = [0.0] * len(pi)
    for eg, eb, ng, nb in strata:
        found = ratio(eg, eb, ng, nb, r, 0.0, effects)
        logs = [held + factor / phi for held, factor in zip(logs, found, strict=True)]
    top = max(logs)
    return top + log(sum(p * exp(held - top) for p, held in zip(pi, logs, strict=True)))


def smallest(
    strata: Strata,
    seconds: int,
    r0: float,
    delta: float,
    effects: Sequence[float],
    needed: float,
    log_cap: float,
    phi: float = 1.0,
) -> float | None:
    """The smallest error rate of g that would have been found with about 95 % in this traffic; None if none would.

    An approximation, cheap and without dice. b is taken to fail as often as it was seen to. For a rate of g, each
    alternative has a mean growth and a variance of its log factor over the traffic; the regression counts as found
    when, for one of them, the mean less 1.645 standard deviations reaches `needed` (ln 1/alpha, plus what weights,
    alternatives and the spread of beginnings cost, in nats). No second gives more than `log_cap`.
    """
    rate_b = base_rate(strata)
    scale = sum(ng for _, _, ng, _ in strata)
    if seconds * log_cap < needed or not scale or not sum(nb for _, _, _, nb in strata):
        return None

    def missed(rate: float) -> bool:
        return all(sure_growth(strata, rate, rate_b, r0, delta, r, phi) < needed for r in effects)

    allowed = min(r0 * rate_b + delta, 1.0)
    return None if missed(1.0) else halved(allowed, 1.0, missed, within=1e-3)


def base_rate(strata: Strata) -> float:
    bad, seen = sum(row[1] for row in strata), sum(row[3] for row in strata)
    return bad / seen if seen else 0.0


def sure_growth(
    strata: Strata, rate: float, rate_b: float, r0: float, delta: float, r: float, phi: float
) -> float:
    """What ln F of one alternative has gained by now, in 95 of 100 cases."""
    mean = variance = 0.0
    for _, _, ng, nb in strata:
        if ng <= 0 or nb <= 0:
            continue
        g, b = ng * rate, nb * rate_b
        mean += ratio(g, b, ng, nb, r0, delta, (r,))[0] / phi
        pay_b = log((1.0 + ng * r0 / nb) / (1.0 + r * ng * r0 / nb))
        variance += (
            g * (log(r) + pay_b) ** 2 + b * pay_b**2
        ) / phi  # phi times the variance, over phi squared
    return mean - SURELY * sqrt(variance)


def halved(low: float, high: float, holds: Callable[[float], bool], within: float = 0.0) -> float:
    """Where a condition that holds at `low` ceases to: to the last digit, or `within` that part of it."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        if middle in (low, high) or high - low <= within * high:
            break
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
