"""The whole judge for one deployment: a second of counts in, the next state out.

Before the candidate is to have traffic, live is its own baseline. From exposure on the limits that need no comparison
are watched; after the grace the two slots are compared, second by second. Every stage of a deployment is one trial
with one alpha. A second that was seen already changes nothing, nor does one from before it: a restart neither loses
nor doubles evidence. What was not seen must not be given as zero: leave the second out.
"""

from __future__ import annotations

from math import log

from verdigris.core.judging import by_route, latency, split
from verdigris.core.judging.batch import gather
from verdigris.core.judging.control import among, compared_in, counted, failed, sent_again
from verdigris.core.judging.counts import Arm, Control, Counts
from verdigris.core.judging.dispersion import add
from verdigris.core.judging.exposure import completed, exposed, heard, longer, speaks, timed, waited
from verdigris.core.judging.factors import guard, ratio, safe
from verdigris.core.judging.lately import Lately, fails_more, later
from verdigris.core.judging.merge import mean
from verdigris.core.judging.mixture import Process
from verdigris.core.judging.settings import EFFECTS, GUARDED, SAFE, USERS, Metric, Settings
from verdigris.core.judging.state import Decided, State

__all__ = ["ln_e", "ln_es", "proven", "step"]

TIMED_LEAST = 200
"""Requests of live that the pairs of edges are chosen from."""
SLOW_LIMIT = 0.01
"""What part may be slower than a limit of the 99th percentile."""


def step(state: State, counts: Counts, s: Settings) -> State:
    """One second later."""
    if state.at is not None and counts.at <= state.at:
        return state
    state = state._replace(at=counts.at)
    if state.decided is not None:
        return state
    if state.exposed_at is None:
        if not (counts.candidate.requests or counts.share):
            return state._replace(base=longer(state.base, counts, s))
        state = exposed(state, counts, s)
    return decided(compared(watched(state, counts, s), counts, s), s)


# --- without a comparison -------------------------------------------------------------------------------------


def watched(state: State, counts: Counts, s: Settings) -> State:
    """The limits on the candidate's own account, and the split: they are live from the first second."""
    b, g = counts.live, counts.candidate
    guards, phi = state.guards, state.errors.dispersion.phi
    phi_slow = max([phi, *[pair.batch.dispersion.phi for pair in state.pairs or ()]])
    if s.slo_errors is not None:
        own = s.guard.step(guards.errors, guard(g.errors, g.requests, s.slo_errors, GUARDED), phi)
        live = s.guard.step(guards.live_errors, guard(b.errors, b.requests, s.slo_errors, GUARDED), phi)
        guards = guards._replace(errors=own, live_errors=live)
    if s.slo_p99 is not None:
        k_g, k_b = beyond(counts, g, s.slo_p99), beyond(counts, b, s.slo_p99)
        if k_g is not None and k_b is not None:
            own = s.guard.step(guards.slow, guard(k_g, g.requests, SLOW_LIMIT, GUARDED), phi_slow)
            live = s.guard.step(guards.live_slow, guard(k_b, b.requests, SLOW_LIMIT, GUARDED), phi_slow)
            guards = guards._replace(slow=own, live_slow=live)
    seen = add(state.seen, (g.errors, b.errors, g.requests, b.requests))
    return divided(state._replace(guards=guards, seen=seen), counts, s)


def beyond(counts: Counts, arm: Arm, limit: float) -> int | None:
    """How many were slower than the first edge at or above the limit."""
    i = next((i for i, edge in enumerate(counts.edges) if edge >= limit), None)
    return arm.slow[i] if i is not None and arm.slow else None


def divided(state: State, counts: Counts, s: Settings) -> State:
    """The split check. A second in which the share was changed holds requests of both and says nothing."""
    before, share = state.share, counts.share
    state = state._replace(share=share)
    if s.sticky or share is None or share != before or not 0.0 < share < 1.0:
        return state
    n_g, n_b = (arm.requests - arm.again for arm in (counts.candidate, counts.live))
    high, low = split.sides(n_g, n_g + n_b, share, s.split_margin)
    process = s.split.step(state.split, [*high, *low], s.split_phi)
    if state.invalid_at is None and s.split.ln_e(process) >= log(1.0 / s.split_alpha):
        return state._replace(split=process, invalid_at=counts.at)
    return state._replace(split=process)


# --- the comparison -------------------------------------------------------------------------------------------


def compared(state: State, counts: Counts, s: Settings) -> State:
    """The tests that a cold start would fail: they begin when the grace is over."""
    assert state.exposed_at is not None
    if counts.at < state.exposed_at + s.grace:
        return waited(state, counts)
    state = heard(state, counts, s) if state.settled else completed(state, counts, s)
    again = sent_again(counts, state.again)
    both = compared_in(counts, again)
    state = failing(failing_by_route(among(state, again), counts, s), counts, both, s)
    state = counted(state._replace(settled=state.settled + 1), counts, both)
    return slower(worse_for_users(state, both, s), counts, both, s)


def failing_by_route(state: State, counts: Counts, s: Settings) -> State:
    """Errors of each route against live's of that route; requests that are sent again are too few to be told apart."""
    if state.again or not has(state, Metric.ROUTES):
        return state
    rule = s.dispersions_route(state.base.dispersion.phi)
    phi = state.errors.dispersion.phi
    routes = by_route.step(state.routes, counts.routes, state.settled + 1, rule, phi, s)
    return state._replace(routes=routes)


