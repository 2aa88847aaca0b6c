"""Clients that ask again as soon as they were answered, an application as fast as they are, and what it costs."""

import asyncio
import ssl
from dataclasses import dataclass
from functools import partial

from tests.bench.cpu import spent_by
from tests.waiting import eventually

__all__ = ["BACKEND", "CONNECTIONS", "HOST", "REQUESTS", "Side", "cost", "request"]

REQUESTS, CONNECTIONS = 2_000, 32
HOST = "api.example.com"
BACKEND = """
import asyncio, sys
ANSWER = b"HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\nhello"
class Backend(asyncio.BufferedProtocol):
    room = bytearray(65536)
    def connection_made(self, transport): self.transport, self.seen = transport, b""
    def get_buffer(self, hint): return self.room
    def buffer_updated(self, number):
        self.seen += self.room[:number]
        if asked := self.seen.count(b"\\r\\n\\r\\n"):
            self.transport.write(ANSWER * asked)
            self.seen = b""
async def main():
    server = await asyncio.get_running_loop().create_server(Backend, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


def request(*more):
    """A request as an API's client sends it."""
    lines = ("GET /orders/17?page=2 HTTP/1.1", f"Host: {HOST}", "User-Agent: bench", "Accept: */*", *more)
    return "\r\n".join((*lines, "", "")).encode()


@dataclass
class Side:
    """A router to send requests to, and what they are like."""

    port: int
    pid: int
    request: bytes = request()
    tls: ssl.SSLContext | None = None


class Caller(asyncio.BufferedProtocol):
    """One connection that asks again as soon as it was answered. A buffer for all: that is cheaper for the clients."""

    answered = 0
    room = bytearray(1 << 14)

    def __init__(self, request):
        self.request = request

    def connection_made(self, transport):
        self.transport = transport
        transport.write(self.request)

    def get_buffer(self, sizehint):
        return self.room

    def buffer_updated(self, nbytes):
        if self.room[:nbytes].endswith(b"hello"):
            Caller.answered += 1
            self.transport.write(self.request)


async def cost(side):
    """Microseconds of the router's CPU for one request."""
    loop = asyncio.get_running_loop()
    connect = partial(loop.create_connection, partial(Caller, side.request), "127.0.0.1", side.port)
    secure = {"ssl": side.tls, "server_hostname": HOST} if side.tls else {}
    calls = [(await connect(**secure))[0] for _ in range(CONNECTIONS)]
    begun = Caller.answered + 10 * CONNECTIONS
    await eventually(lambda: Caller.answered >= begun, "the loop to run")
    before = Caller.answered
    with spent_by(side.pid) as spent:
        await eventually(lambda: Caller.answered - before >= REQUESTS, f"{REQUESTS} requests")
        answered = Caller.answered - before
    for call in calls:
        call.abort()
    return spent.seconds / answered * 1e6
