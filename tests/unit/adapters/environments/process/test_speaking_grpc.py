"""Speaking with a server that speaks gRPC alone, as the kit has it: it is asked for its counts, and nothing else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import grpc.aio
import pytest

from tests.waiting import eventually
from verdigris.adapters.environments.probes import Target
from verdigris.adapters.environments.process.speaking import Speaker, message_in, read_calls
from verdigris.adapters.environments.request import Response
from verdigris.adapters.environments.response import BODY_MOST
from verdigris.core.world import SILENT, Slot
from verdigris.traffic.inside import Calls, Inside
from verdigris_kit.contract import Identity
from verdigris_kit.control import state_of
from verdigris_kit.grpc import count, count_aio, totals
from verdigris_kit.grpc_control import control


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.touch(0o600)
    path.write_text("5ec3e7\n")
    return path


def fails(request, context):
    context.abort(grpc.StatusCode.INTERNAL, "boom")


def orders():
    handlers = {
        "Get": grpc.unary_unary_rpc_method_handler(lambda request, context: b"tea"),
        "Fail": grpc.unary_unary_rpc_method_handler(fails),
    }
    return grpc.method_handlers_generic_handler("shop.Orders", handlers)


@pytest.fixture
def served(secret: Path):
    """The address of a server with threads."""
    server = grpc.server(ThreadPoolExecutor(4), interceptors=[count()])
    server.add_generic_rpc_handlers([orders(), control({"VERDIGRIS_SECRET_FILE": str(secret)})])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(None)


async def call(address: str, method: str, **metadata: str) -> str:
    """The status of a call."""
    async with grpc.aio.insecure_channel(address) as channel:
        try:
            await channel.unary_unary(method)(b"", metadata=tuple(metadata.items()))
        except grpc.aio.AioRpcError as error:
            return error.code().name
    return "OK"


class Noted(Inside):
    """Keeps what it is told."""

    def __init__(self):
        super().__init__(lambda: 7.0)
        self.noted = []

    def note(self, instance, slot, calls):
        self.noted.append((slot, calls))
        super().note(instance, slot, calls)


async def test_what_it_counts_is_heard_and_it_says_nothing_of_itself(secret: Path, served: str):
    before, inside = totals(), Noted()
    for method in ("Get", "Get", "Fail"):
        await call(served, f"/shop.Orders/{method}")
    target = Target("green-1", Slot.GREEN, served, "1", (1, 0))
    speaker = Speaker(lambda: 7.0, inside=inside, grpc=True)
    speaker.follow({target: secret})
    try:
        await eventually(lambda: len(inside.noted) > 1, "two answers")
        # The questions themselves are no calls of users.
        expected = (Slot.GREEN, Calls(before["calls"] + 3, before["failed"] + 1))
        assert [expected] * 2 == inside.noted[:2]
        assert SILENT is speaker.said(target)
        await speaker.ask([target], "drain", seconds=1.0)  # nobody is asked
    finally:
        await speaker.close()
    assert {} == inside._heard


async def test_without_the_token_there_is_no_such_method(served: str):
    statuses = [
        await call(served, "/.verdigris/state"),
        await call(served, "/.verdigris/state", authorization="Bearer guessed"),
        await call(served, "/.verdigris/drain"),
    ]
    assert ["UNIMPLEMENTED"] * 3 == statuses


async def test_a_server_with_a_loop_answers_as_well(secret: Path):
    server = grpc.aio.server(interceptors=[count_aio()])
    server.add_generic_rpc_handlers((orders(), control({"VERDIGRIS_SECRET_FILE": str(secret)})))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    inside, target = Noted(), Target("blue-1", Slot.BLUE, f"127.0.0.1:{port}", "1", (1, 0))
    speaker = Speaker(lambda: 7.0, inside=inside, grpc=True)
    speaker.follow({target: secret})
    try:
        await eventually(lambda: inside.noted, "an answer")
    finally:
        await speaker.close()
        await server.stop(None)


async def test_a_server_that_does_not_know_the_question_is_left_in_peace(secret: Path):
    server = grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers([orders()])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    inside, target = Noted(), Target("blue-1", Slot.BLUE, f"127.0.0.1:{port}", "1", (1, 0))
    speaker = Speaker(lambda: 7.0, inside=inside, grpc=True)
    speaker.follow({target: secret})
    try:
        assert SILENT is await eventually(lambda: speaker._heard.get(target), "an answer")
        assert [] == inside.noted
    finally:
        await speaker.close()
        server.stop(None)


@pytest.mark.parametrize(
    ("body", "calls"),
    [
        (b"{}", None),
        (b'{"grpc_calls": {}}', Calls(0, 0)),
        (b'{"grpc_calls": {"calls": 7, "failed": 1, "later": []}}', Calls(7, 1)),
    ],
)
def test_calls_are_read(body: bytes, calls):
    assert calls == read_calls(body)


@pytest.mark.parametrize(
    "calls", ["7", "[]", '{"calls": -1}', '{"calls": true}', '{"failed": 1e3}', '{"calls": 1000000001}']
)
def test_nonsense_is_an_error_that_names_it(calls: str):
    with pytest.raises(ValueError, match="`grpc_calls"):
        read_calls(b'{"grpc_calls": %s}' % calls.encode())


@pytest.mark.parametrize(
    ("status", "body", "found"),
    [
        ("0", b"\0\0\0\0\2{}", (200, b"{}")),
        ("12", b"", (404, b"")),
        ("0", b"", (404, b"")),
        ("0", b"\1\0\0\0\2{}", (404, b"")),
        ("0", b"\0\0\0\0\3{}", (404, b"")),
        ("0", b"\0\xff\xff\xff\xff" + b"x" * (BODY_MOST - 5), (404, b"")),
    ],
)
def test_an_answer_is_one_whole_message_or_none(status: str, body: bytes, found):
    answer = message_in(Response(200, {"grpc-status": status}, body))
    assert found == (answer.status, answer.body)


def test_a_state_over_http_tells_of_calls_as_well():
    document = state_of({}, Identity.of({}), leaving=False, in_flight={})
    assert {"calls", "failed"} == document["grpc_calls"].keys()
