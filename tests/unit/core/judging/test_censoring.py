"""Requests that have not answered yet."""

from verdigris.core.judging.censoring import pending_older


def test_a_slot_that_hangs_is_slow():
    assert [0, 0, 50, 100] == pending_older([50, 100, 150, 200], [50, 50, 50, 50], 1)


def test_what_is_young_may_still_be_fast():
    assert [0, 0, 0, 0, 10] == pending_older([100, 200, 300, 400, 500], [90, 180, 260, 280, 290], 2)


def test_it_is_never_below_0_and_a_tick_of_0_counts_everything_inside():
    assert [0, 0] == pending_older([1, 2], [5, 9], 1)
    assert [10, 20] == pending_older([10, 30], [0, 10], 0)
