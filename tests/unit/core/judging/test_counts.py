"""Counts that cannot be true are refused."""

import pytest

from verdigris.core.judging.counts import Arm, Counts


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"requests": -1}, "never negative, got -1"),
        ({"requests": 5, "errors": 6}, "errors must be at most the requests, got 6 of 5"),
        ({"requests": 5, "slow": (6,)}, "slow must be at most the requests, got 6 of 5"),
        ({"requests": 5, "slow": (1, 2)}, "must not grow with the edge"),
        ({"good": 1, "bad": -2}, "never negative, got -2"),
    ],
)
def test_a_slot_s_second_holds_together(given, sentence):
    with pytest.raises(ValueError, match=sentence):
        Arm(**given)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"edges": (50.0, 20.0)}, "the edges must ascend"),
        ({"edges": (50.0,), "live": Arm(9, 0, (1, 1))}, "1 edges need as many slow counts, got 2"),
        ({"share": 1.5}, "a share is between 0 and 1, got 1.5"),
    ],
)
def test_a_second_holds_together(given, sentence):
    with pytest.raises(ValueError, match=sentence):
        Counts(**{"at": 0, "live": Arm(), "candidate": Arm()} | given)
