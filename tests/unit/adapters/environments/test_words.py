"""Words from outside, made fit for a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verdigris.adapters.environments.words import joined, shown


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("plain", "plain"),
        (b"plain", "plain"),
        ("two\nlines", "two\\nlines"),
        ("\x1b[2J", "\\x1b[2J"),
        (b"\xff", "\\xff"),
        ("", ""),
    ],
)
def test_what_a_terminal_could_act_on_is_escaped(words, text):
    assert text == shown(words)


def test_what_is_too_long_is_cut_and_marked():
    assert ("abc…", "abc") == (shown("abcdef", 3), shown("abc", 3))


@given(st.binary() | st.text(), st.integers(0, 50))
def test_whatever_comes_is_printable(words, most):
    assert shown(words, most).isprintable()


@pytest.mark.parametrize(
    ("names", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_names_are_joined_as_people_do(names, text):
    assert text == joined(names)
