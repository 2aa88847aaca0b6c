"""One second's bets: against the same written another way, and what they are worth at the edge of the null."""

from math import comb, exp, factorial, log

import pytest

from tests.unit.core.judging import slow
from verdigris.core.judging import factors

ONE = 1.0 + 1e-12


def chance(k, n, p):
    return comb(n, k) * p**k * (1 - p) ** (n - k)


def worth(ng, nb, pg, pb, ln_factor):
    """The expectation of a factor over everything that one second can bring."""
    return sum(
        chance(g, ng, pg) * chance(b, nb, pb) * exp(ln_factor(g, b))
        for g in range(ng + 1)
        for b in range(nb + 1)
    )


@pytest.mark.parametrize("pb", [0.0, 0.001, 0.05, 0.3, 0.7])
@pytest.mark.parametrize(("ng", "nb"), [(1, 20), (12, 12), (20, 3)])
@pytest.mark.parametrize("effect", [1.2, 3.0, 100.0])
def test_the_ratio_is_worth_at_most_1_when_the_candidate_is_as_bad_as_allowed(effect, ng, nb, pb):
    allowed = min(1.25 * pb + 0.01, 1.0)
    assert ONE > worth(
        ng, nb, allowed, pb, lambda g, b: factors.ratio(g, b, ng, nb, 1.25, 0.01, (effect,))[0]
    )


@pytest.mark.parametrize("p", [0.01, 0.2, 0.5, 0.9])
@pytest.mark.parametrize("working", [0.01, 0.3, 0.8])
@pytest.mark.parametrize("psi", [1.1, 4.0])
def test_exceedance_is_worth_at_most_1_for_any_common_rate_and_any_working_rate(psi, p, working):
    assert ONE > worth(9, 14, p, p, lambda g, b: factors.exceedance(g, b, 9, 14, working, (psi,))[0])


def test_a_guard_is_worth_exactly_1_at_its_limit():
    for effect in (1.2, 5.0, 30.0):
        assert 1.0 == pytest.approx(
            sum(chance(k, 20, 0.05) * exp(factors.guard(k, 20, 0.05, (effect,))[0]) for k in range(21))
        )


@pytest.mark.parametrize("q", [0.0, 0.25, 0.75])
@pytest.mark.parametrize("pb", [0.001, 0.05, 0.2])
def test_the_proof_of_no_harm_is_worth_at_most_1_for_many_seconds_of_rare_harm(q, pb):
    """It is written for Poisson counts: so they are summed here, at the rates that the null begins at."""
    ng, nb, worst = 30, 20, 2.0 * pb + 0.001
    found = sum(
        poisson(g, ng * worst) * poisson(b, nb * pb) * exp(factors.safe(g, b, ng, nb, 2.0, 0.001, (q,))[0])
        for g in range(60)
        for b in range(60)
    )
    assert ONE > found
    assert 1.0 == pytest.approx(found, rel=1e-6)


def test_a_drop_is_worth_exactly_1_at_its_rate():
    for a in (0.0, 0.2, 0.5):
        assert 1.0 == pytest.approx(
            sum(poisson(n, 6.0) * exp(factors.drop(n, 2.0, 3.0, (a,))[0]) for n in range(80))
        )


def poisson(k, mean):
    return exp(-mean) * mean**k / factorial(k)


POINTS = [(0, 0, 5, 5), (3, 1, 40, 60), (40, 0, 40, 7), (1, 9, 100, 900), (5, 5, 5, 5)]


@pytest.mark.parametrize("counts", POINTS)
def test_they_are_what_is_written_on_paper(counts):
    eg, _, ng, _ = counts
    assert_same(
        factors.ratio(*counts, 1.25, 0.0005, slow.R), [slow.ratio(*counts, 1.25, 0.0005, r) for r in slow.R]
    )
    assert_same(
        factors.exceedance(*counts, 0.07, slow.PSI), [slow.exceed(*counts, 0.07, o) for o in slow.PSI]
    )
    assert_same(factors.guard(eg, ng, 0.05, slow.GUARD), [slow.guard(eg, ng, 0.05, r) for r in slow.GUARD])
    shares = (0.0, 0.25, 0.75)
    assert_same(
        factors.safe(*counts, 2.0, 0.001, shares), [slow.safe(*counts, 2.0, 0.001, q) for q in shares]
    )
    assert_same(factors.drop(ng, 1.0, 20.0, shares), [slow.drop(ng, 1.0, 20.0, a) for a in shares])


def assert_same(found, exact):
    expected = [factors.NOTHING if one == 0 else float(one.ln()) for one in exact]
    assert expected == pytest.approx(found, rel=1e-10, abs=1e-10)


def test_without_control_there_is_no_evidence():
    for nothing in ((50, 0, 100, 0), (0, 3, 0, 100)):
        assert [0.0, 0.0] == factors.ratio(*nothing, 1.25, 0.0005, (2.0, 3.0))
        assert [0.0] == factors.exceedance(*nothing, 0.1, (2.0,))
        assert [0.0] == factors.safe(*nothing, 2.0, 0.001, (0.5,))


def test_one_error_of_fifty_is_no_breach_of_one_percent():
    assert log(20) > factors.guard(1, 50, 0.01, (2.0,))[0]
