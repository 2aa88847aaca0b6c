"""A regression in one route is found and named though the whole hardly moves; 50 routes are no 50 chances to err."""

import random

import pytest

from tests.bench.judge import by_route, traffic
from tests.bench.judge.trials import AS_DEPLOYED, median
from verdigris.core.judging.finding import find
from verdigris.core.judging.settings import Metric
from verdigris.core.judging.state import begin
from verdigris.core.judging.telling import sentence
from verdigris.core.judging.trial import step

HEALTHY_RUNS, RUNS = 10, 5
BEFORE = 60
TWO_PERCENT = [0.02, *[0.98 * part for part in by_route.zipf(19)]]
EVEN, RATE = 0.5, 1000

pytestmark = pytest.mark.timeout(120)


def judged(seed, parts, way, worse=None, many=150):
    """The trial when it is decided, or when the time is over."""
    state, dice = begin(AS_DEPLOYED), random.Random(f"routes: {seed}")
    counts = by_route.seconds(dice, parts, way, worse or {}, rate=RATE, share=EVEN, before=BEFORE, many=many)
    for one in counts:
        state = step(state, one, AS_DEPLOYED)
        if state.decided:
            break
    return state


def test_healthy_releases_with_fifty_routes_and_clumps_of_errors_are_left_alone():
    clumps = traffic.clumped(0.001, 5.0)
    states = [judged(seed, by_route.zipf(50), clumps) for seed in range(HEALTHY_RUNS)]
    assert [51] * HEALTHY_RUNS == [len(state.routes) for state in states]
    assert [] == [state.decided for state in states if state.decided]


@pytest.mark.parametrize("failing", [0.2, 0.5, 1.0])
def test_a_route_of_2_percent_that_fails_is_found_and_named(failing, figure):
    states = [
        judged(seed, TWO_PERCENT, traffic.steady(0.001), {0: traffic.steady(failing)}) for seed in range(RUNS)
    ]
    found = [find(state, AS_DEPLOYED) for state in states]
    after = [one.after and one.after - AS_DEPLOYED.grace + 1 for one in found]
    assert ["GET /things-0/{id}"] * RUNS == [one.routes[0].name for one in found]
    figure(
        f"judge, 2 % of 1,000/s in one route, 0.1 → {failing * 100:g} %: {median(after):g} s after the grace"
    )
    assert 30 >= median(after)


def test_it_is_found_where_the_whole_is_within_what_is_allowed():
    """20 % of 2 % are .4 points: with 2 % in all that is 1.2 times as much."""
    base = traffic.steady(0.02)
    states = [judged(seed, TWO_PERCENT, base, {0: traffic.steady(0.3)}) for seed in range(RUNS)]
    found = [find(state, AS_DEPLOYED) for state in states]
    assert [Metric.ROUTES] * RUNS == [one.regressed[0] for one in found]
    words = sentence(found[0], states[0], AS_DEPLOYED, "green", "blue")
    assert words.startswith("GET /things-0/{id} fails at least ")
    assert " requests of green failed there, " in words
