"""A process: what a tick may add, where its stake is, and that it can be put down and taken up again."""

import json
from math import inf, log

import pytest

from verdigris.core.judging.factors import NOTHING
from verdigris.core.judging.mixture import AT_ONCE, Mixture, Process, Starts

CAP = log(200.0) / 6
SPREAD = Mixture.even(3, Starts.spread(0.5, 100), CAP)


def run(mixture, ticks, phi=1.0):
    state = mixture.fresh()
    for factors in ticks:
        state = mixture.step(state, factors, phi)
    return state


def test_nothing_seen_is_evidence_of_1():
    assert 0.0 == SPREAD.ln_e(SPREAD.fresh())


def test_a_tick_without_evidence_changes_none():
    state = run(SPREAD, [(1.0, 2.0, -1.0)] * 3)
    later = SPREAD.step(state)
    assert SPREAD.ln_e(state) == pytest.approx(SPREAD.ln_e(later), abs=1e-12)
    assert state.tick + 1 == later.tick


def test_the_whole_stake_is_spent_on_the_ticks_of_the_window():
    for starts in (Starts.spread(0.5, 100), Starts.spread(0.5, 1), AT_ONCE, Starts((0.25, 0.5, 0.25))):
        assert 1.0 == pytest.approx(sum(starts.at(t) for t in range(1, 200)))
        assert [
            pytest.approx(1.0 - sum(starts.at(s) for s in range(1, t + 1)), abs=1e-12) for t in range(1, 120)
        ] == [starts.left(t) for t in range(1, 120)]


def test_no_tick_multiplies_by_more_than_the_cap():
    before = SPREAD.ln_e(SPREAD.step(SPREAD.fresh()))
    assert before + CAP >= SPREAD.ln_e(run(SPREAD, [(1e6, 1e6, 1e6)]))


def test_six_ticks_at_the_cap_reach_one_in_a_hundred_and_five_do_not():
    assert log(100) <= SPREAD.ln_e(run(SPREAD, [(9.0, 9.0, 9.0)] * 6)) + 1e-12
    assert log(100) > SPREAD.ln_e(run(SPREAD, [(9.0, 9.0, 9.0)] * 5))


def test_a_late_beginning_is_found_that_a_plain_product_has_buried():
    quiet, loud = [(-1.0,) * 3] * 60, [(0.8,) * 3] * 15
    plain = Mixture.even(3)
    assert log(100) < SPREAD.ln_e(run(SPREAD, quiet + loud))
    assert log(100) > plain.ln_e(run(plain, quiet + loud))


def test_dispersion_divides_the_logarithm_before_it_is_capped():
    plain = Mixture.even(1)
    assert 2.0 == pytest.approx(plain.ln_e(run(plain, [(5.0,)], phi=2.5)))
    capped = Mixture.even(1, log_cap=1.0)
    assert 1.0 == pytest.approx(capped.ln_e(run(capped, [(5.0,)], phi=2.5)))


def test_an_alternative_that_lost_everything_stays_lost_and_the_others_go_on():
    plain = Mixture.even(2)
    state = run(plain, [(NOTHING, 3.0), (5.0, 3.0)])
    assert 6.0 - log(2) == pytest.approx(plain.ln_e(state))
    assert NOTHING >= plain.ln_e(run(plain, [(NOTHING, NOTHING)]))


def test_huge_evidence_overflows_nothing():
    plain = Mixture.even(2)
    state = run(plain, [(1e6, -1e6)] * 900)
    assert 9e8 == pytest.approx(plain.ln_e(state))
    assert inf > plain.ln_e(state)


def test_json_carries_it_to_the_last_digit():
    state = run(SPREAD, [(0.1, -0.3, 1 / 3)] * 7)
    logs, tick = json.loads(json.dumps(state, allow_nan=False))
    assert state == Process(tuple(logs), tick)
    fresh = json.loads(json.dumps(SPREAD.fresh(), allow_nan=False))
    assert SPREAD.fresh() == Process(tuple(fresh[0]), fresh[1])


@pytest.mark.parametrize(("since", "until"), [(0, 1), (0, 40), (5, 60), (5, 5), (5, 3), (90, 140)])
def test_ticks_that_passed_without_evidence_may_be_counted_at_once(since, until):
    state = run(SPREAD, [(1.0, 2.0, -1.0)] * since)
    one_by_one = run(SPREAD, [(1.0, 2.0, -1.0)] * since + [()] * max(until - since, 0))
    at_once = SPREAD.passed(state, until)
    assert one_by_one.tick == at_once.tick
    assert pytest.approx(one_by_one.logs) == at_once.logs
    assert SPREAD.ln_e(one_by_one) == pytest.approx(SPREAD.ln_e(state), abs=1e-12)
