"""The environment `process`: what the keeper runs in each slot, and what the probes say of it.

It asks the keeper and declares to it, for one app of the several that the keeper may serve. It never starts or ends
a process itself, and it decides nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from verdigris.adapters.environments.probes import Prober, Target
from verdigris.adapters.environments.process import orphans
from verdigris.adapters.environments.process.names import Names
from verdigris.adapters.environments.process.preflight import Question, checklist
from verdigris.adapters.environments.process.speaking import REHEARSAL, Speaker, token
from verdigris.adapters.environments.response import HealthCheck
from verdigris.adapters.environments.words import shown
from verdigris.core.errors import ActionError, Conflict, ObservationError
from verdigris.core.world import (
    SILENT,
    Check,
    Instance,
    Known,
    PerSlot,
    Release,
    Role,
    Seen,
    Slot,
    SlotWorld,
    Unknown,
)
from verdigris.keeper import told
from verdigris.keeper.client import KeeperClient, KeeperError
from verdigris.keeper.digest import Memory
from verdigris.keeper.names import local
from verdigris.keeper.observed import Event, InstanceSeen, SlotSeen, State
from verdigris.keeper.protocol import RoleRequest, Spec, Start, StopRequest
from verdigris.ports import Clock
from verdigris.traffic.inside import Inside

__all__ = ["ProcessEnvironment"]

PROBED = (State.STARTING, State.RUNNING)
NEWS_MOST = 64
DRAIN_MOST = 86400.0
"""Seconds, the most that the contract has room for."""
WATCH_AGAIN = 1.0
SENTENCE_MOST = 500
TAIL_MOST = 20


class ProcessEnvironment:
    """Implements `ports.Environment`. Secrets are none of its business: see `references.hand_over`."""

    def __init__(self, keeper: KeeperClient, app: str, check: HealthCheck, clock: Clock) -> None:
        self.keeper = keeper
        self._check = check
        self._names = Names(app)
        self._clock = clock
        self._news: asyncio.Queue[str] = asyncio.Queue(NEWS_MOST)
        self._prober = Prober(check, clock.now, self._tell)
        self.inside = Inside(clock.now)
        self._speaker = Speaker(clock.now, check.host, self.inside, check.grpc is not None)
        self._proven: dict[str, str] = {}
        self._secrets: dict[str, Path] = {}
        self._memory = Memory()

    async def observe(self) -> PerSlot[Seen[SlotWorld]]:
        """What is in both slots. Every instance that could answer is probed from now on."""
        try:
            seen = self._names.slots(await self.keeper.observe())
        except KeeperError as error:
            self._proven, self._secrets = {}, {}
            return PerSlot(Unknown(error.sentence), Unknown(error.sentence))
        at, targets = self._clock.now(), _targets(seen)
        self._proven = {name: target.version for name, target in targets.items() if _owns(seen, target)}
        self._prober.follow(targets.values())
        speaking = self._speaking(seen, targets)
        self._secrets = {target.name: secret for target, secret in speaking.items()}
        self._speaker.follow(speaking)
        blue, green = (self._slot(slot, seen, targets) for slot in Slot)
        return PerSlot(Known(blue, at), Known(green, at))

    def proves(self, name: str) -> str | None:
        """The version of the instance of this name, when at the last look its port belonged to its process."""
        return self._proven.get(name)

    def mark(self, name: str) -> str:
        """What tells this instance that a request is a rehearsal; empty where its port may not be its own."""
        secret = self._secrets.get(name)
        return token(secret, REHEARSAL) if secret else ""

    async def check(self, release: Release, count: int) -> tuple[Check, ...]:
        """Is there room for `count` instances of the release beside what serves, and is all there that they need?"""
        try:
            seen = await self.keeper.observe()
        except KeeperError as error:
            raise ObservationError(error.sentence) from error
        question = Question(release, count, self.keeper.state, self._names.app, seen, self._memory)
        return await asyncio.to_thread(checklist, question)

    async def provision(self, slot: Slot, release: Release, count: int, surge: int, generation: int) -> None:
        """Declare `count` instances of the release. Broken ones are tried again, what runs is left alone."""
        try:
            found = self._names.slots(await self.keeper.observe()).get(slot)
            key, name = _key(found, release, generation), self._names.of(slot)
            await self.keeper.start(Start(name, key, generation, count, _spec(release), surge))
        except KeeperError as error:
            raise self._told(error) from error

    async def tell(self, slot: Slot, role: Role, generation: int) -> None:
        """Declare the role: the keeper replaces the file that the instances read."""
        try:
            await self.keeper.role(RoleRequest(self._names.of(slot), str(role), generation))
        except KeeperError as error:
            raise self._told(error) from error

    async def drain(self, slot: Slot, seconds: float, generation: int) -> None:
        """Ask those that speak of themselves, at their own ports, to send their clients away."""
        await self._asked(slot, generation, "drain", seconds=min(seconds, DRAIN_MOST))

    async def resume(self, slot: Slot, generation: int) -> None:
        """Ask them to serve as before."""
        await self._asked(slot, generation, "resume")

    async def _asked(self, slot: Slot, generation: int, verb: str, **what: float) -> None:
        """Who was overtaken asks nobody: the applications know no generations, the keeper does."""
        try:
            seen = await self.keeper.observe()
        except KeeperError as error:
            raise self._told(error) from error
        newest = seen.generations.get(self._names.app, 0)
        if generation < newest:
            raise Conflict(f"generation {generation} is older than {newest}: another controller acts here")
        targets = _targets(self._names.slots(seen)).values()
        await self._speaker.ask([t for t in targets if t.slot is slot], verb, **what)

    async def tear_down(self, slot: Slot, generation: int) -> None:
        """Declare the slot empty: SIGTERM now, SIGKILL after the grace of the release."""
        try:
            await self.keeper.stop(StopRequest(self._names.of(slot), f"empty/{generation}", generation))
        except KeeperError as error:
            raise self._told(error) from error

    async def orphans(self) -> tuple[str, ...]:
        """Processes of this state directory, this app's or nobody's, that the keeper does not know."""
        found = await asyncio.to_thread(orphans.marked, self.keeper.state, self._names.app)
        try:
            seen = await self.keeper.observe()  # after the search: whoever was started in between is in it
        except KeeperError as error:
            raise ObservationError(error.sentence) from error
        return await asyncio.to_thread(orphans.unknown, found, seen)

    async def changes(self) -> AsyncIterator[str]:
        """Whatever makes it worth to look at once: an exit, an instance that became healthy. For one reader."""
        pump = asyncio.create_task(self._pump(), name="keeper events")
        try:
            while True:
                yield await self._news.get()
        finally:
            pump.cancel()
            await asyncio.gather(pump, return_exceptions=True)

    async def close(self) -> None:
        """End the probes; what runs goes on running."""
        await self._speaker.close()
        await self._prober.close()

    async def _pump(self) -> None:
        """The keeper's events, again after it was away."""
        while True:
            try:
                async with contextlib.aclosing(self.keeper.watch()) as events:
                    async for event in events:
                        if self._names.concerns(event):
                            self._tell(self._names.said(_news(event)))
            except KeeperError as error:
                self._tell(error.sentence)
            await asyncio.sleep(WATCH_AGAIN)

    def _speaking(self, seen: Mapping[Slot, SlotSeen], targets: Mapping[str, Target]) -> dict[Target, Path]:
        """Who may be sent a token, with the file of its secret."""
        return {t: self._secret(t, seen[t.slot]) for t in targets.values() if _owns(seen, t)}

    def _secret(self, target: Target, found: SlotSeen) -> Path:
        name = self._names.of(target.slot)
        return told.place(self.keeper.state, name, found.version, found.digest) / "secret"

    def _tell(self, sentence: str) -> None:
        if self._news.full():
            self._news.get_nowait()  # an older reason to look is as good as this one
        self._news.put_nowait(sentence)

    def _told(self, error: KeeperError) -> ActionError | Conflict:
        sentence = self._names.said(error.sentence)
        return Conflict(sentence) if error.kind == "conflict" else ActionError(sentence)

    def _slot(self, slot: Slot, seen: Mapping[Slot, SlotSeen], targets: Mapping[str, Target]) -> SlotWorld:
        found = seen.get(slot)
        if found is None:
            return SlotWorld(None)
        instances = tuple(self._instance(slot, found, i, targets.get(i.name)) for i in found.instances)
        role = Role(found.role) if found.role else None
        return (
            SlotWorld(found.digest, found.version, instances, role)
            if found.count
            else SlotWorld(None, None, instances, role)
        )

    def _instance(self, slot: Slot, found: SlotSeen, seen: InstanceSeen, target: Target | None) -> Instance:
        stopping = seen.state is State.STOPPING
        return Instance(
            name=seen.name,
            slot=slot,
            # One that is on its way out may be of the release before, and nobody may count on it any more.
            digest="" if stopping else found.digest,
            alive=seen.alive,
            address=f"127.0.0.1:{seen.port}" if seen.port else "",
            health=self._prober.health(target) if target else Unknown(seen.sentence or f"it is {seen.state}"),
            owns_port=seen.owns_port,
            broken=seen.state is State.BROKEN,
            restarts=seen.restarts,
            exit_code=seen.exit_code,
            sentence=shown(_sentence(seen), SENTENCE_MOST),
            log_tail=tuple(shown(line, SENTENCE_MOST) for line in seen.log_tail[-TAIL_MOST:]),
            says=self._speaker.said(target) if target else SILENT,
        )


