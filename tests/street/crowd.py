"""The crowd in a street: steady load, and applications with lasting and slow answers. Every failure is counted by
whoever asked, never by the router that is under test.
"""

import asyncio
import contextlib
import resource

from load import Load, Plan, Result
from tests.unit.adapters.conftest import Instance
from tests.waiting import eventually

__all__ = ["SSE", "UPGRADE", "Crowd", "Lasting", "crowd", "many_files", "sent_after"]

UPGRADE = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
SSE = ("Accept: text/event-stream",)

SWITCHED = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)
STREAMING = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n"
SLOW = 0.2
BACKLOG = 2048


class Lasting(Instance):
    """An application that echoes at /ws and /events for as long as its client stays, takes its time at /slow, and
    never answers at /hang. Like every real server it has a backlog for a crowd that comes all at once.
    """

    async def start(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", self.port, backlog=BACKLOG)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def die(self):
        await super().die()
        await eventually(lambda: not self.connections, "the last connection to be over")

    async def answer(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        method, path, _ = head.split(b"\r\n")[0].decode().split(" ")
        if path in ("/ws", "/events"):
            return await self.last(path, reader, writer)
        length = head.lower().partition(b"\r\ncontent-length: ")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length or 0))
        if path == "/slow":
            await asyncio.sleep(SLOW)  # noqa: TID251 - the application is slow, not its test
        elif path == "/hang":
            await reader.read()
            raise ConnectionError
        self.asked.append((method, path, {}))
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(self.slot)}\r\n\r\n{self.slot}".encode())
        await writer.drain()

    async def last(self, path, reader, writer):
        """`tick` speaks to every listener of events; who upgraded gets back what he sends."""
        writer.write(SWITCHED if path == "/ws" else STREAMING)
        if path == "/events":
            self.listeners.add(writer)
        try:
            while data := await reader.read(4096):
                writer.write(data)
        finally:
            self.listeners.discard(writer)
        raise ConnectionError

    @property
    def listeners(self):
        return self.__dict__.setdefault("_listeners", set())

    def tick(self):
        for writer in self.listeners:
            writer.write(b"data: 2\n\n")


class Crowd:
    """A load that runs; `result` is what became of it, once it is over."""

    result = Result(())


@contextlib.asynccontextmanager
async def crowd(street, rate=800.0, **plan):
    """Load on the street's front door for as long as the block lasts."""
    plan = Plan(url=f"http://127.0.0.1:{street.port}", rate=rate, **{"connections": 128, **plan})
    load, found = Load(plan), Crowd()
    await load.start()
    await load.first_end.wait()
    try:
        yield found
    finally:
        found.result = await load.stop()


def sent_after(moment, slot, result, until=float("inf")):
    """The requests that a slot answered although they were sent after the moment, and before `until`."""
    return [record for record in result.answered if moment < record.sent < until and record.slot == slot]


@contextlib.contextmanager
def many_files():
    """Room for thousands of connections in this process and in those that it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 20_000 if hard == resource.RLIM_INFINITY else min(20_000, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
