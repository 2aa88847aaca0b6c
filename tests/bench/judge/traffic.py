"""Counts of two slots, second by second, from seeded dice: services that are healthy each in its own way, and releases
that are worse.

Requests arrive as they do of many users, so a second's number is Poisson. How they fail is a function of the second
and of the requests, made anew from the dice for each slot of each run: what wanders or stalls does so by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import exp, log, sqrt
from random import Random

from verdigris.core.judging.counts import Arm, Counts

__all__ = [
    "HEALTHY", "LATE", "WINDOW", "WORSE", "Scenario", "Serving", "Slot", "autoregressive", "before", "binomial",
    "poisson", "seconds", "steady", "unlike", "worse",
]  # fmt: skip

Serving = Callable[[int, int], Arm]
"""Second since exposure (below 0 before it) and requests in, what became of them out."""
Slot = Callable[[Random], Serving]
Failing = Callable[[int, int], int]
"""The same where only the number of errors is told."""
Making = Callable[[Random], Failing]
Rate = Callable[[int], float]

NORMAL = 30.0
"""From so many expected on, the normal distribution with its skew mended is closer than a run of some hundreds sees."""
WINDOW = 900


@dataclass(frozen=True)
class Scenario:
    """How two slots fare. `base` is the error rate of the live one: what fails above it is the release's doing."""

    name: str
    base: float
    live: Slot
    candidate: Slot
    edges: tuple[float, ...] = ()


# --- numbers ------------------------------------------------------------------------------------------------------


def poisson(dice: Random, mean: float) -> int:
    if mean > NORMAL:
        return max(0, round(skewed(dice, mean, mean, 1.0)))
    count, left, term = 0, dice.random(), exp(-mean)
    while left > term and term > 0.0:
        left, count = left - term, count + 1
        term *= mean / count
    return count


def binomial(dice: Random, n: int, p: float) -> int:
    if p > 0.5:
        return n - binomial(dice, n, 1.0 - p)
    if n * p > NORMAL:
        return min(n, max(0, round(skewed(dice, n * p, n * p * (1.0 - p), 1.0 - 2.0 * p))))
    count, left, term, odds = 0, dice.random(), (1.0 - p) ** n, p / (1.0 - p)
    while left > term and count < n:
        left, count = left - term, count + 1
        term *= odds * (n - count + 1) / count
    return count


def skewed(dice: Random, mean: float, variance: float, skew: float) -> float:
    """Cornish and Fisher's first term; `skew` is the third cumulant over the variance."""
    z = dice.gauss(0.0, 1.0)
    return mean + sqrt(variance) * z + skew * (z * z - 1.0) / 6.0


# --- ways to fail -------------------------------------------------------------------------------------------------


def steady(p: float | Rate) -> Making:
    """Every request by itself, at a rate that may depend on the second."""
    rate: Rate = p if callable(p) else lambda t: p
    return lambda dice: lambda t, n: binomial(dice, n, rate(t))


def clumped(p: float, size: float) -> Making:
    """Failures come in clumps whose number of requests is geometric, with this mean."""

    def made(dice: Random) -> Failing:
        stays = log(1.0 - 1.0 / size)

        def failing(t: int, n: int) -> int:
            clumps = poisson(dice, n * p / size)
            return min(n, sum(1 + int(log(1.0 - dice.random()) / stays) for _ in range(clumps)))

        return failing

    return made


def wandering(p: float, sd: float, memory: float) -> Making:
    """The logarithm of the rate is AR(1): `sd` all in all, forgotten to 1/e in `memory` seconds."""

    def made(dice: Random) -> Failing:
        log_rate = autoregressive(dice, sd, memory)
        return lambda t, n: binomial(dice, n, min(1.0, p * exp(next(log_rate) - sd * sd / 2.0)))

    return made


def autoregressive(dice: Random, sd: float, memory: float) -> Iterator[float]:
    keeps, x = exp(-1.0 / memory), dice.gauss(0.0, sd)
    while True:
        yield x
        x = keeps * x + dice.gauss(0.0, sd * sqrt(1.0 - keeps * keeps))


def stalling(p: float, often: float, failed: float) -> Making:
    """In `often` of the seconds the slot stalls, and `failed` of its requests fail."""
    return lambda dice: lambda t, n: binomial(dice, n, failed if dice.random() < often else p)


def drifting(t: int) -> float:
    """Threefold in the course of the window, for both: a shared database gets slower."""
    return 0.001 * (1.0 + 2.0 * max(t, 0) / WINDOW)


def bursting(t: int) -> float:
    """Three seconds of every minute, for both."""
    return 0.02 if t % 60 < 3 else 0.001


def unlike(name: str, base: float, live: Making, candidate: Making) -> Scenario:
    return Scenario(name, base, slot(live), slot(candidate))


def slot(way: Making) -> Slot:
    def made(dice: Random) -> Serving:
        failing = way(dice)
        return lambda t, n: Arm(n, failing(t, n))

    return made


def alike(name: str, base: float, way: Making) -> Scenario:
    return unlike(name, base, way, way)


HEALTHY = {
    one.name: one
    for one in (
        alike("iid 0.1 %", 0.001, steady(0.001)),
        alike("iid 1 %", 0.01, steady(0.01)),
        alike("drift ×3, both", 0.001, steady(drifting)),
        alike("bursts ×20, both", 0.001, steady(bursting)),
        alike("clumps of 5", 0.001, clumped(0.001, 5.0)),
        alike("AR(1) sd .5, 10 s", 0.001, wandering(0.001, 0.5, 10.0)),
        alike("stalls, 5 % fail", 0.001, stalling(0.001, 1.0 / 60.0, 0.05)),
        unlike("at the margin", 0.001, steady(0.001), steady(0.00175)),
    )
}


def worse(base: float, p: float, onset: int = 0) -> Scenario:
    """The candidate fails at `p` instead of `base`, from this second on."""
    late = f", after {onset} s" if onset else ""
    name = f"{base * 100:g} → {p * 100:g} %{late}"
    return unlike(name, base, steady(base), steady(lambda t: p if t >= onset else base))


WORSE = {
    one.name: one for one in (worse(0.001, 0.005), worse(0.001, 0.01), worse(0.01, 0.02), worse(0.001, 0.1))
}
LATE = {one.name: one for one in (worse(0.001, 0.005, 450), worse(0.001, 0.01, 450), worse(0.01, 0.02, 450))}


# --- seconds ------------------------------------------------------------------------------------------------------


def before(dice: Random, scenario: Scenario, rate: float, many: int) -> Iterator[tuple[Arm, Arm]]:
    """The time before exposure: two halves of the live slot's instances, each with half of the requests."""
    halves = scenario.live(dice), scenario.live(dice)
    for t in range(-many, 0):
        one, other = (arm(dice, half, t, rate / 2.0) for half in halves)
        yield one, other


def seconds(dice: Random, scenario: Scenario, rate: float, share: float, many: int) -> Iterator[Counts]:
    """From exposure on."""
    live, candidate = scenario.live(dice), scenario.candidate(dice)
    for t in range(many):
        of_live = arm(dice, live, t, rate * (1.0 - share))
        yield Counts(t, of_live, arm(dice, candidate, t, rate * share), scenario.edges, share)


def arm(dice: Random, serving: Serving, t: int, mean: float) -> Arm:
    return serving(t, poisson(dice, mean))
