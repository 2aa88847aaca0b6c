"""What a second costs, as a ratio to the bare arithmetic in plain Python: absolute times are the machine's."""

import random
import time
from dataclasses import replace
from math import exp, log

from tests.bench.judge import by_route, latencies, traffic
from tests.bench.judge.trials import FROM_THE_FIRST_SECOND, Cell, begun
from verdigris.core.judging.settings import EFFECTS
from verdigris.core.judging.state import begin
from verdigris.core.judging.trial import step

ROUNDS, SECONDS = 7, 400
BARE_MOST = 5.0
"""Times the bare loop, for each bet that a second holds: batches, dispersion, checks and frozen states are in it."""


def bare(rows):
    """Eight alternatives of one metric, without anything that makes it a judge."""
    logs, cap, starting = [0.0] * len(EFFECTS), log(200.0) / 6.0, 0.5 / 899.0
    for eg, eb, ng, nb in rows:
        w = ng * 1.25 / nb
        for k, r in enumerate(EFFECTS):
            paid = (eg + eb) * (log(1.0 + w) - log(1.0 + w * r))
            bet = eg * log(r) + paid - ng * 0.0005 * (r - 1.0) / (1.0 + w * r)
            logs[k] = log(exp(logs[k]) + starting) + min(bet, cap)
        top = max(logs)
        top += log(sum(exp(one - top) for one in logs) / len(logs))


def judged(state, counts, settings):
    for one in counts:
        state = step(state, one, settings)
    return state


def took(work, *given):
    began = time.process_time()
    work(*given)
    return time.process_time() - began


def ratio(scenario, bets):
    """The best round of each, in turns."""
    cell, dice = Cell(scenario, 0.5, 1000), random.Random(1)
    state, settings = begun(dice, cell, FROM_THE_FIRST_SECOND)
    counts = list(traffic.seconds(dice, scenario, 1000, 0.5, SECONDS))
    rows = [(c.candidate.errors, c.live.errors, c.candidate.requests, c.live.requests) for c in counts]
    pairs = [(took(judged, state, counts, settings), took(bare, rows)) for _ in range(ROUNDS)]
    assert judged(state, counts, settings).decided is None
    mine, plain = (min(column) for column in zip(*pairs, strict=True))
    return mine / plain / bets


def test_a_second_of_errors_costs_little_more_than_its_arithmetic(figure):
    """Against live, the proof of no harm, the split."""
    found = ratio(traffic.HEALTHY["iid 0.1 %"], 3)
    figure(f"judge, a second of errors: {found:.1f} times the bare loop for each bet")
    assert found <= BARE_MOST


def test_a_second_of_latencies_costs_little_more_than_its_arithmetic(figure):
    """The same, and five pairs of edges."""
    found = ratio(latencies.HEALTHY["iid"], 8)
    figure(f"judge, a second of errors and latencies: {found:.1f} times the bare loop for each bet")
    assert found <= BARE_MOST


def test_a_second_of_fifty_routes_costs_little_more_than_their_arithmetic(figure):
    """All that is beyond a second without routes, where each route has requests enough to bet in every second."""
    way, even = traffic.steady(0.005), [1.0 / 50] * 50
    counts = list(
        by_route.seconds(random.Random(1), even, way, {}, rate=2000, share=0.5, before=10, many=100)
    )
    plain = [replace(one, routes=()) for one in counts]
    rows = [(0.05, 0.05, 20.0, 20.0)] * 100
    s = FROM_THE_FIRST_SECOND
    rounds = [
        (took(judged, begin(s), counts, s), took(judged, begin(s), plain, s), took(bare, rows))
        for _ in range(ROUNDS)
    ]
    with_routes, without, arithmetic = (min(column) for column in zip(*rounds, strict=True))
    found = (with_routes - without) / arithmetic / 50
    figure(f"judge, a second of one of fifty routes: {found:.1f} times the bare loop")
    assert found <= BARE_MOST
