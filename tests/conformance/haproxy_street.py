"""A real HAProxy as the scene of the router suite."""

import asyncio
import socket
from pathlib import Path

from tests.unit.adapters.conftest import INSTALLATION, Clock, Direct
from tests.waiting import settled
from verdigris.adapters.routers.haproxy import Door, FrontDoor, HaproxyRouter, Site
from verdigris.core.world import Known, Weights
from verdigris.testing.conformance.claims import eventually
from verdigris.testing.conformance.members import Street


class HaproxyStreet(Street):
    """Applications in this process, HAProxy beside it, and its listening socket held here."""

    def __init__(self, directory: Path) -> None:
        door = socket.create_server(("127.0.0.1", 0), backlog=1024)
        listen = f"127.0.0.1:{door.getsockname()[1]}"
        super().__init__(f"http://{listen}")
        self.directory = directory
        self.clock = Clock()
        self.runner = Direct(door)
        site = Site(app="api", listen=listen)
        self.door = FrontDoor(Door(directory, (site,)), INSTALLATION, self.clock, self.runner)
        self.router = HaproxyRouter(self.door, "api")

    async def open(self) -> None:
        self.before = asyncio.all_tasks()
        await super().open()
        await self.door.prepare()

        async def answers() -> bool:
            return isinstance((await self.router.observe()).reading, Known)

        await eventually(self, answers, "HAProxy to answer")

    async def close(self) -> None:
        """HAProxy first: else it knocks at an application that is just closing its door, to see whether it is well."""
        await self.let_go()
        await self.router.close()
        await self.door.close()
        self.runner.close()
        await super().close()
        await settled(self.before)

    async def restart(self) -> None:
        self.runner.crash()
        self.runner.start()

    async def cut(self) -> None:
        self.runner.crash()

    async def edit(self) -> Weights:
        reader, writer = await asyncio.open_unix_connection(self.directory / "haproxy.sock")
        writer.write(b"set map share.map api green=30\n")
        await reader.read()
        writer.close()
        return Weights(70, 30)
