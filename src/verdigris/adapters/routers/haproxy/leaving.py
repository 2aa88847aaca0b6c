"""Earlier HAProxy processes that still finish what they have: they are counted and told like the one that serves.

A process that was succeeded is reached only through a conversation begun before. One that nobody has a
conversation with makes the counts unknown until it is gone.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from verdigris.adapters.routers.haproxy.sight import Load, counters_of, load_of
from verdigris.adapters.routers.haproxy.socket import Conversation
from verdigris.core.errors import ObservationError
from verdigris.core.world import Known, PerSlot, Seen, Slot, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from verdigris.adapters.routers.haproxy.runner import Runner
    from verdigris.core.counters import Counters

__all__ = ["Leaving"]


class Leaving:
    """The conversations with processes that leave, and the question whether there are others."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self._held: list[Conversation] = []
        self._sure = False

    def hold(self, conversation: Conversation) -> None:
        """This one is being succeeded."""
        self._held.append(conversation)
        self._sure = False

    async def tell(self, command: str) -> None:
        """Have the leaving ones do it as well. One that went away meanwhile has nothing left to do."""
        for conversation in self._held:
            with contextlib.suppress(ObservationError):
                await conversation.ask(command)

    @property
    def held(self) -> tuple[Conversation, ...]:
        """The processes that can still be asked."""
        return tuple(self._held)

    async def added_to(
        self, load: Load, app: str, now: float
    ) -> tuple[PerSlot[Seen[int]], PerSlot[Seen[int]]]:
        """In flight and long-lived of an app, of the serving process and of all that leave."""
        loads = [
            load,
            *[found for conversation in list(self._held) if (found := await self._load(conversation, app))],
        ]
        stranger = await self._stranger()
        if stranger is not None:
            return PerSlot(stranger, stranger), PerSlot(stranger, stranger)
        return _sum([one.in_flight for one in loads], now), _sum([one.long_lived for one in loads], now)

    async def counters(self, apps: Iterable[str]) -> list[Counters]:
        """What each of them has counted. One that went away meanwhile has nothing more to say."""
        found = []
        for conversation in self.held:
            with contextlib.suppress(ObservationError):
                found.append(await counters_of(conversation, apps))
        return found

    def close(self) -> None:
        for conversation in self._held:
            conversation.close()

    async def _load(self, conversation: Conversation, app: str) -> Load | None:
        """What one has left. With no client left it is let go: the conversation itself would keep it alive."""
        try:
            load = await load_of(conversation, app)
        except ObservationError:
            load = None
        if load is None or load.connections == 0:
            conversation.close()
            if conversation in self._held:  # another app may have let it go meanwhile
                self._held.remove(conversation)
            return None
        return load

    async def _stranger(self) -> Unknown | None:
        """Why the counts are not whole, if they are not. Once nobody leaves, it is not asked until the next change."""
        if self._sure:
            return None
        try:
            pids = set(await self.runner.leaving())
        except ObservationError as error:
            return Unknown(f"whether earlier router processes still serve: {error}")
        self._sure = not pids
        strangers = pids - {conversation.pid for conversation in self._held}
        if not strangers:
            return None
        return Unknown(f"router process {min(strangers)} still finishes its connections and cannot be asked")


def _sum(counts: list[PerSlot[int]], now: float) -> PerSlot[Seen[int]]:
    both: list[Seen[int]] = [Known(sum(count[slot] for count in counts), now) for slot in Slot]
    return PerSlot(both[0], both[1])
