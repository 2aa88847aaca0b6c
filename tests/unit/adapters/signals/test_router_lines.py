"""Seconds of requests: known, lost, absent or unknown, and each of it said."""

import asyncio
import os
import socket

import pytest

from tests.waiting import eventually
from verdigris.adapters.signals.counts import KEPT, ROUTED
from verdigris.adapters.signals.router_lines import RouterLines
from verdigris.adapters.signals.routes import NAMED
from verdigris.core.counters import Counters, Passage
from verdigris.core.world import Known, PerSlot, RouteTally, Slot, Unknown

WALL = 1_700_000_000.0


class Hands:
    """A clock that is set by hand."""

    def __init__(self):
        self.moved = 1000.0
        self.jumped = 0.0

    def now(self):
        return self.moved

    def base(self):
        return "this boot"

    def wall(self):
        return WALL + self.moved + self.jumped


def counted(requests, passages=()):
    return Known((Counters(1, requests, passages),), 0.0)


class Room:
    """Signals with a router that is played by the test."""

    def __init__(self, directory):
        self.clock = Hands()
        self.directory = directory
        self.total = counted(0)
        self.lines = RouterLines(directory, self.clock, self.totals)
        self.signals = self.lines.of("api")
        self.writers = []

    async def totals(self):
        return self.total

    async def connect(self):
        _, writer = await asyncio.open_unix_connection(self.directory / "lines.sock")
        self.writers.append(writer)
        await eventually(lambda: len(self.lines._connections) == len(self.writers), "the connection")
        return writer

    async def write(self, writer, *frames):
        before = self.lines._lines
        writer.write(b"".join(b"%d %s" % (len(frame), frame) for frame in frames))
        await eventually(lambda: self.lines._lines == before + len(frames), "the lines")

    def line(self, status=200, app="api", slot="green", path="/"):
        when = f"{self.clock.wall() * 1000:.0f}"
        return f"r2 {app} {when} {slot} {slot}-1 {status} 0 0 3 4 -- 0 - - id GET {path} .".encode()

    def ended(self, count):
        self.total = counted(self.total.value[0].requests + count, self.total.value[0].passages)

    def passed(self, begun, ended, inside=0):
        """What the router's counters say of green from now on."""
        passage = Passage("api", Slot.GREEN, begun, ended, inside)
        self.total = counted(self.total.value[0].requests, (passage,))

    async def seconds(self):
        return (await self.signals.observe()).value

    async def at(self, second):
        return next((s for s in await self.seconds() if s.at == second), None)

    async def tick(self, seconds=1.0):
        """Time passes, looked at as often as a controller does."""
        until = self.clock.moved + seconds
        while self.clock.moved < until - 1e-9:
            self.clock.moved += min(0.5, until - self.clock.moved)
            await self.signals.observe()


@pytest.fixture
async def room(tmp_path):
    room = Room(tmp_path)
    await room.lines.start()
    yield room
    for writer in room.writers:
        writer.close()
    await room.lines.close()


async def test_requests_are_counted_in_the_second_they_ended_in(room):
    writer = await room.connect()
    await room.tick(2)
    await room.write(writer, room.line(), room.line(500), room.line(slot="blue"))
    second = room.clock.moved
    await room.tick(1.5)
    seen = await room.at(second)
    assert (2, 1, 1) == (seen.slots.green.requests, seen.slots.green.errors, seen.slots.blue.requests)
    assert not seen.lost


async def test_a_second_is_told_when_it_is_complete_and_not_before(room):
    await room.connect()
    await room.tick(3)
    assert (await room.seconds())[-1].at == 1001
    await room.tick(0.5)
    assert (await room.seconds())[-1].at == 1002


async def test_seconds_without_requests_are_known(room):
    await room.connect()
    await room.tick(5)
    seconds = await room.seconds()
    assert [1001.0, 1002.0, 1003.0] == [second.at for second in seconds]
    assert {0} == {second.slots.green.requests for second in seconds}


async def test_every_app_is_told_of_its_own_requests(room):
    writer = await room.connect()
    search = room.lines.of("search")
    await room.tick(1)
    await room.write(writer, room.line(), room.line(app="search"), room.line(app="nobody"), room.line())
    await room.tick(1.5)
    assert (await room.at(1001)).slots.green.requests == 2
    assert [1] == [s.slots.green.requests for s in (await search.observe()).value if s.at == 1001]


async def test_a_sample_is_taken_while_somebody_wants_it_of_the_app_that_is_meant(room):
    writer, sample = await room.connect(), room.lines.sample("api")
    assert sample is room.lines.sample("api")
    await room.write(writer, room.line(path="/before"))
    sample.want(True)
    room.lines.of("search")
    await room.write(writer, room.line(path="/a"), room.line(app="search", path="/other"), room.line(404))
    assert {b"GET /a"} == {sample.draw(room.clock.now()) for _ in range(20)}


