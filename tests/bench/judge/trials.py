"""One run: our judge and the others' rules on the same counts of a whole window, and cells of many runs.

Ours is `verdigris.core.judging` as it is shipped, with its defaults but for the grace: the tables count from the
first second that is compared, and so may the others from theirs. phi0 is from an A/A period of the same process. A
deployment has less to go by: the clumps of live alone, in the minute or so that a release takes to be ready.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from tests.bench.judge.latencies import p99
from tests.bench.judge.peers import Minute, argo, flagger, kayenta
from tests.bench.judge.traffic import WINDOW, Scenario, before, seconds
from verdigris.core.judging.counts import Arm, Counts
from verdigris.core.judging.dispersion import Bin, Dispersions, common
from verdigris.core.judging.settings import Settings
from verdigris.core.judging.state import State, begin
from verdigris.core.judging.trial import step

__all__ = [
    "AS_DEPLOYED",
    "FROM_THE_FIRST_SECOND",
    "OURS",
    "RATES",
    "SHARES",
    "Cell",
    "Outcome",
    "begun",
    "median",
    "outcome",
    "p95",
    "tried",
]

OURS = "verdigris"
RULES = {"Flagger 99 %/5": flagger, "Argo 99 %/3": argo, "Kayenta": kayenta}
TIMED_RULES = {"Flagger p99 500 ms/5": partial(flagger, most=500.0), "Kayenta, p99": kayenta}
WATCHED = (40.0, 60.0, 100.0, 130.0, 200.0)
"""Where the A/A period looks for clumps of slow requests: near the quantiles that are judged."""
SHARES = (0.1, 0.5, 0.95)
RATES = (100, 1000, 10_000)
BEFORE = 900
"""Seconds of the A/A period, which is also the baseline."""
FROM_THE_FIRST_SECOND = Settings(grace=0)
AS_DEPLOYED = Settings(learned=True)


@dataclass(frozen=True)
class Cell:
    scenario: Scenario
    share: float
    rate: int
    before: int = BEFORE

    def dice(self, seed: int) -> random.Random:
        """A run has the same traffic wherever, and however many others, are run."""
        return random.Random(f"{self.scenario.name}, {self}: {seed}")

    def __str__(self) -> str:
        return f"{self.share * 100:g} % of {self.rate:,}/s"


@dataclass(frozen=True)
class Outcome:
    """For each rule: after how many seconds it rolled back, None if it did not, and how many requests had failed by a
    second later that would not have without the release. `invalid`: the judge said that the split was off."""

    after: dict[str, int | None]
    excess: dict[str, float]
    invalid: bool


def outcome(
    cell: Cell,
    seed: int,
    settings: Settings = FROM_THE_FIRST_SECOND,
    alone: bool = False,
    window: int = WINDOW,
) -> Outcome:
    """One run. `alone` leaves the others out, and what comes after our verdict."""
    dice = cell.dice(seed)
    state, s = begun(dice, cell, settings)
    counts: list[Counts] = []
    for one in seconds(dice, cell.scenario, cell.rate, cell.share, window):
        counts.append(one)
        if state.decided is None:
            state = step(state, one, s)
        elif alone:
            break
    # The counts of second 21 are there when it is over: that is after 22 s.
    after = {OURS: None if state.decided is None else state.decided.after + 1}
    after |= {} if alone else others(counts)
    excess = {name: failed(counts, cell.scenario.base, until) for name, until in after.items()}
    return Outcome(after, excess, state.invalid_at is not None)


def others(counts: Sequence[Counts]) -> dict[str, int | None]:
    """What the others' rules make of the same window."""
    rows = [counts[i : i + 60] for i in range(0, len(counts) - 59, 60)]
    value = p99 if counts[0].edges else rate
    minutes = [Minute(value([c.candidate for c in row]), value([c.live for c in row])) for row in rows]
    rules = TIMED_RULES if counts[0].edges else RULES
    return {name: rule(minutes) for name, rule in rules.items()}


def begun(dice: random.Random, cell: Cell, settings: Settings) -> tuple[State, Settings]:
    """The trial at exposure, and its settings: with the phi0 that the two halves of live have shown, or as learned."""
    halves, edges = list(before(dice, cell.scenario, cell.rate, cell.before)), cell.scenario.edges
    measured = {} if settings.learned else {"phi0": of_errors(halves), "phi0_slow": of_slow(halves, edges)}
    s = replace(settings, **measured)
    state = begin(s)
    for t, (one, other) in enumerate(halves, -cell.before):
        state = step(state, Counts(t, together(one, other), Arm(), edges), s)
    return state, s


def together(one: Arm, other: Arm) -> Arm:
    slow = tuple([a + b for a, b in zip(one.slow, other.slow, strict=True)])
    return Arm(one.requests + other.requests, one.errors + other.errors, slow)


def of_errors(halves: Iterable[tuple[Arm, Arm]]) -> float:
    return dispersion(Dispersions(), [(a.errors, b.errors, a.requests, b.requests) for a, b in halves])


def of_slow(halves: Sequence[tuple[Arm, Arm]], edges: Sequence[float]) -> float:
    """The highest of those that are watched."""
    rule = Dispersions(residuals=common)
    watched = [i for i, edge in enumerate(edges) if edge in WATCHED]
    rows = [[(a.slow[i], b.slow[i], a.requests, b.requests) for a, b in halves] for i in watched]
    return max([1.0, *(dispersion(rule, row) for row in rows)])


def dispersion(rule: Dispersions, rows: Iterable[Bin]) -> float:
    state = rule.fresh()
    for row in rows:
        state = rule.step(state, row)
    return state.phi


def rate(arms: Sequence[Arm]) -> float:
    requests = sum(one.requests for one in arms)
    return sum(one.errors for one in arms) / requests if requests else 0.0


def failed(counts: Sequence[Counts], base: float, until: int | None) -> float:
    """Failures of the candidate beyond the base rate, up to a second after the verdict: a switch takes time."""
    arms = [c.candidate for c in counts[: None if until is None else until + 1]]
    return sum(one.errors - base * one.requests for one in arms)


# --- many runs ----------------------------------------------------------------------------------------------------


def tried(cell: Cell, runs: int, settings: Settings = FROM_THE_FIRST_SECOND) -> list[Outcome]:
    """Ours alone, run after run: what the tests can afford."""
    return [outcome(cell, seed, settings, alone=True) for seed in range(runs)]


def median(delays: Sequence[int | None]) -> float:
    return quantile(delays, 0.5)


def p95(delays: Sequence[int | None]) -> float:
    return quantile(delays, 0.95)


def quantile(delays: Sequence[int | None], q: float) -> float:
    """Who never decides takes forever."""
    ordered = sorted(float("inf") if one is None else float(one) for one in delays)
    return ordered[min(int(len(ordered) * q), len(ordered) - 1)]
