"""What can be judged is fixed at exposure."""

from dataclasses import replace

import pytest

from tests.unit.core.judging.seconds import BARE, before, seconds, told
from verdigris.core.judging.bounds import upper
from verdigris.core.judging.counts import Arm, Counts
from verdigris.core.judging.finding import Kind, kind_of
from verdigris.core.judging.settings import Metric


def weights(counts, settings=BARE):
    return dict(told(counts, settings).weights)


def test_what_can_be_judged_is_fixed_at_exposure_and_the_rest_keeps_its_stake():
    full = Counts(0, Arm(9, 0, (4,), 1, 1), Arm(9, 0, (4,), 1, 1), (50.0,))
    assert {Metric.ERRORS: 0.35} == weights([Counts(0, Arm(9), Arm(9)), replace(full, at=1)])
    found = weights([full], replace(BARE, slo_errors=0.01))
    assert {Metric.ERRORS, Metric.LATENCY, Metric.USERS, Metric.SLO} == set(found)
    assert 0.35 + 0.30 + 0.15 + 0.05 == pytest.approx(sum(found.values()))


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
