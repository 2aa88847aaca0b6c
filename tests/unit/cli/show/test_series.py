"""Seconds as curves: bounded, and from exposure on."""

import pytest

from tests.unit.cli.show.judged import EDGES, counted, ticks
from verdigris.cli.show.series import POINTS_MOST, STRETCHES_MOST, Sums, curves, thinned
from verdigris.core.judging.counts import Arm


@pytest.fixture(scope="module")
def seen():
    return ticks(counted())


def test_without_exposure_there_is_nothing_to_draw():
    assert (None, None) == (curves([]), curves(ticks(counted()[:30])))


def test_moments_are_counted_from_exposure(seen):
    c = curves(seen)
    assert (-30, 70, ((0, 0.1), (30, 0.5))) == (c.first, c.last, c.stages)
    assert (0, 0.0) == c.evidence[0]


def test_the_evidence_ends_where_it_was_decided(seen):
    final = seen[-1].after
    assert (final.decided.after, final.decided.ln_e) == curves(seen).evidence[-1]


def test_no_second_is_lost_between_the_stretches(seen):
    c = curves(seen)
    assert sum(one.counts.candidate.requests for one in seen) == sum(
        s.candidate.requests for s in c.stretches
    )
    assert len(c.stretches) <= STRETCHES_MOST
    assert {0} == {s.at % c.length for s in c.stretches}


def test_a_long_trial_has_no_more_points_than_can_be_told_apart():
    points = [(at, float(at)) for at in range(7200)]
    assert (POINTS_MOST + 1, points[-1]) >= (len(thinned(points)), thinned(points)[-1])
    assert (points[-1], ()) == (thinned(points)[-1], thinned([]))


def test_a_percentile_is_an_edge_that_no_more_were_slower_than():
    sums = Sums().plus(Arm(100, 0, (60, 50, 1, 0))).plus(Arm(100, 0, (60, 50, 1, 0)))
    assert (20.0, 30.0) == tuple(sums.percentile(share, (10.0, 20.0, 30.0, 40.0)) for share in (0.5, 0.99))
    assert 40.0 == Sums(10, 0, (10, 10, 10, 10)).percentile(0.5, (10.0, 20.0, 30.0, 40.0))


def test_of_a_slot_without_requests_nothing_is_said():
    assert (None, None) == (Sums().rate, Sums(5, 1).percentile(0.5, EDGES))
