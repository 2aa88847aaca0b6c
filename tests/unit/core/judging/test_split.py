"""Whether requests are split as the router was told."""

from math import comb, exp, log

import pytest

from verdigris.core.judging.split import MULTIPLIERS, dirichlet, evidence, sides


def test_exactly_these_shares_are_worth_exactly_1():
    n, shares = 30, (0.3, 0.7)
    chances = [comb(n, k) * 0.3**k * 0.7 ** (n - k) for k in range(n + 1)]
    assert 1.0 == pytest.approx(
        sum(p * exp(dirichlet((k, n - k), shares, 50.0)) for k, p in enumerate(chances))
    )


@pytest.mark.parametrize(("edge", "side"), [(0.51, 0), (0.49, 1)])
def test_at_the_edge_of_the_margin_each_side_is_worth_exactly_1(edge, side):
    n = 40
    for i in range(len(MULTIPLIERS)):
        worth = sum(
            comb(n, k) * edge**k * (1 - edge) ** (n - k) * exp(sides(k, n, 0.5, 0.01)[side][i])
            for k in range(n + 1)
        )
        assert 1.0 == pytest.approx(worth)


def test_a_split_that_is_off_is_seen_and_one_within_the_margin_is_not():
    assert log(1000) < evidence(4500, 10_000, 0.5, 0.01, MULTIPLIERS)[2]
    assert 0.0 > evidence(900, 10_000, 0.1, 0.01, MULTIPLIERS)[2]


def test_seconds_add_up_to_their_total():
    first, second, both = (
        sides(40, 100, 0.5, 0.01)[0],
        sides(70, 100, 0.5, 0.01)[0],
        sides(110, 200, 0.5, 0.01)[0],
    )
    assert both == pytest.approx([a + b for a, b in zip(first, second, strict=True)])


def test_shares_at_the_ends_overflow_nothing():
    for share in (0.001, 0.999):
        assert 0.0 > evidence(round(share * 10_000), 10_000, share, 0.01, MULTIPLIERS)[2]
