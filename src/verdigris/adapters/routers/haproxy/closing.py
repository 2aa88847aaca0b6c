"""Ends the long-lived connections of a slot whose time is over: one after the other, so that their clients do not
all come back in the same moment. For a client it is a plain end of the stream.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from verdigris.adapters.routers.haproxy import stat
from verdigris.adapters.routers.haproxy.seats import backends
from verdigris.adapters.routers.haproxy.socket import Conversation
from verdigris.core.errors import ObservationError
from verdigris.core.world import PerSlot, Slot

__all__ = ["Closing"]

APART = 0.05
"""Seconds between two closings: twenty clients a second have to find their way anew."""
ROUNDS_MOST = 20

log = logging.getLogger("verdigris")

Ask = Callable[[], Coroutine[Any, Any, tuple[Conversation, ...]]]
"""Every process that may have streams: the one that serves, and those that leave."""


class Closing:
    """The closings of one app."""

    def __init__(self, app: str, processes: Ask) -> None:
        self.app = app
        self.processes = processes
        self.cut = PerSlot(0, 0)
        self._tasks: dict[Slot, asyncio.Task[None]] = {}

    @property
    def slots(self) -> frozenset[Slot]:
        """Where it is going on."""
        return frozenset(slot for slot, task in self._tasks.items() if not task.done())

    def begin(self, slot: Slot) -> None:
        """Have it begin; nothing happens while it goes on."""
        if slot not in self.slots:
            self._tasks[slot] = asyncio.create_task(self._close(slot), name=f"streams of {self.app} {slot}")

    def stop(self, slot: Slot) -> None:
        """The slot serves again: what is left may stay."""
        if task := self._tasks.pop(slot, None):
            task.cancel()

    async def close(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _close(self, slot: Slot) -> None:
        """In rounds, for a list of streams is old by the time that its last one is ended."""
        try:
            for _ in range(ROUNDS_MOST):
                ended = [await self._end(conversation, slot) for conversation in await self.processes()]
                if not any(ended):
                    return
        except ObservationError as error:
            log.warning("%s: the streams of %s cannot be closed now: %s", self.app, slot, error)

    async def _end(self, conversation: Conversation, slot: Slot) -> int:
        """How many streams of the slot this process had."""
        [sessions] = await conversation.ask("show sess")
        names = {name for s in Slot for name in backends(self.app, s)}
        inside = [
            stream
            for stream, backend, server in stat.insiders_in(sessions)
            if backend in names and server.startswith(f"{slot}-")
        ]
        for stream in inside:
            [said] = await conversation.ask(f"shutdown session {stream}")
            if not said.strip():  # else it has ended by itself meanwhile
                self.cut = self.cut.put(slot, self.cut[slot] + 1)
            await asyncio.sleep(APART)
        return len(inside)
