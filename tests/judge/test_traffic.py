"""The dice behind the tables: what they throw has the mean, the spread and the tail that it is said to have."""

import random
from math import comb, sqrt

import pytest

from tests.bench.judge import latencies, traffic
from tests.bench.judge.latencies import EDGES, p99
from tests.bench.judge.trials import BEFORE, FROM_THE_FIRST_SECOND, Cell, begun, outcome
from verdigris.core.judging.counts import Arm

MANY = 20_000


def mean_and_variance(values):
    mean = sum(values) / len(values)
    return mean, sum((x - mean) ** 2 for x in values) / len(values)


@pytest.mark.parametrize(("n", "p"), [(1000, 0.001), (200, 0.1), (900, 0.05), (10_000, 0.5), (40, 0.9)])
def test_a_binomial_number(n, p):
    dice = random.Random(1)
    values = [traffic.binomial(dice, n, p) for _ in range(MANY)]
    mean, variance = mean_and_variance(values)
    assert n * p == pytest.approx(mean, abs=4 * sqrt(n * p * (1 - p) / MANY))
    assert n * p * (1 - p) == pytest.approx(variance, rel=0.05)
    assert 0 <= min(values) <= max(values) <= n


@pytest.mark.parametrize("mean", [0.01, 3.0, 29.0, 31.0, 9500.0])
def test_a_poisson_number(mean):
    dice = random.Random(2)
    found, variance = mean_and_variance([traffic.poisson(dice, mean) for _ in range(MANY)])
    assert mean == pytest.approx(found, abs=4 * sqrt(mean / MANY) + 0.01)
    assert mean == pytest.approx(variance, rel=0.1)


def test_the_tail_is_right_on_both_sides_of_the_normal_approximation():
    dice = random.Random(3)
    for n, p, above in ((580, 0.05, 41), (640, 0.05, 45)):
        exact = 1 - sum(comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(above))
        seen = sum(traffic.binomial(dice, n, p) >= above for _ in range(MANY)) / MANY
        assert exact == pytest.approx(seen, abs=4 * sqrt(exact / MANY))


@pytest.mark.parametrize("name", list(traffic.HEALTHY))
def test_a_healthy_service_fails_as_often_as_it_is_said_to(name):
    scenario, dice = traffic.HEALTHY[name], random.Random(4)
    counts = list(traffic.seconds(dice, scenario, 10_000, 0.5, 600))
    rate = sum(c.live.errors for c in counts) / sum(c.live.requests for c in counts)
    drift_bursts_stalls = {"drift ×3, both": 5 / 3, "bursts ×20, both": 1.95, "stalls, 5 % fail": 1.8}
    assert scenario.base * drift_bursts_stalls.get(name, 1.0) == pytest.approx(rate, rel=0.25)


def test_clumps_and_stalls_are_seen_as_such_before_exposure():
    phi = {
        name: begun(random.Random(5), Cell(traffic.HEALTHY[name], 0.5, 1000), FROM_THE_FIRST_SECOND)[1].phi0
        for name in ("iid 0.1 %", "clumps of 5", "stalls, 5 % fail")
    }
    assert phi["iid 0.1 %"] < 1.5 < 5.0 < phi["clumps of 5"]
    assert phi["stalls, 5 % fail"] > 5.0
    assert 900 == BEFORE


def test_the_same_run_is_the_same_whenever_it_is_run():
    cell = Cell(traffic.worse(0.001, 0.01), 0.1, 1000)
    assert outcome(cell, 7) == outcome(cell, 7) != outcome(cell, 8)


def test_latencies_have_the_percentiles_that_they_are_said_to_have():
    assert 0.5 == pytest.approx(latencies.tails()[EDGES.index(40.0)])
    for tail, least, most in ((1.0, 195, 215), (1.5, 295, 315)):
        row = [Arm(100_000, 0, latencies.drawn(random.Random(6), 100_000, latencies.tails(tail=tail)))]
        assert least < p99(row) < most
    body = latencies.tails(tail=1.5)[EDGES.index(63.0)]
    assert latencies.tails()[EDGES.index(63.0)] == body


def test_a_pause_makes_a_part_of_a_second_slow():
    serving = latencies.pausing(1.0, 0.3)(random.Random(7))
    assert 0.3 == pytest.approx(serving(0, 100_000).slow[EDGES.index(300.0)] / 100_000, abs=0.02)


def test_what_wanders_comes_home():
    logs = traffic.autoregressive(random.Random(8), 0.5, 10.0)
    mean, variance = mean_and_variance([next(logs) for _ in range(MANY)])
    assert (0.0, 0.25) == (pytest.approx(mean, abs=0.06), pytest.approx(variance, rel=0.15))
