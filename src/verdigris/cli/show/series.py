"""The seconds of a trial as curves: evidence over time, rates and latencies of both slots in even stretches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest

from verdigris.cli.retelling import Tick
from verdigris.core.judging.counts import Arm
from verdigris.core.judging.trial import ln_e

__all__ = ["Curves", "Stretch", "Sums", "curves"]

STRETCHES_MOST = 60
POINTS_MOST = 360
LENGTHS = (1, 2, 5, 10, 15, 30, 60, 120, 300)
BEFORE_LEAST, BEFORE_PART = 30, 0.2
"""Of the time before exposure at most so many seconds are shown, or that part of the time after it."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What one slot did in a stretch. `slow[i]` requests were slower than `Curves.edges[i]`."""

    requests: int = 0
    errors: int = 0
    slow: tuple[int, ...] = ()

    def plus(self, arm: Arm) -> Sums:
        slow = tuple(map(sum, zip_longest(self.slow, arm.slow, fillvalue=0)))
        return Sums(self.requests + arm.requests, self.errors + arm.errors, slow)

    @property
    def rate(self) -> float | None:
        """The part that failed; None where nobody asked."""
        return self.errors / self.requests if self.requests else None

    def percentile(self, share: float, edges: Sequence[float]) -> float | None:
        """The first edge, in ms, that no more than the rest were slower than; the last one where even that is not."""
        if not self.requests or not self.slow:
            return None
        most = (1.0 - share) * self.requests + 1e-9
        return next((edge for edge, slow in zip(edges, self.slow, strict=False) if slow <= most), edges[-1])


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some seconds from `at` on, counted from exposure."""

    at: int
    live: Sums = Sums()
    candidate: Sums = Sums()


@dataclass(frozen=True, slots=True)
class Curves:
    """All that is drawn of a trial. Moments are seconds after exposure.

    `evidence` is ln E in nats, `stages` are the shares from their beginnings on, `last` is the last moment, and
    `length` that of a stretch.
    """

    evidence: tuple[tuple[int, float], ...]
    stages: tuple[tuple[int, float], ...]
    stretches: tuple[Stretch, ...]
    edges: tuple[float, ...]
    first: int
    last: int
    length: int


def curves(ticks: Sequence[Tick]) -> Curves | None:
    """None where the candidate never had traffic."""
    final = ticks[-1].after if ticks else None
    if final is None or final.exposed_at is None:
        return None
    exposed = final.exposed_at
    last = ticks[-1].counts.at - exposed + 1
    first = max(ticks[0].counts.at - exposed, -max(BEFORE_LEAST, int(last * BEFORE_PART)))
    shown = [(one.counts.at - exposed, one) for one in ticks if one.counts.at - exposed >= first]
    length = next(
        (n for n in LENGTHS if (last - first) / n <= STRETCHES_MOST), -(first - last) // STRETCHES_MOST
    )
    # Once it has decided, a trial is over.
    evidence = [
        (at, ln_e(one.after, one.heading.settings))
        for at, one in shown
        if at >= 0 and one.before.decided is None
    ]
    return Curves(
        thinned(evidence),
        tuple(stages(shown)),
        tuple(stretches(shown, length)),
        ticks[-1].counts.edges,
        first,
        last,
        length,
    )


def thinned(points: list[tuple[int, float]]) -> tuple[tuple[int, float], ...]:
    """As many as can be told apart; the last one always."""
    every = -(-len(points) // POINTS_MOST)
    return (*points[:-1:every], points[-1]) if points else ()


def stages(shown: Sequence[tuple[int, Tick]]) -> Iterator[tuple[int, float]]:
    """Where another share begins."""
    shares = [(at, one.counts.share) for at, one in shown if at >= 0 and one.counts.share is not None]
    yield from shares[:1]
    yield from (later for before, later in pairwise(shares) if later[1] != before[1])


def stretches(shown: Sequence[tuple[int, Tick]], length: int) -> Iterator[Stretch]:
    current: Stretch | None = None
    for at, one in shown:
        begins = at // length * length
        if current is not None and current.at != begins:
            yield current
            current = None
        at_first = current or Stretch(begins)
        live, candidate = one.counts.live, one.counts.candidate
        current = Stretch(begins, at_first.live.plus(live), at_first.candidate.plus(candidate))
    if current is not None:
        yield current
