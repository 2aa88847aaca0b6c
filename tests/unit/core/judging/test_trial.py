"""The whole judge: seconds in, a verdict out. What it must never do is here beside what it must find."""

import random
from dataclasses import replace
from math import log

import pytest

from tests.unit.core.judging.seconds import (
    BARE,
    EDGES,
    approved,
    before,
    kind,
    seconds,
    slow,
    told,
    told_share,
)
from verdigris.core.judging.counts import Arm, Counts
from verdigris.core.judging.finding import Kind, find
from verdigris.core.judging.settings import Metric, Settings
from verdigris.core.judging.trial import ln_e, step

WORSE = {"live": 0.001, "candidate": 0.01, "share": 0.1}


# --- what it finds ------------------------------------------------------------------------------------------------


def test_a_release_that_fails_ten_times_as_often_is_found_in_25_seconds_at_a_tenth_of_the_traffic():
    after = sorted(told(seconds(seed, 120, **WORSE)).decided.after for seed in range(20))
    assert 25 >= after[10]


def test_a_release_that_fails_twice_as_often_is_found_in_45_seconds_at_half_of_the_traffic():
    after = sorted(told(seconds(seed, 300, live=0.01, candidate=0.02)).decided.after for seed in range(20))
    assert 45 >= after[10]


def test_a_leak_that_shows_after_minutes_is_found():
    found = told(seconds(1, 400, live=0.001, candidate=lambda t: 0.01 if t >= 300 else 0.001))
    assert 300 < found.decided.after < 340


def test_a_healthy_release_is_left_alone_and_in_the_end_proven_harmless():
    for seed in range(5):
        assert Kind.NO_HARM_PROVEN is kind(seconds(seed, 300, live=0.001, candidate=0.001))


def test_a_release_as_bad_as_allowed_is_left_alone():
    for seed in range(5):
        assert Kind.REGRESSED is not kind(seconds(seed, 300, live=0.01, candidate=0.013))


def test_one_second_of_eighty_percent_errors_never_decides():
    for seed in range(5):
        bad = lambda t: 0.8 if t == 30 else 0.001  # noqa: E731
        assert Kind.REGRESSED is not kind(seconds(seed, 60, live=0.001, candidate=bad))


def test_six_dreadful_seconds_do():
    counts = [Counts(t, Arm(500, 0), Arm(500, 500)) for t in range(6)]
    alone = replace(BARE, weights=((Metric.ERRORS, 1.0),))
    assert Kind.REGRESSED is kind(counts, alone)
    assert Kind.INCONCLUSIVE is kind(counts[:5], alone)


# --- grace --------------------------------------------------------------------------------------------------------


def cold(t):
    return 0.001 + 0.02 * 2.718 ** (-t / 8)


def test_a_cold_start_is_forgiven_within_the_grace():
    for seed in range(5):
        assert Kind.REGRESSED is not kind(seconds(seed, 200, live=0.001, candidate=cold), Settings())
        assert Kind.REGRESSED is kind(seconds(seed, 200, live=0.001, candidate=cold), BARE)


def test_its_own_limits_hold_during_the_grace():
    settings = Settings(slo_errors=0.02)
    assert Kind.REGRESSED is kind(seconds(1, 20, live=0.001, candidate=0.3), settings)
    assert Kind.INCONCLUSIVE is kind(seconds(1, 20, live=0.001, candidate=0.3), Settings())


def test_a_limit_that_live_breaks_as_surely_is_no_fault_of_the_release():
    settings = Settings(slo_errors=0.02)
    assert Kind.REGRESSED is not kind(seconds(1, 25, live=0.3, candidate=0.3), settings)


# --- once, and in order -------------------------------------------------------------------------------------------


def test_the_same_second_again_changes_nothing_whatever_it_says():
    counts = list(seconds(1, 50, **WORSE))
    state = told(counts[:10])
    assert state is step(state, counts[9], BARE)
    assert state is step(state, replace(counts[9], candidate=Arm(100, 100)), BARE)


def test_a_clock_that_goes_back_changes_nothing():
    counts = list(seconds(1, 50, **WORSE))
    state = told(counts[:30])
    assert state is told(counts[:30], state=state)


def test_after_the_verdict_nothing_is_added():
    state = told(seconds(1, 60, **WORSE))
    later = told(seconds(1, 90, begin_at=60, live=0.0, candidate=0.0), state=state)
    assert state._replace(at=149) == later


