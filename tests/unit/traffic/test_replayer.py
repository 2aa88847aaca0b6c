"""The replaying: each request to both slots, never many at once, and over at once."""

from collections import Counter

import pytest

from tests.unit.traffic.apps import nobody
from tests.waiting import eventually
from verdigris.core.replays import Replay
from verdigris.core.tallies import total
from verdigris.core.world import Member, PerSlot, Second, Slot, Tally
from verdigris.traffic.replayer import AT_ONCE_MOST, SILENT_AFTER, Replayer
from verdigris.traffic.sender import Front, Sender

PLAIN = Front()
RATE = 50


class Clock:
    """Stands still unless it is moved."""

    moment = 7.0

    def now(self):
        return self.moment

    def base(self):
        return "this boot"

    def wall(self):
        return self.moment


class Paths:
    """A sample that is drawn from in turn."""

    def __init__(self, *asked):
        self.asked, self.wanted, self.drawn = asked, False, 0

    def want(self, wanted):
        self.wanted = wanted

    def draw(self, now):
        if not self.asked:
            return None
        self.drawn += 1
        return self.asked[self.drawn % len(self.asked)]


class Scene:
    """Two applications and what replays at them."""

    def __init__(self, blue, green):
        self.blue, self.green, self.clock = blue, green, Clock()
        self.replayers = []

    def replayer(self, *asked, front=PLAIN, marks=None, within=30.0):
        """One that draws these requests; `marks` are those of instances by name."""
        self.sample = Paths(*asked)
        mark = (lambda name: marks.get(name, "")) if marks is not None else (lambda name: f"mark of {name}")
        self.replayers.append(Replayer(self.clock, self.sample, Sender(front, within), mark))
        return self.replayers[-1]

    def replay(self, rate=RATE, blue=(), green=()):
        members = PerSlot(tuple(blue) or (self.blue.member,), tuple(green) or (self.green.member,))
        return Replay(rate, Slot.BLUE, members)

    def tally(self, replayer, slot):
        """What was counted of a slot in all."""
        users = tuple(Second(float(at), PerSlot(Tally(), Tally())) for at in range(60))
        controls = [second.control for second in replayer.control.beside(users) if second.control]
        return total([Second(0.0, control) for control in controls], slot)

    async def until(self, replayer, requests):
        await eventually(lambda: self.tally(replayer, Slot.BLUE).requests >= requests, f"{requests} requests")


@pytest.fixture
async def scene(make_app):
    scene = Scene(await make_app("blue-1"), await make_app("green-1"))
    yield scene
    for replayer in scene.replayers:
        await replayer.close()


async def test_both_slots_get_the_same_requests_as_rehearsals_and_are_counted_apart(scene):
    scene.green.statuses["/b"] = 500
    replayer = scene.replayer(b"GET /a", b"HEAD /b")
    replayer.follow(scene.replay())
    await scene.until(replayer, 10)
    replayer.follow(None)
    blue, green = (scene.tally(replayer, slot) for slot in Slot)
    assert (blue.requests, 0) == (green.requests, blue.failures)
    assert 5 <= green.errors <= green.requests / 2 + 1
    one, other = (
        Counter((method, path) for method, path, _ in app.asked) for app in (scene.blue, scene.green)
    )
    assert {("GET", "/a"), ("HEAD", "/b")} == set(one)
    assert ((one - other) + (other - one)).total() <= AT_ONCE_MOST  # what was under way at the end
    assert {"mark of blue-1"} == {headers["x-verdigris-rehearsal"] for _, _, headers in scene.blue.asked}
    assert {"mark of green-1"} == {headers["x-verdigris-rehearsal"] for _, _, headers in scene.green.asked}


async def test_the_slots_take_turns_in_being_the_first(scene):
    order = []
    scene.blue.asked, scene.green.asked = Heard(order, "blue"), Heard(order, "green")
    replayer = scene.replayer(b"GET /")
    replayer.follow(scene.replay())
    await eventually(lambda: len(order) >= 20, "ten pairs")
    assert {"blue", "green"} == set(order[::2])


class Heard(list):
    """What one was asked, told to all in the order in which it came."""

    def __init__(self, order, slot):
        self.order, self.slot = order, slot

    def append(self, asked):
        super().append(asked)
        self.order.append(self.slot)


