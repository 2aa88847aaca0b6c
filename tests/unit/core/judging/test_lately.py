"""Where live fails more often by now, what it did before is no limit for anybody."""

import pytest

from tests.unit.core.judging.seconds import BARE, before, seconds, told
from verdigris.core.judging.finding import Kind, kind_of
from verdigris.core.judging.lately import NEVER, fails_more, later

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


def test_it_does_not_before_anything_was_seen():
    assert not fails_more(NEVER, 0.0, 1.0)
    assert not fails_more(lately([(0, 0)] * 9), 0.0, 1.0)


def test_a_step_is_seen_soon_and_a_slow_drift_too():
    assert fails_more(lately([(10, 10_000)] * 600 + [(20, 10_000)] * 3), 0.001, 1.0)
    assert fails_more(lately([(13, 10_000)] * 60), 0.001, 1.0)


def test_few_errors_among_few_requests_are_no_sign_of_anything():
    assert not fails_more(lately([(0, 5)] * 60 + [(1, 5)]), 0.001, 1.0)
    assert fails_more(lately([(0, 5)] * 60 + [(3, 5)]), 0.001, 1.0)


def test_what_it_always_did_is_not_more():
    assert not fails_more(lately([(10, 10_000)] * 600), 0.001, 1.0)


def test_where_errors_come_in_clumps_a_clump_is_no_sign():
    seen = lately([(10, 10_000)] * 60 + [(40, 10_000)])
    assert (True, False) == (fails_more(seen, 0.001, 1.0), fails_more(seen, 0.001, 5.0))


@pytest.mark.parametrize("rate", [0.004, 0.01, SLOW_DATABASE, 1.0])
def test_what_both_meet_is_not_held_against_the_candidate(rate):
    assert Kind.REGRESSED is not kind_of(told(holdback(200, live=rate, candidate=rate)), BARE)


def test_what_only_the_candidate_meets_is():
    state = told(holdback(60, live=0.001, candidate=0.01))
    assert state.decided is not None
    assert state.decided.after <= 10