def test_seconds_that_are_missing_are_not_evidence():
    counts = list(seconds(1, 40))
    assert told(counts[::2]).settled == len(counts[::2])


# --- little traffic -----------------------------------------------------------------------------------------------


def test_no_candidate_and_no_live_requests_are_no_evidence():
    assert 0.0 == ln_e(told(before(1, 30)), BARE)
    unopposed = [Counts(t, Arm(), Arm(100, 50)) for t in range(60)]
    assert 0.0 == pytest.approx(ln_e(told(unopposed), BARE))


# --- the other metrics --------------------------------------------------------------------------------------------


def test_while_there_is_a_comparison_the_time_before_is_silent():
    history = list(before(1, 300, live=0.001))
    both = seconds(2, 200, begin_at=300, share=0.5, live=0.02, candidate=0.02)
    assert Kind.REGRESSED is not kind([*history, *both])


def test_an_approval_rate_that_falls_while_every_answer_is_200_is_a_regression():
    found = find(told(approved(1, 200, 0.05, 0.07)), BARE)
    assert (Kind.REGRESSED, Metric.USERS) == (found.kind, found.regressed[0])
    assert Kind.REGRESSED is not kind(approved(2, 200, 0.05, 0.05))


def test_its_own_limit_of_the_p99():
    settings = replace(BARE, slo_p99=300.0, weights=((Metric.SLO, 1.0),))
    fast = slow(random.Random(5), 200, lambda dice: 1.0)
    hung = replace(fast, slow=tuple(max(c, 20) for c in fast.slow))
    breach = [Counts(t, fast, hung, EDGES) for t in range(30)]
    assert Kind.REGRESSED is kind(breach, settings)
    assert Kind.REGRESSED is not kind([replace(c, live=hung) for c in breach], settings)


# --- the split ----------------------------------------------------------------------------------------------------


def test_requests_that_are_not_split_as_told_make_it_invalid_and_nobody_guilty():
    assert Kind.INVALID is kind(told_share(0.5, seconds(1, 60, share=0.4, live=0.001, candidate=0.001)))
    assert Kind.INVALID is not kind(told_share(0.1, seconds(1, 300, share=0.09, live=0.001, candidate=0.001)))


def test_attempts_that_were_made_again_are_not_shared_anew_and_are_no_matter_of_the_split():
    """A live instance that refuses connections: each request that was meant for it is tried three times."""
    refused = [
        replace(one, live=replace(one.live, requests=3 * one.live.requests, again=2 * one.live.requests))
        for one in told_share(0.5, seconds(1, 60, share=0.5, live=0.001, candidate=0.001))
    ]
    assert told(refused).invalid_at is None
    assert told([replace(one, live=replace(one.live, again=0)) for one in refused]).invalid_at is not None


def test_a_regression_stands_before_a_split_that_is_off():
    assert Kind.REGRESSED is kind(told_share(0.5, seconds(1, 60, share=0.4, live=0.001, candidate=0.2)))


def test_the_second_of_a_change_of_shares_says_nothing_of_the_split():
    ramp = [0.1] * 20 + [0.5] * 20 + [0.95] * 20
    counts = []
    for t, share in enumerate(ramp):
        was = ramp[t - 1] if t else share
        counts += told_share(share, seconds(t, 1, share=was, begin_at=t))
    assert told(counts).invalid_at is None
    assert told(counts[:20]).split == told(counts[:21]).split != told(counts[:22]).split
    assert 3 == len(told(counts).strata)


def test_stages_are_one_trial_with_one_alpha():
    stages = [*seconds(1, 60, share=0.1), *seconds(2, 60, share=0.5, begin_at=60)]
    state = told(stages)
    assert (120, 2) == (state.settled, len(state.strata))


def test_many_stages_are_kept_in_few_rows():
    stages = [one for i in range(40) for one in seconds(i, 1, share=0.01 * (i + 1), begin_at=i)]
    assert 16 == len(told(stages).strata)
    assert sum(c.live.requests for c in stages) == sum(row[3] for row in told(stages).strata)


def test_the_limit_is_that_of_alpha():
    assert log(100) == Settings().limit
    strict = replace(BARE, alpha=0.0001)
    assert told(seconds(1, 200, **WORSE), strict).decided.after > told(seconds(1, 200, **WORSE)).decided.after
