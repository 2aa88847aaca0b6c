"""Keeps the files true: what could not be written when it was done is written by a later look.

A full disk, or an order that was given up half way, leaves files that a restart would come up from with what was
before. It writes what the process does, whoever told it so, and never decides what that should be.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from verdigris.adapters.routers.haproxy.sight import Sight, look_at
from verdigris.core.errors import ActionError, ConfigError

if TYPE_CHECKING:
    from verdigris.adapters.routers.haproxy.door import FrontDoor

__all__ = ["Upkeep"]

WITHIN = 1.0
"""Seconds that a look may spend on it: less than it has, since what it sees matters more."""

log = logging.getLogger("verdigris")


class Upkeep:
    """The files of one door. `behind`: the process may do something that they do not say yet."""

    def __init__(self, door: FrontDoor) -> None:
        self.door = door
        self.behind = False
        self._complaint = ""

    async def look(self, sight: Sight) -> None:
        """Write what a restart would lose. What cannot be written is said once, and is no reason not to see."""
        try:
            await asyncio.to_thread(self.door.files.write_latch, sight.latch)
            async with asyncio.timeout(WITHIN):
                await self._catch_up(sight.app)
        except (ActionError, ConfigError, TimeoutError) as error:
            why = str(error) or f"HAProxy did not check the configuration within {WITHIN:g} s"
            self._say(f"a restart would undo what the router does: {why}")
        else:
            self._say("" if not self.behind else self._complaint)

    async def _catch_up(self, app: str) -> None:
        """Seen anew in its turn: an order may have been given since the look. One that is being given writes itself."""
        door = self.door
        if not self.behind or door.turn.locked():
            return
        async with door.turn:
            await door.write_what_is(await look_at(await door.talk(), app))

    def _say(self, complaint: str) -> None:
        if complaint and complaint != self._complaint:
            log.warning("%s", complaint)
        elif self._complaint and not complaint:
            log.info("the router's files say what it does again")
        self._complaint = complaint
