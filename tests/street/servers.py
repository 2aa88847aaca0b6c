"""Applications that tell exactly what reached them: every byte of a head, every body, and how often it was done.

What they tell is read from the connection itself; no HTTP library stands between the router and the test.
"""

import asyncio
import contextlib
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.listening import shut
from verdigris.core.world import Member

__all__ = ["Arrived", "Echo", "Worker"]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
HEAD_MOST = 1 << 20


@dataclass(frozen=True, slots=True)
class Arrived:
    """One request as it came in. `headers` are in their order, names in lower case, values as they were sent."""

    connection: int
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    raw: bytes

    def all(self, name):
        return [value for found, value in self.headers if found == name]

    def one(self, name):
        """The value of a header that is there once."""
        [value] = self.all(name)
        return value


@dataclass(eq=False)
class Echo:
    """An application that notes down what arrives. Bodies are read as their framing says, chunks as well."""

    name: str
    slot: str
    port: int = 0
    arrived: list = field(default_factory=list)
    connections: int = 0
    server: asyncio.Server | None = None

    @property
    def member(self):
        return Member(self.name, f"127.0.0.1:{self.port}")

    @property
    def last(self):
        return self.arrived[-1]

    async def start(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", self.port, limit=HEAD_MOST)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def die(self):
        await shut(self.server)

    async def serve(self, reader, writer):
        self.connections += 1
        number = self.connections
        # Cancelled at the end of a test: asyncio would report that as an error of this callback.
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while True:
                raw = await reader.readuntil(b"\r\n\r\n")
                self.note(number, raw, await body_of(raw, reader))
                writer.write(OK)
        writer.close()

    def note(self, number, raw, body):
        method, path, _ = raw.decode("latin-1").split("\r\n", 1)[0].split(" ")
        if method != "OPTIONS":  # that is how the router looks whether it answers at all
            self.arrived.append(Arrived(number, method, path, headers_of(raw), body, raw))


def headers_of(raw):
    lines = raw.decode("latin-1").split("\r\n")[1:-2]
    pairs = (line.partition(":") for line in lines)
    return tuple((name.lower(), value.strip()) for name, _, value in pairs)


async def body_of(raw, reader):
    """Chunks, where it says so, come before a length: whoever sends both is a smuggler or a fool."""
    headers = dict(headers_of(raw))
    if "chunked" not in headers.get("transfer-encoding", ""):
        return await reader.readexactly(int(headers.get("content-length", 0)))
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readuntil(b"\r\n")
    return body


WORKER = """
import asyncio, os, sys
name, notes = sys.argv[1], os.open(sys.argv[2], os.O_CREAT | os.O_WRONLY | os.O_APPEND)
async def serve(reader, writer):
    try:
        while head := (await reader.readuntil(b"\\r\\n\\r\\n")).decode("latin-1"):
            path = head.split(" ", 2)[1]
            if path != "/health":
                headers = dict(line.split(": ", 1) for line in head.split("\\r\\n")[1:-2])
                await reader.readexactly(int(headers.get("content-length", 0)))
                os.write(notes, (headers["x-request-id"] + "\\n").encode())
                await (asyncio.Event().wait() if path == f"/hang/{name}" else asyncio.sleep(0.02))
            writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()
async def main():
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()
asyncio.run(main())
"""


class Worker:
    """An application in a process of its own that writes down what it begins, so that being killed hides nothing.

    A request for `/hang/` and its name it begins and never answers.
    """

    def __init__(self, name, directory):
        self.name, self.slot = name, name.partition("-")[0]
        self.notes = Path(directory) / f"{name}.notes"
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER, name, str(self.notes)], stdout=subprocess.PIPE
        )
        self.port = int(self.process.stdout.readline())

    @property
    def member(self):
        return Member(self.name, f"127.0.0.1:{self.port}")

    @property
    def executed(self):
        """How often each request was begun, by its id."""
        return Counter(self.notes.read_text().split())

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        self.kill()
        self.process.stdout.close()
