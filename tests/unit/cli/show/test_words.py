"""Amounts, ink, roads and meanings: the small parts of every screen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.cli.house import POLICY, FakeHouse
from verdigris.cli.show.amounts import bar, duration, per_second, percent, sparkline
from verdigris.cli.show.ink import Ink, Span, beside, clean, fit, line, painted, plain, width, wrapped
from verdigris.cli.show.meanings import MEANINGS
from verdigris.cli.show.road import Mark, road
from verdigris.core.lifecycle import ROWS


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (0.24, "0.2 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (60, "1:00"),
        (250, "4:10"),
        (3723, "1:02:03"),
    ],
)
def test_durations(seconds, text):
    assert text == duration(seconds)


def test_days_are_told_in_days():
    assert "3 d 1 h" == duration(73 * 3600)


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 10, "0 %"),
        (10, 10, "100 %"),
        (1, 5000, "0.02 %"),
        (1, 20, "5.0 %"),
        (1, 2, "50 %"),
        (999, 1000, "99.9 %"),
    ],
)
def test_shares_have_the_digits_that_tell_them_from_nothing_and_all(part, whole, text):
    assert text == percent(part, whole)


def test_a_share_of_nothing_is_no_number():
    assert "none" == percent(0, 0)


def test_rates():
    assert ["0/s", "0.3/s", "60/s"] == [per_second(0), per_second(0.3), per_second(60)]


def test_a_bar_shows_the_least_and_is_full_only_when_all():
    assert "█░░░" == bar(0.001, 4)
    assert "███░" == bar(0.999, 4)
    assert "████" == bar(1.0, 4)
    assert "░░░░" == bar(0.0, 4)


def test_a_chart_keeps_unknown_apart_from_zero():
    assert "  ▁·█" == sparkline([0, None, 5], 5)
    assert "▂" == sparkline([0.01], 1, most=100)


@given(st.text(max_size=40), st.integers(1, 30))
def test_a_cut_line_is_never_wider_and_a_padded_one_is_exact(text, most):
    cut = fit(line(text, ("more", Ink.BAD)), most, pad=True)
    assert most == width(cut)


@given(st.text(max_size=80), st.integers(2, 30))
def test_wrapped_text_fits_and_loses_nothing(text, most):
    rows = wrapped(text, most)
    assert all(width(row) <= most for row in rows)
    assert "".join(span.text for row in rows for span in row).replace(" ", "") == clean(text).replace(" ", "")


@given(st.text())
def test_clean_text_is_printable(text):
    assert clean(text).isprintable()


def test_a_cut_is_marked():
    assert "abc…" == plain([fit(line("abcdef"), 4)])


def test_wide_characters_count_twice():
    assert 4 == width("日本")


def test_columns_stay_level():
    joined = beside([line("a"), line("b")], [line("c")], 4)
    assert ["a     c", "b"] == plain(joined).splitlines()


def test_colours_are_only_around_what_has_them():
    assert "a\x1b[1;31mb\x1b[0m" == painted([(Span("a"), Span("b", Ink.BAD))])


def test_every_phase_of_the_table_has_a_meaning():
    assert set(ROWS) == set(MEANINGS)


def test_the_road_forward_marks_what_is_behind_and_ahead():
    d = FakeHouse().ship("1.0", phase="bake").deployment
    marks = {stop.phase: stop.mark for stop in road(d, POLICY)}
    assert (Mark.DONE, Mark.NOW, Mark.AHEAD) == (marks["cutover"], marks["bake"], marks["succeeded"])
    assert "stabilize" not in marks  # the first deployment has nothing to keep hot
