"""What the router gives up without a word, counted beside tens of thousands of requests that go well: never more.

Clients that leave, retries, WebSockets, event streams, gRPC and members that come and go are no losses.
"""

import asyncio
import contextlib
import itertools
from functools import partial

import pytest

from tests.street.crowd import SSE, UPGRADE, Lasting
from tests.street.servers import Echo
from tests.street.test_grpc import Caller, Service
from tests.street.test_retries import CLOSED, listening, status_of, twice_more
from tests.waiting import eventually
from verdigris.core.world import Member, Slot

REQUESTS = 12_000
CLIENTS = 8
AT_ONCE = 25
"""Requests that a client sends in one write. They are served one after the other, over one connection."""

RUDE = 10
"""One in so many of these writes is not waited for: its client breaks the connection when the first answer comes."""

LOST = 20
ONE = "{} / HTTP/1.1\r\nHost: api\r\nContent-Length: 0\r\n\r\n"
SENT = "".join(ONE.format("GET" if n % 2 else "POST") for n in range(AT_ONCE)).encode()
ANSWERED = b"HTTP/1.1 200"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
NOBODY = Member("blue-2", "127.0.0.1:9")
"""Whoever is sent there is refused, and goes on to another."""


class Quick(Echo):
    """An application that is no burden for the machine; at /cut it closes without an answer."""

    async def start(self):
        loop = asyncio.get_running_loop()
        self.held = set()
        self.server = await loop.create_server(
            partial(Answering, self.held), "127.0.0.1", self.port, backlog=1024
        )
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def die(self):
        await super().die()
        for transport in list(self.held):
            transport.abort()


class Answering(asyncio.Protocol):
    """Answers every head; nobody sends bodies."""

    def __init__(self, held):
        self.held, self.rest = held, b""

    def connection_made(self, transport):
        self.transport = transport
        self.held.add(transport)

    def connection_lost(self, error):
        self.held.discard(self.transport)

    def data_received(self, data):
        *heads, self.rest = (self.rest + data).split(b"\r\n\r\n")
        if any(b" /cut " in head for head in heads):
            self.transport.close()
        else:
            self.transport.write(OK * len(heads))


class Busy:
    """Clients that ask as fast as they are answered, and some that do not wait for it."""

    def __init__(self, street):
        self.street, self.over, self.asked, self.left = street, False, 0, 0
        self.turns = itertools.count(1)
        self.tasks = [asyncio.create_task(self.one()) for _ in range(CLIENTS)]

    async def one(self):
        while not self.over:
            with contextlib.closing(self.street.client()) as client:
                await client.open()
                await self.until_rude(client)

    async def until_rude(self, client):
        while not self.over:
            client.writer.write(SENT)
            if next(self.turns) % RUDE == 0:
                await client.reader.read(1)
                client.writer.transport.abort()
                self.left += 1
                return
            answers = b""
            while answers.count(ANSWERED) < AT_ONCE:
                answers += await client.reader.read(1 << 16)
            self.asked += AT_ONCE

    async def until(self, wanted):
        await eventually(lambda: self.asked >= wanted or failed_of(self.tasks), f"{wanted} answers")

    async def end(self):
        self.over = True
        await asyncio.gather(*self.tasks)


def failed_of(tasks):
    """What went wrong in one of them, raised."""
    return any(task.done() and task.result() for task in tasks)


@pytest.fixture
async def town(make_street):
    """Three apps: one that is quick, one whose answers last, one that speaks gRPC. All are in blue."""
    sites = ({"app": "api", "hosts": ("api",)}, {"app": "lasting", "hosts": ("lasting",)})
    street = await make_street(*sites, {"app": "calls", "http2": True})
    quick = await street.instance("blue-1", "blue", Quick)
    lasting = await street.instance("blue-1", "blue", Lasting)
    calls = Service("blue")
    await calls.server.start()
    for app, instance in (("api", quick), ("lasting", lasting), ("calls", calls)):
        await street.route(app, 0, 1, instance)
    yield street, quick
    await calls.server.stop(None)