async def test_a_gap_makes_the_second_lost_for_every_app_and_other_apps_lines_are_none(room):
    writer = await room.connect()
    search = room.lines.of("search")
    await room.tick(3)
    await room.write(writer, *[room.line()] * 10, *[room.line(app="search")] * 10)
    room.ended(20)
    await room.tick(3)
    assert not any(second.lost for second in await room.seconds())
    await room.write(writer, *[room.line()] * 10)
    room.ended(20)
    await room.tick(3)
    lost = [second.at for second in await room.seconds() if second.lost]
    assert lost
    assert lost == [second.at for second in (await search.observe()).value if second.lost]


async def test_apps_that_look_at_once_have_the_router_asked_once(room):
    await room.connect()
    await room.tick(3)
    asked = []

    async def slow():
        asked.append(room.clock.now())
        await asyncio.to_thread(bool)  # long enough for all the others to come
        return room.total

    room.lines._totals = slow
    room.clock.moved += 1.3
    views = [room.signals, *(room.lines.of(f"app{n}") for n in range(5))]
    seen = await asyncio.gather(*(view.observe() for view in views))
    assert 1 == len(asked)
    assert all(isinstance(one, Known) for one in seen)


async def test_a_line_that_comes_late_is_counted_in_a_second_that_was_told_already(room):
    writer = await room.connect()
    await room.tick(1)
    late = room.line(500)
    await room.tick(2)
    before = await room.at(1001)
    await room.write(writer, late)
    after = await room.at(1001)
    assert (0, 1) == (before.slots.green.requests, after.slots.green.requests)
    assert 1 == (await room.seconds())[-1].slots.green.streak


async def test_missing_lines_make_the_second_lost(room):
    writer = await room.connect()
    await room.tick(3)
    await room.write(writer, *[room.line()] * 10)
    room.ended(20)
    await room.tick(3)
    assert [True, False] == [(await room.at(at)).lost for at in (1003, 1001)]


async def test_what_the_router_gave_up_without_a_line_failed(room):
    room.passed(begun=100, ended=99)
    writer = await room.connect()
    await room.tick(3)
    await room.write(writer, room.line())
    room.ended(1)
    room.passed(begun=105, ended=100)
    await room.tick(4)
    seconds = await room.seconds()
    assert 4 == sum(second.slots.green.unreached for second in seconds)
    assert 5 == sum(second.slots.green.requests for second in seconds)
    assert not any(second.lost for second in seconds)


async def test_what_cannot_be_compared_is_lost_and_what_a_nameless_app_lost_is_nobodys(room):
    room.passed(begun=100, ended=99)
    await room.connect()
    await room.tick(3)
    room.passed(begun=3, ended=0)
    await room.tick(4)
    room.total = counted(0, (Passage("other", Slot.GREEN, 50, 0, 0),))
    await room.tick(4)
    seconds = await room.seconds()
    assert 0 == sum(second.slots.green.requests for second in seconds)
    assert {1003, 1007} <= {second.at for second in seconds if second.lost}
    assert {1005, 1009} <= {second.at for second in seconds if not second.lost}


async def test_a_line_or_two_under_way_are_not_missing(room):
    writer = await room.connect()
    await room.tick(3)
    room.ended(400)
    await room.write(writer, *[room.line()] * 397)
    await room.tick(3)
    assert not any(second.lost for second in await room.seconds())


async def test_a_notice_of_dropped_lines_makes_the_second_lost(room):
    writer = await room.connect()
    await room.tick(3)
    writer.write(b"17 37 events dropped")
    await room.write(writer, room.line())
    room.ended(1)
    await room.tick(2)
    assert (await room.at(1003)).lost


async def test_nothing_is_told_of_seconds_that_could_not_be_held_against_a_count(room):
    await room.connect()
    await room.tick(3)
    room.total = Unknown("HAProxy cannot be asked")
    await room.tick(20)
    assert (await room.seconds())[-1].at <= 1007


async def test_seconds_in_which_nobody_was_connected_are_absent_and_soon_all_is_unknown(room):
    writer = await room.connect()
    await room.tick(3)
    writer.close()
    room.writers.clear()
    await eventually(lambda: not room.lines._connections, "the end of the connection")
    await room.tick(2)
    assert (await room.seconds())[-1].at == 1002
    await room.tick(2)
    assert "no lines for 4 s" in (await room.signals.observe()).why
    await room.connect()
    await room.tick(3)
    assert [1001, 1002, 1008] == [second.at for second in await room.seconds()]


async def test_a_router_that_never_connected_is_unknown(room):
    await room.tick(4)
    assert isinstance(await room.signals.observe(), Unknown)


async def test_a_broken_line_ends_the_connection_and_is_said(room):
    writer = await room.connect()
    writer.write(b"5 r2 xx")
    await eventually(lambda: not room.lines._connections, "the end of the connection")
    room.writers.pop().close()
    await room.tick(4)
    assert "not a whole line" in (await room.signals.observe()).why


async def test_a_wall_clock_that_jumps_moves_no_request_out_of_its_second(room):
    writer = await room.connect()
    await room.tick(1)
    for jump in (0.0, 86400.0, -86400.0):
        room.clock.jumped = jump
        await room.write(writer, room.line())
    await room.tick(1.5)
    assert (await room.at(1001)).slots.green.requests == 3


