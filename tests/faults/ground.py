"""What a scenario may build on: a directory of its own, and houses, streets and stores that are taken down again."""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Callable
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

__all__ = ["Ground"]


@dataclass
class Ground:
    """The ground of one scenario. Whatever it gives is taken down when the scenario is over, the last first.

    `say` is for what a person should know of how it went. `haproxy` is the router's binary, None for ours.
    """

    place: Path
    patch: pytest.MonkeyPatch
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    say: Callable[[str], None] = print
    haproxy: Path | None = None

    def beside(self, name: str) -> Ground:
        """A ground for another scenario, in a directory of its own, that is taken down with this one."""
        place = self.place / name
        place.mkdir()
        return replace(self, place=place)

    def address(self) -> str:
        """One that nobody listens at."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            return f"127.0.0.1:{free.getsockname()[1]}"

    def keeper(self) -> Any:
        """A real keeper with its directory."""
        from tests.unit.keeper.house import House

        house = House(self.place)
        self.stack.callback(house.close)
        house.open()
        return house

    async def stage(self) -> Any:
        """A real keeper, and the environment of an app over it."""
        from tests.unit.adapters.environments.process.stage import Stage
        from tests.unit.adapters.environments.process.workshop import Workshop

        stage = Stage(Workshop(self.place))
        self.stack.push_async_callback(stage.close)
        stage.open()
        return stage

    async def street(self, *sites: dict[str, Any]) -> Any:
        """A real HAProxy with these sites behind it."""
        from tests.street.streets import StreetOf
        from verdigris.adapters.routers.haproxy.binary import bundled

        street = StreetOf(self.place / "router", self.haproxy or bundled(), sites or ({"app": "api"},))
        self.stack.push_async_callback(street.close)
        await street.start()
        return street

    async def house(self, **settings: Any) -> Any:
        """A real HAProxy for one app."""
        from tests.unit.adapters.conftest import House

        house = House(self.place / "router", binary=self.haproxy, **settings)
        self.stack.push_async_callback(house.close)
        await house.start()
        return house

    @property
    def database(self) -> Path:
        from verdigris.adapters.stores.files import DATABASE

        return self.place / DATABASE

    async def store(self) -> Any:
        """A store that is ready."""
        from verdigris.adapters.stores.sql import SqlStore

        store = SqlStore(self.database)
        await store.prepare()
        self.stack.push_async_callback(store.close)
        return store

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the store's file past the store."""
        with closing(sqlite3.connect(self.database)) as connection, connection:
            return connection.execute(statement, values).fetchall()
