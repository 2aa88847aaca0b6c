"""A real gRPC server in each slot, over HTTP/2 in clear: the next call goes to the new slot, open streams finish."""

import asyncio

import grpc
import pytest

from tests.waiting import eventually
from verdigris.core.world import Member, Slot

SWITCHES = 20
CALLERS = 8
BETWEEN = 50
"""Calls that the new slot has to have got before the next switch."""


class Service:
    """Tells its slot: once, or again whenever it is nudged, until it is told that this was all."""

    def __init__(self, slot):
        self.slot, self.calls = slot, 0
        self.words = asyncio.Queue()
        self.server = grpc.aio.server()
        handlers = {
            "Where": grpc.unary_unary_rpc_method_handler(self.where),
            "Watch": grpc.unary_stream_rpc_method_handler(self.watch),
        }
        self.server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("Street", handlers)])
        self.port = self.server.add_insecure_port("127.0.0.1:0")

    @property
    def member(self):
        return Member(f"{self.slot}-1", f"127.0.0.1:{self.port}")

    async def where(self, request, context):
        self.calls += 1
        return self.slot.encode()

    async def watch(self, request, context):
        yield self.slot.encode()
        while word := await self.words.get():
            yield word


class Caller:
    """One channel through the router."""

    def __init__(self, port):
        self.channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}", [("grpc.use_local_subchannel_pool", 1)])
        self._where = self.channel.unary_unary("/Street/Where")
        self._watch = self.channel.unary_stream("/Street/Watch")

    async def where(self):
        return (await self._where(b"", timeout=20)).decode()

    def watch(self):
        return self._watch(b"", timeout=40)


@pytest.fixture
async def services(make_street):
    """A street that speaks HTTP/2 with its app, and the app in both slots; blue serves."""
    street = await make_street({"app": "api", "http2": True})
    both = Service("blue"), Service("green")
    for service in both:
        await service.server.start()
    await street.route("api", 0, 1, *both)
    yield street, both
    for service in both:
        await service.server.stop(None)


@pytest.fixture
async def caller(services):
    """Makes channels."""
    callers = []

    def make():
        callers.append(Caller(services[0].port))
        return callers[-1]

    yield make
    for caller in callers:
        await caller.channel.close()


async def test_the_next_call_on_a_channel_goes_to_the_new_slot(services, caller):
    street, both = services
    one = caller()
    for generation, slot in enumerate(("green", "blue", "green"), start=2):
        await street.route("api", 100 * (slot == "green"), generation, *both)
        assert {slot} == {await one.where() for _ in range(5)}


async def test_an_open_stream_finishes_where_it_began(services, caller):
    street, both = services
    one = caller()
    stream = one.watch()
    assert b"blue" == await stream.read()
    await street.route("api", 100, 2, *both)
    assert "green" == await one.where()
    assert 1 == (await street.routers["api"].observe()).in_flight[Slot.BLUE].value
    for word in (b"still", b"here", b""):
        both[0].words.put_nowait(word)
    assert [b"still", b"here", grpc.aio.EOF] == [await stream.read() for _ in range(3)]
    assert grpc.StatusCode.OK is await stream.code()


async def test_twenty_switches_under_load_fail_no_call(services, caller, figure):
    street, both = services
    over, answers, failed = asyncio.Event(), [], []

    async def call(one):
        while not over.is_set():
            try:
                answers.append(await one.where())
            except grpc.aio.AioRpcError as error:
                failed.append(error)

    calling = asyncio.gather(*(call(caller()) for _ in range(CALLERS)))
    for generation in range(2, SWITCHES + 2):
        await street.route("api", 100 * (generation % 2 == 0), generation, *both)
        new = both[generation % 2 == 0]
        before = new.calls
        await eventually(lambda: new.calls > before + BETWEEN, "calls in the new slot")  # noqa: B023 - waited for
    over.set()
    await calling
    figure(
        f"gRPC: {len(answers)} calls over {CALLERS} channels across {SWITCHES} switches, {len(failed)} failed"
    )
    assert [] == failed
    assert {"blue", "green"} == set(answers)
