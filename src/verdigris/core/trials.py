"""A deployment's trial: brings what the judge knows of the candidate up to the present look.

Before the candidate is given traffic live is its own baseline; then the two are compared, second by second, until the
bake is over. Only whole seconds are taken, each once, and not before it is known whether lines are missing from it.
What says nothing of the release is left out: lost seconds, those of a change of routing, of a drill, of a pause.
In `stabilize` there is nothing to compare with, and a quarter of an hour is no measure of the next day: floors and
limits watch it alone.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from verdigris.core.conditions import paused
from verdigris.core.deployment import Deployment
from verdigris.core.judging.counts import Arm, Control, Counts, Route
from verdigris.core.judging.finding import Detectable, Finding, Kind, find, in_traffic, kind_of
from verdigris.core.judging.settings import Metric, Settings
from verdigris.core.judging.state import State, begin
from verdigris.core.judging.telling import sentences
from verdigris.core.judging.trial import step
from verdigris.core.policy import Policy
from verdigris.core.tallies import BINS
from verdigris.core.world import Known, Second, Tally, Unknown, World

__all__ = [
    "Taken",
    "arm",
    "counts_of",
    "finding",
    "foreseen",
    "go_on",
    "kind",
    "ripe",
    "settings_of",
    "take",
    "told",
]

BEFORE = frozenset({"preflight", "expand", "provision", "validate", "rehearse", "gate"})
DURING = frozenset({"cutover", "drain", "bake"})
RIPE = 2.0
"""Seconds after the end of a second until it is taken: by then its lines were held against the router's count."""
EDGES = tuple(float(bound) for bound in BINS)
SHORTEST = 60
"""Seconds over which the stake on a late regression is spread at least."""
LONGEST = 1_000_000
STAKED = (Metric.ERRORS, Metric.LATENCY, Metric.BASELINE, Metric.USERS, Metric.SLO)
"""What the weights of a policy are for, in their order."""


@lru_cache(maxsize=32)
def settings_of(p: Policy, window: int = 0) -> Settings:
    """What a policy says about its trial. One alpha for all steps of the ramp, the drain and the bake.

    `window` is that of a trial that was exposed already: whoever gives it more time later stakes no more.
    """
    watched = sum(one.lasts for one in p.ramp) + (0.0 if p.holdback else p.drain) + p.bake
    return Settings(
        alpha=p.alpha, window=window or min(max(round(watched), SHORTEST), LONGEST), grace=round(p.grace), learned=True,
        error_ratio=p.error_ratio, error_margin=p.error_margin, slow_body=p.slower, slow_tail=p.slower_tail,
        min_bad_seconds=p.min_bad_seconds, baseline=p.baseline, sticky=p.sticky,
        weights=tuple(zip(STAKED, p.weights, strict=True)),
    )  # fmt: skip


class Taken(NamedTuple):
    """A second that a trial took: what it was told, by which settings, and where it stood before and after."""

    counts: Counts
    settings: Settings
    before: State
    after: State


# --- second by second -----------------------------------------------------------------------------------------


def go_on(d: Deployment, w: World, p: Policy) -> Deployment:
    """The deployment with every second that is new and ripe; itself where there is none."""
    return take(d, w, p)[0]


def take(d: Deployment, w: World, p: Policy) -> tuple[Deployment, tuple[Taken, ...]]:
    """The same, with the seconds that were taken: those that could change what the trial knows.

    The first deployment has no live beside it, and no trial.
    """
    if d.previous is None or d.phase not in (DURING if d.moved else BEFORE | DURING):
        return d, ()
    seconds = new(d, w)
    if not seconds:
        return d, ()
    s = settings_of(p, d.trial.window if d.trial else 0)
    state, silent = d.trial or begin(s), d.drill is not None or paused(d, w) or astray(d, w)
    taken: list[Taken] = []
    for second in seconds:
        counts = None if silent or second.lost else counts_of(second, d, state.share)
        before, state = state, state._replace(at=int(second.at)) if counts is None else step(state, counts, s)
        if counts is not None and state is not before and before.decided is None:
            taken.append(Taken(counts, s, before, state))
    return replace(d, trial=state), tuple(taken)


def astray(d: Deployment, w: World) -> bool:
    """Whether the router is not seen to share requests as it was told: whatever it does then is nobody's evidence."""
    reading = w.router.reading
    if not d.moved or d.routed is None:
        return False
    return isinstance(reading, Unknown) or reading.value.routing.weights != d.routed.routing.weights


def new(d: Deployment, w: World) -> list[Second]:
    """Those that the trial has not seen, from the first to the last; most looks find none, and look at few."""
    if isinstance(w.signals, Unknown):
        return []
    last = d.trial.at if d.trial is not None and d.trial.at is not None else -1
    found: list[Second] = []
    for second in reversed(w.signals.value):
        if int(second.at) <= last:
            break
        if ripe(second, w.signals, w.now):
            found.append(second)
    return found[::-1]


