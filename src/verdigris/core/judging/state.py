"""All that is saved of a trial: named tuples of numbers, so that JSON carries them as they are and reads them back.

A value of another `version` is not understood; who reads it begins a trial anew rather than guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from verdigris.core.judging.batch import Batch
from verdigris.core.judging.by_route import Known, Place
from verdigris.core.judging.dispersion import EMPTY, Bin, Dispersion
from verdigris.core.judging.lately import NEVER, Lately
from verdigris.core.judging.latency import Pair
from verdigris.core.judging.mixture import Process
from verdigris.core.judging.settings import Metric, Settings

__all__ = ["VERSION", "Baseline", "Decided", "Guards", "State", "begin", "on_another_clock", "restored"]

VERSION = 1


class Baseline(NamedTuple):
    """Live before the comparison: requests and errors before exposure, latencies until the tests begin.

    `seconds` is how many the sums are worth: what is long ago has been halved, once or several times. `routes` are its
    requests by route until it is fixed which are judged, `outcomes` whether anybody said what users got.
    """

    dispersion: Dispersion
    requests: int = 0
    errors: int = 0
    edges: tuple[float, ...] = ()
    slow: tuple[int, ...] = ()
    timed: int = 0
    seconds: int = 0
    routes: Known = ()
    outcomes: bool = False


class Guards(NamedTuple):
    """What is judged without a comparison: against the baseline `x`, against the limit of errors, and of slowness.

    The `live_` ones ask the same of the live slot: if it breaks the limit too, that is an incident of both. `lately` is
    how often live fails by now: `x` says nothing while that is more often than before.
    """

    x: float
    baseline: Process
    errors: Process
    slow: Process
    live_errors: Process
    live_slow: Process
    lately: Lately = NEVER


class Decided(NamedTuple):
    """That the candidate is worse: when, how long after exposure in seconds, and ln E, in all and per metric."""

    at: int
    after: int
    ln_e: float
    ln_es: tuple[float, ...]


class State(NamedTuple):
    """Where a trial stands. `weights` are fixed at exposure, one for each `Metric` that can exist for it.

    That of users' outcomes comes when somebody tells them. `seen` are all counts since exposure, `strata` those
    since the tests began: one entry per stage, the last of the share `stage`. `served` is what users got: bad and
    all, in the same order. `settled` is how many seconds the tests have seen. `edges` are those that the pairs were
    chosen from. `clock` is what to add to a moment of it for a clock that goes on through a boot. `routes` are
    those that are judged by themselves. `again` is whether requests that were sent to both slots again are compared
    now, and `sent` what was counted of them; users are in `strata`. `window` is that of the settings at exposure, over
    which the stake on late regressions is spread once: more time later is no more stake.
    """

    version: int
    at: int | None
    exposed_at: int | None
    base: Baseline
    weights: tuple[tuple[Metric, float], ...]
    errors: Batch
    error: Process
    proof: Process
    users: Batch
    user: Process
    pairs: tuple[Pair, ...] | None
    guards: Guards
    split: Process
    edges: tuple[float, ...] = ()
    share: float | None = None
    seen: Bin = EMPTY
    served: Bin = EMPTY
    strata: tuple[Bin, ...] = ()
    stage: float | None = None
    settled: int = 0
    decided: Decided | None = None
    invalid_at: int | None = None
    clock: int = 0
    routes: tuple[Place, ...] = ()
    again: bool = False
    sent: Bin = EMPTY
    window: int = 0


def begin(s: Settings) -> State:
    """A trial in which nothing has been seen."""
    fresh = s.guard.fresh()
    return State(
        version=VERSION,
        at=None,
        exposed_at=None,
        base=Baseline(s.dispersions_alone.fresh()),
        weights=(),
        errors=Batch(s.dispersions(1.0).fresh()),
        error=s.errors.fresh(),
        proof=s.proof.fresh(),
        users=Batch(s.dispersions_users.fresh()),
        user=s.users.fresh(),
        pairs=None,
        guards=Guards(0.0, fresh, fresh, fresh, fresh, fresh),
        split=s.split.fresh(),
    )


def on_another_clock(state: State, now: int) -> State:
    """The same trial after a boot, where seconds count from another beginning: what came last was at `now`.

    All evidence stays: both slots were started anew, and what they showed before they did show. Nobody was served
    meanwhile, so that time since exposure stands still and no second can be counted twice.
    """
    if state.at is None:
        return state
    by = now - state.at
    return state._replace(
        at=now,
        exposed_at=None if state.exposed_at is None else state.exposed_at + by,
        invalid_at=None if state.invalid_at is None else state.invalid_at + by,
        decided=state.decided and state.decided._replace(at=state.decided.at + by),
        clock=state.clock - by,
    )


def restored(row: Sequence[Any]) -> State | None:
    """From what JSON made of it; None when another version wrote it."""
    if not row or row[0] != VERSION:
        return None
    kept = State(*row)
    return kept._replace(
        base=baseline(kept.base),
        weights=tuple((Metric(name), weight) for name, weight in kept.weights),
        errors=Batch.of(kept.errors),
        error=process(kept.error),
        proof=process(kept.proof),
        users=Batch.of(kept.users),
        user=process(kept.user),
        pairs=None if kept.pairs is None else tuple(map(Pair.of, kept.pairs)),
        guards=guards(kept.guards),
        split=process(kept.split),
        edges=tuple(kept.edges),
        seen=bin_of(kept.seen),
        served=bin_of(kept.served),
        strata=tuple(map(bin_of, kept.strata)),
        routes=tuple(map(Place.of, kept.routes)),
        sent=bin_of(kept.sent),
        decided=kept.decided and Decided(*kept.decided[:3], tuple(kept.decided[3])),
    )


def baseline(row: Sequence[Any]) -> Baseline:
    kept = Baseline(*row)
    return kept._replace(
        dispersion=Dispersion.of(kept.dispersion),
        edges=tuple(kept.edges),
        slow=tuple(kept.slow),
        routes=tuple([(name, requests) for name, requests in kept.routes]),
    )


def guards(row: Sequence[Any]) -> Guards:
    x, *processes, lately = row
    baseline, errors, slow, live_errors, live_slow = map(process, processes)
    return Guards(x, baseline, errors, slow, live_errors, live_slow, tuple((e, n) for e, n in lately))


def process(row: Sequence[Any]) -> Process:
    return Process(tuple(row[0]), row[1])


def bin_of(row: Sequence[Any]) -> Bin:
    a, b, c, d = row
    return a, b, c, d
