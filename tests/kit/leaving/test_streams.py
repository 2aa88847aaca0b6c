"""Two hundred WebSockets and twenty event streams leave with a word, one after another and not all at once."""

import asyncio
import signal
import time
from collections import Counter

import httpx
import pytest
import websockets
from websockets.asyncio.client import connect

from tests.waiting import eventually

SOCKETS, STREAMS = 200, 20
LONG = 60.0
DAY = 86_400.0
"""The longest window that there is."""
SPREAD = 5.0
"""Seconds. Shorter, and this machine's hiccups would be a tenth of the window."""

LIMITS = httpx.Limits(max_connections=100)


async def closed(socket, began):
    """The code with which a socket was closed, and after how many seconds."""
    with pytest.raises(websockets.exceptions.ConnectionClosed):
        while True:
            await socket.recv()
    return socket.close_code, time.monotonic() - began


async def sockets(server, number=SOCKETS):
    url = server.url.replace("http", "ws")
    # Not all at once: a backlog that is full makes a client wait for a second.
    opened = []
    for _ in range(0, number, 20):
        opened += await asyncio.gather(*(connect(url, open_timeout=30) for _ in range(20)))
    return opened


async def test_every_websocket_is_closed_with_1012_and_those_who_come_back_are_spread(serving):
    server = serving(keep_serving=0, spread=SPREAD)
    opened = await sockets(server)
    began = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    ends = await asyncio.gather(*(closed(socket, began) for socket in opened))
    assert {1012: SOCKETS} == Counter(code for code, _ in ends)
    first = min(after for _, after in ends)  # so long it took until the signal was heard
    tenths = Counter(min(int((after - first) / SPREAD * 10), 9) for _, after in ends)
    assert max(tenths.values()) <= 3 * SOCKETS / 10, sorted(tenths.items())
    assert 10 == len(tenths), sorted(tenths.items())
    await eventually(lambda: not server.running, "the process to end")
    assert "Traceback" not in server.log.read_text()


async def test_drained_websockets_are_closed_with_1012_and_the_process_serves_new_ones_after_resume(serving):
    server = serving(keep_serving=0, spread=LONG)
    opened = await sockets(server, 20)
    async with httpx.AsyncClient(base_url=server.url) as client:
        await client.get("/drain?0.5")
        ends = await asyncio.gather(*(closed(socket, 0) for socket in opened))
        assert {1012: 20} == Counter(code for code, _ in ends)
        await client.get("/resume")
        await eventually(lambda: _told(client, ["websocket 1012"] * 20), "the application to hear of each")
    async with connect(server.url.replace("http", "ws")) as socket:
        await socket.send("still there")
        assert "still there" == await socket.recv()


async def test_a_socket_that_comes_while_the_process_is_drained_is_served_and_has_its_moment(serving):
    """The moment is by chance within the window: who is to be served comes into a long one."""
    server = serving(keep_serving=0, spread=LONG)
    url = server.url.replace("http", "ws")
    async with httpx.AsyncClient(base_url=server.url) as client:
        await client.get(f"/drain?{DAY}")
        async with connect(url) as socket:
            await socket.send("late")
            assert "late" == await socket.recv()
        await client.get("/drain?1")
        async with connect(url) as socket:
            assert 1012 == (await closed(socket, 0))[0]


async def test_what_was_not_ended_before_resume_lives_on(serving):
    server = serving(keep_serving=0, spread=LONG)
    async with connect(server.url.replace("http", "ws")) as socket:
        async with httpx.AsyncClient(base_url=server.url) as client:
            await client.get(f"/drain?{LONG}")
            await client.get("/resume")
        await socket.send("still here")
        assert "still here" == await socket.recv()


async def read(client, path, begun):
    async with client.stream("GET", path) as response:
        body = b""
        async for part in response.aiter_raw():
            body += part
            begun.add(path)
        return body


async def test_event_streams_end_behind_a_whole_event(serving):
    server = serving(keep_serving=0, spread=1)
    async with httpx.AsyncClient(base_url=server.url, limits=LIMITS, timeout=LONG) as client:
        paths = [f"{path}?{n}" for n in range(STREAMS // 2) for path in ("/busy", "/idle")]
        begun = set()
        reading = asyncio.gather(*(read(client, path, begun) for path in paths))
        await eventually(lambda: len(begun) == STREAMS, "every stream to begin")
        server.process.send_signal(signal.SIGTERM)
        bodies = await reading
    assert STREAMS == len(bodies)
    assert [] == [body[-40:] for body in bodies if not body.endswith(b"data: whole\n\n")]
    await eventually(lambda: not server.running, "the process to end")
    assert "Traceback" not in server.log.read_text()


async def test_an_application_is_told_that_its_event_stream_has_ended(serving):
    server = serving(keep_serving=0, spread=LONG)
    async with httpx.AsyncClient(base_url=server.url) as client, client.stream("GET", "/idle") as response:
        await client.get("/drain?0")
        assert b"data: whole\n\n" == await response.aread()
        await eventually(lambda: _told(client, ["idle events"]), "the application to hear of it")


async def _told(client, words):
    return (await client.get("/seen")).json()["told"] == words


@pytest.mark.parametrize("path", ["speaks", "listens"])
async def test_websockets_of_a_framework_leave_so_too(serving, path):
    server = serving(keep_serving=0, spread=0.5, site="starlette_site.py")
    url = f"{server.url.replace('http', 'ws')}/{path}"
    opened = [await connect(url) for _ in range(5)]
    server.process.send_signal(signal.SIGTERM)
    ends = await asyncio.gather(*(closed(socket, 0) for socket in opened))
    assert {1012: 5} == Counter(code for code, _ in ends)
    await eventually(lambda: not server.running, "the process to end")
    assert "Traceback" not in server.log.read_text()


async def test_event_streams_of_a_framework_end_even_if_they_never_look(serving):
    server = serving(keep_serving=0, spread=0.5, site="starlette_site.py")
    async with httpx.AsyncClient(base_url=server.url, timeout=LONG) as client:
        begun = set()
        reading = asyncio.gather(*(read(client, f"/events?{n}", begun) for n in range(5)))
        await eventually(lambda: len(begun) == 5, "every stream to begin")
        server.process.send_signal(signal.SIGTERM)
        bodies = await reading
    assert [] == [body[-40:] for body in bodies if not body.endswith(b"data: whole\n\n")]
    await eventually(lambda: not server.running, "the process to end")
    assert "Traceback" not in server.log.read_text()
