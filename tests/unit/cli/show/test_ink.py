"""Lines of coloured text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from verdigris.cli.show.ink import CODES, Ink, Span, beside, fit, join, line, painted, plain, width, wrapped


def test_every_ink_but_the_plain_one_has_a_code():
    assert set(Ink) - {Ink.PLAIN} == set(CODES)


def test_a_line_is_made_of_texts_pairs_and_spans_and_holds_nothing_empty():
    assert (Span("a"), Span("b", Ink.BAD), Span("c", Ink.DIM)) == line(
        "a", ("b", Ink.BAD), "", Span("c", Ink.DIM), ("", Ink.BAD)
    )


def test_whatever_comes_in_is_made_harmless():
    assert "a\\x1b[2Jb" == plain([line("a\x1b[2Jb")])
    assert "a   b" == plain([line("a\tb")])


def test_lines_are_joined_and_empty_ones_leave_no_gap():
    assert "a · b" == plain([join([line("a"), (), line("b")], " · ")])


def test_a_combining_character_takes_no_column():
    assert 1 == width("e\u0301")


def test_a_line_that_fits_is_left_alone():
    assert line("abc") == fit(line("abc"), 3)


def test_a_wide_character_is_never_cut_in_half():
    cut = fit(line("日本語"), 4)
    assert ("日…", 3) == (plain([cut]), width(cut))


def test_nothing_fits_into_nothing():
    assert "" == plain([fit(line("abc"), 0)])


def test_a_word_that_is_longer_than_a_line_is_broken():
    assert ["ab", "cd", "e", "f"] == [plain([row]) for row in wrapped("abcde f", 2)]


def test_a_wide_character_is_broken_off_whole_and_what_takes_no_column_stays_with_its_letter():
    assert ["日", "本e\u0301", "f"] == [plain([row]) for row in wrapped("日本e\u0301f", 3)]


def test_the_shorter_column_is_filled_up():
    left, right = [line("a")], [line("b"), line("c")]
    assert ["a  b", "   c"] == plain(beside(left, right, 1)).splitlines()


@given(st.lists(st.text(max_size=10), max_size=5))
def test_colours_change_no_column(texts):
    drawn = [line(*((text, Ink.BAD) for text in texts))]
    bare = painted(drawn).replace("\x1b[1;31m", "").replace("\x1b[0m", "")
    assert plain(drawn) == bare.rstrip()
