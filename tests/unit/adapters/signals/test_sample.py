"""The sample of requests that are replayed: which are taken, how many are kept, and for how long."""

import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verdigris.adapters.signals.lines import Line
from verdigris.adapters.signals.sample import MOST, QUICK, Sample, safe
from verdigris.core.world import Slot

GOOD = Line(b"api", 1.0, Slot.GREEN, Slot.GREEN, 200, b"--", 12, 0, preview=False, asked=b"GET /orders/17")


def a_sample(wanted=True):
    sample = Sample(random.Random(7))
    sample.want(wanted)
    return sample


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"asked": b"HEAD /"},
        {"status": 304},
        {"status": 503},
        {"asked": b"GET /a%20b/c;v=1/@me/(x)"},
        {"latency": QUICK},
        {"retries": 1},
    ],
    ids=str,
)
def test_what_a_user_read_may_be_asked_again(changes):
    assert safe(replace(GOOD, **changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"asked": b"POST /orders"},
        {"asked": b"DELETE /orders/17"},
        {"asked": b"OPTIONS /"},
        {"asked": b"get /"},
        {"asked": b""},
        {"asked": b"GET"},
        {"asked": b"GET *"},
        {"asked": b"GET http://elsewhere.example/"},
        {"asked": b"GET /a?token=b"},
        {"asked": b"GET /a#22b"},
        {"asked": b"GET /a b"},
        {"asked": b"GET /a\r\nX: b"},
        {"asked": b"GET /\xc3\xa4"},
        {"asked": b"GET /" + b"a" * 150},
        {"status": 101},
        {"status": 404},
        {"status": 401},
        {"status": -1},
        {"state": b"CD"},
        {"state": b"SD"},
        {"state": b"LR"},
        {"slot": None},
        {"own": True},
        {"preview": True},
        {"latency": QUICK + 1},
    ],
    ids=str,
)
def test_what_changes_something_or_is_nobodys_or_was_not_written_whole_is_never_asked_again(changes):
    assert not safe(replace(GOOD, **changes))


def test_nothing_is_kept_until_somebody_wants_it_and_nothing_afterwards():
    sample = a_sample(wanted=False)
    sample.offer(GOOD, 1.0)
    assert sample.draw(1.0) is None
    sample.want(True)
    sample.offer(GOOD, 1.0)
    assert b"GET /orders/17" == sample.draw(1.0)
    sample.want(False)
    assert sample.draw(1.0) is None


def test_what_is_drawn_stays_for_a_minute_and_no_longer():
    sample = a_sample()
    for at in (0.0, 10.0, 29.0):
        sample.offer(GOOD, at)
    assert sample.draw(59.9) is not None
    assert sample.draw(60.0) is None


def test_the_last_half_minute_goes_on_when_the_one_before_is_forgotten():
    sample = a_sample()
    sample.offer(GOOD, 0.0)
    sample.offer(replace(GOOD, asked=b"GET /later"), 31.0)
    assert {b"GET /later"} == {sample.draw(70.0) for _ in range(50)}


def test_requests_are_drawn_as_often_as_they_came():
    """A flood is not let in whole, and does not push out what came before it."""
    sample = a_sample()
    for n in range(20 * MOST):
        sample.offer(replace(GOOD, asked=b"GET /often" if n % 4 else b"GET /seldom"), n / 1000)
    drawn = Counter(sample.draw(10.0) for _ in range(4000))
    assert 0.15 < drawn[b"GET /seldom"] / 4000 < 0.35
    assert MOST == len(sample._halves[0].kept)


@given(st.lists(st.tuples(st.floats(0, 20.0), st.booleans()), max_size=60))
def test_whenever_it_is_asked_what_comes_out_is_no_older_than_a_minute(events):
    sample, offered, now = a_sample(), {}, 0.0
    for n, (later, offers) in enumerate(events):
        now += later
        if offers:
            offered[b"GET /%d" % n] = now
            sample.offer(replace(GOOD, asked=b"GET /%d" % n), now)
        elif (drawn := sample.draw(now)) is not None:
            assert now - offered[drawn] <= 60.0
    assert len(sample._halves) <= 2


@given(st.binary(max_size=200).map(lambda more: b"GET /" + more) | st.binary(max_size=200))
def test_whatever_a_line_says_only_one_method_and_one_plain_path_come_out(asked):
    sample = a_sample()
    sample.offer(replace(GOOD, asked=asked), 0.0)
    if (drawn := sample.draw(0.0)) is not None:
        method, path = drawn.decode("ascii").split(" ")
        assert (True, "/", asked) == (method in ("GET", "HEAD"), path[0], drawn)
        assert path.isprintable()
        assert not set(path) & set('?#\\"<>{}|^`')
