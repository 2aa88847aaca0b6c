"""The one HAProxy of a state directory, behind which all apps stand: its files, its processes, and their words.

What a restart comes up from is written after what is done at run time, and before a successor is started. It never
decides where traffic goes, and starts no process: that is the runner's.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from verdigris.adapters.routers.haproxy.certificates import Certificates
from verdigris.adapters.routers.haproxy.cohorts import users_map
from verdigris.adapters.routers.haproxy.crt_lists import crt_lists
from verdigris.adapters.routers.haproxy.files import CONFIG, Files
from verdigris.adapters.routers.haproxy.holding import program
from verdigris.adapters.routers.haproxy.leaving import Leaving
from verdigris.adapters.routers.haproxy.pages import Pages
from verdigris.adapters.routers.haproxy.render import render, sites_map, structure
from verdigris.adapters.routers.haproxy.seats import places_of
from verdigris.adapters.routers.haproxy.settings import Door
from verdigris.adapters.routers.haproxy.sight import Sight, counters_of, look_at
from verdigris.adapters.routers.haproxy.socket import Conversation
from verdigris.adapters.routers.haproxy.table import Row, Table
from verdigris.adapters.routers.haproxy.upkeep import Upkeep
from verdigris.adapters.routers.haproxy.words import (
    LATCH,
    LUA,
    SHARE,
    SITES,
    USERS,
)
from verdigris.core.errors import ActionError, ConfigError, ObservationError
from verdigris.core.world import Known, Seen, Unknown

if TYPE_CHECKING:
    from verdigris.adapters.routers.haproxy.runner import Runner
    from verdigris.core.counters import Counters
    from verdigris.ports import Clock

__all__ = ["FrontDoor"]

RENEW_EVERY = 10.0
"""Seconds between two looks at the certificate files."""

log = logging.getLogger("verdigris")


class FrontDoor:
    """The router of all apps. `prepare` comes first, once for each controller; `close` last."""

    def __init__(self, door: Door, installation: str, clock: Clock, runner: Runner) -> None:
        self.door = door
        self.installation = installation
        self.clock = clock
        self.runner = runner
        self.files = Files(door.directory, door.binary)
        self.certificates = Certificates(door, self.files)
        self.pages = Pages(self.files, log.warning)
        self.leaving = Leaving(runner)
        self.upkeep = Upkeep(self)
        self.secret = ""
        self.turn = asyncio.Lock()
        """Held while the router is changed: the files are of all apps, and each of them may change one."""
        self._conversation: Conversation | None = None
        self._opening = asyncio.Lock()
        self._beside = ""
        self._renewed = float("-inf")

    @property
    def argv(self) -> tuple[str, ...]:
        return str(self.door.binary), "-db", "-f", CONFIG

    async def prepare(self) -> None:
        """Have HAProxy running with these settings and the routing that it had before, if it had one."""
        self.secret = self.files.secret()
        tables = {site.app: self._written(site.app) for site in self.door.sites}
        tables |= await self._ahead_of(tables)
        places = {site.app: max(site.places, tables[site.app].places) for site in self.door.sites}
        await asyncio.to_thread(self._write_beside)
        await self.check_and_write(tables, places, self.files.latch())
        await self._start(structure(self.door, places, self._beside))

    async def _start(self, wanted: str) -> None:
        try:
            before = await self.talk()
        except ObservationError:
            before = None
        # One that has another command line or other addresses is succeeded by this very request.
        if await self.runner.ensure(self.argv, self.door.directory, self.door.addresses):
            self._conversation = None
            if before is not None:
                self.leaving.hold(before)
        try:
            running = (await self.talk()).structure
        except ObservationError:
            return  # it is only just starting, so it starts with what was written
        if running != wanted:
            await self.succeed()

    async def talk(self) -> Conversation:
        """The conversation with the serving process. `ObservationError` when there is none."""
        async with self._opening:
            if self._conversation is not None and self._conversation.over:
                self._conversation.close()
                self._conversation = None
            if self._conversation is None:
                self._conversation = await self._greet()
            return self._conversation

    async def _greet(self) -> Conversation:
        """A conversation with the serving process. While it is succeeded the one that leaves may still answer."""
        conversation = await Conversation.open(self.door.directory)
        if conversation.pid in {held.pid for held in self.leaving.held}:
            conversation.close()
            raise ObservationError(
                f"HAProxy {conversation.pid} leaves, and its successor does not answer yet"
            )
        return conversation

    async def processes(self) -> tuple[Conversation, ...]:
        """The serving process, and those that leave and can still be asked."""
        return (await self.talk(), *self.leaving.held)

    async def counters(self) -> Seen[tuple[Counters, ...]]:
        """What the serving process has counted, and after it those that leave and can still be asked."""
        now, apps = self.clock.now(), [site.app for site in self.door.sites]
        try:
            serving = await counters_of(await self.talk(), apps)
            return Known((serving, *await self.leaving.counters(apps)), now)
        except ObservationError as error:
            return Unknown(str(error))

    async def renew_certificates(self) -> None:
        """Give the process what has changed on disk, now and then. A broken pair changes nothing and is said."""
        if self.clock.now() - self._renewed < RENEW_EVERY or not any(s.tls for s in self.door.sites):
            return
        self._renewed = self.clock.now()
        for complaint in await self.certificates.renew(await self.talk()):
            log.warning("%s", complaint)

    async def write_down(self, sight: Sight, table: Table) -> None:
        """What was done at run time, for a restart."""
        latch = {key: slot for key, slot in sight.latch.items() if not key.startswith(f"{sight.app}/")}
        places = self._places(sight)
        try:
            await self.check_and_write(self._tables(sight) | {sight.app: table}, places, latch)
        except (ActionError, ConfigError) as error:
            raise ActionError(f"the router does it, but a restart would undo it: {error}") from error

    async def write_what_is(self, sight: Sight) -> None:
        """What the process does, as it is seen."""
        await self.check_and_write(self._tables(sight), self._places(sight), sight.latch)

    async def grow(self, sight: Sight, table: Table) -> None:
        """More members than there are places: a successor with more, that starts with the new routing."""
        places = self._places(sight) | {sight.app: max(table.places, 2 * sight.places)}
        await self.check_and_write(self._tables(sight) | {sight.app: table}, places, latch={})
        await self.succeed()

    async def succeed(self) -> None:
        """Have another process take over; the one that serves now is held by its conversation until it is done."""
        old = await self.talk()
        await self.runner.reload()
        if self._conversation and self._conversation is not old:
            self._conversation.close()  # begun meanwhile: a forgotten one would keep its process from ever ending
        self._conversation = None
        self.leaving.hold(old)

    async def check_and_write(
        self, tables: Mapping[str, Table], places: Mapping[str, int], latch: dict[str, str]
    ) -> None:
        """Put files in place that HAProxy has found valid."""
        text = render(self.door, tables, places, self._beside)
        for name in (SHARE, LATCH):  # the check reads them
            self.files.make(name)
        if text != self.files.read(CONFIG):
            await self.files.check(text, len(self.door.addresses))
        await asyncio.to_thread(self._write, tables, text, latch)
        self.upkeep.behind = False

    async def close(self) -> None:
        """Let go. HAProxy goes on."""
        self.leaving.close()
        if self._conversation is not None:
            self._conversation.close()

    def _write(self, tables: Mapping[str, Table], text: str, latch: dict[str, str]) -> None:
        """The maps before the configuration: a successor must never start with older weights."""
        entries = {key: value for app, table in tables.items() for key, value in table.entries(app).items()}
        with self.files.turn:
            self.files.write_entries(entries)
            self.files.write_latch(latch)
            self.files.keep(CONFIG, text)

    def _write_beside(self) -> None:
        """What the configuration names: who may choose, whose request it is, and what waits or is answered instead."""
        for complaint in self.certificates.prepare():
            log.warning("%s", complaint)
        beside = {LUA: program(self.door), SITES: sites_map(self.door), USERS: users_map(self.door)}
        beside |= crt_lists(self.door)
        for site in self.door.sites:
            self.pages.renew(site)
        for name, text in beside.items():
            self.files.keep(name, text)
        self.files.write_previews(self.secret, [site.app for site in self.door.sites])
        self._beside = "".join(beside.values())

    async def _ahead_of(self, tables: Mapping[str, Table]) -> dict[str, Table]:
        """What a predecessor told the process and was killed before it wrote it down: no file knows of that."""
        try:
            conversation = await self.talk()
            sights = [await look_at(conversation, app) for app in tables]
        except ObservationError:
            return {}
        ours = [s for s in sights if not s.trouble and s.table.row.installation == self.installation]
        return {
            s.app: s.table
            for s in ours
            if (s.table.row.generation or 0) >= (tables[s.app].row.generation or 0)
        }

    def _tables(self, sight: Sight) -> dict[str, Table]:
        """What all apps have at this moment, by the map."""
        nothing = Table(Row(green=0))
        return {site.app: Table.read(site.app, sight.rows) or nothing for site in self.door.sites}

    def _places(self, sight: Sight) -> dict[str, int]:
        return {site.app: places_of(site.app, sight.seats) for site in self.door.sites}

    def _written(self, app: str) -> Table:
        """The routing that the files hold; at the very beginning nobody has members, and the first
        release goes to blue, which gets nothing yet."""
        entries = self.files.entries()
        if app not in entries:
            return Table(Row(green=100, generation=0, installation=self.installation))
        table = Table.read(app, entries)
        if table is None:
            raise ConfigError(
                f"{self.door.directory / SHARE}: the row {entries[app]!r} says no share; mend it,"
                " or remove the file to begin with nothing"
            )
        return table
