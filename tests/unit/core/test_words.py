"""Amounts in the core's sentences."""

import pytest

from verdigris.core.words import brief, span


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.0, "0 s"),
        (0.4, "0 s"),
        (119.4, "119 s"),
        (120, "2 min"),
        (870, "14 min 30 s"),
        (7199, "119 min 59 s"),
        (7200, "2 h"),
        (86_000, "23 h 53 min"),
        (86_400, "24 h"),
    ],
)
def test_a_span_is_said_in_at_most_two_units(seconds, said):
    assert said == span(seconds)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.0, "0 ms"), (0.0434, "43 ms"), (1.0, "1.0 s"), (12.34, "12.3 s")]
)
def test_what_is_quick_is_said_in_milliseconds(seconds, words):
    assert words == brief(seconds)
