import pytest

from verdigris_kit.leaving import Leaving, LeavingWSGI
from verdigris_kit.leaving.window import moments


def test_there_is_one_moment_in_each_part_of_the_window():
    assert [0.0, 2.5, 5.0, 7.5] == moments(4, 10, chance=lambda: 0.0)
    assert [1.25, 3.75, 6.25, 8.75] == moments(4, 10, chance=lambda: 0.5)


def test_chance_moves_a_moment_within_its_part_only():
    for number in (1, 7, 200):
        parts = [int(moment / 10 * number) for moment in moments(number, 10)]
        assert list(range(number)) == parts


@pytest.mark.parametrize("seconds", [-1, 86401, float("nan"), float("inf"), "5", True, None])
def test_times_out_of_bounds_are_refused_at_start(seconds):
    for make in (Leaving, LeavingWSGI):
        with pytest.raises(ValueError, match="keep_serving: has to be a number of seconds from 0 to 86400"):
            make(None, keep_serving=seconds)
    with pytest.raises(ValueError, match="spread: has to be"):
        Leaving(None, spread=seconds)
