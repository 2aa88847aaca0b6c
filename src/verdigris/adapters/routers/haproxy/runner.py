"""Who starts HAProxy and keeps it running: not this adapter, which only says what is to run."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from verdigris.core.errors import ActionError, Conflict, ObservationError
from verdigris.keeper.client import KeeperClient, KeeperError
from verdigris.keeper.protocol import Reload, RouterRequest

__all__ = ["KeeperRunner", "Runner"]


class Runner(Protocol):
    """Runs one HAProxy with the listening sockets as `VERDIGRIS_FD_0` and so on, and restarts it when it dies."""

    async def ensure(
        self, argv: tuple[str, ...], cwd: Path, listen: tuple[str, ...], generation: int
    ) -> None:
        """Have it run like this. One that does already is left alone."""
        ...

    async def reload(self, argv: tuple[str, ...], generation: int) -> None:
        """Have a successor take over; returns when it accepts. The earlier one finishes what it has."""
        ...

    async def leaving(self) -> tuple[int, ...]:
        """The pids of earlier processes that are still finishing."""
        ...


class KeeperRunner:
    """The keeper, as a runner. `client` talks to the keeper of the state directory."""

    def __init__(self, client: KeeperClient) -> None:
        self.client = client

    async def ensure(
        self, argv: tuple[str, ...], cwd: Path, listen: tuple[str, ...], generation: int
    ) -> None:
        try:
            await self.client.router(RouterRequest(argv, str(cwd), listen, generation))
        except KeeperError as error:
            raise _ours(error) from error

    async def reload(self, argv: tuple[str, ...], generation: int) -> None:
        try:
            await self.client.reload(Reload(generation))
        except KeeperError as error:
            raise _ours(error) from error

    async def leaving(self) -> tuple[int, ...]:
        try:
            router = (await self.client.observe()).router
        except KeeperError as error:
            raise ObservationError(error.sentence) from error
        return router.leaving if router else ()


def _ours(error: KeeperError) -> Conflict | ActionError:
    return Conflict(error.sentence) if error.kind == "conflict" else ActionError(error.sentence)
