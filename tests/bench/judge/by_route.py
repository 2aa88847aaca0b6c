"""The same dice for many routes at once: each fails in its own way, and some have far more requests than others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random

from tests.bench.judge.traffic import Making, poisson
from verdigris.core.judging.counts import Arm, Counts, Route

__all__ = ["names", "seconds", "zipf"]


def zipf(many: int) -> list[float]:
    """Parts of the requests: the second route has half of the first's, the third a third."""
    parts = [1.0 / (i + 1) for i in range(many)]
    return [part / sum(parts) for part in parts]


def names(many: int) -> list[str]:
    return [f"GET /things-{i}/{{id}}" for i in range(many)]


def seconds(
    dice: Random,
    parts: Sequence[float],
    way: Making,
    worse: Mapping[int, Making],
    *,
    rate: float,
    share: float,
    before: int,
    many: int,
) -> Iterator[Counts]:
    """`before` seconds of live alone, then `many` of both; `worse` is how single routes of the candidate fail."""
    called = names(len(parts))
    live = [way(dice) for _ in parts]
    candidate = [worse.get(i, way)(dice) for i in range(len(parts))]
    for t in range(-before, many):
        told = share if t >= 0 else 0.0
        rows = []
        for i, part in enumerate(parts):
            nb, ng = (
                poisson(dice, rate * part * (1.0 - told)),
                poisson(dice, rate * part * told) if told else 0,
            )
            rows.append(Route(called[i], candidate[i](t, ng) if ng else 0, live[i](t, nb), ng, nb))
        yield together(t, rows, told)


def together(t: int, rows: Sequence[Route], share: float) -> Counts:
    live = Arm(sum(row.live for row in rows), sum(row.live_errors for row in rows))
    candidate = Arm(sum(row.candidate for row in rows), sum(row.candidate_errors for row in rows))
    return Counts(t, live, candidate, share=share or None, routes=tuple(rows))
