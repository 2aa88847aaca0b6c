"""An application on a socket of its own that answers as its paths say and notes down what it was asked."""

import asyncio
import contextlib
import socket
from dataclasses import dataclass, field

from tests.listening import shut
from verdigris.core.world import Member

__all__ = ["App", "nobody"]

RAW = {
    "/garbage": b"SSH-2.0-OpenSSH\r\n\r\n",
    "/short": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc",
    "/moved": b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n",
    "/headers": b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * (1 << 20) + b"\r\nContent-Length: 0\r\n\r\n",
}
ENDLESS = {
    "/events": b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\ndata: 1\n\n",
    "/trickle": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc",
    "/hang": b"",
}


@dataclass(eq=False)
class App:
    """`statuses` says what a path is answered with, 200 if nothing; what it was asked stands in `asked`."""

    name: str = "blue-1"
    statuses: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)
    sent: int = 0
    connections: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)
    server: asyncio.Server | None = None
    port: int = 0

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def member(self):
        return Member(self.name, self.address)

    @property
    def paths(self):
        return [path for _, path, _ in self.asked]

    async def start(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def close(self):
        self.released.set()
        await shut(self.server)

    async def serve(self, reader, writer):
        self.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            method, path, _ = head.split("\r\n")[0].split(" ")
            headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
            self.asked.append((method, path, {name.lower(): value for name, value in headers.items()}))
            await self.answer(method, path, writer)
        writer.close()

    async def answer(self, method, path, writer):
        if path == "/reset":
            writer.transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"
            )
            writer.transport.abort()
        elif path == "/large":
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while True:
                writer.write(b"10000\r\n" + bytes(1 << 16) + b"\r\n")
                await writer.drain()
                self.sent += 1 << 16
        elif path in ENDLESS:
            writer.write(ENDLESS[path])
            await self.released.wait()
        else:
            body = b"" if method == "HEAD" else b"ok"
            status = self.statuses.get(path, 200)
            plain = b"HTTP/1.1 %d OK\r\nContent-Length: 2\r\n\r\n%b" % (status, body)
            writer.write(RAW.get(path, b"" if path == "/empty" else plain))
            await writer.drain()


@contextlib.contextmanager
def nobody():
    """An address at which nothing listens, nor can for as long as the block lasts."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{held.getsockname()[1]}"
