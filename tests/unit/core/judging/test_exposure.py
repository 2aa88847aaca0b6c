"""What can be judged is fixed at exposure."""

from dataclasses import replace

import pytest

from tests.unit.core.judging.seconds import BARE, approved, before, kind, seconds, told
from verdigris.core.judging.bounds import upper
from verdigris.core.judging.counts import Arm, Counts
from verdigris.core.judging.exposure import LONGEST
from verdigris.core.judging.finding import Kind, kind_of
from verdigris.core.judging.settings import Metric


def weights(counts, settings=BARE):
    return dict(told(counts, settings).weights)


def test_what_can_be_judged_but_what_users_got_is_fixed_at_exposure_and_the_rest_keeps_its_stake():
    full = Counts(0, Arm(9, 0, (4,), 1, 1), Arm(9, 0, (4,), 1, 1), (50.0,))
    late = weights([Counts(0, Arm(9), Arm(9)), replace(full, at=1)])
    assert {Metric.ERRORS: 0.35, Metric.USERS: pytest.approx(0.15)} == late
    found = weights([full], replace(BARE, slo_errors=0.01))
    assert {Metric.ERRORS, Metric.LATENCY, Metric.USERS, Metric.SLO} == set(found)
    assert 0.35 + 0.30 + 0.15 + 0.05 == pytest.approx(sum(found.values()))


def test_what_users_got_is_judged_from_when_somebody_says_it():
    """A source that is asked once a minute, or one order in a while: its stake was kept, and is still whole."""
    silent = [Counts(t, Arm(400), Arm(400)) for t in range(60)]
    worse = [replace(one, at=60 + one.at) for one in approved(1, 200, 0.05, 0.10)]
    assert (False, 0.15) == (Metric.USERS in weights(silent), weights([*silent, *worse])[Metric.USERS])
    assert Kind.REGRESSED is kind([*silent, *worse])
    assert Metric.USERS not in weights([*silent, *worse], replace(BARE, weights=((Metric.ERRORS, 1.0),)))


def test_the_baseline_needs_a_time_before():
    assert Metric.BASELINE in weights([*before(1, 3), *seconds(2, 1, begin_at=3)])
    assert Metric.BASELINE not in weights([*before(1, 1, rate=500), *seconds(2, 1, begin_at=3)])
    assert Metric.BASELINE not in weights(
        [*before(1, 3), *seconds(2, 1, begin_at=3)], replace(BARE, baseline=False)
    )


def test_a_candidate_that_is_to_have_requests_and_gets_none_is_exposed_and_invalid():
    state = told([Counts(t, Arm(1000), Arm(), share=0.1) for t in range(30)])
    assert (0, Kind.INVALID) == (state.exposed_at, kind_of(state, BARE))


def test_the_baseline_allows_twice_what_live_showed_at_most_and_knows_how_clumped_that_was():
    clumps = [Counts(t, Arm(1000, 20 if t % 4 == 0 else 0), Arm()) for t in range(100)]
    state = told([*clumps, *seconds(1, 1, begin_at=100)])
    assert 2.0 * upper(500, 100_000, 0.001) + 0.0005 == pytest.approx(state.guards.x)
    assert 10.0 < state.base.dispersion.phi
    assert 1.0 == told([Counts(t, Arm(1000, 5), Arm()) for t in range(100)]).base.dispersion.phi


def test_how_clumped_live_s_errors_were_is_what_the_comparison_begins_with_where_it_may_learn():
    clumps = [Counts(t, Arm(1000, 20 if t % 4 == 0 else 0), Arm()) for t in range(100)]
    counts = [*clumps, *seconds(1, 1, begin_at=100)]
    learned = told(counts, replace(BARE, learned=True))
    assert learned.base.dispersion.phi == learned.errors.phi
    assert 1.0 == told(counts).errors.phi


def test_a_baseline_is_worth_a_quarter_of_an_hour_and_no_rate_shrinks_with_age():
    long_ago = [Counts(t, Arm(100, 0), Arm()) for t in range(3000)]
    base = told([*long_ago, *(Counts(3000 + t, Arm(100, 5), Arm()) for t in range(600))]).base
    assert 450 <= base.seconds <= LONGEST
    assert 450 * 100 <= base.requests <= LONGEST * 100
    assert 0.025 < base.errors / base.requests <= 0.05


def test_where_users_stick_to_a_slot_their_split_says_nothing():
    lonely = [Counts(t, Arm(1000), Arm(10), share=0.1) for t in range(30)]
    assert Kind.INVALID is kind_of(told(lonely), BARE)
    sticky = replace(BARE, sticky=True)
    assert Kind.INVALID is not kind_of(told(lonely, sticky), sticky)
    assert Kind.INVALID is not kind_of(told(lonely), sticky)


# --- users' outcomes ----------------------------------------------------------------------------------------------


def outcomes(at, live, candidate, share=0.5):
    arms = [Arm(9, 0, (), *((9, 0) if says else (None, None))) for says in (live, candidate)]
    return Counts(at, arms[0], arms[1] if share else Arm(), share=share or None)


def test_what_users_get_is_judged_where_live_ever_said_it_before():
    once = [
        outcomes(0, True, False, share=0.0),
        *(outcomes(t, False, False, share=0.0) for t in range(1, 60)),
    ]
    assert Metric.USERS in weights([*once, outcomes(60, False, False)])
    assert Metric.USERS not in weights([*once[1:], outcomes(60, False, False)])


@pytest.mark.parametrize("says", [(True, False), (False, True)])
def test_or_where_either_says_it_in_the_grace_or_later(says):
    patient = replace(BARE, grace=5)
    late = [outcomes(t, *(says if t == 3 else (False, False))) for t in range(7)]
    assert Metric.USERS not in weights(late[:3], patient)
    assert Metric.USERS in weights(late, patient)
    later = [outcomes(t, *(says if t == 6 else (False, False))) for t in range(8)]
    assert Metric.USERS not in weights(later[:6], patient)
    assert Metric.USERS in weights(later, patient)


def test_what_only_the_candidate_says_is_no_evidence():
    worse = [
        replace(c, candidate=Arm(100, 0, (), 0, 100)) for c in [outcomes(t, False, True) for t in range(60)]
    ]
    state = told(worse)
    assert Metric.USERS in dict(state.weights)
    assert (None, 0) == (state.decided, state.user.tick)