async def come_and_go(street):
    """Streams of every kind; half of their listeners leave before the end, some before the beginning."""
    clients = []
    for number, (path, headers) in zip(range(60), itertools.cycle(KINDS), strict=False):
        client = street.client()
        await client.ask("/", host="lasting", headers=headers[:1] if headers == SSE else ())
        await client.send(path, "POST" if path == "/hang" else "GET", headers, host="lasting")
        if path != "/hang" and number % 3:
            await client.reader.readuntil(b"\r\n\r\n")
        clients.append(client)
    for client in clients[::2]:
        client.writer.transport.abort()


KINDS = (("/ws", UPGRADE), ("/events", SSE), ("/events", ()), ("/slow", ()), ("/hang", ()))


async def call(street):
    """Calls, and streams that their callers give up."""
    caller = Caller(street.port)
    for _ in range(200):
        await caller.where()
    watching = [caller.watch() for _ in range(10)]
    for one in watching:
        await one.read()
    for one in watching[::2]:
        one.cancel()
    return caller


async def members_change(street, quick, busy):
    """One that is dead joins and leaves again, so that there are retries."""
    for generation in range(2, 8):
        dead = (Dead(),) if generation % 2 == 0 else ()
        await street.route("api", 0, generation, quick, *dead)
        await busy.until(busy.asked + REQUESTS // 12)


class Dead:
    slot, member = Slot.BLUE, NOBODY


async def test_a_healthy_crowd_loses_nothing_and_what_is_lost_beside_it_is_counted_exactly(town, figure):
    street, quick = town
    signals = [street.lines.of(app) for app in ("lasting", "calls")]
    signals.insert(0, await listening(street))
    busy = Busy(street)
    caller, *_ = await asyncio.gather(call(street), come_and_go(street), members_change(street, quick, busy))
    await busy.until(REQUESTS)
    assert await twice_more(street, signals[0])
    healthy = [await unheard(street, one, app) for one, app in zip(signals, APPS, strict=True)]

    for number in range(LOST):
        client = street.client()
        assert 200 == await status_of(client, "GET", f"kept-{number}")
        assert CLOSED == await status_of(client, "POST", f"lost-{number}", "/cut")
        await signals[0].observe()  # as a controller does: between looks that are far apart nobody knows when
    await busy.end()
    assert await twice_more(street, signals[0])
    lost = [await unheard(street, one, app) for one, app in zip(signals, APPS, strict=True)]
    retries = sum(line.retries for line in street.told())
    figure(
        f"silent losses: {sum(healthy)} counted in {busy.asked} requests that went well, {busy.left} clients that left"
        f" and {retries} retries; then {sum(lost)} of {LOST}"
    )
    assert ([0, 0, 0], [LOST, 0, 0]) == (healthy, lost)
    assert retries > 0
    await caller.channel.close()


APPS = ("api", "lasting", "calls")


async def unheard(street, signals, app):
    """How many failed in an app of whose failure no line tells."""
    seconds = (await signals.observe()).value
    told = [line for line in street.told() if line.app == app.encode()]
    by_lines = sum(line.retries for line in told)
    return sum(second.slots.blue.unreached for second in seconds) - by_lines


async def test_a_router_process_that_leaves_is_heard_until_it_is_gone(street):
    """What is inside of it is lost when the instance cuts its connections, with a successor or without."""
    blue = await street.instance("blue-1", "blue")
    await street.route("api", 0, 1, blue)
    signals = await listening(street)
    client = street.client()
    assert 200 == await status_of(client, "GET", "kept")
    await client.send("/hang", "POST")
    await eventually(
        lambda: [path for _, path, _ in blue.asked if path == "/hang"], "the request to be inside"
    )
    await street.door.succeed()
    await eventually(lambda: both_are_heard(street), "the counters of both processes")
    assert await twice_more(street, signals)
    began = street.clock.now()
    for writer in list(blue.connections):
        writer.transport.abort()
    assert b"" == await client.reader.read()
    assert await twice_more(street, signals)
    seconds = (await signals.observe()).value
    assert [1] == [second.slots.blue.unreached for second in seconds if second.slots.blue.unreached]
    assert not any(second.lost for second in seconds if second.at >= int(began))


async def both_are_heard(street):
    return len(getattr(await street.door.counters(), "value", ())) == 2
