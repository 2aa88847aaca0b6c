"""The load client against a small server that misbehaves on request: on its counts rests every promise."""

import asyncio
import contextlib
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

import load as load_module
from load import Call, Load, LoadProcess, Plan, Result
from tests.waiting import eventually

Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
HEAD = b"HTTP/1.1 200 OK\r\nX-Environment: blue\r\nX-API-Version: 1.0.0\r\n"


@contextlib.asynccontextmanager
async def serving(answer: Answer) -> AsyncIterator[str]:
    """A server that reads whole requests and has `answer` do what it likes with the connection."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                lengths = [line for line in head.split(b"\r\n") if line.startswith(b"Content-Length")]
                await reader.readexactly(int(lengths[0].split(b":")[1]) if lengths else 0)
                await answer(head, writer)
        writer.close()

    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def fine(head: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Content-Length: 5\r\n\r\nhello")


async def loaded(answer: Answer, requests: int = 20, **plan: object) -> Result:
    """What a load says of a server after at least `requests` requests."""
    async with serving(answer) as url:
        load = Load(Plan(url=url, **{"rate": 400.0, "connections": 4, **plan}))
        await load.start()
        await eventually(lambda: len(load.records) >= requests, f"{requests} requests")
        return await load.stop()


@pytest.mark.parametrize("keep_alive", [True, False])
async def test_an_honest_server_has_no_failure_and_every_answer_is_attributed(keep_alive):
    result = await loaded(fine, keep_alive=keep_alive)
    assert 0 == result.failed
    assert {"1.0.0": result.requests} == result.by_version
    assert {"blue": result.requests} == result.by_slot
    assert all(record.sent <= record.received for record in result.records)


async def test_a_large_body_and_a_mix_of_calls_go_through():
    calls = (Call.parse("3 GET /orders"), Call.parse("1 POST /attachments 65536"))
    result = await loaded(fine, requests=60, calls=calls)
    assert 0 == result.failed
    assert {"GET /orders", "POST /attachments"} == {record.call for record in result.records}


async def test_a_kept_alive_connection_is_used_again():
    writers = set()

    async def remember(head, writer):
        writers.add(writer)
        await fine(head, writer)

    result = await loaded(remember, requests=40, connections=2)
    assert 0 == result.failed
    assert len(writers) <= 2


async def test_a_connection_closed_in_flight_is_a_failure():
    async def drop(head, writer):
        writer.transport.abort()

    result = await loaded(drop)
    assert {"closed": result.requests} == result.by_error


async def test_a_connection_closed_in_the_middle_of_a_response_is_a_failure():
    async def stop_half_way(head, writer):
        writer.write(HEAD + b"Content-Length: 50\r\n\r\nhello")
        writer.close()

    result = await loaded(stop_half_way)
    assert {"closed": result.requests} == result.by_error


async def test_a_connection_closed_between_requests_is_not_a_failure():
    async def answer_and_close(head, writer):
        await fine(head, writer)
        writer.close()

    assert 0 == (await loaded(answer_and_close)).failed


async def test_a_word_between_two_requests_makes_a_connection_useless_and_is_no_failure():
    writers = []

    async def remember(head, writer):
        writers.append(writer)
        await fine(head, writer)

    async with serving(remember) as url:
        load = Load(Plan(url=url, rate=50.0, connections=1))
        await load.start()
        await eventually(lambda: load.records and not load._busy, "an idle connection")
        writers[0].write(b"HTTP/1.1 408 Request Time-out\r\nContent-Length: 0\r\n\r\n")
        await eventually(lambda: len(set(writers)) > 1, "a connection in its place")
        assert 0 == (await load.stop()).failed


async def test_nobody_listening_is_a_connect_failure_for_every_request():
    with socket.create_server(("127.0.0.1", 0)) as closed_soon:
        port = closed_soon.getsockname()[1]
    load = Load(Plan(url=f"http://127.0.0.1:{port}", rate=400))
    await load.start()
    await eventually(lambda: len(load.records) >= 10, "10 requests")
    result = await load.stop()
    assert {"connect": result.requests} == result.by_error


async def test_no_answer_in_time_is_a_failure():
    async def keep_silent(head, writer):
        return

    result = await loaded(keep_silent, requests=4, timeout=0.1)
    assert {"timeout": result.requests} == result.by_error


@pytest.mark.parametrize(
    "status", [b"500 Internal Server Error", b"503 Service Unavailable", b"404 Not Found", b"302 Found"]
)
async def test_anything_but_2xx_is_a_failure_with_its_status(status):
    async def refuse(head, writer):
        writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")

    result = await loaded(refuse)
    assert {"status": result.requests} == result.by_error
    assert {int(status[:3])} == {record.status for record in result.records}


async def test_what_is_not_http_is_a_failure():
    async def babble(head, writer):
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")

    result = await loaded(babble)
    assert {"malformed": result.requests} == result.by_error


async def test_only_what_is_late_is_given_up():
    """Looked at in the order of sending: a late one takes no other with it, and hides none."""
    asked = []

    async def forget_one_in_seven(head, writer):
        asked.append(head)
        if len(asked) % 7:
            await fine(head, writer)

    result = await loaded(forget_one_in_seven, requests=40, connections=50, timeout=1.5)
    assert {"timeout": len(asked) // 7} == result.by_error
    assert all(1.5 <= record.received - record.sent for record in result.failures)


CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
WHOLE = {
    "with a length": HEAD + b"Content-Length: 5\r\n\r\nhello",
    "in chunks": CHUNKED + b"5\r\nhello\r\na;x=y\r\n0123456789\r\n0\r\n\r\n",
    "in chunks with a trailer": CHUNKED + b"5\r\nhello\r\n0\r\nDigest: abc\r\n\r\n",
    "after an interim response": b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + b"Content-Length: 2\r\n\r\nok",
    "longer than one read": HEAD + b"Content-Length: 40000\r\n\r\n" + b"x" * 40_000,
    "without a body": HEAD.replace(b"200 OK", b"204 No Content") + b"\r\n",
}


@pytest.mark.parametrize("response", WHOLE.values(), ids=WHOLE)
async def test_a_response_is_read_however_its_bytes_are_cut(response):
    async def one_byte_at_a_time(head, writer):
        for i in range(min(len(response), 300)):
            writer.write(response[i : i + 1])
            await writer.drain()
        writer.write(response[300:])

    result = await loaded(one_byte_at_a_time, requests=5)
    assert 0 == result.failed
    assert {"blue": result.requests} == result.by_slot


async def test_a_response_without_a_length_ends_with_its_connection():
    async def close_at_the_end(head, writer):
        writer.write(HEAD + b"\r\nhello")
        writer.close()

    assert 0 == (await loaded(close_at_the_end)).failed


async def test_the_pace_does_not_wait_for_the_answers():
    held = asyncio.Event()

    async def hold(head, writer):
        await held.wait()
        await fine(head, writer)

    async with serving(hold) as url:
        load = Load(Plan(url=url, rate=400, connections=4))
        await load.start()
        await eventually(lambda: len(load._waiting) > 10, "requests that are due and wait for a connection")
        held.set()
        await eventually(lambda: len(load.records) > 14, "them to be sent")
        assert 0 == (await load.stop()).failed


async def test_it_is_fast_enough_to_be_no_bottleneck():
    """1,500 requests a second is the bar on a busy core; here it only has to get through."""
    result = await loaded(fine, requests=600, rate=1500.0, connections=20)
    assert 0 == result.failed


async def test_a_process_of_its_own_says_the_same():
    async with serving(fine) as url:
        plan = Plan(url=url, calls=(Call.parse('1 POST /orders {"item": "tea"}'),), keep_alive=False)
        process = LoadProcess(plan)
        await asyncio.to_thread(process.start)
        result = await asyncio.to_thread(process.stop)
    assert 0 == result.failed
    assert {"POST /orders"} == {record.call for record in result.records}


def test_a_load_that_cannot_start_says_so():
    with pytest.raises(RuntimeError, match="the load did not start, exit code 1"):
        LoadProcess(Plan(url="http://127.0.0.1:port")).start()


async def test_a_load_that_ended_by_itself_is_no_result():
    async with serving(fine) as url:
        process = LoadProcess(Plan(url=url), seconds=0.1)
        await asyncio.to_thread(process.start)
        await eventually(lambda: not process.running, "the end of a tenth of a second")
        with pytest.raises(
            RuntimeError, match="the load ended before it was told to, after 0.1 s at the latest"
        ):
            await asyncio.to_thread(process.stop)


def test_the_command_line_prints_one_line_and_fails_when_a_request_failed():
    with socket.create_server(("127.0.0.1", 0)) as closed_soon:
        port = closed_soon.getsockname()[1]
    command = [sys.executable, load_module.__file__, "--url", f"http://127.0.0.1:{port}", "--seconds", "0.2"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (1, "") == (run.returncode, run.stderr)
    assert "failed (" in run.stdout
    assert " connect)" in run.stdout
