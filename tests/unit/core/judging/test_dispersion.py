"""How clumped bad events are."""

import json
import random

import pytest

from tests.unit.core.judging import slow
from verdigris.core.judging.dispersion import Dispersion, Dispersions, alone, common

RULE = Dispersions()


def estimate(rows, rule=RULE):
    state = rule.fresh()
    for row in rows:
        state = rule.step(state, tuple(row))
    return state.phi


def rows(seed, seconds, pg=0.01, pb=0.01, clump=1, n=150):
    dice = random.Random(seed)

    def events(p):
        return clump * sum(dice.random() < p / clump for _ in range(n))

    return [[events(pg), events(pb), n, n] for _ in range(seconds)]


@pytest.mark.parametrize("seconds", [5, 6, 29, 30, 89, 90, 91, 200])
def test_at_every_second_it_is_what_the_whole_history_gives(seconds):
    history = rows(1, seconds, clump=3)
    assert slow.phi(history, RULE.scales, 6, 1, 20) == pytest.approx(estimate(history), rel=1e-12)


def test_events_that_come_alone_are_not_clumped():
    assert 1.5 > estimate(rows(2, 600))


def test_clumps_of_five_are_seen():
    assert 3.0 < estimate(rows(3, 600, clump=5)) < 12.0


def test_a_lasting_regression_is_no_clump():
    assert 1.6 > estimate(rows(4, 600, pg=0.05))


def test_what_was_learnt_before_counts_until_there_is_more():
    assert 4.0 == estimate([], Dispersions(4.0))
    assert 2.0 > estimate(rows(5, 1800), Dispersions(4.0))


def test_it_is_never_below_1():
    assert 1.0 == estimate([[1, 1, 100, 100]] * 600)
    assert 1.0 == Dispersions(0.2).fresh().phi


def test_the_exponent_of_a_second_knows_nothing_of_that_second():
    state = RULE.fresh()
    for row in rows(6, 5):
        state = RULE.step(state, tuple(row))
    wild = RULE.step(state, (150, 0, 150, 150))
    assert state.phi < wild.phi  # the one to bet the next second with


def test_a_baseline_is_measured_by_itself():
    rule = Dispersions(residuals=alone)
    assert 1.4 > estimate([[a, 0, n, 0] for a, _, n, _ in rows(7, 600)], rule)
    assert 3.0 < estimate([[a, 0, n, 0] for a, _, n, _ in rows(8, 600, clump=5)], rule)


def test_what_is_common_varies_less_and_its_clumps_are_not_hidden_by_that():
    rule = Dispersions(residuals=common)
    often = rows(9, 600, pg=0.5, pb=0.5)
    assert 1.0 == pytest.approx(estimate(often, rule), abs=0.3)
    clumped = rows(10, 600, pg=0.5, pb=0.5, clump=3)
    assert estimate(clumped) < estimate(clumped, rule)


def test_json_carries_it_to_the_last_digit():
    state = RULE.fresh()
    for row in rows(11, 100):
        state = RULE.step(state, tuple(row))
        assert state == Dispersion.of(json.loads(json.dumps(state, allow_nan=False)))
