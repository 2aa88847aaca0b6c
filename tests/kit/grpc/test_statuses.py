"""What a real gRPC server answered its clients is what was counted, for every kind of method and every kind of end."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count as numbers

import grpc
import grpc.aio
import pytest

from tests.waiting import eventually, eventually_sync
from verdigris_kit import grpc as counted

KINDS = ["unary_unary", "unary_stream", "stream_unary", "stream_stream"]
ENDS = {
    b"fine": "OK",
    b"set": "NOT_FOUND",
    b"abort": "FAILED_PRECONDITION",
    b"raise": "UNKNOWN",
    b"set and raise": "DATA_LOSS",
}
names = numbers()


@pytest.fixture
def method():
    """A name of its own for each test: the table is one for the process."""
    return f"/test.Service{next(names)}/Method"


class Thread:
    """A server with threads. `asked` is what its handlers do."""

    def __init__(self, method, kind):
        self.hold = threading.Event()
        self.begun = threading.Event()
        behaviour = self.stream if kind.endswith("stream") else self.unary
        handler = getattr(grpc, f"{kind}_rpc_method_handler")(behaviour)
        service, name = method.strip("/").split("/")
        self.pool = ThreadPoolExecutor(4)
        self.server = grpc.server(self.pool, interceptors=[counted.count()])
        self.server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(service, {name: handler})])
        self.port = self.server.add_insecure_port("127.0.0.1:0")
        self.server.start()

    def unary(self, request, context):
        asked = request if isinstance(request, bytes) else next(request)
        if asked == b"hold":
            self.begun.set()
            self.hold.wait()
        if asked.startswith(b"set"):
            context.set_code(grpc.StatusCode.NOT_FOUND if asked == b"set" else grpc.StatusCode.DATA_LOSS)
        if asked == b"abort":
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "no")
        if asked.endswith(b"raise"):
            raise RuntimeError("boom")
        return b"answer"

    def stream(self, request, context):
        yield b"first"
        yield self.unary(request, context)

    def stop(self):
        self.hold.set()
        self.server.stop(0).wait()
        self.pool.shutdown()


class Loop:
    """The same in `grpc.aio`."""

    def __init__(self, method, kind, writes=False):
        self.hold, self.begun = asyncio.Event(), asyncio.Event()
        behaviour = (self.write if writes else self.stream) if kind.endswith("stream") else self.unary
        handler = getattr(grpc, f"{kind}_rpc_method_handler")(behaviour)
        service, name = method.strip("/").split("/")
        self.server = grpc.aio.server(interceptors=[counted.count_aio()])
        self.server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(service, {name: handler})])
        self.port = self.server.add_insecure_port("127.0.0.1:0")

    async def unary(self, request, context):
        asked = request if isinstance(request, bytes) else await anext(request)
        if asked == b"hold":
            self.begun.set()
            await self.hold.wait()
        if asked.startswith(b"set"):
            context.set_code(grpc.StatusCode.NOT_FOUND if asked == b"set" else grpc.StatusCode.DATA_LOSS)
        if asked == b"abort":
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, "no")
        if asked.endswith(b"raise"):
            raise RuntimeError("boom")
        return b"answer"

    async def stream(self, request, context):
        yield b"first"
        yield await self.unary(request, context)

    async def write(self, request, context):
        await context.write(b"first")
        await context.write(await self.unary(request, context))


def status_of(channel, method, kind, asked):
    """What the client is told."""
    call = getattr(channel, kind)(method)
    try:
        answer = call(iter([asked]) if kind.startswith("stream") else asked, timeout=20)
        assert answer == b"answer" if kind.endswith("unary") else [b"first", b"answer"] == list(answer)
    except grpc.RpcError as error:
        return error.code().name
    return "OK"


async def status_of_aio(channel, method, kind, asked):
    call = getattr(channel, kind)(method)(iter([asked]) if kind.startswith("stream") else asked, timeout=20)
    try:
        if kind.endswith("unary"):
            await call
        else:
            [_ async for _ in call]
    except grpc.RpcError:
        pass
    return (await call.code()).name


def counts(method):
    return counted.read().get(method, {})


@pytest.mark.parametrize("kind", KINDS)
def test_every_end_is_counted_as_the_client_was_told_it(method, kind):
    served = Thread(method, kind)
    with grpc.insecure_channel(f"127.0.0.1:{served.port}") as channel:
        told = {asked: status_of(channel, method, kind, asked) for asked in ENDS}
    eventually_sync(lambda: sum(counts(method).values()) == len(ENDS), "all to be counted")
    served.stop()
    assert told == ENDS
    assert dict.fromkeys(ENDS.values(), 1) == counts(method)


@pytest.mark.parametrize("writes", [False, True], ids=["yields", "writes"])
@pytest.mark.parametrize("kind", KINDS)
async def test_every_end_is_counted_so_in_a_loop_as_well(method, kind, writes):
    served = Loop(method, kind, writes)
    await served.server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{served.port}") as channel:
        told = {asked: await status_of_aio(channel, method, kind, asked) for asked in ENDS}
    await served.server.stop(None)
    assert told == ENDS
    assert dict.fromkeys(ENDS.values(), 1) == counts(method)


@pytest.mark.parametrize("kind", ["unary_unary", "unary_stream"])
def test_what_a_client_calls_off_is_counted_as_cancelled(method, kind):
    served = Thread(method, kind)
    with grpc.insecure_channel(f"127.0.0.1:{served.port}") as channel:
        call = getattr(channel, kind)(method)
        pending = call.future(b"hold") if kind == "unary_unary" else call(b"hold")
        assert served.begun.wait(20)
        assert {} == counts(method)
        pending.cancel()
        eventually_sync(lambda: counts(method), "the end to be counted")
    served.stop()
    assert {"CANCELLED": 1} == counts(method)


@pytest.mark.parametrize("kind", ["unary_unary", "unary_stream"])
async def test_what_a_client_calls_off_is_counted_so_in_a_loop_as_well(method, kind):
    served = Loop(method, kind)
    await served.server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{served.port}") as channel:
        pending = getattr(channel, kind)(method)(b"hold")
        await asyncio.wait_for(served.begun.wait(), 20)
        pending.cancel()
        await eventually(lambda: counts(method), "the end to be counted")
    await served.server.stop(None)
    assert {"CANCELLED": 1} == counts(method)


def test_unknown_methods_are_counted_together(method):
    before = counts(counted.OTHERS).get("UNIMPLEMENTED", 0)
    served = Thread(method, "unary_unary")
    with grpc.insecure_channel(f"127.0.0.1:{served.port}") as channel:
        told = [status_of(channel, f"/stranger/{n}", "unary_unary", b"") for n in range(3)]
    served.stop()
    assert ["UNIMPLEMENTED"] * 3 == told
    assert before + 3 == counts(counted.OTHERS)["UNIMPLEMENTED"]
    assert not any("stranger" in name for name in counted.read())


def test_the_number_of_methods_is_bounded(monkeypatch):
    monkeypatch.setattr(counted, "METHODS_MAX", len(counted.read()))
    before = counts(counted.OTHERS).get("OK", 0)
    counted._add("/one/more", "OK")
    assert before + 1 == counts(counted.OTHERS)["OK"]


def test_totals_are_all_calls_but_those_of_health_and_failed_are_those_that_are_the_servers_doing(method):
    before = counted.totals()
    for status in grpc.StatusCode:
        counted._add(method, status.name)
    counted._add("/grpc.health.v1.Health/Check", "INTERNAL")
    after = counted.totals()
    assert (17, 7) == (after["calls"] - before["calls"], after["failed"] - before["failed"])
    assert {status.name for status in grpc.StatusCode} >= counted.FAILED