def ripe(second: Second, signals: Known[tuple[Second, ...]], now: float) -> bool:
    """Whether all was known of it when the counts were taken: what is beside them in a look may have come later."""
    return second.at + 1.0 + RIPE <= min(signals.seen_at, now)


def counts_of(second: Second, d: Deployment, before: float | None) -> Counts | None:
    """A second as the judge is given it; None where it says nothing of the release.

    `before` is the share of the second before it: where it is another, requests of both shares are in this one.
    """
    at, live, candidate = int(second.at), second.slots[d.live], second.slots[d.candidate]
    if not d.moved:  # whoever has requests there is not this release
        seen = Counts(at, arm(live), Arm(), EDGES, routes=routes_of(second, d))
        return seen if candidate.requests == candidate.own else None
    if d.routed is None:
        return None
    share = d.routed.routing.weights[d.candidate] / 100.0
    if share != before and second.at < d.routed.at + 1.0:
        return None
    return Counts(at, arm(live), arm(candidate), EDGES, share, routes_of(second, d), control_of(second, d))


def control_of(second: Second, d: Deployment) -> Control | None:
    """What was replayed, without how long it took: all users are in one of the two, and the other is idle."""
    sent = second.control
    return None if sent is None else Control(untimed(sent[d.live]), untimed(sent[d.candidate]))


def untimed(t: Tally) -> Arm:
    return Arm(t.requests, min(t.failures, t.requests))


def routes_of(second: Second, d: Deployment) -> tuple[Route, ...]:
    """By route. Before it is moved the candidate has no users."""
    return tuple(
        [
            Route(
                one.name,
                min(one.failures[d.candidate], one.requests[d.candidate]) if d.moved else 0,
                min(one.failures[d.live], one.requests[d.live]),
                one.requests[d.candidate] if d.moved else 0,
                one.requests[d.live],
            )
            for one in second.routes
        ]
    )


def arm(t: Tally) -> Arm:
    """What users met in one slot. Who says what some requests came to, says it of all: the others are none."""
    failures = max(t.failures - t.own_failed, 0) + max(t.failed_inside, 0)
    silent = t.good is None and t.bad is None
    outcomes = (None, None) if silent else (max(t.good or 0, 0), max(t.bad or 0, 0))
    return users(max(t.requests - t.own, 0), failures, t.latency, *outcomes, t.again)


@lru_cache(maxsize=128)  # a slot in which little happens shows the same second again and again
def users(
    requests: int,
    failures: int,
    latency: tuple[int, ...],
    good: int | None = None,
    bad: int | None = None,
    again: int = 0,
) -> Arm:
    """Who had no answer is in no histogram, and was slower than any bound."""
    slow = [max(requests - quick, 0) for quick in accumulate(latency[: len(EDGES)])]
    rest = [slow[-1] if slow else requests] * (len(EDGES) - len(slow))
    return Arm(requests, min(failures, requests), (*slow, *rest), good, bad, min(again, requests))


# --- what it has come to --------------------------------------------------------------------------------------


def kind(d: Deployment, p: Policy) -> Kind | None:
    """What the trial says at this moment, without its numbers; None where nobody was compared yet."""
    state = d.trial
    return None if state is None or state.exposed_at is None else kind_of(state, settings_of(p, state.window))


@lru_cache(maxsize=8)
def finding(state: State, p: Policy) -> Finding:
    """The same with its numbers. They take a millisecond: ask when somebody wants to read them."""
    return find(state, settings_of(p, state.window))


def told(d: Deployment, p: Policy) -> tuple[str, ...]:
    """The finding in sentences, what is claimed first; empty where nobody was compared yet."""
    state = d.trial
    if state is None or state.exposed_at is None:
        return ()
    return sentences(finding(state, p), state, settings_of(p, state.window), d.candidate, d.live)


def foreseen(p: Policy, rate: float, failing: float) -> Detectable | None:
    """The smallest regression that the ramp and the bake would find with about 95 %; None if they would find none.

    `rate` is requests a second of the whole app, `failing` the part of them that fails today. All that is replayed is
    taken for comparable.
    """
    s = settings_of(p)
    stages = [(one.to, one.lasts) for one in p.ramp[:-1]] + [(p.ramp[-1].to, p.bake)]
    strata, forgiven = [], float(s.grace)
    for share, lasts in stages:
        judged = max(lasts - forgiven, 0.0)
        forgiven = max(forgiven - lasts, 0.0)
        requests, live = rate * judged * share / 100.0, rate * judged * (100 - share) / 100.0
        if share == 100:  # both get what is replayed, and nobody else is in the live slot
            requests = live = p.replay * judged
        if requests and live:
            strata.append((judged, (requests * failing, live * failing, requests, live)))
    seconds = int(sum(judged for judged, _ in strata))
    return in_traffic([row for _, row in strata], seconds, s, dict(s.weights)[Metric.ERRORS], 1.0)
