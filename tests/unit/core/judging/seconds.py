"""Seconds of two slots, from dice: what a trial is told."""

import json
import random
from dataclasses import replace
from math import exp

from verdigris.core.judging.counts import Arm, Counts
from verdigris.core.judging.finding import find, kind_of
from verdigris.core.judging.settings import Settings
from verdigris.core.judging.state import begin
from verdigris.core.judging.telling import sentence
from verdigris.core.judging.trial import step

EDGES = (*map(float, range(10, 100)), *map(float, range(100, 1000, 10)))
BARE = Settings(grace=0)
"""Compared from the first second."""


def poisson(dice, mean):
    if mean > 50:
        return max(0, round(dice.gauss(mean, mean**0.5)))
    count, left = 0, dice.random()
    while left > exp(-mean):
        count, left = count + 1, left * dice.random()
    return count


def arm(dice, requests, p):
    n = poisson(dice, requests)
    return Arm(n, min(n, poisson(dice, n * p)))


def seconds(seed, many, *, rate=1000, share=0.5, live=0.01, candidate=0.01, begin_at=0):
    """Of a service with these error rates; `candidate` may be a function of the second."""
    dice = random.Random(seed)
    for t in range(many):
        p = candidate(t) if callable(candidate) else candidate
        yield Counts(
            begin_at + t, arm(dice, rate * (1 - share), live), arm(dice, rate * share, p), share=share
        )


def before(seed, many, *, rate=1000, live=0.01):
    """The same service before exposure."""
    return seconds(seed, many, rate=rate, share=0.0, live=live)


def told(counts, settings=BARE, state=None):
    """The state after these seconds."""
    state = begin(settings) if state is None else state
    for one in counts:
        state = step(state, one, settings)
    return state


def through_json(state):
    return json.loads(json.dumps(state, allow_nan=False))


def kind(counts, settings=BARE):
    return kind_of(told(counts, settings), settings)


def said(counts, settings=BARE):
    """In words, of slots that are called green and blue."""
    state = told(counts, settings)
    return sentence(find(state, settings), state, settings, "green", "blue")


def slow(dice, n, longer):
    """Latencies of n requests: lognormal, median 40 ms, p99 204 ms."""
    times = sorted(dice.lognormvariate(3.689, 0.7) * longer(dice) for _ in range(n))
    counts, i = [], 0
    for edge in EDGES:
        while i < n and times[i] <= edge:
            i += 1
        counts.append(n - i)
    return Arm(n, 0, tuple(counts))


def timed(seed, many, longer, n=200):
    dice = random.Random(seed)
    for t in range(-60, many):
        yield Counts(t, slow(dice, n, as_long), slow(dice, n, longer) if t >= 0 else Arm(), EDGES)


def as_long(dice):
    return 1.0


def approved(seed, many, live, candidate, n=400):
    dice = random.Random(seed)

    def users(p):
        bad = sum(dice.random() < p for _ in range(n))
        return Arm(n, 0, (), n - bad, bad)

    return [Counts(t, users(live), users(candidate)) for t in range(many)]


def told_share(share, counts):
    return [replace(one, share=share) for one in counts]
