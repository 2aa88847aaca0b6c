"""The faulty network does to connections what it says, and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.faults.proxy import FINE, Proxy, Weather
from tests.waiting import eventually

ANSWER = bytes(range(256)) * 40


class Service:
    """It notes what it is asked by lines, and answers each with the same ten thousand bytes."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.CancelledError):
            while line := await reader.readline():
                self.asked.append(line)
                writer.write(ANSWER)
        writer.close()


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture(params=["tcp", "unix"])
async def proxy(request, service: Service, tmp_path: Path) -> AsyncIterator[Proxy]:
    if request.param == "tcp":
        server = await asyncio.start_server(service.serve, "127.0.0.1", 0)
        proxy = Proxy(to=server.sockets[0].getsockname()[1])
    else:
        server = await asyncio.start_unix_server(service.serve, tmp_path / "service")
        proxy = Proxy(to=tmp_path / "service", at=tmp_path / "proxy")
    await proxy.start()
    yield proxy
    await proxy.close()
    server.close()


async def connect(proxy: Proxy) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if isinstance(proxy.at, Path):
        return await asyncio.open_unix_connection(proxy.at)
    return await asyncio.open_connection("127.0.0.1", proxy.at)


async def asked(proxy: Proxy, within: float = 5.0) -> bytes:
    """What comes back, as far as it comes."""
    reader, writer = await connect(proxy)
    answer = b""
    try:
        async with asyncio.timeout(within):
            writer.write(b"well?\n")
            while len(answer) < len(ANSWER) and (piece := await reader.read(1 << 16)):
                answer += piece
    except (TimeoutError, ConnectionError):
        pass
    writer.close()
    return answer


async def test_in_fine_weather_everything_arrives(proxy: Proxy, service: Service):
    assert (ANSWER, [b"well?\n"], 1) == (await asked(proxy), service.asked, proxy.connections)


async def test_latency_delays_and_loses_nothing(proxy: Proxy):
    proxy.weather, began = Weather(latency=0.1), time.monotonic()
    assert ANSWER == await asked(proxy)
    assert 0.2 <= time.monotonic() - began


async def test_a_throttled_answer_takes_its_time_and_arrives_whole(proxy: Proxy):
    proxy.weather, began = Weather(throttle=len(ANSWER) * 3), time.monotonic()
    assert ANSWER == await asked(proxy)
    assert 0.2 <= time.monotonic() - began


async def test_what_is_swallowed_arrives_nowhere(proxy: Proxy, service: Service):
    proxy.weather = Weather(swallows=True)
    assert (b"", []) == (await asked(proxy, 0.2), service.asked)


async def test_half_open_the_question_arrives_and_the_answer_does_not(proxy: Proxy, service: Service):
    proxy.weather = Weather(deaf=True)
    assert b"" == await asked(proxy, 0.2)
    await eventually(lambda: service.asked, "the question to arrive")
    assert [b"well?\n"] == service.asked


async def test_a_truncated_answer_ends_where_it_is_cut(proxy: Proxy):
    proxy.weather = Weather(truncates=100)
    assert ANSWER[:100] == await asked(proxy)


async def test_who_is_reset_gets_nothing(proxy: Proxy, service: Service):
    proxy.weather = Weather(resets=True)
    assert (b"", []) == (await asked(proxy), service.asked)


async def test_open_connections_can_be_reset_and_the_next_are_as_before(proxy: Proxy):
    reader, writer = await connect(proxy)
    writer.write(b"well?\n")
    await reader.readexactly(len(ANSWER))
    proxy.reset()

    async def over() -> bool:
        with contextlib.suppress(ConnectionError):
            return b"" == await reader.read(1)
        return True

    assert await eventually(over, "the end of the connection")
    writer.close()
    assert ANSWER == await asked(proxy)


async def test_the_weather_changes_under_an_open_connection(proxy: Proxy, service: Service):
    reader, writer = await connect(proxy)
    proxy.weather = Weather(deaf=True)
    writer.write(b"lost\n")
    await eventually(lambda: service.asked, "the question to arrive")
    proxy.weather = FINE
    writer.write(b"again\n")
    assert ANSWER[:10] == await reader.readexactly(10)
    writer.close()


async def test_where_nobody_listens_it_resets(tmp_path: Path):
    proxy = await Proxy(to=tmp_path / "nobody").start()
    assert b"" == await asked(proxy)
    await proxy.close()
