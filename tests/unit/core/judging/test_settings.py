"""What may be said about a trial, and what is absurd."""

import re

import pytest

from verdigris.core.judging.settings import LIMITS, WEIGHTS, Metric, Settings


def test_the_defaults_are_those_that_were_simulated():
    s = Settings()
    assert (0.01, 1.25, 0.0005, 30, 6) == (s.alpha, s.error_ratio, s.error_margin, s.grace, s.min_bad_seconds)
    assert [0.35, 0.30, 0.15, 0.15, 0.05] == [weight for _, weight in WEIGHTS]
    assert 2.418271175 == pytest.approx(2.718281828459045**s.log_cap)


@pytest.mark.parametrize(("name", "low", "high"), LIMITS)
def test_what_is_absurd_is_refused_with_its_bounds(name, low, high):
    for value in (low - 1, high * 1.5, float("nan"), float("inf")):
        with pytest.raises(ValueError, match=re.escape(f"{name} must be between {low:g} and {high:g}, got")):
            Settings(**{name: value})


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [
        (((Metric.ERRORS, 0.5),), "must sum to 1, got errors 0.5, which sum to 0.5"),
        (((Metric.ERRORS, 1.5), (Metric.SLO, -0.5)), "0 or more"),
        (((Metric.ERRORS, 0.5), (Metric.ERRORS, 0.5)), "each metric has one weight"),
        ((), "must sum to 1, got nothing"),
    ],
)
def test_weights_that_do_not_sum_are_refused(weights, sentence):
    with pytest.raises(ValueError, match=sentence):
        Settings(weights=weights)
