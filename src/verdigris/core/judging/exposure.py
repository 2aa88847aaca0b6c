"""Before the candidate is to have requests live is its own baseline; at exposure it is fixed what can be judged."""

from __future__ import annotations

from verdigris.core.judging.bounds import upper
from verdigris.core.judging.counts import Arm, Counts
from verdigris.core.judging.settings import Metric, Settings
from verdigris.core.judging.state import Baseline, State

__all__ = ["exposed", "longer", "speaks", "timed"]


def longer(base: Baseline, counts: Counts, s: Settings) -> Baseline:
    """The baseline with a second more."""
    arm = counts.live
    dispersion = s.dispersions_alone.step(base.dispersion, (arm.errors, 0, arm.requests, 0))
    base = base._replace(
        dispersion=dispersion, requests=base.requests + arm.requests, errors=base.errors + arm.errors
    )
    return timed(base, counts)


def timed(base: Baseline, counts: Counts) -> Baseline:
    """The baseline's latencies with a second more; other edges than before begin them anew."""
    arm = counts.live
    if not arm.slow:
        return base
    if base.edges != counts.edges:
        return base._replace(edges=counts.edges, slow=arm.slow, timed=arm.requests)
    slow = tuple([a + b for a, b in zip(base.slow, arm.slow, strict=True)])
    return base._replace(slow=slow, timed=base.timed + arm.requests)


def exposed(state: State, counts: Counts, s: Settings) -> State:
    """The candidate has requests, or is to have: what it can be judged by is fixed, and what each metric costs."""
    base = state.base
    x = min(s.baseline_factor * upper(base.errors, base.requests, s.baseline_alpha) + s.error_margin, 0.9)
    there = {
        Metric.ERRORS: True,
        Metric.LATENCY: bool(counts.edges),
        Metric.BASELINE: s.baseline and base.requests >= s.baseline_least,
        Metric.USERS: speaks(counts.candidate) or speaks(counts.live),
        Metric.SLO: s.slo_errors is not None or (s.slo_p99 is not None and bool(counts.edges)),
    }
    return state._replace(
        exposed_at=counts.at,
        guards=state.guards._replace(x=x),
        # What cannot speak keeps its stake: given to the others it would save them ln(1/sum) nats, less than a second,
        # and take away the reserve that the one approximation of it all, the estimated phi, is paid from.
        weights=tuple((metric, weight) for metric, weight in s.weights if there[metric] and weight > 0.0),
    )


def speaks(arm: Arm) -> bool:
    return arm.good is not None and arm.bad is not None