async def test_all_members_of_a_slot_have_their_share(scene, make_app):
    second = await make_app("green-2")
    replayer = scene.replayer(b"GET /")
    replayer.follow(scene.replay(green=(scene.green.member, second.member)))
    await scene.until(replayer, 8)
    assert 3 <= len(second.asked) <= len(scene.green.asked) + 2


async def test_nothing_is_sent_before_it_is_told_to_and_nothing_is_kept(scene):
    replayer = scene.replayer(b"GET /")
    replayer.follow(None)
    assert (False, 0, None) == (scene.sample.wanted, scene.sample.drawn, replayer._pacer)
    replayer.follow(scene.replay())
    assert scene.sample.wanted


async def test_it_ends_at_once_and_what_was_under_way_counts_for_nothing(scene):
    replayer = scene.replayer(b"GET /hang")
    replayer.follow(scene.replay())
    await eventually(lambda: scene.blue.asked and scene.green.asked, "a pair to be under way")
    replayer.follow(None)
    drawn = scene.sample.drawn
    await eventually(lambda: not replayer._ending, "the end")
    assert (False, drawn, Tally()) == (
        scene.sample.wanted,
        scene.sample.drawn,
        scene.tally(replayer, Slot.BLUE),
    )
    replayer.follow(scene.replay())
    await eventually(lambda: scene.sample.drawn > drawn, "it to go on when it is told to")


async def test_a_slot_that_hangs_gets_no_more_than_a_few_and_they_time_out(scene):
    replayer = scene.replayer(b"GET /hang")
    replayer.follow(scene.replay())
    await eventually(lambda: len(scene.green.asked) == AT_ONCE_MOST, "as many as may be")
    drawn = scene.sample.drawn
    for _ in range(10):
        replayer._next(scene.replay())
    assert (AT_ONCE_MOST, drawn) == (len(replayer._pairs), scene.sample.drawn)
    replayer.follow(None)
    short = scene.replayer(b"GET /hang", within=0.1)
    short.follow(scene.replay())
    await scene.until(short, AT_ONCE_MOST + 1)
    assert scene.tally(short, Slot.GREEN).timeouts == scene.tally(short, Slot.GREEN).requests


async def test_who_is_not_looked_after_any_more_sends_nothing(scene):
    replayer = scene.replayer(b"GET /")
    replayer.follow(scene.replay())
    await scene.until(replayer, 2)
    scene.clock.moment += SILENT_AFTER + 0.1
    drawn = scene.sample.drawn
    replayer._next(scene.replay())
    assert drawn == scene.sample.drawn
    replayer.follow(scene.replay())
    await eventually(lambda: scene.sample.drawn > drawn, "it to go on after the next look")


async def test_nobody_is_sent_what_bears_no_mark(scene):
    replayer = scene.replayer(b"GET /", marks={"green-1": "m"})
    replayer.follow(scene.replay())
    await eventually(lambda: scene.sample.drawn >= 5, "five draws")
    assert ([], [], Tally()) == (scene.blue.asked, scene.green.asked, scene.tally(replayer, Slot.GREEN))


async def test_a_path_of_another_app_is_left_out_and_a_prefix_taken_off(scene):
    replayer = scene.replayer(b"GET /api/a", b"GET /other/b", front=Front(prefix="/api"))
    replayer.follow(scene.replay())
    await scene.until(replayer, 3)
    assert {"/a"} == set(scene.blue.paths) == set(scene.green.paths)


async def test_a_slot_that_is_gone_fails_and_the_other_does_not(scene):
    replayer = scene.replayer(b"GET /")
    with nobody() as address:
        replayer.follow(scene.replay(green=(Member("green-1", address),)))
        await scene.until(replayer, 3)
    blue, green = (scene.tally(replayer, slot) for slot in Slot)
    assert (0, green.requests) == (blue.failures, green.unreached)


async def test_an_empty_sample_is_no_evidence(scene):
    replayer = scene.replayer()
    replayer.follow(scene.replay())
    users = (Second(7.0, PerSlot(Tally(), Tally())),)
    await eventually(lambda: replayer.control.beside(users)[0].control, "the second to begin")
    assert PerSlot(Tally(), Tally()) == replayer.control.beside(users)[0].control


async def test_closing_ends_everything(scene):
    replayer = scene.replayer(b"GET /hang")
    replayer.follow(scene.replay())
    await eventually(lambda: scene.blue.asked, "a pair to be under way")
    await replayer.close()
    assert (None, set(), set()) == (replayer._pacer, replayer._pairs, replayer._ending)
