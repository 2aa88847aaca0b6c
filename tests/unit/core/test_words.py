"""Amounts in the core's sentences."""

import pytest

from verdigris.core.words import span


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
