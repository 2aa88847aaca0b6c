"""A real gRPC server in each slot, over HTTP/2 in clear: the next call goes to the new slot, open streams finish.

The servers speak nothing but gRPC, so whoever asks for their health has to ask by gRPC.
"""

import asyncio

import grpc
import pytest

from tests.waiting import eventually
from verdigris.adapters.environments.health_call import exchange
from verdigris.adapters.environments.health_service import METHOD, judge_call, message
from verdigris.adapters.routers.haproxy import HaproxyRouter
from verdigris.adapters.routers.haproxy.asking import HealthCall
from verdigris.core.world import Member, Slot

SWITCHES = 20
CALLERS = 8
BETWEEN = 50
"""Calls that the new slot has to have got before the next switch."""


class Service:
    """Tells its slot: once, or again whenever it is nudged, until it is told that this was all."""

    def __init__(self, slot):
        self.slot, self.calls, self.checks, self.health = slot, 0, 0, b"\x08\x01"
        self.words = asyncio.Queue()
        self.server = grpc.aio.server()
        handlers = {
            "Where": grpc.unary_unary_rpc_method_handler(self.where),
            "Watch": grpc.unary_stream_rpc_method_handler(self.watch),
            "Talk": grpc.stream_stream_rpc_method_handler(self.talk),
        }
        health = {"Check": grpc.unary_unary_rpc_method_handler(self.check)}
        self.server.add_generic_rpc_handlers(
            (
                grpc.method_handlers_generic_handler("Street", handlers),
                grpc.method_handlers_generic_handler("grpc.health.v1.Health", health),
            )
        )
        self.port = self.server.add_insecure_port("127.0.0.1:0")

    @property
    def member(self):
        return Member(f"{self.slot}-1", f"127.0.0.1:{self.port}")

    async def where(self, request, context):
        self.calls += 1
        return self.slot.encode()

    async def check(self, request, context):
        self.checks += 1
        return self.health

    async def talk(self, requests, context):
        async for word in requests:
            yield self.slot.encode() + b" heard " + word

    async def watch(self, request, context):
        yield self.slot.encode()
        while word := await self.words.get():
            yield word


class Caller:
    """One channel through the router."""

    def __init__(self, port):
        self.channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}", [("grpc.use_local_subchannel_pool", 1)])
        self._where = self.channel.unary_unary("/Street/Where")
        self.talk = self.channel.stream_stream("/Street/Talk")
        self._watch = self.channel.unary_stream("/Street/Watch")

    async def where(self):
        return (await self._where(b"", timeout=20)).decode()

    def watch(self):
        return self._watch(b"", timeout=40)


@pytest.fixture
async def services(make_street):
    """A street that speaks HTTP/2 with its app, and the app in both slots; blue serves."""
    call = HealthCall(message(""), exchange("", "api"))
    street = await make_street({"app": "api", "http2": True, "health_path": METHOD, "health_call": call})
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


async def test_an_open_conversation_goes_on_where_it_began(services, caller):
    street, both = services
    one = caller()
    talk = one.talk(timeout=40)
    await talk.write(b"one")
    assert b"blue heard one" == await talk.read()
    await street.route("api", 100, 2, *both)
    assert "green" == await one.where()
    await talk.write(b"two")
    assert b"blue heard two" == await talk.read()
    await talk.done_writing()
    assert grpc.aio.EOF == await talk.read()
    assert grpc.StatusCode.OK is await talk.code()


async def test_the_router_asks_for_health_without_a_word_in_the_servers_log(services, capfd):
    _, both = services
    before = [one.checks for one in both]
    await eventually(
        lambda: all(one.checks > was + 3 for one, was in zip(both, before, strict=True)),
        "health calls of the router to both slots",
    )
    assert "" == capfd.readouterr().err


@pytest.mark.parametrize(
    ("health", "passed", "said"),
    [(b"\x08\x01", True, "tells the release"), (b"\x08\x02", False, "NOT_SERVING")],
    ids=["serving", "not serving"],
)
async def test_a_probe_through_the_front_door_is_a_health_call(services, health, passed, said):
    street, both = services
    both[0].health = health
    router = HaproxyRouter(street.door, "api", lambda status, body: said_wrong(judge_call(status, {}, body)))

    async def front():
        return getattr((await router.observe()).front, "value", None)

    try:
        answer = await eventually(front, "an answer through the front door")
    finally:
        await router.close()
    assert (passed, True) == (answer.passed, said in answer.sentence)


def said_wrong(judged):
    return "" if judged[0] else judged[1]


async def test_a_server_that_says_it_is_not_well_is_still_reached(services, caller):
    street, both = services
    for one in both:
        one.health = b"\x08\x02"
    before = both[0].checks
    await eventually(lambda: both[0].checks > before + 6, "more checks than it takes to be down")
    assert "blue" == await caller().where()
    assert "UP" in await street.tell("show stat api-blue 4 -1")


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
