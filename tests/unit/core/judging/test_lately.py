"""What live does by now bends what it may be held against."""

import pytest

from tests.unit.core.judging.seconds import BARE, before, seconds, told
from verdigris.core.judging.finding import Kind, kind_of
from verdigris.core.judging.lately import NEVER, at_least, later

SLOW_DATABASE = 0.02


def lately(rows):
    found = NEVER
    for errors, requests in rows:
        found = later(found, errors, requests)
    return found


def holdback(many, **rates):
    """With 5 % left on live, after ten minutes of one error in a thousand."""
    return [
        *before(3, 600, rate=10_000, live=0.001),
        *seconds(4, many, begin_at=600, rate=10_000, share=0.95, **rates),
    ]


def test_it_is_nothing_before_anything_was_seen():
    assert 0.0 == at_least(NEVER) == at_least(lately([(0, 0)] * 9))


def test_it_comes_near_the_rate_where_there_are_many_requests():
    assert SLOW_DATABASE == pytest.approx(at_least(lately([(200, 10_000)] * 60)), rel=0.1)
    assert SLOW_DATABASE / 2 < at_least(lately([(10, 10_000)] * 600 + [(200, 10_000)] * 5))


def test_one_error_among_few_requests_is_no_sign_of_anything():
    assert 0.0 == at_least(lately([(0, 5)] * 60 + [(1, 5)]))


def test_it_is_what_is_known_and_never_more():
    assert at_least(lately([(200, 10_000)] * 60)) < SLOW_DATABASE


@pytest.mark.parametrize("rate", [0.004, 0.01, SLOW_DATABASE])
def test_what_both_meet_is_not_held_against_the_candidate(rate):
    assert Kind.REGRESSED is not kind_of(told(holdback(200, live=rate, candidate=rate)), BARE)


def test_what_only_the_candidate_meets_is():
    state = told(holdback(60, live=0.001, candidate=0.01))
    assert state.decided is not None
    assert state.decided.after <= 10
