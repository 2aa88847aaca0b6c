"""Probes against real sockets, most of them hostile: each ends in time, in little memory, and in a sentence."""

import asyncio
import contextlib
import gzip
import json
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import grpc
import pytest

from tests.listening import listening
from tests.waiting import eventually
from verdigris.adapters.environments.probes import Prober, Target, pause
from verdigris.adapters.environments.response import HealthCheck
from verdigris.core.world import Health, Known, Slot, Unknown

Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
CHECK = HealthCheck(timeout=0.5, interval=30.0, body=((("status",), "healthy"),))
GOOD = json.dumps({"status": "healthy", "release": "v2", "slot": "blue"}).encode()


def response(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = [
        f"HTTP/1.1 {status}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *headers,
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + body


def says(raw: bytes) -> Answer:
    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)

    return answer


async def hangs(_: bytes, writer: asyncio.StreamWriter) -> None:
    await writer.wait_closed()


async def drips(_: bytes, writer: asyncio.StreamWriter) -> None:
    """One byte of a large body at a time, never late enough for a timeout between two of them."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    closed = asyncio.ensure_future(writer.wait_closed())
    while not closed.done():
        writer.write(b"x")
        await asyncio.wait([closed], timeout=0.05)


async def streams(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"x" * 65536)
        await writer.drain()


async def endless_headers(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while not writer.is_closing():
        writer.write(b"X-More: and more\r\n" * 100)
        await writer.drain()


async def hangs_up(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.close()


@contextlib.asynccontextmanager
async def serving(answer: Answer) -> AsyncIterator[str]:
    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            await answer(await reader.readuntil(b"\r\n\r\n"), writer)
        writer.close()

    async with listening(converse) as address:
        yield address


@contextlib.asynccontextmanager
async def probing(check: HealthCheck = CHECK, turned=lambda _: None) -> AsyncIterator[Prober]:
    prober = Prober(check, time.monotonic, turned)
    try:
        yield prober
    finally:
        await prober.close()


def target(address: str, pid: int = 1, name: str = "blue-1", slot: Slot = Slot.BLUE) -> Target:
    return Target(name, slot, address, "v2", (pid, 0))


async def probed(prober: Prober, one: Target, wanted: Callable[[Health], bool] = lambda _: True) -> Health:
    def look() -> Health | None:
        seen = prober.health(one)
        return seen.value if isinstance(seen, Known) and wanted(seen.value) else None

    return await eventually(look, "a probe")


async def verdict_on(answer: Answer, check: HealthCheck = CHECK) -> Health:
    async with serving(answer) as address, probing(check) as prober:
        prober.follow([target(address)])
        return await probed(prober, target(address))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (hangs, "no complete answer within 0.5 s, nothing came back"),
        (drips, "no complete answer within 0.5 s, status 200 and"),
        (streams, "the body has more than 64 KiB"),
        (endless_headers, "that is no HTTP answer"),
        (hangs_up, "it closed the connection without an answer"),
        (says(b"220 smtp.example.com ready\r\n"), "that is no HTTP answer"),
        (
            says(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort"),
            "it broke off in mid-answer, status 200",
        ),
        (
            says(response(b"", "302 Found", "Location: http://169.254.169.254/")),
            "it redirects to http://169.254",
        ),
        (says(response(b"x" * (65 << 10))), "the body has more than 64 KiB"),
        (says(response(b'{"status": ')), "the body is not valid JSON"),
        (
            says(response(gzip.compress(b"0" * 10_000_000), "200 OK", "Content-Encoding: gzip")),
            "compressed (gzip)",
        ),
        (says(response(GOOD.replace(b"v2", b"v1"))), 'it answers as release "v1", asked was "v2"'),
        (says(response(GOOD.replace(b"blue", b"green"))), 'it answers as slot "green", asked was "blue"'),
        (says(response(b'{"checks": {"db": false}}', "503 Busy")), "answered 503 in "),
    ],
)
async def test_a_bad_answer_is_a_failure_with_its_reason_and_its_address(answer, said):
    health = await verdict_on(answer)
    assert (0, 1) == (health.passes, min(health.failures, 1))
    assert said in health.sentence
    assert "GET http://127.0.0.1:" in health.sentence and "/health" in health.sentence


async def test_html_is_said_to_be_html_and_the_body_is_shown_without_its_escapes():
    page = says(response(b"<html>\x1b[31mlogin\n").replace(b"application/json", b"text/html"))
    health = await verdict_on(page)
    assert "the body is HTML" in health.sentence
    assert "Body: <html>\\x1b[31mlogin\\n" in health.sentence


async def test_nothing_listening_is_said_so():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        one = target(f"127.0.0.1:{unused.getsockname()[1]}")
        async with probing() as prober:
            prober.follow([one])
            assert "nothing listens there" in (await probed(prober, one)).sentence


async def test_passes_are_counted_and_told_and_every_probe_has_a_connection_of_its_own():
    told, asked = [], []

    async def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
        asked.append(writer.get_extra_info("peername"))
        writer.write(response(GOOD))

    async with serving(answer) as address, probing(turned=told.append) as prober:
        prober.follow([target(address)])
        health = await probed(prober, target(address), lambda h: h.passes >= CHECK.healthy)
    assert ["blue-1 is healthy"] == told
    assert health.passes == len(set(asked))


async def test_no_proxy_of_the_environment_is_asked(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert 1 <= (await verdict_on(says(response(GOOD)))).passes


async def test_another_life_of_an_instance_is_counted_from_nothing():
    async with serving(says(response(GOOD))) as address, probing() as prober:
        before, after = target(address, pid=1), target(address, pid=2)
        prober.follow([before])
        await probed(prober, before, lambda h: h.passes >= 2)
        prober.follow([after])
        assert Unknown("not probed yet") == prober.health(before) == prober.health(after)
        assert 1 <= (await probed(prober, after)).passes


async def test_a_failure_ends_the_row_of_passes():
    answers = iter([response(GOOD)] * 2 + [response(b"{}", "500 Oops")] * 2 + [response(GOOD)] * 99)

    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(next(answers))

    seen = []
    async with serving(answer) as address, probing() as prober:
        prober.follow([target(address)])
        await probed(prober, target(address), lambda h: seen.append((h.passes, h.failures)) or h.passes >= 3)
    assert {(2, 0), (0, 1), (0, 2), (1, 0), (2, 0), (3, 0)} >= set(seen) >= {(0, 2), (3, 0)}


async def test_a_hanging_candidate_does_not_delay_the_probes_of_the_live_slot():
    slow = replace(CHECK, timeout=30.0)
    async with serving(hangs) as stuck, serving(says(response(GOOD))) as fine, probing(slow) as prober:
        candidates = [target(stuck, name=f"green-{n}", slot=Slot.GREEN) for n in range(20)]
        prober.follow([*candidates, target(fine)])
        assert 1 <= (await probed(prober, target(fine))).passes
        assert all(isinstance(prober.health(one), Unknown) for one in candidates)


async def test_smoke_paths_are_asked_before_an_instance_counts_as_healthy_and_not_afterwards():
    asked = []

    async def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
        path = head.split()[1].decode()
        asked.append(path)
        writer.write(response(GOOD) if path == "/health" or len(asked) > 4 else response(b"{}", "500 Oops"))

    check = replace(CHECK, interval=0.05, smoke=("/orders",))
    async with serving(answer) as address, probing(check) as prober:
        prober.follow([target(address)])
        failed = await probed(prober, target(address), lambda h: h.failures > 0)
        assert "smoke: GET" in failed.sentence and "/orders answered 500" in failed.sentence
        await probed(prober, target(address), lambda h: h.passes > check.healthy + 3)
    assert ["/health"] * 3 == asked[-3:]


@pytest.mark.parametrize(
    ("health", "steady", "listening", "seconds"),
    [
        (Health(1, 0), False, True, 0.05),  # a fast application is not kept waiting
        (Health(3, 0), True, True, 10.0),
        (Health(0, 1), False, True, 0.075),
        (Health(0, 99), False, True, 10.0),
        (Health(0, 99), False, False, 0.2),  # nothing listens yet: a look costs it nothing
        (Health(0, 1), True, True, 1.5),  # it was well and has failed: sooner than at the interval
        (Health(1, 0), True, True, 1.0),
    ],
)
def test_the_pause_before_the_next_probe(health, steady, listening, seconds):
    assert seconds == pytest.approx(pause(HealthCheck(), health, steady, listening))


async def test_a_server_that_speaks_only_grpc_is_asked_by_grpc():
    async def check(request, context):
        return b"\x08\x01" if request[2:] == b"shop.Orders" else b"\x08\x02"

    server = grpc.aio.server()
    handlers = {"Check": grpc.unary_unary_rpc_method_handler(check)}
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("grpc.health.v1.Health", handlers)])
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    for service, passes in (("shop.Orders", 1), ("", 0)):
        async with probing(replace(CHECK, timeout=5.0, grpc=service)) as prober:
            one = target(address)
            prober.follow([one])
            health = await probed(prober, one)
        assert (passes, True) == (health.passes, f"at {address} answered in" in health.sentence)
    await server.stop(None)
