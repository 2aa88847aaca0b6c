"""Before the candidate is to have requests live is its own baseline; at exposure it is fixed what can be judged."""

from __future__ import annotations

from operator import add

from verdigris.core.judging import by_route
from verdigris.core.judging.batch import Batch
from verdigris.core.judging.bounds import upper
from verdigris.core.judging.counts import Arm, Counts
from verdigris.core.judging.settings import Metric, Settings
from verdigris.core.judging.state import Baseline, State

__all__ = ["completed", "exposed", "heard", "longer", "speaks", "timed", "waited"]

LONGEST = 900
"""Seconds that a baseline is worth at most: a gate may wait for a day, and the night is no measure of the day."""
OF_ROUTES = 0.4
"""What part of the stake on errors is on routes, where they are told apart: it costs the whole half a nat."""


def longer(base: Baseline, counts: Counts, s: Settings) -> Baseline:
    """The baseline with a second more."""
    arm, base = counts.live, halved(base) if base.seconds >= LONGEST else base
    base = base._replace(
        dispersion=s.dispersions_alone.step(base.dispersion, (arm.errors, 0, arm.requests, 0)),
        requests=base.requests + arm.requests,
        errors=base.errors + arm.errors,
        seconds=base.seconds + 1,
    )
    return timed(noted(base, counts), counts)


def noted(base: Baseline, counts: Counts, fixed: bool = False) -> Baseline:
    """What could be judged: whether users' outcomes are told, and, while that is not `fixed`, the routes of live.

    Requests are counted and never how they ended: who is judged must not depend on that.
    """
    outcomes = base.outcomes or speaks(counts.live) or speaks(counts.candidate)
    routes = base.routes if fixed else by_route.known(base.routes, counts.routes)
    return base._replace(outcomes=outcomes, routes=routes)


def waited(state: State, counts: Counts) -> State:
    """A second of the grace: nothing is compared, and what was not known before exposure may become it."""
    base = found_by(state, counts)
    return state._replace(base=timed(base, counts) if not base.requests else base)


def found_by(state: State, counts: Counts) -> Baseline:
    return noted(state.base, counts, fixed=bool(state.routes))


def halved(base: Baseline) -> Baseline:
    """All of it with half the weight, rounded up: no rate gets smaller by it."""
    clumps = base.dispersion
    return base._replace(
        dispersion=clumps._replace(
            squares=tuple(one / 2.0 for one in clumps.squares),
            variance=tuple(one / 2.0 for one in clumps.variance),
        ),
        requests=(base.requests + 1) // 2,
        errors=(base.errors + 1) // 2,
        slow=tuple((one + 1) // 2 for one in base.slow),
        routes=tuple([(name, (one + 1) // 2) for name, one in base.routes]),
        timed=(base.timed + 1) // 2,
        seconds=base.seconds // 2,
    )


def timed(base: Baseline, counts: Counts) -> Baseline:
    """The baseline's latencies with a second more; other edges than before begin them anew."""
    arm = counts.live
    if not arm.slow:
        return base
    if base.edges != counts.edges:
        return base._replace(edges=counts.edges, slow=arm.slow, timed=arm.requests)
    slow = tuple(map(add, base.slow, arm.slow))
    return base._replace(slow=slow, timed=base.timed + arm.requests)


def exposed(state: State, counts: Counts, s: Settings) -> State:
    """The candidate has requests, or is to have: what it can be judged by is fixed, and what each metric costs."""
    base = noted(state.base, counts, fixed=True)  # a single second says little of routes
    x = allowed(upper(base.errors, base.requests, s.baseline_alpha), s)
    there = {
        Metric.ERRORS: True,
        Metric.LATENCY: bool(counts.edges),
        Metric.BASELINE: s.baseline and base.requests >= s.baseline_least,
        Metric.SLO: s.slo_errors is not None or (s.slo_p99 is not None and bool(counts.edges)),
    }
    state = state._replace(
        exposed_at=counts.at,
        window=s.window,
        base=base,
        errors=Batch(s.dispersions(base.dispersion.phi).fresh()),
        guards=state.guards._replace(x=x),
        weights=weights({metric for metric, is_there in there.items() if is_there}, s),
    )
    return staked(state, s)


def completed(state: State, counts: Counts, s: Settings) -> State:
    """The first second that is compared: what showed only in the grace is judged as well. Nothing was bet yet."""
    return staked(state._replace(base=found_by(state, counts)), s)


def staked(state: State, s: Settings) -> State:
    """With the routes, and users, that are known by now."""
    base = state.base
    routes = state.routes or by_route.fixed(base.routes, s.dispersions_route(base.dispersion.phi), s)
    there = {metric for metric, _ in state.weights}
    there |= ({Metric.USERS} if base.outcomes else set()) | ({Metric.ROUTES} if routes else set())
    base = base._replace(routes=()) if routes else base
    return state._replace(base=base, routes=routes, weights=weights(there, s))


def heard(state: State, counts: Counts, s: Settings) -> State:
    """Somebody says for the first time what users got, and the tests have begun: the stake on it was kept for that.

    Nothing was bet of it, so it is as if it had been there from the beginning. All other stakes stay as they are.
    """
    if state.base.outcomes or not (speaks(counts.live) or speaks(counts.candidate)):
        return state
    left = 1.0 - sum(weight for _, weight in state.weights)
    stake = min(dict(s.weights).get(Metric.USERS, 0.0), left)
    users = ((Metric.USERS, stake),) if stake > 0.0 else ()
    return state._replace(base=state.base._replace(outcomes=True), weights=(*state.weights, *users))


def weights(there: set[Metric], s: Settings) -> tuple[tuple[Metric, float], ...]:
    """What is staked on each metric that can speak.

    What cannot speak keeps its stake: given to the others it would save them ln(1/sum) nats, less than a second, and
    take away the reserve that the one approximation of it all, the estimated phi, is paid from. So routes, which are
    told apart or not, live on the stake of errors.
    """
    rows = s.weights
    if Metric.ROUTES in there and all(metric is not Metric.ROUTES for metric, _ in rows):
        rows = tuple([row for metric, weight in rows for row in shared(metric, weight)])
    return tuple([(metric, weight) for metric, weight in rows if metric in there and weight > 0.0])


def shared(metric: Metric, weight: float) -> list[tuple[Metric, float]]:
    if metric is not Metric.ERRORS:
        return [(metric, weight)]
    return [(metric, weight * (1.0 - OF_ROUTES)), (Metric.ROUTES, weight * OF_ROUTES)]


def allowed(rate: float, s: Settings) -> float:
    """The error rate up to which the baseline guard says nothing, where live fails at `rate`."""
    return min(s.baseline_factor * rate + s.error_margin, 0.9)


def speaks(arm: Arm) -> bool:
    return arm.good is not None and arm.bad is not None
