"""What can be said of a rate, tried against dice."""

import random
from math import log

import pytest

from verdigris.core.judging.bounds import base_rate, ratio_lower, smallest, upper
from verdigris.core.judging.factors import ratio
from verdigris.core.judging.settings import EFFECTS, Settings

S = Settings()
PI = S.errors.pi
NEEDED = S.limit + log(len(EFFECTS) / 0.5)


def bad(dice, n, p):
    """Binomial, as dice have it where p is small: waiting times."""
    found, position = 0, 0
    while p > 0.0:
        position += int(log(1.0 - dice.random()) / log(1.0 - p)) + 1
        if position > n:
            break
        found += 1
    return found


def test_no_error_in_n_allows_what_n_tosses_in_a_row_do():
    for n in (10, 1000, 90_000):
        assert 1.0 - 0.001 ** (1 / n) == pytest.approx(upper(0, n, 0.001), rel=1e-9)


@pytest.mark.parametrize(("e", "n"), [(1, 100), (90, 90_000), (5, 10), (999, 1000)])
def test_the_highest_rate_is_where_the_divergence_is_what_alpha_allows(e, n):
    q, p = upper(e, n, 0.01), e / n
    kl = p * log(p / q) + (1 - p) * log((1 - p) / (1 - q))
    assert log(100) == pytest.approx(n * kl, rel=1e-6)
    assert q > p


def test_nothing_seen_and_nothing_but_errors_bound_nothing():
    assert (1.0, 1.0) == (upper(0, 0, 0.01), upper(7, 7, 0.01))


def test_the_least_ratio_is_seldom_above_the_true_one_and_not_far_below():
    dice, found = random.Random(1), []
    for _ in range(200):
        strata = [(bad(dice, 20_000, 0.006), bad(dice, 20_000, 0.002), 20_000, 20_000)]
        found.append(ratio_lower(strata, 0.05, EFFECTS, PI))
    assert 10 >= sum(one > 3.0 for one in found)
    assert 1.5 < sorted(found)[100] < 3.0


def test_stages_with_another_split_are_added_up_and_not_pooled():
    """Pooled, the slot that had the quiet hour looks better: Simpson's paradox."""
    stages = [(9, 90, 1000, 9000), (1, 0, 9000, 1000)]
    assert 1.0 > ratio_lower(stages, 0.05, EFFECTS, PI)
    halves = [(25, 5, 25_000, 25_000), (25, 5, 25_000, 25_000)]
    assert ratio_lower([(50, 10, 50_000, 50_000)], 0.05, EFFECTS, PI) == pytest.approx(
        ratio_lower(halves, 0.05, EFFECTS, PI)
    )


def test_no_error_more_says_nothing_and_clumps_say_less():
    assert 0.0 == ratio_lower([(0, 10, 1000, 1000)], 0.05, EFFECTS, PI)
    assert 0.0 == ratio_lower([], 0.05, EFFECTS, PI)
    worse = [(300, 30, 10_000, 10_000)]
    assert ratio_lower(worse, 0.01, EFFECTS, PI, phi=5.0) < ratio_lower(worse, 0.01, EFFECTS, PI)


def caught(dice, seconds, ng, nb, pg, pb):
    """Whether a regression from the first second is found within so many seconds."""
    mixture = S.errors
    state = mixture.fresh()
    for _ in range(seconds):
        bets = ratio(bad(dice, ng, pg), bad(dice, nb, pb), ng, nb, S.error_ratio, S.error_margin, EFFECTS)
        state = mixture.step(state, bets)
        if mixture.ln_e(state) >= S.limit:
            return True
    return False


@pytest.mark.parametrize(
    ("seconds", "ng", "nb", "pb"), [(120, 50, 450, 0.002), (60, 200, 200, 0.01), (200, 20, 380, 0.0)]
)
def test_the_smallest_detectable_regression_is_caught_about_95_times_in_a_hundred(seconds, ng, nb, pb):
    strata = [(0, round(seconds * nb * pb), seconds * ng, seconds * nb)]
    rate = smallest(strata, seconds, S.error_ratio, S.error_margin, EFFECTS, NEEDED, S.log_cap)
    dice = random.Random(3)
    assert 0.88 <= sum(caught(dice, seconds, ng, nb, rate, pb) for _ in range(100)) / 100
    halfway = (rate + S.error_ratio * pb + S.error_margin) / 2
    assert 0.75 >= sum(caught(dice, seconds, ng, nb, halfway, pb) for _ in range(100)) / 100


def test_more_traffic_brings_smaller_regressions_in_reach_and_clumps_put_them_out():
    def found(factor, phi=1.0):
        return smallest(
            [(0, 10 * factor, 1000 * factor, 9000 * factor)], 900, 1.25, 0.0005, EFFECTS, NEEDED, 0.9, phi
        )

    assert found(1) > found(10) > found(100) > 1.25 * 10 / 9000 + 0.0005
    assert found(10, phi=4.0) > found(10)


def test_where_nothing_would_have_been_found_there_is_no_smallest():
    assert smallest([(0, 0, 3, 3)], 900, 1.25, 0.0005, EFFECTS, NEEDED, 0.9) is None
    assert smallest([(0, 0, 10**6, 10**6)], 5, 1.25, 0.0005, EFFECTS, NEEDED, 0.9) is None
    assert smallest([(0, 0, 10**6, 0)], 900, 1.25, 0.0005, EFFECTS, NEEDED, 0.9) is None
    assert 0.0 == base_rate([])
