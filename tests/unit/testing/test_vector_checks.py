"""What a set of vectors is checked against."""

from math import inf

import pytest

from verdigris.core.judging.factors import NOTHING
from verdigris.testing.vector_checks import Check, cap, number, phi, starts


@pytest.mark.parametrize(
    ("found", "expected", "holds"),
    [
        (1.0, 1.0 + 9e-7, True),
        (1.0, 1.0 + 2e-6, False),
        (1e5, 1e5 + 0.09, True),
        (float("nan"), 1.0, False),
        (NOTHING, number(None), True),
        (-inf, number(None), True),
        (-700.0, number(None), False),
        (3, 4, False),
        (None, None, True),
        ([0, 1], [0, 1], True),
    ],
)
def test_a_millionth_is_allowed_of_a_number_and_nothing_of_a_tick(found, expected, holds):
    assert holds is Check("it", found, expected).holds


def test_what_a_process_may_leave_out():
    assert (1.0, 0.0) == (starts(None).at(1), starts(None).left(1))
    assert (inf, 1.0, 2.5) == (cap(None), phi(None, 3), phi(2.5, 3))
    assert 1.3 == phi([1.0, 1.3], 1)
