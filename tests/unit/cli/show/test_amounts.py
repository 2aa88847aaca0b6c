"""Amounts as people read them: long times, counts, moments, charts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verdigris.cli.show.amounts import ago, bar, count, duration, moment, per_second, plural, sparkline

WALL = 1_700_000_000.0
"""22:13:20 in UTC."""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0.0 s"),
        (59.6, "1:00"),
        (3600, "1 h"),
        (24 * 3600, "24 h"),
        (3600 * 47 + 61, "47:01:01"),
        (48 * 3600, "2 d 0 h"),
        (240 * 3600, "10 d"),
        (86_400_000, "1,000 d"),
    ],
)
def test_long_times_lose_what_nobody_wants_to_know(seconds, text):
    assert text == duration(seconds)


def test_counts_are_in_thousands_and_one_is_not_many():
    assert ["61,204", "0"] == [count(61_204), count(0)]
    assert ["1 request", "2 requests", "0 requests"] == [plural(n, "request") for n in (1, 2, 0)]
    assert "2 boxes" == plural(2, "box", "boxes")


def test_a_rate_has_a_digit_more_where_it_matters():
    assert ["9.9/s", "10/s", "1,000/s"] == [per_second(9.94), per_second(9.96), per_second(1000)]


def test_a_moment_has_its_date_unless_it_is_near():
    assert "22:13:20" == moment(WALL, WALL + 3600)
    assert "22:13" == moment(WALL, WALL, seconds=False)
    assert "2023-11-14 22:13:20" == moment(WALL, WALL + 86_400)
    assert "2023-11-14 22:13:20" == moment(WALL, WALL - 86_400)


@pytest.mark.parametrize("wall", [1e300, -1e300, float("inf"), float("nan")])
def test_what_no_calendar_has_is_a_question_mark(wall):
    assert "?" == moment(wall, WALL)
    assert ["?", "?"] == [duration(float("inf")), duration(float("nan"))]


def test_what_is_hardly_past_is_now():
    assert ["just now", "1.0 s ago", "1:00 ago"] == [ago(WALL, WALL + s) for s in (0.9, 1, 60)]


@given(st.floats(0, 1), st.integers(1, 40))
def test_a_bar_is_as_wide_as_it_was_asked_to_be(share, width):
    assert width == len(bar(share, width))


@given(st.lists(st.none() | st.floats(0, 1e6), max_size=50), st.integers(1, 40))
def test_a_chart_has_a_column_for_each_of_the_last_values(values, width):
    drawn = sparkline(values, width)
    assert width == len(drawn)
    assert values[-width:].count(None) == drawn.count("·")
