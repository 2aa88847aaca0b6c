"""One guarded call of the health service: at a real gRPC server, and at servers that behave as badly as they can."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import grpc
import pytest

from tests.listening import sending
from verdigris.adapters.environments.health_call import exchange, health_call
from verdigris.adapters.environments.health_service import judge_call
from verdigris.adapters.environments.request import Response, Unanswered

FRAME_MOST = 16384
SETTINGS = b"\0\0\0\x04\0\0\0\0\0"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
"""What every HTTP/2 connection begins with (RFC 9113, 3.4)."""
HEADERS = b"\0\0\x01\x01\x04\0\0\0\x01\x88"
"""The answer begins, with status 200."""


@asynccontextmanager
async def grpc_server(**services: bytes) -> AsyncIterator[str]:
    """The address of a real server; for each service what its health is. Without any it has no health service."""

    async def check(request: bytes, context: grpc.aio.ServicerContext) -> bytes:
        if request[2:].decode() not in services:
            await context.abort(grpc.StatusCode.NOT_FOUND, "unknown service")
        return services[request[2:].decode()]

    server = grpc.aio.server()
    handlers = {"Check": grpc.unary_unary_rpc_method_handler(check)}
    if services:
        server.add_generic_rpc_handlers(
            [grpc.method_handlers_generic_handler("grpc.health.v1.Health", handlers)]
        )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield f"127.0.0.1:{port}"
    await server.stop(None)


def bad_server(*parts: bytes, hang: bool = False, endless: bytes = b"") -> AbstractAsyncContextManager[str]:
    """The address of one that sends the parts to whoever calls, and then goes on for ever, hangs or closes."""
    return sending(*parts, until=PREFACE, hang=hang, endless=endless)


def judged(answer: Response) -> tuple[bool, str]:
    return judge_call(answer.status, answer.headers, answer.body)


@pytest.mark.parametrize(
    ("service", "passed", "said"),
    [
        ("", True, "SERVING"),
        ("shop.Orders", False, "it answers NOT_SERVING"),
        ("shop.Absent", False, "NOT_FOUND (unknown service): the service of `health.grpc` is not registered"),
    ],
)
async def test_a_real_server_says_how_it_is(service, passed, said):
    async with grpc_server(**{"": b"\x08\x01", "shop.Orders": b"\x08\x02"}) as address:
        found = judged(await health_call(address, service, 20.0, "api.example.com"))
    assert (passed, True) == (found[0], said in found[1])


async def test_a_real_server_without_the_health_service_is_told_what_it_lacks():
    async with grpc_server() as address:
        passed, said = judged(await health_call(address, "", 20.0))
    assert (False, True) == (passed, "UNIMPLEMENTED" in said and "Add the one of your gRPC library" in said)


async def test_the_bytes_alone_are_a_whole_call():
    async with grpc_server(**{"": b"\x08\x01"}) as address:
        host, port = address.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(exchange("", "api"))
        came = b""
        async with asyncio.timeout(20):
            while b"\0\0\0\0\x02\x08\x01" not in came:
                came += await reader.read(4096)
        writer.close()


async def test_where_nothing_listens_is_told_apart():
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    with pytest.raises(Unanswered, match="nothing listens there") as caught:
        await health_call(f"127.0.0.1:{port}", "", 20.0)
    assert not caught.value.listening


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (
            [b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"],
            "that is no HTTP/2: HTTP/1.1 400 .* `health.grpc` needs",
        ),
        ([], "it closed the connection, nothing came back"),
        ([SETTINGS, HEADERS], "it closed the connection, status 200"),
        ([SETTINGS, b"\0\0\x04\x03\0\0\0\0\x01\0\0\0\x07"], "it broke off the call .HTTP/2 error 7"),
        ([SETTINGS, b"\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\x0b"], "it ended the connection .HTTP/2 error 11"),
        ([SETTINGS, b"\0\0\x05\x01\x04\0\0\0\x01\xff\xff\xff\xff\xff"], "that is no HTTP/2"),
        ([SETTINGS, b"\xff\xff\xff\0\0\0\0\0\x01"], "it closed the connection, nothing came back"),
    ],
    ids=["HTTP/1.1", "hangs up", "breaks off", "reset", "goodbye", "broken headers", "huge frame"],
)
async def test_what_is_no_answer_is_named(parts, said):
    async with bad_server(*parts) as address:
        with pytest.raises(Unanswered, match=said):
            await health_call(address, "", 20.0)


@pytest.mark.parametrize(
    "endless", [b"", b"\0\0\x08\x06\0\0\0\0\0verdigri"], ids=["silent", "pings for ever"]
)
async def test_what_never_answers_ends_in_time(endless):
    async with bad_server(SETTINGS, hang=True, endless=endless) as address:
        with pytest.raises(Unanswered, match=r"no complete answer within 0.3 s, nothing came back"):
            await health_call(address, "", 0.3)


async def test_a_body_without_end_is_cut_at_the_first_window():
    data = FRAME_MOST.to_bytes(3, "big") + b"\0\0\0\0\0\x01" + b"x" * FRAME_MOST
    async with bad_server(SETTINGS, HEADERS, *[data] * 20, hang=True) as address:
        with pytest.raises(Unanswered, match=r"that is no HTTP/2 .FlowControlError"):
            await health_call(address, "", 20.0)