def failing(state: State, counts: Counts, both: Control, s: Settings) -> State:
    """Errors against live, the proof that there are no more of them, and errors against the baseline."""
    rule = s.dispersions(state.base.dispersion.phi)
    batch, settled = gather(state.errors, failed(both), rule, s.min_batch)
    against = ratio(*settled, s.error_ratio, s.error_margin, EFFECTS) if settled else ()
    favour = safe(*settled, s.safe_ratio, s.safe_margin, SAFE) if settled else ()
    lately = later(state.guards.lately, both.live.errors, both.live.requests)
    return state._replace(
        errors=batch,
        error=s.errors.step(state.error, against, batch.phi),
        proof=s.proof.step(state.proof, favour, batch.phi),
        guards=state.guards._replace(baseline=above_baseline(state, counts, lately, s), lately=lately),
    )


def above_baseline(state: State, counts: Counts, lately: Lately, s: Settings) -> Process:
    """The baseline speaks only where hardly anybody is left on live to compare with.

    What live has shown before says nothing of a time in which it fails more often itself: only the comparison does.
    """
    process, g = state.guards.baseline, counts.candidate
    of_all = g.requests + counts.live.requests
    share = counts.share if counts.share is not None else g.requests / of_all if of_all else 0.0
    if 1.0 - share >= s.baseline_below or not has(state, Metric.BASELINE):
        return process
    base, phi = state.base, max(state.base.dispersion.phi, state.errors.dispersion.phi)
    if fails_more(lately, base.errors / base.requests, phi):
        return process
    return s.guard.step(process, guard(g.errors, g.requests, state.guards.x, GUARDED), phi)


def worse_for_users(state: State, both: Control, s: Settings) -> State:
    """What users got, in seconds in which both slots say it: what one does not say is unknown, and no evidence."""
    b, g = both
    if not has(state, Metric.USERS) or not (speaks(g) and speaks(b)):
        return state
    second = (g.bad or 0, b.bad or 0, (g.good or 0) + (g.bad or 0), (b.good or 0) + (b.bad or 0))
    batch, settled = gather(state.users, second, s.dispersions_users, s.min_batch)
    bets = ratio(*settled, 1.0, s.user_margin, USERS) if settled else ()
    process = s.users.step(state.user, bets, batch.phi)
    return state._replace(users=batch, user=process, served=add(state.served, second))


def slower(state: State, counts: Counts, both: Control, s: Settings) -> State:
    """Latencies, once live has shown where to look."""
    if not has(state, Metric.LATENCY) or not counts.edges:
        return state
    if state.pairs is None:
        if state.base.timed < TIMED_LEAST or state.base.edges != counts.edges:
            return state._replace(base=timed(state.base, counts))
        base = state.base
        pairs = latency.choose(base.edges, base.slow, base.timed, s)
        # The histogram has done its work; what is saved every second stays small.
        state = state._replace(pairs=pairs, edges=base.edges, base=base._replace(edges=(), slow=()))
    b, g = both
    if counts.edges != state.edges or (g.requests and not g.slow) or (b.requests and not b.slow):
        return state  # not comparable: not a second
    none = (0,) * len(counts.edges)
    pairs = latency.step(state.pairs or (), g.slow or none, b.slow or none, g.requests, b.requests, s)
    return state._replace(pairs=pairs)


# --- what it comes to -----------------------------------------------------------------------------------------


def decided(state: State, s: Settings) -> State:
    """The verdict falls once; what comes after it is the rollback's doing and no evidence."""
    total = ln_e(state, s)
    if total < s.limit:
        return state
    assert state.at is not None and state.exposed_at is not None
    return state._replace(decided=Decided(state.at, state.at - state.exposed_at, total, ln_es(state, s)))


def ln_e(state: State, s: Settings) -> float:
    """ln E that the candidate is worse in something, in nats; 0 before there is any."""
    weights = [weight for _, weight in state.weights]
    # What was not staked is still there: without any evidence E is 1.
    return mean([*ln_es(state, s), 0.0], [*weights, max(1.0 - sum(weights), 0.0)])


def ln_es(state: State, s: Settings) -> tuple[float, ...]:
    """The same for each metric of `state.weights`."""
    return tuple([MEASURES[metric](state, s) for metric, _ in state.weights])


def own_limits(state: State, s: Settings) -> float:
    """The mean over the limits that are set. A limit that live breaks as surely is an incident of both: no evidence."""
    guards = state.guards
    found = []
    for limit, own, live in (
        (s.slo_errors, guards.errors, guards.live_errors),
        (s.slo_p99, guards.slow, guards.live_slow),
    ):
        if limit is not None:
            ln_e = s.guard.ln_e(own)
            shared = ln_e > 0.0 and s.guard.ln_e(live) >= s.limit
            found.append(0.0 if shared else ln_e)
    return mean(found, [1.0 / len(found)] * len(found))


MEASURES = {
    Metric.ERRORS: lambda state, s: s.errors.ln_e(state.error),
    Metric.ROUTES: lambda state, s: by_route.by_route(state.routes),
    Metric.LATENCY: lambda state, s: latency.latency(state.pairs or (), s),
    Metric.BASELINE: lambda state, s: s.guard.ln_e(state.guards.baseline),
    Metric.USERS: lambda state, s: s.users.ln_e(state.user),
    Metric.SLO: own_limits,
}


def proven(state: State, s: Settings) -> bool:
    """Whether it is proven that errors do no harm, and nothing else is under suspicion: half the way to the limit."""
    return s.proof.ln_e(state.proof) >= log(1.0 / s.safe_alpha) and ln_e(state, s) < s.limit / 2.0


def has(state: State, metric: Metric) -> bool:
    return any(metric is one for one, _ in state.weights)
