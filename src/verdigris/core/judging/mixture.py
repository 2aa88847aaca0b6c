"""One process: bets on many alternatives and many beginnings, added up, as a small frozen value and its step.

    L_k <- (L_k + w_t) * min(F_k^(1/phi), c)        E_t = sum_k pi_k L_k + (1 - sum_{s<=t} w_s)

The share w_t of the stake begins at tick t, so that a regression that sets in late is found as well: the
Shiryaev-Roberts form of Shin, Ramdas & Rinaldo (e-detectors, 2024) with a stake that is finite. Under the null the
expectation of E stays at most 1, and with it the chance that E ever reaches 1/alpha stays at most alpha (Ville).
A plain product is the same with the whole stake on the first tick.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, log, log1p
from typing import NamedTuple

from verdigris.core.judging.factors import NOTHING

__all__ = ["AT_ONCE", "NOTHING", "Mixture", "Process", "Starts"]

NEGLIGIBLE = 40.0
"""e^-40 of a number is below its last digit."""


@dataclass(frozen=True, slots=True)
class Starts:
    """How the stake is spread over beginnings: `head` on the first ticks, `each` on every later one up to `ticks`."""

    head: tuple[float, ...] = (1.0,)
    each: float = 0.0
    ticks: int = 0

    @staticmethod
    def spread(first: float, ticks: int) -> Starts:
        """`first` of the stake on tick 1, the rest evenly over the others; `ticks` is at least 1."""
        return Starts((first,), (1.0 - first) / (ticks - 1), ticks) if ticks > 1 else AT_ONCE

    def at(self, tick: int) -> float:
        """What begins at this tick, counted from 1."""
        if tick <= len(self.head):
            return self.head[tick - 1]
        return self.each if tick <= self.ticks else 0.0

    def left(self, tick: int) -> float:
        """What has not begun by the end of this tick; it stands at its stake."""
        later = max(min(tick, self.ticks) - len(self.head), 0)
        return max(1.0 - sum(self.head[:tick]) - self.each * later, 0.0)


AT_ONCE = Starts()
"""No beginnings but the first."""


class Process(NamedTuple):
    """What is saved of one process: ln L_k per alternative in nats, and the number of ticks it has seen."""

    logs: tuple[float, ...]
    tick: int = 0


@dataclass(frozen=True, slots=True)
class Mixture:
    """What does not change of a process: weights of the alternatives (they sum to 1), beginnings, ln of the cap.

    `log_cap` bounds what one tick may multiply into any alternative; a smaller factor is as valid as the whole.
    """

    pi: tuple[float, ...]
    starts: Starts = AT_ONCE
    log_cap: float = inf

    @staticmethod
    def even(size: int, starts: Starts = AT_ONCE, log_cap: float = inf) -> Mixture:
        return Mixture((1.0 / size,) * size, starts, log_cap)

    def fresh(self) -> Process:
        return Process((NOTHING,) * len(self.pi))

    def step(self, process: Process, factors: Sequence[float] = (), phi: float = 1.0) -> Process:
        """One tick later. `factors` are ln F_k in nats, none where the tick brings no evidence.

        `phi` >= 1 is the dispersion exponent, fixed before the tick: E[F^(1/phi)] <= (E F)^(1/phi) <= 1 (Jensen).
        """
        logs, tick, cap = process.logs, process.tick + 1, self.log_cap
        if (start := self.starts.at(tick)) > 0.0:
            logs = begun(logs, log(start))
        if factors:
            bets = zip(logs, factors, strict=True)
            logs = tuple([held + (bet if (bet := factor / phi) < cap else cap) for held, factor in bets])
        return Process(logs, tick)

    def passed(self, process: Process, tick: int) -> Process:
        """As if it had seen this tick, and none since its last had brought evidence."""
        if tick <= process.tick:
            return process
        start = self.starts.left(process.tick) - self.starts.left(tick)
        return Process(begun(process.logs, log(start)) if start > 0.0 else process.logs, tick)

    def ln_e(self, process: Process) -> float:
        """ln E in nats; `NOTHING` when all is lost."""
        left = self.starts.left(process.tick)
        top = max(process.logs)
        if left > 0.0 and top < 0.0:
            top = 0.0
        total = sum([pi * exp(held - top) for pi, held in zip(self.pi, process.logs, strict=True)])
        total += left * exp(-top) if left > 0.0 else 0.0
        return top + log(total) if top > NOTHING else NOTHING


def begun(logs: tuple[float, ...], start: float) -> tuple[float, ...]:
    """ln(L_k + e^start) for each."""
    return tuple([
        held if (gap := held - start) > NEGLIGIBLE else start + log1p(exp(gap)) for held in logs
    ])  # fmt: skip
