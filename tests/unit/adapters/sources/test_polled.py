"""A source that is asked now and then: when, what becomes of its answers, and what is never told."""

import asyncio

import pytest

from tests.waiting import eventually
from verdigris.adapters.sources.polled import KEPT, Polled
from verdigris.adapters.sources.sums import Sums
from verdigris.core.errors import ObservationError
from verdigris.core.outcomes import Came, Outcomes, Poll
from verdigris.core.world import Known, PerSlot, Slot, Unknown

BLUE, GREEN = Slot.BLUE, Slot.GREEN
GONE = Unknown("it returned nothing")


class Clock:
    def __init__(self):
        self.time = 1000.25

    def now(self):
        return self.time


class Shelf:
    """A reader that shows what is put on it."""

    def __init__(self):
        self.shown, self.reads, self.gate = both(0, 0), 0, None

    async def read(self):
        self.reads += 1
        if self.gate is not None:
            await self.gate.wait()
        if isinstance(self.shown, Exception):
            raise self.shown
        return self.shown


def of(good, bad):
    return Sums({"": good}, {"": bad})


def both(good, bad):
    return PerSlot(of(good, bad), of(good, bad))


@pytest.fixture
async def scene():
    clock, shelf = Clock(), Shelf()
    polled = Polled(shelf, clock, every=5.0, apart=30.0)
    yield clock, shelf, polled
    await polled.close()


async def ask(scene, shown, after=5.0):
    """Show something, let the time pass, and have it read."""
    clock, shelf, polled = scene
    clock.time += after
    shelf.shown = shown
    reads = shelf.reads
    await polled.observe()
    await eventually(lambda: shelf.reads > reads and polled._task.done(), "the answer")
    return await polled.observe()


async def test_before_the_first_answer_nothing_is_known_and_nobody_waits(scene):
    _, shelf, polled = scene
    shelf.gate = asyncio.Event()
    assert Outcomes() == await polled.observe()
    assert isinstance((await polled.observe()).slots[BLUE], Unknown)


async def test_what_came_belongs_to_the_second_in_which_the_answer_came(scene):
    clock = scene[0]
    await ask(scene, both(90, 1))
    found = await ask(scene, PerSlot(of(100, 2), of(91, 1)))
    assert (Poll(int(clock.time), PerSlot(Came(10, 1), Came(1, 0))),) == found.polls
    assert PerSlot(Known("", clock.time), Known("", clock.time)) == found.slots


async def test_an_answer_that_is_late_belongs_to_when_it_came(scene):
    clock, shelf, polled = scene
    await ask(scene, both(90, 1))
    shelf.gate, shelf.shown = asyncio.Event(), both(91, 1)
    clock.time += 5.0
    await polled.observe()
    clock.time += 4.0
    shelf.gate.set()
    await eventually(lambda: polled._task.done(), "the answer")
    assert [int(clock.time)] == [poll.at for poll in (await polled.observe()).polls]


async def test_it_is_asked_once_in_a_while_and_never_twice_at_once(scene):
    clock, shelf, polled = scene
    await ask(scene, both(1, 0))
    for _ in range(50):
        clock.time += 0.05
        await polled.observe()
    assert 1 == shelf.reads
    shelf.gate = asyncio.Event()
    for _ in range(5):
        clock.time += 10.0
        await polled.observe()
        await asyncio.wait([asyncio.create_task(asyncio.to_thread(int))])
    assert 2 == shelf.reads


async def test_no_answer_in_time_is_an_answer(scene):
    clock, shelf, _ = scene
    polled = Polled(shelf, clock, every=5.0, apart=30.0, within=0.01)
    shelf.gate = asyncio.Event()
    await polled.observe()
    found = await eventually(lambda: seen_of(polled), "the time to be up")
    assert PerSlot(*[Unknown("no answer within 0.01 s")] * 2) == found
    await polled.close()


async def seen_of(polled):
    found = await polled.observe()
    return found.slots if found.asked else None


async def test_a_reading_that_fails_leaves_when_it_was_last_good_and_says_why(scene):
    await ask(scene, both(90, 1))
    good = scene[0].time
    found = await ask(scene, ObservationError("Prometheus answered 503"))
    assert PerSlot(*[Known("Prometheus answered 503", good)] * 2) == found.slots
    assert () == found.polls


async def test_what_came_while_nobody_answered_is_told_by_the_next_answer(scene):
    await ask(scene, both(90, 1))
    await ask(scene, ObservationError("no"))
    found = await ask(scene, both(110, 2))
    assert [PerSlot(Came(20, 1), Came(20, 1))] == [poll.slots for poll in found.polls]


async def test_what_came_over_a_longer_time_than_is_fresh_is_not_told(scene):
    """The share may have been another then, and the hour as well."""
    await ask(scene, both(90, 1))
    found = await ask(scene, both(900, 400), after=31.0)
    assert () == found.polls
    found = await ask(scene, both(901, 400))
    assert [PerSlot(Came(1, 0), Came(1, 0))] == [poll.slots for poll in found.polls]


async def test_a_slot_that_was_missing_begins_anew_so_that_both_differences_are_of_the_same_time(scene):
    await ask(scene, both(90, 1))
    await ask(scene, PerSlot(of(100, 1), GONE))
    await ask(scene, PerSlot(of(110, 1), of(400, 90)))
    found = await ask(scene, PerSlot(of(120, 1), of(410, 90)))
    ten = Came(10, 0)
    assert [PerSlot(ten, None), PerSlot(ten, None), PerSlot(ten, ten)] == [poll.slots for poll in found.polls]


async def test_of_a_slot_that_was_never_seen_it_is_said_why(scene):
    found = await ask(scene, PerSlot(of(90, 1), GONE))
    assert PerSlot(Known("", scene[0].time), GONE) == found.slots


async def test_two_answers_in_one_second_are_one(scene):
    clock, shelf, _ = scene
    polled = Polled(shelf, clock, every=0.1, apart=30.0)
    clock.time = 2000.0
    for shown in (both(1, 0), both(3, 1), both(6, 1)):
        polled.take(shown, clock.time)
    assert (Poll(2000, PerSlot(Came(5, 1), Came(5, 1))),) == (await polled.observe()).polls
    await polled.close()


async def test_no_more_is_remembered_than_is_ever_looked_at(scene):
    polled = scene[2]
    for second in range(2 * KEPT):
        polled.take(both(second, 0), 5000.0 + second)
    assert KEPT == len((await polled.observe()).polls)


async def test_closing_gives_up_the_question(scene):
    clock, shelf, _ = scene
    shelf.gate = asyncio.Event()
    polled = Polled(shelf, clock, every=5.0, apart=30.0)
    await polled.observe()
    await polled.close()
    assert polled._task.cancelled()
