"""Latency without percentiles: at a pair of edges, does the candidate exceed its own more often than live the other?

If the candidate is at most (1 + margin) times as slow, it exceeds (1 + margin) * edge no more often than live exceeds
the edge. A handful of pairs along the distribution sees the body and the tail; timed-out and hung requests exceed
every edge, so that a slot that hangs does not look fast.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, log
from typing import Any, NamedTuple

from verdigris.core.judging.batch import Batch, gather
from verdigris.core.judging.dispersion import Bin
from verdigris.core.judging.factors import exceedance
from verdigris.core.judging.merge import mean
from verdigris.core.judging.mixture import Process
from verdigris.core.judging.settings import ODDS, Settings

__all__ = ["QUANTILES", "Pair", "choose", "latency", "step"]

QUANTILES = ((0.50, 0.2), (0.75, 0.1), (0.90, 0.2), (0.95, 0.2), (0.99, 0.3))
"""Where the distribution is looked at, and with what part of the stake."""
LONGER = 0.75
"""Quantiles above this are the tail."""
PRIOR = 2000.0
"""How many requests the baseline counts for in the working rate."""
NEAR = log(2.0)
"""An edge whose exceedance is within a factor of 2 of the quantile's is near it."""


class Pair(NamedTuple):
    """Index of live's edge and of the candidate's, weight, live's baseline rate of exceedance, and what was counted."""

    edge_b: int
    edge_g: int
    weight: float
    base: float
    batch: Batch
    process: Process
    seen: Bin = (0, 0, 0, 0)

    @staticmethod
    def of(row: Sequence[Any]) -> Pair:
        edge_b, edge_g, weight, base, batch, (logs, tick), seen = row
        process = Process(tuple(logs), tick)
        return Pair(edge_b, edge_g, weight, base, Batch.of(batch), process, tuple(seen))

    @property
    def working(self) -> float:
        """The rate of exceedance that is bet with: the baseline and live so far, never this second."""
        rate = (self.base * PRIOR + self.seen[1]) / (PRIOR + self.seen[3])
        return min(max(rate, 1e-6), 1.0 - 1e-6)


def choose(edges: Sequence[float], slow: Sequence[int], requests: int, s: Settings) -> tuple[Pair, ...]:
    """The pairs for a baseline in which `slow[i]` of `requests` exceeded `edges[i]`; none where edges are too few."""
    pairs: dict[tuple[int, int], Pair] = {}
    for quantile, weight in QUANTILES:
        margin = s.slow_body if quantile <= LONGER else s.slow_tail
        found = nearest(edges, slow, requests, 1.0 - quantile, margin)
        if found is None:
            continue
        old = pairs.get(found)
        base = slow[found[0]] / requests
        fresh = Pair(*found, weight, base, Batch(s.dispersions_slow.fresh()), s.pair.fresh())
        pairs[found] = fresh if old is None else old._replace(weight=old.weight + weight)
    total = sum(pair.weight for pair in pairs.values())
    return tuple(pair._replace(weight=pair.weight / total) for pair in pairs.values())


def nearest(
    edges: Sequence[float], slow: Sequence[int], requests: int, exceeding: float, margin: float
) -> tuple[int, int] | None:
    """The pair with the least rounding among those near the quantile, or the nearest of all."""
    best, least = None, (inf, inf)
    for i, edge in enumerate(edges):
        j = next(
            (j for j in range(i + 1, len(edges)) if edges[j] >= (1.0 + margin) * edge * (1.0 - 1e-12)), None
        )
        if j is None or not 0 < slow[i] < requests:
            continue
        away = abs(log(slow[i] / requests / exceeding))
        slack = edges[j] / ((1.0 + margin) * edge) - 1.0
        rank = (max(away - NEAR, 0.0), slack + 0.1 * away)
        if rank < least:
            best, least = (i, j), rank
    return best


def step(
    pairs: Sequence[Pair], slow_g: Sequence[int], slow_b: Sequence[int], ng: int, nb: int, s: Settings
) -> tuple[Pair, ...]:
    """One second later."""
    return tuple([one(pair, (slow_g[pair.edge_g], slow_b[pair.edge_b], ng, nb), s) for pair in pairs])


def one(pair: Pair, second: Bin, s: Settings) -> Pair:
    batch, settled = gather(pair.batch, second, s.dispersions_slow, s.min_batch)
    if settled is None:
        return pair._replace(batch=batch, process=s.pair.step(pair.process))
    process = s.pair.step(pair.process, exceedance(*settled, pair.working, ODDS), batch.phi)
    a, b, c, d = pair.seen
    seen = (a + settled[0], b + settled[1], c + settled[2], d + settled[3])
    return Pair(pair.edge_b, pair.edge_g, pair.weight, pair.base, batch, process, seen)


def latency(pairs: Sequence[Pair], s: Settings) -> float:
    """ln E that the candidate is slower, in nats; 0 without pairs."""
    if not pairs:
        return 0.0
    return mean([s.pair.ln_e(pair.process) for pair in pairs], [pair.weight for pair in pairs])