async def test_three_minutes_are_remembered(room):
    writer = await room.connect()
    for _ in range(KEPT + 50):
        await room.write(writer, room.line())
        room.ended(1)
        room.clock.moved += 1
        await room.signals.observe()
    seconds = await room.seconds()
    assert KEPT == len(seconds)
    assert len(room.signals.counts._cells["green"]) <= KEPT + 5


async def test_the_newest_seconds_are_told_by_route_and_older_ones_are_not(room):
    writer = await room.connect()
    for _ in range(ROUTED + 5):
        await room.write(writer, room.line(path="/orders/17"), room.line(500, slot="blue", path="/orders/18"))
        room.ended(2)
        await room.tick(1)
    seconds = await room.seconds()
    expected = (RouteTally("GET /orders/{id}", PerSlot(1, 1), PerSlot(1, 0)),)
    assert [expected] * ROUTED == [second.routes for second in seconds[-ROUTED:]]
    assert {()} == {second.routes for second in seconds[:-ROUTED]}


async def test_a_million_paths_are_few_routes(room):
    """As whoever looks for holes asks: what is remembered and what is told have bounds."""
    writer = await room.connect()
    for number in range(20):
        # Words, so that no two of them are one route.
        words = (
            "".join(chr(97 + (n >> 4 * i) % 16) for i in range(5))
            for n in range(number * 500, number * 500 + 500)
        )
        await room.write(writer, *(room.line(path=f"/{word}") for word in words))
        await room.tick(1)
    assert all(len(second.routes) <= NAMED + 1 for second in await room.seconds())
    routes = room.signals.counts.routes
    assert len(routes._routes) <= 500
    assert len(routes._of) <= 4000


async def test_the_socket_is_for_us_alone_and_an_earlier_one_is_replaced(room):
    assert os.stat(room.directory / "lines.sock").st_mode & 0o777 == 0o600
    again = RouterLines(room.directory, room.clock, room.totals)
    await again.start()
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(room.directory / "lines.sock"))
        await eventually(lambda: again._connections, "the connection at the newer one")
    await again.close()


@pytest.fixture
async def watched(house):
    """A house whose requests are counted."""
    lines = RouterLines(house.directory, house.clock, house.router.door.counters)
    await lines.start()
    await eventually(lambda: lines._connections, "HAProxy to connect")
    yield house, lines.of("api")
    await lines.close()


async def total_of(signals, slot, name="requests"):
    seen = await signals.observe()
    return (
        sum(getattr(second.slots[slot], name) for second in seen.value) if isinstance(seen, Known) else None
    )


async def test_what_haproxy_writes_is_what_we_read(watched):
    house, signals = watched
    blue, green = await house.both()
    await house.route(100, 1, blue, green)
    await begun(house, signals)
    for path in ("/", "/status/404", "/status/500", "/cut"):
        await house.ask(path, method="POST")
    await house.ask(headers=[house.preview("blue")])
    await eventually(lambda: is_total(signals, "green", 4), "four requests")
    counts = [
        await total_of(signals, "green", name) for name in ("errors", "refused", "unreached", "timeouts")
    ]
    assert [1, 1, 1, 0] == counts
    assert not any(second.lost for second in (await signals.observe()).value)


async def test_our_own_request_through_the_front_door_counts_like_any_and_one_to_a_slot_does_not(watched):
    house, signals = watched
    blue, green = await house.both()
    await house.route(100, 1, blue, green)
    await begun(house, signals)
    before = signals.lines._lines
    await house.router.observe()  # asks the front door, and each slot by name
    await eventually(lambda: signals.lines._lines == before + 3, "the lines of all three")
    await eventually(lambda: is_total(signals, "green", 1), "the one through the front door")


async def test_lines_come_again_after_the_router_restarted_and_after_we_did(watched):
    house, signals = watched
    blue, green = await house.both()
    await house.route(100, 1, blue, green)
    house.runner.crash()
    await eventually(lambda: not signals.lines._connections, "the end of the connection")
    house.runner.start()
    await eventually(lambda: signals.lines._connections, "HAProxy to connect again")
    await signals.lines.close()
    lines = RouterLines(house.directory, house.clock, house.router.door.counters)
    again = lines.of("api")
    await lines.start()

    async def comes_back():
        await house.ask()  # it only notices that we were away when it has something to write
        return lines._connections

    await eventually(comes_back, "HAProxy to connect to the next controller")
    await begun(house, again)
    await house.ask("/status/500")  # no other was: of those before, one may have come in a second that counts
    await eventually(lambda: is_total(again, "green", 1, "errors"), "the request")
    await lines.close()


async def is_total(signals, slot, count, name="requests"):
    return await total_of(signals, slot, name) == count


async def begun(house, signals):
    """The first whole second has begun, and every later one is counted."""
    await eventually(
        lambda: house.clock.now() > max(signals.lines._begin, *signals.lines._absent, 0) + 1, "a whole second"
    )
