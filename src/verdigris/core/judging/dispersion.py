"""How clumped bad events are: phi, the factor by which their variance exceeds that of events that come alone.

Retries, one sick host, a pause of the collector: such clumps look like evidence to a test that believes in
independent events. Dividing every log factor by phi takes that away again (quasi-Poisson, Wedderburn 1974). The
events are compared with their own block's mean, so that a lasting regression hardly counts as clumping.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import gcd, lcm
from typing import Any, NamedTuple

__all__ = ["EMPTY", "SCALES", "Bin", "Dispersion", "Dispersions", "add", "alone", "between", "common"]

Bin = tuple[float, float, float, float]
"""e_g, e_b, n_g, n_b of some seconds."""
Residuals = Callable[[Sequence[Bin]], tuple[float, float]]

SCALES = (1, 5, 15)
"""Lengths of a bin in seconds: clumps are seen at the scale of their length."""
EMPTY: Bin = (0, 0, 0, 0)


def add(a: Bin, b: Bin) -> Bin:
    return a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]


class Dispersion(NamedTuple):
    """What is saved of an estimator: phi as it is now (>= 1), the sums of squares and of variance over the blocks that
    are closed, one for each scale, and the seconds since the last moment at which the blocks of all scales closed."""

    phi: float
    squares: tuple[float, ...]
    variance: tuple[float, ...]
    seconds: tuple[Bin, ...] = ()

    @staticmethod
    def of(row: Sequence[Any]) -> Dispersion:
        """From what JSON made of it."""
        return Dispersion(row[0], tuple(row[1]), tuple(row[2]), tuple(map(tuple, row[3])))


def between(block: Sequence[Bin]) -> tuple[float, float]:
    """Squared residuals and variance of g's share of the bad events in each bin, around the block's own rates."""
    return residuals(block, rare=True)


def common(block: Sequence[Bin]) -> tuple[float, float]:
    """The same for events that are not rare, whose share varies less: hypergeometric instead of binomial."""
    return residuals(block, rare=False)


def residuals(block: Sequence[Bin], rare: bool) -> tuple[float, float]:
    eg, eb, ng, nb = map(sum, zip(*block, strict=True))
    if not eg or not eb or not ng or not nb:
        return 0.0, 0.0  # all on one side: no share varies
    rate_g, rate_b = eg / ng, eb / nb
    squares = variance = 0.0
    for g, b, of_g, of_b in block:
        if bad := g + b:
            expected = rate_g * of_g / (rate_g * of_g + rate_b * of_b)
            squares += (g - bad * expected) ** 2
            free = 1.0 if rare else 1.0 - bad / (of_g + of_b)
            variance += bad * expected * (1.0 - expected) * free
    return squares, variance


def alone(block: Sequence[Bin]) -> tuple[float, float]:
    """The same of the bad events of g by itself, around the block's mean: for a baseline, which has no control."""
    eg, ng = sum(row[0] for row in block), sum(row[2] for row in block)
    if not eg or not ng:
        return 0.0, 0.0
    rate = eg / ng
    return sum((row[0] - rate * row[2]) ** 2 for row in block), eg


@dataclass(frozen=True)
class Dispersions:
    """How phi is estimated. `phi0` >= 1 is what an A/A period gave; it counts as much as `kappa` events of variance."""

    phi0: float = 1.0
    kappa: float = 20.0
    scales: tuple[int, ...] = SCALES
    bins_per_block: int = 6
    residuals: Residuals = between

    @cached_property
    def blocks(self) -> tuple[int, ...]:
        """The length of a block in seconds, for each scale."""
        return tuple(scale * self.bins_per_block for scale in self.scales)

    @cached_property
    def shortest(self) -> int:
        return gcd(*self.blocks)

    @cached_property
    def longest(self) -> int:
        return lcm(*self.blocks)

    def fresh(self) -> Dispersion:
        nothing = (0.0,) * len(self.scales)
        return Dispersion(max(self.phi0, 1.0), nothing, nothing)

    def step(self, state: Dispersion, second: Bin) -> Dispersion:
        """One second later. The phi to bet the next second with is that of the result."""
        seconds = (*state.seconds, second)
        if len(seconds) % self.shortest:
            return Dispersion(state.phi, state.squares, state.variance, seconds)
        found = [
            self.closed(seconds, scale, block) for scale, block in zip(self.scales, self.blocks, strict=True)
        ]
        squares = tuple(old + new for old, (new, _) in zip(state.squares, found, strict=True))
        variance = tuple(old + new for old, (_, new) in zip(state.variance, found, strict=True))
        seconds = seconds if len(seconds) < self.longest else ()
        return Dispersion(self.phi(squares, variance), squares, variance, seconds)

    def closed(self, seconds: Sequence[Bin], scale: int, block: int) -> tuple[float, float]:
        """What a scale's block adds that ends with the last second; nothing if none does."""
        if len(seconds) % block:
            return 0.0, 0.0
        last = seconds[-block:]
        bins = [total(last[i : i + scale]) for i in range(0, block, scale)]
        squares, variance = self.residuals(bins)
        return squares * len(bins) / (len(bins) - 1), variance  # the mean was taken from the block itself

    def phi(self, squares: Sequence[float], variance: Sequence[float]) -> float:
        """Sums over sums, never a mean of ratios: that would see clumps where events are merely rare."""
        prior = max(self.phi0, 1.0) * self.kappa
        return max(1.0, *((prior + s) / (self.kappa + v) for s, v in zip(squares, variance, strict=True)))


def total(seconds: Sequence[Bin]) -> Bin:
    a, b, c, d = map(sum, zip(*seconds, strict=True))
    return a, b, c, d
