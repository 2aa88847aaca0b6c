"""Several metrics, one threshold."""

from math import inf, log

import pytest

from verdigris.core.judging.factors import NOTHING
from verdigris.core.judging.merge import e_bh, mean, shares, sum_of_logs


def test_it_is_the_weighted_mean():
    assert log(0.35 * 40 + 0.15 * 0.5 + 0.5 * 2) == pytest.approx(
        mean([log(40), log(0.5), log(2)], [0.35, 0.15, 0.5])
    )


def test_a_metric_without_weight_or_without_evidence_adds_nothing():
    assert log(3) == pytest.approx(mean([log(6), 500.0, NOTHING], [0.5, 0.0, 0.5]))
    assert -inf == sum_of_logs([])


def test_huge_evidence_overflows_nothing():
    assert 1e6 - log(2) == pytest.approx(mean([1e6, 0.0], [0.5, 0.5]))


def test_shares_sum_to_1_and_say_who_it_was():
    found = shares([log(96), log(4)], [0.5, 0.5])
    assert [0.96, 0.04] == pytest.approx(found)
    assert [0.0] == shares([-inf], [1.0])


@pytest.mark.parametrize(
    ("es", "rejected"),
    [([100, 50, 10, 0.5], [0, 1]), ([20, 27, 40, 79], [0, 1, 2, 3]), ([1, 1], []), ([19, 41], [1]), ([], [])],
)
def test_false_discoveries_are_bounded(es, rejected):
    assert rejected == e_bh([log(e) for e in es], 0.05)
