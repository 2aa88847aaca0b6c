"""One real HAProxy with several apps behind it, what it logs, and who comes along."""

import asyncio
import contextlib
import socket

from tests.unit.adapters.conftest import INSTALLATION, Client, Clock, Direct, Instance
from tests.waiting import eventually
from verdigris.adapters.routers.haproxy import Door, FrontDoor, HaproxyRouter, Site
from verdigris.adapters.signals.lines import read
from verdigris.adapters.signals.router_lines import RouterLines
from verdigris.core.world import PerSlot, Routing, Slot, Weights


class Said(RouterLines):
    """The listener for the router's lines, which keeps every one besides."""

    frames: list

    def take(self, frames):
        self.frames.extend(frames)
        super().take(frames)


class Guest(Client):
    """A kept-alive connection whose host may change from one request to the next."""

    async def open(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    async def send(self, path="/", method="GET", headers=(), body=b"", host="api"):
        if self.writer is None:
            await self.open()
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", f"Content-Length: {len(body)}", *headers]
        self.writer.write("\r\n".join([*lines, "", ""]).encode() + body)

    async def ask(self, path="/", method="GET", headers=(), body=b"", host="api"):
        await self.send(path, method, headers, body, host)
        return await self.receive()

    async def raw(self, data):
        """Bytes as they are, and everything that comes back until the router closes."""
        if self.writer is None:
            await self.open()
        with contextlib.suppress(ConnectionError):
            self.writer.write(data)
            await self.writer.drain()
        answer = b""
        with contextlib.suppress(ConnectionError):
            while more := await self.reader.read(65536):
                answer += more
        return answer.decode()


class StreetOf:
    """One front door with several sites. `doors` names the listening addresses; a site says `at` which it stands.

    A site that says nothing stands at the first. `tls` may be a dict without `listen`, with its own `at`.
    """

    def __init__(self, directory, binary, sites, within=2.0):
        self.directory, self.binary, self.within = directory, binary, within
        self.sockets, self.ports = {}, {}
        self.sites = tuple(self._site(**site) for site in sites)
        self.clock = Clock()
        # As many sockets, in the same order, as the door has addresses.
        ordered = Door(directory, self.sites, binary=binary).addresses
        by_address = {f"127.0.0.1:{s.getsockname()[1]}": s for s in self.sockets.values()}
        self.runner = Direct(*(by_address[address] for address in ordered))
        self.routers, self.instances, self.clients, self.killed = {}, [], [], []
        self.door = self.another_door()
        self.lines = Said(directory, self.clock, self.door.counters)
        self.lines.frames = []

    def _site(self, at="front", **more):
        return Site(listen=self.listen(at), **more)

    def listen(self, name):
        """The address of a listening socket of that name, made when it is first asked for."""
        if name not in self.sockets:
            self.sockets[name] = socket.create_server(("127.0.0.1", 0), backlog=1024)
            self.ports[name] = self.sockets[name].getsockname()[1]
        return f"127.0.0.1:{self.ports[name]}"

    @property
    def port(self):
        return next(iter(self.ports.values()))

    def another_door(self):
        """What a controller that starts anew would have; the routers of all apps are made anew as well."""
        described = Door(self.directory, self.sites, binary=self.binary, probe_within=self.within)
        door = FrontDoor(described, INSTALLATION, self.clock, self.runner)
        door.secret = door.files.secret()
        self.routers = {site.app: HaproxyRouter(door, site.app) for site in self.sites}
        return door

    async def start(self):
        await self.lines.start()
        await self.door.prepare()
        for app in self.routers:
            await self.reading(app)

    async def reading(self, app):
        async def look():
            return getattr((await self.routers[app].observe()).reading, "value", None)

        return await eventually(look, "HAProxy to answer")

    async def instance(self, name, slot, kind=Instance, **more):
        instance = await kind(name, slot, **more).start()
        self.instances.append(instance)
        return instance

    async def both(self, **more):
        blue = await self.instance("blue-1", "blue", **more)
        return blue, await self.instance("green-1", "green", **more)

    async def route(self, app, green, generation, *instances, fallback=None, versions=("", ""), **more):
        """Send `green` percent of an app to green. An instance is whatever has a `slot` and a `member`."""
        members = PerSlot(*(tuple(i.member for i in instances if i.slot == slot) for slot in Slot))
        routing = Routing(Weights(100 - green, green), members, fallback, PerSlot(*versions), **more)
        await self.routers[app].apply(routing, generation)
        return routing

    def client(self, at=None):
        client = Guest(self.ports[at] if at else self.port)
        self.clients.append(client)
        return client

    async def ask(self, path="/", method="GET", headers=(), body=b"", host="api", at=None):
        """One request over a connection of its own."""
        client = self.client(at)
        try:
            return await client.ask(path, method, headers, body, host)
        finally:
            client.close()

    async def tell(self, *commands):
        """What somebody does by hand at the runtime socket."""
        reader, writer = await asyncio.open_unix_connection(self.directory / "haproxy.sock")
        writer.write(("; ".join(commands) + "\n").encode())
        answer = (await reader.read()).decode()
        writer.close()
        return answer

    def told(self):
        """The requests that the router has told of, probes and previews aside."""
        lines = (read(frame) for frame in self.lines.frames)
        return [line for line in lines if line is not None and not line.preview and line.chosen]

    def preview(self, slot):
        secret = (self.directory / "preview.secret").read_text().strip()
        return f"X-Verdigris-Preview: {secret};{slot}"

    async def close(self):
        for router in self.routers.values():
            await router.close()
        await self.door.close()
        await self.lines.close()
        for client in self.clients:
            client.close()
        self.runner.close()
        for instance in self.instances:
            await instance.die()