def _targets(seen: Mapping[Slot, SlotSeen]) -> dict[str, Target]:
    """The instances that could answer, by name."""
    return {
        i.name: Target(i.name, slot, f"127.0.0.1:{i.port}", found.version, (i.pid, i.restarts))
        for slot, found in seen.items()
        for i in found.instances
        if i.alive and i.port and i.state in PROBED
    }


def _owns(seen: Mapping[Slot, SlotSeen], target: Target) -> bool:
    return any(i.name == target.name and i.owns_port is True for i in seen[target.slot].instances)


def _key(found: SlotSeen | None, release: Release, generation: int) -> str:
    """The key that is there, so that a repeated request changes nothing; a new one tries broken instances again."""
    same = found is not None and found.count > 0 and found.digest == release.digest
    if found is not None and same and not any(i.state is State.BROKEN for i in found.instances):
        return found.key
    return f"{release.version}/{generation}"


def _spec(release: Release) -> Spec:
    return Spec(
        release.version,
        release.digest,
        release.directory,
        release.command,
        dict(release.env),
        release.grace,
        release.api_version,
    )


def _sentence(seen: InstanceSeen) -> str:
    if seen.owns_port is False:
        return f"its port {seen.port} belongs to another process. {seen.sentence}".rstrip()
    return seen.sentence


def _news(event: Event) -> str:
    said = f"{local(event.name or event.slot) or 'keeper'}: {event.event}"
    return shown(f"{said}, {event.sentence}" if event.sentence else said, SENTENCE_MOST)
