"""What the judge promises, on few runs of seeded traffic: it hardly ever rolls back a healthy release, and finds a bad
one soon. `make bench-judge` has all settings, 300 runs of each, and what others find beside it (tests/bench/judge).
"""

from itertools import product
from math import exp

import pytest

from tests.bench.judge import latencies, traffic
from tests.bench.judge.trials import (
    FROM_THE_FIRST_SECOND,
    OURS,
    RATES,
    SHARES,
    Cell,
    median,
    outcome,
    p95,
    tried,
)
from verdigris.core.judging.settings import Settings

RUNS = 40
HALF = 450
"""Seconds, of 900, that healthy releases are looked at here: half of what is staked, is staked on the first."""
SETTINGS = list(product(SHARES, RATES))
PER_MILLE = 0.001
BY_DEFAULT = Settings()

pytestmark = pytest.mark.timeout(300)


def delays(scenario, share, rate, runs=RUNS, settings=FROM_THE_FIRST_SECOND):
    """After how many seconds each run was rolled back."""
    return [one.after[OURS] for one in tried(Cell(scenario, share, rate), runs, settings)]


def rolled_back(scenario, runs=RUNS):
    """How many of these runs, which take turns with the nine settings of share and rate."""
    cells = [Cell(scenario, *SETTINGS[seed % len(SETTINGS)]) for seed in range(runs)]
    found = [outcome(cell, seed, alone=True, window=HALF).after[OURS] for seed, cell in enumerate(cells)]
    return sum(one is not None for one in found)


# --- healthy ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "names", [list(traffic.HEALTHY)[:4], list(traffic.HEALTHY)[4:]], ids=["alone", "clumped"]
)
def test_of_healthy_releases_at_most_2_percent_are_rolled_back(names):
    falsely = {name: rolled_back(traffic.HEALTHY[name]) for name in names}
    assert 0.02 * RUNS * len(names) >= sum(falsely.values()), falsely


def test_a_release_that_is_not_slower_is_left_alone_though_both_pause():
    falsely = {name: rolled_back(latencies.HEALTHY[name], 9) for name in ("pauses", "all ×1.05, the margin")}
    assert 0 == sum(falsely.values()), falsely


def test_a_single_second_of_80_percent_errors_never_decides():
    once = traffic.unlike(
        "one bad second", PER_MILLE, traffic.steady(PER_MILLE),
        traffic.steady(lambda t: 0.8 if t == 60 else PER_MILLE),
    )  # fmt: skip
    for rate in RATES:
        assert [None] * 9 == delays(once, 0.5, rate, 9)


def test_a_cold_start_is_never_rolled_back_after_a_grace_of_30_seconds():
    cold = traffic.unlike(
        "cold start", PER_MILLE, traffic.steady(PER_MILLE),
        traffic.steady(lambda t: PER_MILLE + 0.02 * exp(-max(t, 0) / 8.0)),
    )  # fmt: skip
    assert 30 == BY_DEFAULT.grace
    for share in SHARES:
        assert [None] * 9 == delays(cold, share, 1000, 9, BY_DEFAULT)


# --- worse --------------------------------------------------------------------------------------------------------


def test_ten_times_the_errors_at_a_tenth_of_the_traffic_are_found_in_25_seconds():
    found = tried(Cell(traffic.worse(0.001, 0.01), 0.1, 1000), RUNS)
    after = [one.after[OURS] for one in found]
    assert median(after) <= 25
    assert p95(after) <= 40
    assert sum(one.excess[OURS] for one in found) / RUNS <= 30  # requests that failed because of it


def test_twice_the_errors_at_half_of_the_traffic_are_found_in_45_seconds():
    assert median(delays(traffic.worse(0.01, 0.02), 0.5, 1000)) <= 45


def test_a_p99_that_is_half_as_long_again_is_found_in_30_seconds():
    assert median(delays(latencies.SLOWER["p99 +50 %"], 0.5, 1000, RUNS // 2)) <= 30
