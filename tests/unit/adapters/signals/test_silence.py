"""Counters in, losses out: exactly those that there were, a reading late, and never one too many."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verdigris.adapters.signals.silence import APART_MOST, Loss, Silence
from verdigris.core.counters import Counters, Passage
from verdigris.core.world import Slot


def reading(silent, begun=1000, process=1, app="api", slot=Slot.GREEN):
    """One process with one passage: so many went without a word, and a few are inside."""
    return Counters(process, 0, (Passage(app, slot, begun, begun - silent - 5, 5),))


def heard(*readings, apart=1.0):
    """All losses, and the numbers of the readings up to which nothing is known."""
    silence, losses, torn = Silence(), [], []
    for number, one in enumerate(readings):
        losses += silence.take(one if isinstance(one, tuple) else (one,), number * apart)
        if silence.torn is not None:
            torn.append(number)
    return losses, torn


def test_what_was_lost_before_is_nobodys_and_what_is_lost_since_is_told_once():
    losses, torn = heard(*map(reading, (7, 7, 9, 9, 9, 10, 10)))
    assert [Loss("api", Slot.GREEN, 2, 2.0), Loss("api", Slot.GREEN, 1, 5.0)] == losses
    assert [] == torn


def test_requests_that_begin_end_and_are_inside_are_no_losses():
    busy = [
        Counters(1, 0, (Passage("api", Slot.BLUE, 100 * n, 100 * n - n % 7, n % 7),)) for n in range(1, 50)
    ]
    assert ([], []) == heard(*busy)


@pytest.mark.parametrize("off", [1, 40, -1, -40])
def test_one_reading_that_is_off_is_no_loss(off):
    assert ([], []) == heard(*map(reading, (3, 3, 3 + off, 3, 3)))


def test_a_first_reading_that_is_off_makes_its_second_unknown_and_is_no_loss_later():
    assert ([], [1]) == heard(*map(reading, (2, 3, 3, 3)))
    assert ([], [1]) == heard(*map(reading, (3, 2, 3, 3)))


def test_every_app_slot_and_process_has_its_own_losses():
    before = (reading(0), reading(5, app="search"), reading(1, slot=Slot.BLUE), reading(4, process=2))
    after = (reading(1), reading(5, app="search"), reading(3, slot=Slot.BLUE), reading(7, process=2))
    losses, torn = heard(before, before, after, after)
    assert [("api", "green", 1), ("api", "blue", 2), ("api", "green", 3)] == [
        (loss.app, loss.slot, loss.count) for loss in losses
    ]
    assert [] == torn


def test_a_new_process_is_unknown_until_it_was_read_and_its_past_is_not_told():
    one, two = reading(4), reading(90, process=2)
    losses, torn = heard(one, one, (two, one), (two, one), (two, one))
    assert ([], [2]) == (losses, torn)


def test_a_process_that_leaves_goes_on_being_heard_until_it_is_gone():
    serving, leaving, more = reading(0, process=2), reading(4), reading(6)
    losses, torn = heard((serving, leaving), (serving, leaving), (serving, more), (serving, more), serving)
    assert ([2], []) == ([loss.count for loss in losses], torn)


def test_counters_that_began_again_make_the_second_unknown():
    losses, torn = heard(
        reading(50), reading(50), reading(0, begun=3), reading(0, begun=9), reading(1), reading(1)
    )
    assert ([1], [2]) == ([loss.count for loss in losses], torn)


def test_too_long_between_two_readings_nobody_can_say_when():
    late = APART_MOST + 0.1
    assert ([], [1, 2]) == heard(reading(0), reading(5), reading(5), apart=late)
    silence = Silence()
    for taken in (0.0, 1.0, 1.0 + late, 2.0 + late):
        assert () == silence.take((reading(int(taken)),), taken)


NOISE = st.integers(-30, 30)


@given(st.lists(st.tuples(st.integers(0, 5), NOISE), min_size=3, max_size=40))
def test_never_more_is_told_than_was_lost_while_no_two_readings_in_a_row_are_off(steps):
    silence, lost, told = Silence(), 0, 0
    for number, (more, noise) in enumerate(steps):
        lost += more if number > 1 else 0
        off = noise if number % 2 and number > 1 else 0
        told += sum(loss.count for loss in silence.take((reading(lost + off, begun=10_000),), float(number)))
        assert told <= lost
    for number in range(len(steps), len(steps) + 2):
        told += sum(loss.count for loss in silence.take((reading(lost, begun=10_000),), float(number)))
    assert lost == told
