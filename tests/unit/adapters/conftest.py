"""A real HAProxy on a socket of our own, applications behind it, and clients before it."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.listening import shut
from tests.waiting import eventually, settled
from verdigris.adapters.routers.haproxy import Door, FrontDoor, HaproxyRouter, Site
from verdigris.adapters.routers.haproxy.binary import bundled
from verdigris.core.world import Member, PerSlot, Routing, Slot, Weights

INSTALLATION = "4f2a9c"


class Clock:
    def now(self):
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def base(self):
        return "this boot"

    def wall(self):
        return time.time()


class Direct:
    """A runner without a keeper: the listening sockets stay here, HAProxy comes and goes."""

    def __init__(self, *doors):
        self.doors = doors
        self.argv, self.cwd = (), None
        self.processes = []
        self.reloads = 0

    @property
    def current(self):
        return self.processes[-1]

    async def ensure(self, argv, cwd, listen):
        before, self.argv, self.cwd = self.argv, argv, cwd
        if not self.processes:
            self.start()
        elif before != argv:
            await self.reload()
            return True
        return False

    async def reload(self):
        self.reloads += 1
        old = self.current
        self.start("-sf", str(old.pid))
        await eventually(
            lambda: _listeners(old.pid, self.doors[0]) == 0, "the earlier HAProxy to stop accepting"
        )

    async def leaving(self):
        return tuple(p.pid for p in self.processes[:-1] if p.poll() is None)

    def start(self, *more):
        numbers = [door.fileno() for door in self.doors]
        with (self.cwd / "haproxy.log").open("a") as log:
            self.processes.append(
                subprocess.Popen(
                    [*self.argv, *more],
                    cwd=self.cwd,
                    env={f"VERDIGRIS_FD_{n}": str(number) for n, number in enumerate(numbers)},
                    pass_fds=numbers,
                    stdout=log,
                    stderr=log,
                )
            )

    def crash(self):
        self.current.kill()
        self.current.wait()

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait()
        for door in self.doors:
            door.close()


def _listeners(pid, door):
    """How many descriptors of a process are the listening socket."""
    wanted = f"socket:[{os.fstat(door.fileno()).st_ino}]"
    try:
        entries = list(Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return 0
    return sum(_leads_to(entry) == wanted for entry in entries)


def _leads_to(entry):
    """Nowhere, where it was closed just now: that says nothing of the others."""
    try:
        return os.readlink(entry)
    except OSError:
        return ""


@dataclass
class Instance:
    """An application in this process. Paths say how it answers; what it was asked stands in `asked`."""

    name: str
    slot: str
    release: str = ""
    health: int = 200
    more: str = ""
    port: int = 0
    asked: list = field(default_factory=list)
    connections: set = field(default_factory=set)
    server: asyncio.Server | None = None

    @property
    def member(self):
        return Member(self.name, f"127.0.0.1:{self.port}")

    async def start(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", self.port)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def die(self):
        """Everything is refused and cut from now on."""
        await shut(self.server)
        for writer in self.connections:
            writer.transport.abort()

    async def serve(self, reader, writer):
        self.connections.add(writer)
        # Cancelled at the end of a test: asyncio would report that as an error of this callback.
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while True:
                await self.answer(reader, writer)
        self.connections.discard(writer)
        writer.close()

    async def answer(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, path, _ = head.split("\r\n")[0].split(" ")
        headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
        await reader.readexactly(int(headers.get("content-length", 0)))
        if method != "OPTIONS":
            self.asked.append((method, path, headers))
        status, body, more = 200, self.slot, self.more
        if path == "/health":
            status, body = (
                self.health,
                json.dumps({"slot": self.slot, "release": self.release} if self.release else {}),
            )
        elif path.startswith("/status/"):
            status = int(path[8:])
        elif path == "/cut":
            raise ConnectionError
        elif path == "/hang":
            await asyncio.Event().wait()
        elif path == "/ws":
            more = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
            writer.write(f"HTTP/1.1 101 Switching Protocols\r\n{more}\r\n".encode())
            writer.write(await reader.readexactly(4))
            await reader.read()
            raise ConnectionError
        elif path == "/events":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
            await reader.read()
            raise ConnectionError
        if status == 204:
            writer.write(b"HTTP/1.1 204 OK\r\n\r\n")
        else:
            length = f"Content-Length: {len(body)}\r\n{more}\r\n"
            writer.write(f"HTTP/1.1 {status} OK\r\n{length}{'' if method == 'HEAD' else body}".encode())
        await writer.drain()


@dataclass
class Reply:
    status: int
    headers: dict
    body: str


class Client:
    """One kept-alive connection to the front door."""

    def __init__(self, port):
        self.port = port
        self.reader = self.writer = None

    async def send(self, path="/", method="GET", headers=(), body=b""):
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        lines = [f"{method} {path} HTTP/1.1", "Host: api", f"Content-Length: {len(body)}", *headers]
        self.writer.write("\r\n".join([*lines, "", ""]).encode() + body)

    async def ask(self, path="/", method="GET", headers=(), body=b""):
        await self.send(path, method, headers, body)
        return await self.receive()

    async def receive(self):
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        return Reply(int(first.split(" ")[1]), headers, body.decode())

    def close(self):
        if self.writer:
            self.writer.close()


class House:
    """Router, applications and clients of one test."""

    def __init__(self, directory, places=2, within=2.0, binary=None, **settings):
        door = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = door.getsockname()[1]
        self.directory, self.within, self.binary = directory, within, binary or bundled()
        self.site = Site(app="api", listen=f"127.0.0.1:{self.port}", places=places, **settings)
        self.clock = Clock()
        self.runner = Direct(door)
        self.routers, self.instances, self.clients, self.killed = [], [], [], []
        self.router = self.another_router()

    def another_router(self, **more):
        """What a controller that starts anew would have."""
        described = Door(self.directory, (self.site,), binary=self.binary, probe_within=self.within)
        door = FrontDoor(described, INSTALLATION, self.clock, self.runner)
        door.secret = door.files.secret()
        router = HaproxyRouter(door, "api", **more)
        self.routers.append(router)
        return router

    async def start(self):
        await self.router.door.prepare()
        await self.reading()

    async def reading(self, router=None):
        """The reading, as soon as there is one."""

        async def look():
            seen = (await (router or self.router).observe()).reading
            return getattr(seen, "value", None)

        return await eventually(look, "HAProxy to answer")

    async def answered(self, router=None):
        """A look in which every answer has come: one look waits half a second for them, and no longer."""

        async def look():
            world = await (router or self.router).observe()
            answers = (world.front, world.preview.blue, world.preview.green)
            return (
                None if any(getattr(seen, "why", "") == "it has not come yet" for seen in answers) else world
            )

        return await eventually(look, "the answers to our own requests")

    async def instance(self, name, slot, **more):
        instance = await Instance(name, slot, **more).start()
        self.instances.append(instance)
        return instance

    async def both(self, **more):
        """One instance in each slot."""
        blue = await self.instance("blue-1", "blue", **more)
        return blue, await self.instance("green-1", "green", **more)

    async def route(
        self, green, generation, *instances, fallback=None, versions=("", ""), router=None, **more
    ):
        members = PerSlot(*(tuple(i.member for i in instances if i.slot == slot) for slot in Slot))
        routing = Routing(Weights(100 - green, green), members, fallback, PerSlot(*versions), **more)
        await (router or self.router).apply(routing, generation)
        return routing

    def client(self):
        client = Client(self.port)
        self.clients.append(client)
        return client

    async def ask(self, path="/", method="GET", headers=(), body=b""):
        """One request over a connection of its own."""
        return await self.client().ask(path, method, headers, body)

    async def tell(self, *commands):
        """What somebody does by hand at the runtime socket."""
        reader, writer = await asyncio.open_unix_connection(self.directory / "haproxy.sock")
        writer.write(("; ".join(commands) + "\n").encode())
        answer = (await reader.read()).decode()
        writer.close()
        return answer

    def preview(self, slot):
        secret = (self.directory / "preview.secret").read_text().strip()
        return f"X-Verdigris-Preview: {secret};{slot}"

    async def close(self):
        for router in self.routers:
            await router.close()
            await router.door.close()
        for client in self.clients:
            client.close()
        for process in self.killed:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()
        self.runner.close()
        for instance in self.instances:
            await instance.die()


@pytest.fixture
async def house(tmp_path):
    house = House(tmp_path / "router")
    await house.start()
    yield house
    await house.close()
    await settled()


@pytest.fixture
async def make_house(tmp_path):
    """A house with settings of its own."""
    houses = []

    async def make(**settings):
        house = House(tmp_path / f"router{len(houses)}", **settings)
        houses.append(house)
        await house.start()
        return house

    yield make
    for house in houses:
        await house.close()
    await settled()


VICTIM = """
import asyncio, sys
async def serve(reader, writer):
    try:
        while head := await reader.readuntil(b"\\r\\n\\r\\n"):
            await reader.readexactly(int((head.lower().split(b"content-length: ") + [b"0"])[1].split(b"\\r")[0]))
            writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\ngreen")
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()
async def main():
    async with await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1])) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()
asyncio.run(main())
"""


@dataclass
class Victim:
    """An application in a process of its own, to be killed or stopped."""

    process: subprocess.Popen
    port: int
    slot: str = "green"

    @property
    def member(self):
        return Member("green-1", f"127.0.0.1:{self.port}")


@pytest.fixture
def victim():
    """Starts one; on the port of an earlier one if that is given."""
    processes = []

    def start(port=0):
        process = subprocess.Popen([sys.executable, "-c", VICTIM, str(port)], stdout=subprocess.PIPE)
        processes.append(process)
        return Victim(process, int(process.stdout.readline()))

    yield start
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()
        process.stdout.close()
