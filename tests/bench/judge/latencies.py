"""Latencies of two slots: lognormal, median 40 ms, p99 204 ms, and what a release or a bad day makes of them.

What is drawn of a second is how many requests were above each edge, one binomial after the other: as exact as drawing
every request, and cheap. Edges are those that the judge would choose from whole milliseconds, and what a p99 needs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import erfc, exp, log, sqrt
from random import Random

from tests.bench.judge.traffic import Scenario, Serving, Slot, autoregressive, binomial
from verdigris.core.judging.counts import Arm

__all__ = ["EDGES", "HEALTHY", "SLOWER", "p99"]

EDGES = (
    20.0,
    40.0,
    42.0,
    60.0,
    63.0,
    80.0,
    *map(float, range(100, 300, 10)),
    300.0,
    400.0,
    500.0,
    1000.0,
    3000.0,
)
MEDIAN, SPREAD = 40.0, log(204.0 / 40.0) / 2.3263
P90, P99 = 1.2816, 2.3263
PAUSE = 300.0
Tails = tuple[float, ...]
"""What part of the requests is above each edge."""
Factor = Callable[[int], float]


@lru_cache(maxsize=256)
def tails(factor: float = 1.0, tail: float = 1.0, later: float = 0.0) -> Tails:
    """All of it `factor` times as long, p99 another `tail` times (from p90 on, ever more), and `later` ms."""
    stretched = SPREAD + log(tail) / (P99 - P90)

    def above(edge: float) -> float:
        if edge <= later:
            return 1.0
        z = log((edge - later) / (MEDIAN * factor)) / SPREAD
        z = z if z < P90 else P90 + (z - P90) * SPREAD / stretched
        return erfc(z / sqrt(2.0)) / 2.0

    return tuple(map(above, EDGES))


def drawn(dice: Random, n: int, parts: Tails) -> tuple[int, ...]:
    """How many of n were above each edge."""
    found, left, before = [], n, 1.0
    for part in parts:
        left = binomial(dice, left, min(part / before, 1.0)) if left else 0
        found.append(left)
        before = part or 1.0
    return tuple(found)


# --- slots --------------------------------------------------------------------------------------------------------


def timed(factor: float | Factor = 1.0, tail: float = 1.0) -> Slot:
    """Every request by itself; how much longer it takes may depend on the second."""
    at: Factor = factor if callable(factor) else lambda t: factor
    return lambda dice: lambda t, n: Arm(n, 0, drawn(dice, n, tails(at(t), tail)))


def pausing(often: float, part: float) -> Slot:
    """In `often` of the seconds `part` of the requests take 300 ms longer: the collector runs."""

    def made(dice: Random) -> Serving:
        def serving(t: int, n: int) -> Arm:
            held = binomial(dice, n, part) if dice.random() < often else 0
            rows = drawn(dice, n - held, tails()), drawn(dice, held, tails(later=PAUSE))
            return Arm(n, 0, tuple(map(sum, zip(*rows, strict=True))))

        return serving

    return made


def wandering(sd: float, memory: float) -> Slot:
    """Everything takes a little longer or shorter, for some seconds."""

    def made(dice: Random) -> Serving:
        logs = autoregressive(dice, sd, memory)
        return lambda t, n: Arm(n, 0, drawn(dice, n, tails.__wrapped__(exp(next(logs)))))

    return made


def drifting(t: int) -> float:
    """One and a half times as long in the course of the window, in steps that can be remembered."""
    return 1.0 + 0.5 * (max(t, 0) // 15) / 60.0


def bursting(t: int) -> float:
    return 2.0 if t % 60 < 3 else 1.0


def scenario(name: str, live: Slot, candidate: Slot) -> Scenario:
    return Scenario(name, 0.0, live, candidate, EDGES)


HEALTHY = {
    name: scenario(name, live, candidate)
    for name, live, candidate in (
        ("iid", timed(), timed()),
        ("drift ×1.5, both", timed(drifting), timed(drifting)),
        ("bursts ×2, both", timed(bursting), timed(bursting)),
        ("pauses", pausing(1.0 / 20.0, 0.3), pausing(1.0 / 20.0, 0.3)),
        ("AR(1) 3 %, 10 s", wandering(0.03, 10.0), wandering(0.03, 10.0)),
        ("all ×1.05, the margin", timed(), timed(1.05)),
    )
}
SLOWER = {
    name: scenario(name, timed(), candidate)
    for name, candidate in (
        ("p99 +20 %", timed(tail=1.2)),
        ("p99 +50 %", timed(tail=1.5)),
        ("all +10 %", timed(1.1)),
        ("all +20 %", timed(1.2)),
        ("all ×2", timed(2.0)),
    )
}


def p99(arms: Sequence[Arm]) -> float:
    """Milliseconds that 1 % of the requests were above, in between edges as if they were spread evenly."""
    above = [sum(column) for column in zip(*(one.slow for one in arms), strict=True)]
    wanted = 0.01 * sum(one.requests for one in arms)
    for i, count in enumerate(above):
        if count <= wanted:
            more, edge = (above[i - 1], EDGES[i - 1]) if i else (sum(one.requests for one in arms), 0.0)
            return edge + (EDGES[i] - edge) * ((more - wanted) / (more - count) if more > count else 1.0)
    return EDGES[-1]
