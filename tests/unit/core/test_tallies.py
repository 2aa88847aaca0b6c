"""How long requests took, and how seconds are added up."""

import pytest

from tests.unit.core.worlds import BLUE, a_tally
from verdigris.core.tallies import BINS, add_up, bin_of, percentile, total, trimmed
from verdigris.core.world import PerSlot, Second, Tally

QUIET = Tally()


@pytest.mark.parametrize(
    ("milliseconds", "index"), [(0.2, 0), (1.0, 0), (1.1, 1), (60_000.0, len(BINS) - 1), (1e9, len(BINS))]
)
def test_a_latency_belongs_to_the_bin_that_it_does_not_exceed(milliseconds, index):
    assert index == bin_of(milliseconds)


def test_bins_grow():
    assert sorted(set(BINS)) == list(BINS)


@pytest.mark.parametrize(("share", "bound"), [(0.5, 20), (0.98, 20), (0.99, 900), (1.0, 900)])
def test_a_percentile_is_the_bound_of_its_bin(share, bound):
    latency = add_up((a_tally(98).latency, a_tally(2, milliseconds=900.0).latency))
    assert bound == percentile(latency, share)


def test_no_requests_have_no_percentile():
    assert (0.0, 0.0) == (percentile((), 0.99), percentile(a_tally(0).latency, 0.99))


def test_a_percentile_beyond_the_last_bin_is_endless():
    assert float("inf") == percentile(a_tally(5, milliseconds=1e9).latency, 0.99)


def test_seconds_are_added_up_and_the_streak_is_the_last_one_s():
    first, last = a_tally(10, errors=1, streak=5), a_tally(20, streak=2, unreached=3)
    found = total((Second(0.0, PerSlot(first, QUIET)), Second(1.0, PerSlot(last, QUIET))), BLUE)
    assert (30, 1, 3, 2, 30) == (
        found.requests,
        found.errors,
        found.unreached,
        found.streak,
        sum(found.latency),
    )
    assert Tally() == total((), BLUE)


def test_a_tenth_slower_is_another_bin_from_10_ms_to_10_s():
    at_most = [bound for bound in BINS if 10 <= bound <= 10_000]
    assert all(bin_of(bound * 1.1001) > bin_of(bound) for bound in at_most)
    assert 256 > len(BINS)


def test_a_histogram_is_kept_up_to_its_last_request():
    assert ((0, 2), ()) == (trimmed([0, 2, 0, 0]), trimmed([0, 0]))
