"""A faulty network between two programs: it delays, throttles, swallows, cuts off and resets what goes through it.

It stands at a TCP port of its own, or at a unix socket, and leads to another one. The weather may change at any time
and is that of every connection, also of those that are open.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.listening import shut

__all__ = ["FINE", "Proxy", "Weather", "passing"]

CHUNK = 1 << 14
LINGER_NOT = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Weather:
    """How it goes with what is sent.

    `latency`: seconds that each piece waits. `throttle`: bytes a second in each direction. `swallows`: what is
    asked arrives nowhere. `deaf`: it arrives, and the answer does not (half open). `truncates`: bytes of an answer
    after which the connection ends. `resets`: whoever connects is thrown out at once.
    """

    latency: float = 0.0
    throttle: float | None = None
    swallows: bool = False
    deaf: bool = False
    truncates: int | None = None
    resets: bool = False


FINE = Weather()


@dataclass
class Proxy:
    """`to` is a port of this machine or a unix socket; so is `at`, where 0 takes any free port. `start` it first."""

    to: int | Path
    at: int | Path = 0
    weather: Weather = FINE
    connections: int = 0
    open: set[asyncio.StreamWriter] = field(default_factory=set)
    meeting: set[asyncio.Task[None]] = field(default_factory=set)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    server: asyncio.Server | None = None

    async def start(self) -> Proxy:
        if isinstance(self.at, Path):
            self.server = await asyncio.start_unix_server(self.welcome, self.at)
        else:
            self.server = await asyncio.start_server(self.welcome, "127.0.0.1", self.at)
            self.at = int(self.server.sockets[0].getsockname()[1])
        return self

    async def close(self) -> None:
        if self.server:
            await shut(self.server)
        if self.meeting:  # cut off in the middle of it, they would leave a connection to nobody
            await asyncio.wait(self.meeting, timeout=1.0)
        self.reset()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    def reset(self) -> None:
        """Every open connection ends at once, without a goodbye."""
        for writer in [*self.open]:
            thrown_out(writer)

    def welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self.meet(reader, writer))
        self.meeting.add(task)
        task.add_done_callback(self.meeting.discard)

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open.add(writer)
        if self.weather.resets:
            return thrown_out(writer)
        try:
            there = await self.reach()
        except OSError:
            return thrown_out(writer)
        self.open.add(there[1])
        self.spawn(self.carry(reader, there[1], back=False))
        self.spawn(self.carry(there[0], writer, back=True))

    async def reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self.to, Path):
            return await asyncio.open_unix_connection(self.to)
        return await asyncio.open_connection("127.0.0.1", self.to)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, back: bool) -> None:
        """One direction of one connection, until whoever sends has ended or the weather ends it."""
        carried = 0
        with contextlib.suppress(OSError):
            while piece := await reader.read(CHUNK):
                carried += len(piece)
                await self.pass_on(piece, writer, back)
                most = self.weather.truncates
                if back and most is not None and carried >= most:
                    break
        if not self.holds_back(back):  # an end is swallowed like anything else
            writer.close()
            self.open.discard(writer)

    def holds_back(self, back: bool) -> bool:
        return self.weather.deaf if back else self.weather.swallows

    async def pass_on(self, piece: bytes, writer: asyncio.StreamWriter, back: bool) -> None:
        weather = self.weather
        if self.holds_back(back):
            return
        if weather.latency:
            await passing(weather.latency)
        if back and weather.truncates is not None:
            piece = piece[: weather.truncates]
        size = max(int(weather.throttle / 10), 1) if weather.throttle else len(piece)
        for start in range(0, len(piece), size):
            writer.write(piece[start : start + size])
            await writer.drain()
            if weather.throttle:
                await passing(0.1 if weather.throttle > 10 else 1 / weather.throttle)


async def passing(seconds: float) -> None:
    """Time as it passes on a slow wire; here it is the fault itself, and nobody waits for anything else."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), seconds)


def thrown_out(writer: asyncio.StreamWriter) -> None:
    """A reset in the place of an end."""
    sock = writer.get_extra_info("socket")
    if sock is not None and sock.family != socket.AF_UNIX:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
    writer.transport.abort()
