"""HAProxy behind the router port, for one app: looks honestly, does what it is told, and writes down what it did.

At run time first, so that a switch is one write to a socket; then to the files that a restart comes up from. The
row of the map is set last and carries the stamp: until then what is seen is an earlier generation, which the next
look repairs. It never decides where traffic goes.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from verdigris.adapters.routers.haproxy.closing import Closing
from verdigris.adapters.routers.haproxy.door import FrontDoor
from verdigris.adapters.routers.haproxy.probes import FRONT, Complaint, Probes, Proof, only_200
from verdigris.adapters.routers.haproxy.seats import orders, seating
from verdigris.adapters.routers.haproxy.sight import Sight, load_of, look_at
from verdigris.adapters.routers.haproxy.socket import Conversation
from verdigris.adapters.routers.haproxy.table import Row, Table
from verdigris.adapters.routers.haproxy.words import LATCH, SHARE
from verdigris.core.errors import ActionError, Conflict, ObservationError
from verdigris.core.world import (
    Answer,
    Known,
    Pause,
    PerSlot,
    Reading,
    RouterWorld,
    Routing,
    Seen,
    Slot,
    Unknown,
)

if TYPE_CHECKING:
    from verdigris.ports import Capabilities

__all__ = ["HaproxyRouter"]

ADDRESS_CHANGED = re.compile(r"(IP changed from|port changed from|no need to change) .*")


def nobody_knows(*_: object) -> None:
    """The proof of an environment that has none."""


class HaproxyRouter:
    """The router of one app, behind a door that has been prepared. `close` comes last."""

    def __init__(
        self,
        door: FrontDoor,
        app: str,
        complaint: Complaint = only_200,
        proves: Proof = nobody_knows,
    ) -> None:
        self.door = door
        self.app = app
        self.site = door.door.site(app)
        self.clock = door.clock
        self.installation = door.installation
        self.closing = Closing(app, door.processes)
        self._complaint, self._proves = complaint, proves
        self._probes: Probes | None = None

    @property
    def capabilities(self) -> Capabilities:
        from verdigris.ports import Capabilities

        return Capabilities(weights=True, in_flight=True, preview=True, fallback=True, fenced=True)

    @property
    def probes(self) -> Probes:
        if self._probes is None:
            self._probes = Probes(
                self.door.door, self.site, self.clock, self.door.secret, self._complaint, self._proves
            )
        return self._probes

    async def observe(self) -> RouterWorld:
        """One look. Takes no longer than HAProxy does, and half a second for an application that hangs."""
        now, door = self.clock.now(), self.door
        try:
            conversation = await door.talk()
            sight = await look_at(conversation, self.app)
            load = await load_of(conversation, self.app)
            await door.renew_certificates()
            if sight.trouble:
                return _blind(sight.trouble)
            await door.upkeep.look(sight)
        except ObservationError as error:
            return _blind(str(error))
        in_flight, long_lived = await door.leaving.added_to(load, self.app, now)
        reading = sight.reading(self.installation)
        self._let_stay(reading)
        if reading.routing.pause is Pause.MAINTENANCE:
            await asyncio.to_thread(door.pages.renew, self.site)
        targets = [slot for slot in Slot if reading.routing.members[slot]]
        await self.probes.look([FRONT, *targets], sight.member)
        previews: list[Seen[Answer]] = [
            self.probes.answer(slot) if slot in targets else Unknown(f"{slot} has no members")
            for slot in Slot
        ]
        return RouterWorld(
            Known(reading, now),
            in_flight,
            long_lived,
            self.probes.answer(FRONT),
            PerSlot(previews[0], previews[1]),
            self.closing.slots,
            self.closing.cut,
            Known(load.waiting, now),
        )

    async def apply(self, routing: Routing, generation: int) -> None:
        """Do `routing`, and bear the stamp `generation`. Costs one look when that is so already."""
        async with self.door.turn:
            await self._apply(routing, generation)

    async def close_streams(self, slot: Slot, generation: int) -> None:
        """Begin to end what lasts in the slot. Refused with `Conflict` when the router has a newer stamp."""
        sight = await self._sight(await self._reach())
        self._refuse_older(sight, generation)
        if sight.table.row.weights[slot] or sight.fell_back_to is slot:
            raise ActionError(f"{slot} serves: its connections are left alone")
        self.closing.begin(slot)

    async def close(self) -> None:
        """Let go. HAProxy goes on, and so does the door."""
        await self.closing.close()
        if self._probes is not None:
            await self._probes.close()

    async def _apply(self, routing: Routing, generation: int) -> None:
        conversation = await self._reach()
        sight = await self._sight(conversation)
        self._refuse_older(sight, generation)
        self._let_stay(Reading(routing, generation))
        if routing.pause is Pause.MAINTENANCE:
            await asyncio.to_thread(self.door.pages.renew, self.site)
        row = Row.of(routing, generation, self.installation)
        table = sight.table.become(routing, row, sight.places)
        if table != sight.table or sight.fell_back_to or sight.trouble:
            self.probes.forget()
        if table.places > sight.places:
            await self.door.grow(sight, table)
            await self.door.leaving.tell(_put(sight, self.app, str(row)))
            return
        self.door.upkeep.behind = True
        await self._give(conversation, sight, table)
        await self.door.leaving.tell(_put(sight, self.app, str(row)))
        await self.door.write_down(sight, table)

    def _let_stay(self, reading: Reading) -> None:
        """A slot that serves keeps its connections, however it came to serve."""
        for slot in Slot:
            if reading.routing.weights[slot] or reading.fell_back_to is slot:
                self.closing.stop(slot)

    def _refuse_older(self, sight: Sight, generation: int) -> None:
        stamp = sight.table.row
        if stamp.installation == self.installation and (stamp.generation or 0) > generation:
            raise Conflict(
                f"the router has generation {stamp.generation}, newer than {generation}: nothing was done"
            )

    async def _give(self, conversation: Conversation, sight: Sight, table: Table) -> None:
        """Who joins, before the weights; who leaves, after them; and the stamp, when all of it is done."""
        todo = orders(seating(self.app, table, sight.places), sight.seats)
        entries, before = table.entries(self.app), sight.table.row
        row = entries.pop(self.app)
        changed = [_put(sight, key, value) for key, value in entries.items() if sight.rows.get(key) != value]
        await _tell(conversation, *todo.adding, *changed)
        if todo.taking:
            interim = replace(table.row, generation=before.generation, installation=before.installation)
            await _tell(conversation, _put(sight, self.app, str(interim)), *todo.taking)
        stale = [f"del map {LATCH} {key}" for key in sight.latch if key.startswith(f"{self.app}/")]
        pointer = [_put(sight, self.app, row)] if todo.taking or sight.rows.get(self.app) != row else []
        await _tell(conversation, *pointer, *stale)

    async def _reach(self) -> Conversation:
        try:
            return await self.door.talk()
        except ObservationError as error:
            raise ActionError(str(error)) from error

    async def _sight(self, conversation: Conversation) -> Sight:
        try:
            return await look_at(conversation, self.app)
        except ObservationError as error:
            raise ActionError(str(error)) from error


async def _tell(conversation: Conversation, *commands: str) -> None:
    """Give the commands in one write. `ActionError` for the first that HAProxy did not accept."""
    try:
        answers = await conversation.ask(*commands) if commands else []
    except ObservationError as error:
        raise ActionError(f"{error}; whether `{commands[-1]}` was done is not known") from error
    for command, answer in zip(commands, answers, strict=True):
        if answer.strip() and not ADDRESS_CHANGED.fullmatch(answer.strip()):
            raise ActionError(f"HAProxy refused `{command}`: {answer.strip()[:200]}")


def _put(sight: Sight, key: str, value: str) -> str:
    return f"{'set' if key in sight.rows else 'add'} map {SHARE} {key} {value}"


def _blind(why: str) -> RouterWorld:
    unseen = Unknown(why)
    return RouterWorld(
        unseen,
        PerSlot(unseen, unseen),
        PerSlot(unseen, unseen),
        unseen,
        PerSlot(unseen, unseen),
        waiting=unseen,
    )
