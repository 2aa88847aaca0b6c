"""The faulty network does what it says, in the kernel and, where that is not allowed, by proxy."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.ground import Ground
from tests.faults.namespaces import HERE
from tests.faults.network import Cable, Fault, Proxied, cabled
from tests.waiting import WITHIN, eventually

SHORT = 0.3
"""Seconds in which nothing comes; what is to come has longer."""


def forbidden() -> Cable:
    raise OSError("unshare: Operation not permitted")


@pytest.fixture(params=["kernel", "proxy"])
async def cable(request: pytest.FixtureRequest, ground: Ground) -> AsyncIterator[Cable]:
    if request.param == "proxy":
        ground = replace(ground, say=lambda _: None)  # here that is what is wanted
    async with cabled(ground, forbidden if request.param == "proxy" else None, {}) as (_, cable):
        yield cable


@pytest.fixture
async def echo(cable: Cable) -> AsyncIterator[Echo]:
    echo = Echo()
    listening = cable.listen()
    async with await asyncio.start_server(echo.serve, sock=listening):
        echo.address = await cable.address(listening)
        yield echo
    for writer in echo.writers:
        writer.transport.abort()


class Echo:
    """Gives back what it gets, and remembers it."""

    def __init__(self) -> None:
        self.address, self.got = "", b""
        self.ended = 0
        self.writers: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        try:
            while piece := await reader.read(1 << 16):
                self.got += piece
                writer.write(piece)
        except OSError:
            pass
        self.ended += 1

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, _, port = self.address.rpartition(":")
        return await asyncio.open_connection(host, int(port))


async def answered(
    ends: tuple[asyncio.StreamReader, asyncio.StreamWriter], word: bytes, within: float = WITHIN
) -> bytes:
    ends[1].write(word)
    return await asyncio.wait_for(ends[0].readexactly(len(word)), within)


async def test_what_is_dropped_arrives_nowhere_and_nothing_says_so(cable: Cable, echo: Echo):
    ends = await echo.connect()
    assert b"one" == await answered(ends, b"one")
    await cable.strike(Fault.DROPPED, echo.address)
    with pytest.raises(TimeoutError):
        await answered(ends, b"two", SHORT)
    assert (b"one", 0) == (echo.got, echo.ended)
    ends[1].close()


async def test_who_is_deaf_hears_and_is_not_heard(cable: Cable, echo: Echo):
    ends = await echo.connect()
    await cable.strike(Fault.DEAF, echo.address)
    with pytest.raises(TimeoutError):
        await answered(ends, b"two", SHORT)
    await eventually(lambda: b"two" == echo.got, "what was asked to arrive")
    ends[1].close()


async def test_who_is_refused_knows_at_once(cable: Cable, echo: Echo):
    ends = await echo.connect()
    await cable.strike(Fault.REFUSED, echo.address)
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await answered(ends, b"two")
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await answered(await echo.connect(), b"two")
    ends[1].close()


async def test_what_gets_lost_now_and_then_arrives_all_the_same(cable: Cable, echo: Echo):
    ends = await echo.connect()
    await cable.strike(Fault.LOSSY, echo.address)
    for number in range(20):
        ends[1].write(bytes([number]))
        assert bytes([number]) == await ends[0].readexactly(1)
    ends[1].close()


async def test_who_is_lost_does_not_even_say_goodbye(cable: Cable, echo: Echo):
    listening = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    lost = await cable.client(listening.sockets[0].getsockname()[1])
    stays = await cable.client(listening.sockets[0].getsockname()[1])
    assert b"one" == await answered((lost.reader, lost.writer), b"one")
    await cable.lose(lost)
    assert b"two" == await answered((stays.reader, stays.writer), b"two")
    assert 0 == echo.ended
    stays.close()
    await eventually(lambda: echo.ended == 1, "the end of who stayed")
    listening.close()


async def test_in_the_kernel_a_connection_to_what_is_dropped_never_comes_to_be(ground: Ground):
    async with cabled(ground) as (_, cable):
        if isinstance(cable, Proxied):
            return
        listening = cable.listen()
        address = await cable.address(listening)
        await cable.strike(Fault.DROPPED, address)
        host, _, port = address.rpartition(":")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.open_connection(host, int(port)), SHORT)
        await cable.mend()
        _, writer = await asyncio.open_connection(host, int(port))
        writer.close()
        listening.close()


async def test_afterwards_this_thread_is_at_home_again(ground: Ground):
    home = os.readlink(HERE), socket.if_nameindex()
    with pytest.raises(ZeroDivisionError):
        async with cabled(ground):
            raise ZeroDivisionError
    assert home == (os.readlink(HERE), socket.if_nameindex())


async def test_where_the_kernel_may_not_be_used_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    said: list[str] = []
    async with cabled(Ground(tmp_path, monkeypatch, say=said.append), forbidden, {}) as (_, cable):
        assert isinstance(cable, Proxied)
    assert ["by proxy, not by the kernel: unshare: Operation not permitted"] == [
        sentence.removeprefix("faults of the network are brought about ") for sentence in said
    ]


async def test_in_ci_the_kernel_has_to_do_it(ground: Ground):
    with pytest.raises(AssertionError, match="in CI the kernel has to do it: unshare"):
        async with cabled(ground, forbidden, {"CI": "true"}):
            pass
    quiet = replace(ground, say=lambda _: None)
    async with cabled(quiet, forbidden, {"CI": "true", "VERDIGRIS_LACKING": "iptables strace"}) as (
        _,
        cable,
    ):
        assert isinstance(cable, Proxied)
