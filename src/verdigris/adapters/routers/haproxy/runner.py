"""Who starts HAProxy and keeps it running: not this adapter, which only says what is to run."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from verdigris.core.errors import ActionError, Conflict, ObservationError
from verdigris.keeper.client import KeeperClient, KeeperError
from verdigris.keeper.protocol import Reload, RouterRequest

__all__ = ["KeeperRunner", "Runner"]

REALM = "router"


class Runner(Protocol):
    """Runs one HAProxy with the listening sockets as `VERDIGRIS_FD_0` and so on, and restarts it when it dies."""

    async def ensure(self, argv: tuple[str, ...], cwd: Path, listen: tuple[str, ...]) -> bool:
        """Have it run like this; True when a successor took over for that. One that does already is left alone."""
        ...

    async def reload(self) -> None:
        """Have a successor take over; returns when it accepts. The earlier one finishes what it has."""
        ...

    async def leaving(self) -> tuple[int, ...]:
        """The pids of earlier processes that are still finishing."""
        ...


class KeeperRunner:
    """The keeper, as a runner. `client` talks to the keeper of the state directory.

    Whoever has the lease speaks with a generation above every one that the keeper has heard of its router, so that a
    predecessor's late word is refused.
    """

    def __init__(self, client: KeeperClient) -> None:
        self.client = client
        self._generation: int | None = None

    async def ensure(self, argv: tuple[str, ...], cwd: Path, listen: tuple[str, ...]) -> bool:
        try:
            before = (await self.client.observe()).router
            after = (
                await self.client.router(RouterRequest(argv, str(cwd), listen, await self._mine()))
            ).router
        except KeeperError as error:
            raise _ours(error) from error
        return bool(before and after and before.pid and after.pid != before.pid)

    async def reload(self) -> None:
        try:
            await self.client.reload(Reload(await self._mine()))
        except KeeperError as error:
            raise _ours(error) from error

    async def leaving(self) -> tuple[int, ...]:
        try:
            router = (await self.client.observe()).router
        except KeeperError as error:
            raise ObservationError(error.sentence) from error
        return router.leaving if router else ()

    async def _mine(self) -> int:
        if self._generation is None:
            self._generation = (await self.client.observe()).generations.get(REALM, 0) + 1
        return self._generation


def _ours(error: KeeperError) -> Conflict | ActionError:
    return Conflict(error.sentence) if error.kind == "conflict" else ActionError(error.sentence)
