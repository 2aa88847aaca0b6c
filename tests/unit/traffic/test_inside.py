"""What applications count themselves, put into the seconds that are judged: known, unknown, and never guessed."""

import pytest

from verdigris.core.world import Known, PerSlot, Second, Slot, Tally, Unknown
from verdigris.traffic.inside import KEPT, Calls, Counting, Inside

GREEN, BLUE = Slot.GREEN, Slot.BLUE


class Hands:
    """A clock that is set by hand."""

    def __init__(self):
        self.moment = 100.0

    def __call__(self):
        return self.moment


@pytest.fixture
def clock():
    return Hands()


@pytest.fixture
def inside(clock):
    return Inside(clock)


def seconds(*at, lost=False):
    return tuple(Second(float(one), PerSlot(Tally(10), Tally(10)), lost) for one in at)


def said(inside, *at):
    """By second: what failed in blue and in green, or that nobody knows."""
    return {
        int(second.at): "unknown"
        if second.lost
        else (second.slots.blue.failed_inside, second.slots.green.failed_inside)
        for second in inside.beside(seconds(*at))
    }


def note(inside, clock, at, calls, failed, slot=GREEN, name="green-1"):
    clock.moment = at
    inside.note(name, slot, Calls(calls, failed))


def test_what_came_between_two_answers_belongs_to_the_second_of_the_later_one(inside, clock):
    for at, calls, failed in ((100.5, 50, 7), (101.5, 60, 9), (102.5, 70, 9), (103.5, 80, 10)):
        note(inside, clock, at, calls, failed)
    assert {100: (0, 0), 101: (0, 2), 102: (0, 0), 103: (0, 1)} == said(inside, 100, 101, 102, 103)


def test_every_instance_counts_for_its_slot(inside, clock):
    for at, failed in ((100.5, 0), (101.5, 3)):
        note(inside, clock, at, 50 + failed, failed)
        note(inside, clock, at, 50 + failed, failed, name="green-2")
        note(inside, clock, at, 50 + failed, failed, BLUE, "blue-1")
    assert {101: (3, 6)} == said(inside, 101)


@pytest.mark.parametrize(("calls", "failed", "found"), [(5, 2, 2), (60, 1, 1), (5, 0, 0)])
def test_numbers_that_fell_are_those_of_a_process_that_began_again(inside, clock, calls, failed, found):
    note(inside, clock, 100.5, 50, 7)
    note(inside, clock, 101.5, calls, failed)
    assert {101: (0, found)} == said(inside, 101)


def test_seconds_between_answers_that_are_too_far_apart_are_unknown(inside, clock):
    for at, calls, failed in ((100.5, 50, 0), (104.5, 60, 3), (105.5, 70, 4)):
        note(inside, clock, at, calls, failed)
    unknown = dict.fromkeys(range(100, 105), "unknown")
    assert {99: (0, 0), **unknown, 105: (0, 1)} == said(inside, *range(99, 106))


def test_a_long_silence_in_which_nobody_called_hides_nothing(inside, clock):
    note(inside, clock, 100.5, 50, 0)
    note(inside, clock, 150.5, 50, 0)
    assert {120: (0, 0)} == said(inside, 120)


def test_who_counts_and_is_not_heard_makes_the_second_unknown_before_it_is_taken(inside, clock):
    note(inside, clock, 100.5, 50, 0)
    clock.moment = 101.5
    assert {100: (0, 0)} == said(inside, 100)
    clock.moment = 103.0
    assert {99: (0, 0), 100: "unknown"} == said(inside, 99, 100)
    note(inside, clock, 103.1, 60, 1)
    assert {100: (0, 0), 103: (0, 1)} == said(inside, 100, 103)


def test_who_is_gone_and_who_never_served_a_call_is_not_waited_for(inside, clock):
    note(inside, clock, 100.5, 50, 0)
    note(inside, clock, 100.5, 0, 0, name="green-2")
    inside.gone("green-1")
    clock.moment = 150.0
    assert {120: (0, 0)} == said(inside, 120)


def test_seconds_of_which_nothing_is_to_be_said_stay_the_very_ones_and_others_are_made_once(inside, clock):
    told = seconds(100, 101)
    assert told is inside.beside(told)
    note(inside, clock, 100.5, 50, 0)
    note(inside, clock, 101.5, 60, 1)
    once, again = inside.beside(told), inside.beside(told)
    assert (True, True) == (once[0] is told[0], once[1] is again[1])


def test_who_is_in_a_slot_without_requests_is_not_missed(inside, clock):
    """The old release waits for its end, or for the way back: nothing fails in it while nobody is there."""
    note(inside, clock, 100.5, 50, 0, BLUE, "blue-1")
    for at in (100.5, 101.5, 102.5):
        note(inside, clock, at, 50 + int(at), 0)
    clock.moment = 104.0
    alone = Second(101.0, PerSlot(Tally(), Tally(10)))
    assert [False] == [second.lost for second in inside.beside((alone,))]
    assert [True] == [second.lost for second in inside.beside(seconds(101))]


def test_a_lost_second_stays_lost(inside, clock):
    note(inside, clock, 100.5, 50, 0)
    note(inside, clock, 101.5, 60, 1)
    assert [True] == [second.lost for second in inside.beside(seconds(101, lost=True))]


def test_three_minutes_are_remembered(inside, clock):
    for at in range(1000):
        note(inside, clock, 100.5 + at, at * 10, at)
        inside.beside(seconds(100 + at))
    assert (True, True) == (len(inside._failed) <= KEPT + 1, len(inside._joined) <= KEPT + 1)


async def test_signals_that_are_unknown_stay_so(inside):
    class Told:
        def __init__(self, seen):
            self.seen = seen

        async def observe(self):
            return self.seen

    unknown, known = Unknown("nobody counts"), Known(seconds(100), 7.0)
    assert unknown is await Counting(Told(unknown), inside).observe()
    assert known == await Counting(Told(known), inside).observe()
