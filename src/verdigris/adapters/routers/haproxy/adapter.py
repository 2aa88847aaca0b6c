"""HAProxy behind the router port: looks honestly, does what it is told, and writes down what it did.

At run time first, so that a switch is one write to a socket; then to the files that a restart comes up from. The
row of the map is set last and carries the stamp: until then what is seen is an earlier generation, which the next
look repairs. It never decides where traffic goes, and starts no process: that is the runner's.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from verdigris.adapters.routers.haproxy import stat
from verdigris.adapters.routers.haproxy.files import CONFIG, Files
from verdigris.adapters.routers.haproxy.leaving import Leaving
from verdigris.adapters.routers.haproxy.probes import FRONT, Complaint, Probes, Proof, only_200
from verdigris.adapters.routers.haproxy.render import LATCH, SHARE, render, structure
from verdigris.adapters.routers.haproxy.seats import orders, seating
from verdigris.adapters.routers.haproxy.settings import HaproxySettings
from verdigris.adapters.routers.haproxy.sight import Sight, load_of, look_at
from verdigris.adapters.routers.haproxy.socket import Conversation
from verdigris.adapters.routers.haproxy.table import Row, Table
from verdigris.core.errors import ActionError, ConfigError, Conflict, ObservationError
from verdigris.core.world import Answer, Known, PerSlot, RouterWorld, Routing, Seen, Slot, Unknown

if TYPE_CHECKING:
    from verdigris.adapters.routers.haproxy.runner import Runner
    from verdigris.ports import Capabilities, Clock

__all__ = ["HaproxyRouter"]

ADDRESS_CHANGED = re.compile(r"(IP changed from|port changed from|no need to change) .*")


def nobody_knows(*_: object) -> None:
    """The proof of an environment that has none."""


class HaproxyRouter:
    """The router of one app. `prepare` comes first, once for each controller; `close` last."""

    def __init__(
        self,
        settings: HaproxySettings,
        installation: str,
        clock: Clock,
        runner: Runner,
        complaint: Complaint = only_200,
        proves: Proof = nobody_knows,
    ) -> None:
        self.settings = settings
        self.installation = installation
        self.clock = clock
        self.runner = runner
        self.files = Files(settings.directory, settings.binary)
        self.leaving = Leaving(runner, settings.app)
        self._complaint, self._proves = complaint, proves
        self._probes: Probes | None = None
        self._conversation: Conversation | None = None
        self._opening = asyncio.Lock()

    @property
    def capabilities(self) -> Capabilities:
        from verdigris.ports import Capabilities

        return Capabilities(weights=True, in_flight=True, preview=True, fallback=True, fenced=True)

    @property
    def argv(self) -> tuple[str, ...]:
        return str(self.settings.binary), "-db", "-f", CONFIG

    @property
    def probes(self) -> Probes:
        if self._probes is None:
            self._probes = Probes(
                self.settings, self.clock, self.files.secret(), self._complaint, self._proves
            )
        return self._probes

    async def prepare(self, generation: int) -> None:
        """Have HAProxy running with these settings and the routing that it had before, if it had one."""
        self.files.secret()
        table = self._written()
        places = max(self.settings.places, table.places)
        await self._check_and_write(table, places, self.files.latch())
        await self.runner.ensure(self.argv, self.settings.directory, (self.settings.listen,), generation)
        try:
            running = (await self._talk()).structure
        except ObservationError:
            return  # it is only just starting, so it starts with what was written
        if running != structure(self.settings, places):
            await self._succeed(generation)

    async def observe(self) -> RouterWorld:
        """One look. Takes no longer than HAProxy does, and half a second for an application that hangs."""
        now = self.clock.now()
        try:
            conversation = await self._talk()
            sight = await look_at(conversation, self.settings.app)
            load = await load_of(conversation, self.settings.app)
        except ObservationError as error:
            return _blind(str(error))
        if sight.trouble:
            return _blind(sight.trouble)
        await asyncio.to_thread(self.files.write_latch, sight.latch)
        in_flight, long_lived = await self.leaving.added_to(load, now)
        reading = sight.reading(self.installation)
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
        )

    async def apply(self, routing: Routing, generation: int) -> None:
        """Do `routing`, and bear the stamp `generation`. Costs one look when that is so already."""
        conversation = await self._reach()
        sight = await self._sight(conversation)
        stamp = sight.table.row
        if stamp.installation == self.installation and (stamp.generation or 0) > generation:
            raise Conflict(
                f"the router has generation {stamp.generation}, newer than {generation}: nothing was done"
            )
        row = Row(routing.weights.green, routing.fallback, generation, self.installation)
        table = sight.table.become(routing, row, sight.places)
        if table != sight.table or sight.fell_back_to or sight.trouble:
            self.probes.forget()
        if table.places > sight.places:
            return await self._grow(sight, table, generation)
        await self._give(conversation, sight, table)
        await self.leaving.tell(_put(sight, self.settings.app, str(row)))
        await self._write_down(table, sight.places)

    async def requests(self) -> Seen[int]:
        """How many requests have ended in the serving process: as many lines have to arrive."""
        now = self.clock.now()
        try:
            conversation = await self._talk()
            [totals] = await conversation.ask(f"show stat {self.settings.app} 1 -1")
            return Known(stat.requests_in(totals), now)
        except ObservationError as error:
            return Unknown(str(error))

    async def close(self) -> None:
        """Let go. HAProxy goes on."""
        if self._probes is not None:
            await self._probes.close()
        self.leaving.close()
        if self._conversation is not None:
            self._conversation.close()

    async def _give(self, conversation: Conversation, sight: Sight, table: Table) -> None:
        """Who joins, before the weights; who leaves, after them; and the stamp, when all of it is done."""
        todo = orders(seating(self.settings.app, table, sight.places), sight.seats)
        entries, before = table.entries(self.settings.app), sight.table.row
        row = entries.pop(self.settings.app)
        changed = [
            _put(sight, key, value) for key, value in entries.items() if sight.entries.get(key) != value
        ]
        await _tell(conversation, *todo.adding, *changed)
        if todo.taking:
            interim = replace(table.row, generation=before.generation, installation=before.installation)
            await _tell(conversation, _put(sight, self.settings.app, str(interim)), *todo.taking)
        stale = [f"del map {LATCH} {key}" for key in sight.latch if key.startswith(f"{self.settings.app}/")]
        pointer = (
            [_put(sight, self.settings.app, row)]
            if todo.taking or sight.entries.get(self.settings.app) != row
            else []
        )
        await _tell(conversation, *pointer, *stale)

    async def _write_down(self, table: Table, places: int) -> None:
        try:
            await self._check_and_write(table, places, latch={})
        except (ActionError, ConfigError) as error:
            raise ActionError(f"the router does it, but a restart would undo it: {error}") from error

    async def _grow(self, sight: Sight, table: Table, generation: int) -> None:
        """More members than there are places: a successor with more, that starts with the new routing."""
        await self._check_and_write(table, max(table.places, 2 * sight.places), latch={})
        await self._succeed(generation)
        await self.leaving.tell(_put(sight, self.settings.app, str(table.row)))

    async def _check_and_write(self, table: Table, places: int, latch: dict[str, str]) -> None:
        """Put files in place that HAProxy has found valid."""
        text = render(self.settings, table, places)
        for name in (SHARE, LATCH):  # the check reads them
            self.files.make(name)
        if text != self.files.read(CONFIG):
            await self.files.check(text)
        await asyncio.to_thread(self._write, table, text, latch)

    def _write(self, table: Table, text: str, latch: dict[str, str]) -> None:
        """The maps before the configuration: a successor must never start with older weights."""
        with self.files.turn:
            self.files.write_entries(table.entries(self.settings.app))
            self.files.write_latch(latch)
            self.files.keep(CONFIG, text)

    async def _succeed(self, generation: int) -> None:
        """Have another process take over; the one that serves now is held by its conversation until it is done."""
        old = await self._talk()
        await self.runner.reload(self.argv, generation)
        self._conversation = None
        self.leaving.hold(old)

    def _written(self) -> Table:
        """The routing that the files hold; at the very beginning nobody has members, and the first
        release goes to blue, which gets nothing yet."""
        entries = self.files.entries()
        if self.settings.app not in entries:
            return Table(Row(green=100, generation=0, installation=self.installation))
        table = Table.read(self.settings.app, entries)
        if table is None:
            raise ConfigError(
                f"{self.settings.directory / SHARE}: the row {entries[self.settings.app]!r} says no share; mend it,"
                " or remove the file to begin with nothing"
            )
        return table

    async def _talk(self) -> Conversation:
        async with self._opening:
            if self._conversation is not None and self._conversation.over:
                self._conversation.close()
                self._conversation = None
            if self._conversation is None:
                self._conversation = await Conversation.open(self.settings.directory)
            return self._conversation

    async def _reach(self) -> Conversation:
        try:
            return await self._talk()
        except ObservationError as error:
            raise ActionError(str(error)) from error

    async def _sight(self, conversation: Conversation) -> Sight:
        try:
            return await look_at(conversation, self.settings.app)
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
    return f"{'set' if key in sight.entries else 'add'} map {SHARE} {key} {value}"


def _blind(why: str) -> RouterWorld:
    unseen = Unknown(why)
    return RouterWorld(
        unseen, PerSlot(unseen, unseen), PerSlot(unseen, unseen), unseen, PerSlot(unseen, unseen)
    )
