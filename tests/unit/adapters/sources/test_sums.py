"""Sums that grow, begin anew, and disappear for a while: what came between two readings, and when nobody can say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verdigris.adapters.sources.sums import MOST, SERIES_MOST, Account, Sums, json_of, sums_of
from verdigris.core.errors import ObservationError
from verdigris.core.outcomes import Came


def readings(*rows):
    """What an account says of one reading after the other."""
    account, said = Account(), []
    for good, bad in rows:
        sums = [one if isinstance(one, dict) else {"": one} for one in (good, bad)]
        account, came = account.after(Sums(*sums))
        said.append(came)
    return said


def test_the_first_reading_is_where_counting_begins():
    assert [None] == readings((90, 1))


def test_what_came_is_the_difference():
    assert [None, Came(10, 1), Came(0, 0)] == readings((90, 1), (100, 2), (100, 2))


def test_a_sum_that_went_back_says_nothing_and_begins_anew():
    """Neither a negative count nor the whole of a sum whose beginning nobody saw."""
    assert [None, None, Came(5, 1)] == readings((90, 9), (4, 0), (9, 1))


def test_where_one_of_the_two_went_back_the_other_is_not_believed_either():
    assert [None, None, Came(1, 1)] == readings((90, 2), (4, 5), (5, 6))


def test_each_series_is_followed_by_itself():
    a_and_b = ({"a": 90, "b": 50}, {"a": 1, "b": 1})
    assert [None, Came(2, 0)] == readings(a_and_b, ({"a": 91, "b": 51}, {"a": 1, "b": 1}))


def test_a_series_that_is_missing_for_a_moment_does_not_come_back_with_all_of_its_past():
    with_b, without = ({"a": 90, "b": 50}, {"a": 1}), ({"a": 91}, {"a": 1})
    again = ({"a": 92, "b": 53}, {"a": 1})
    assert [None, Came(1, 0), Came(4, 0)] == readings(with_b, without, again)


def test_a_new_series_counts_from_where_it_was_first_seen():
    assert [None, Came(1, 0), Came(3, 1)] == readings(
        ({"a": 90}, {"a": 1}), ({"a": 91, "new": 1000}, {"a": 1}), ({"a": 92, "new": 1002}, {"a": 2})
    )


def test_series_that_have_gone_are_forgotten_before_memory_grows():
    account = Account()
    for first in range(0, 20 * SERIES_MOST, SERIES_MOST):
        account, _ = account.after(Sums({str(n): 1 for n in range(first, first + SERIES_MOST)}, {"": 0}))
    assert SERIES_MOST == len(account.good)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 5)), max_size=20))
def test_all_that_came_is_told_and_nothing_else(steps):
    rows, good, bad = [(7, 3)], 7, 3
    for more, worse in steps:
        good, bad = good + more, bad + worse
        rows.append((good, bad))
    told = [came for came in readings(*rows) if came is not None]
    assert (good - 7, bad - 3) == (sum(c.good for c in told), sum(c.bad for c in told))


SERIES = st.dictionaries(st.sampled_from("abc"), st.integers(0, MOST - 1), max_size=3)


@given(st.lists(st.tuples(SERIES, SERIES), max_size=10))
def test_whatever_is_read_nothing_negative_is_told(rows):
    told = [came for came in readings(*rows) if came is not None]
    assert all(came.good >= 0 and came.bad >= 0 for came in told)


# --- as JSON --------------------------------------------------------------------------------------------------


def test_a_slot_is_two_whole_numbers():
    assert Sums({"": 90}, {"": 1}) == sums_of(json_of(b'{"good": 90, "bad": 1, "when": "now"}'))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "it is no JSON"),
        (b"\xff", "it is no JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"good": NaN, "bad": 1}', "it has NaN, which is no count"),
        (b'{"good": Infinity, "bad": 1}', "it has Infinity"),
        (b'{"good": 1, "good": 2, "bad": 1}', "it has a key twice"),
        (b'{"good": 1' + b"0" * 5000 + b"}", "it is no JSON"),
        (b"[1, 2]", "it has to be an object"),
        (b'{"good": 1}', '"bad" is missing'),
        (b'{"good": -1, "bad": 0}', '"good" is no whole number'),
        (b'{"good": 1.5, "bad": 0}', '"good" is no whole number'),
        (b'{"good": true, "bad": 0}', '"good" is no whole number'),
        (b'{"good": "1", "bad": 0}', '"good" is no whole number'),
        (b'{"good": null, "bad": 0}', '"good" is no whole number'),
        (b'{"good": 9007199254740992, "bad": 0}', '"good" is no whole number'),
    ],
)
def test_what_is_no_count_is_refused_with_what_is_wrong(text, said):
    with pytest.raises(ObservationError) as refused:
        sums_of(json_of(text))
    assert said in str(refused.value)
