"""The whole road in one process: the production loop, a real HAProxy with its lines, real clients, and slots to ruin.

Only what runs in the slots is ours: applications in this process, which can be killed and brought back at once.
Between the controller and HAProxy's control socket stands the faulty network, and so does one before each instance.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.faults.ground import Ground
from tests.faults.proxy import Proxy, passing
from tests.unit.adapters.conftest import Client, Instance
from verdigris.adapters.routers.haproxy.words import SOCKET
from verdigris.core import world
from verdigris.core.deployment import Deployment
from verdigris.core.policy import Policy, Step
from verdigris.core.world import Health, Known, PerSlot, Release, Seen, Slot, SlotWorld, Verb
from verdigris.engine.loop import Engine
from verdigris.engine.parts import Parts, within
from verdigris.ports import Filed
from verdigris.testing.fakes import FakeDirects, FakeNotifier
from verdigris.testing.memory_store import MemoryStore

__all__ = ["POLICY", "Road", "Terrace", "a_road"]

APP = "api"
POLICY = Policy(
    instances=1,
    ramp=(Step(50, 1.0), Step(100, 0.0)),
    drain=2.0,
    bake=1.5,
    stabilize=60.0,
    drain_long_lived=2.0,
    min_requests=20,
    judge_over=3.0,
    alert_after=0.5,
    revive_after=0.5,
)
LOOKS_WITHIN = 0.5
"""Seconds that anything is waited for: the real bound is longer, and only makes the tests longer."""


@dataclass
class Terrace:
    """`Environment` over applications of this process, one in each slot, and each behind a network of its own."""

    ground: Ground
    clock: Any
    releases: dict[Slot, Release] = field(default_factory=dict)
    bodies: dict[Slot, Instance] = field(default_factory=dict)
    wires: dict[Slot, Proxy] = field(default_factory=dict)
    dead: set[Slot] = field(default_factory=set)
    errors: set[Slot] = field(default_factory=set)
    passes: dict[Slot, int] = field(default_factory=dict)

    async def observe(self) -> PerSlot[Seen[SlotWorld]]:
        return PerSlot(self.seen(Slot.BLUE), self.seen(Slot.GREEN))

    def seen(self, slot: Slot) -> Seen[SlotWorld]:
        release, now = self.releases.get(slot), self.clock.now()
        if release is None:
            return Known(SlotWorld(None), now)
        alive = slot not in self.dead
        self.passes[slot] = self.passes[slot] + 1 if alive else 0
        health: Seen[Health] = Known(Health(self.passes[slot], 0 if alive else 9), now)
        body = world.Instance(
            *(f"{slot}-1", slot, release.digest, alive, self.address(slot), health),
            owns_port=True if alive else None,
        )
        return Known(SlotWorld(release.digest, release.version, (body,)), now)

    def address(self, slot: Slot) -> str:
        """Where the router reaches it."""
        return f"127.0.0.1:{self.wires[slot].at}"

    async def check(self, release: Release, count: int) -> tuple[world.Check, ...]:
        return (world.Check("room", True, "there is room"),)

    async def provision(self, slot: Slot, release: Release, count: int, surge: int, generation: int) -> None:
        if slot not in self.releases:
            await self.build(slot, release)
            self.releases[slot], self.passes[slot] = release, 0

    async def build(self, slot: Slot, release: Release) -> None:
        self.bodies[slot] = await Instance(f"{slot}-1", slot, release.version).start()
        self.wires[slot] = await Proxy(self.bodies[slot].port).start()
        self.ground.stack.push_async_callback(self.bodies[slot].die)
        self.ground.stack.push_async_callback(self.wires[slot].close)

    async def tear_down(self, slot: Slot, generation: int) -> None:
        if self.releases.pop(slot, None):
            await self.kill(slot)
            await self.wires[slot].close()
            self.dead.discard(slot)

    async def orphans(self) -> tuple[str, ...]:
        return ()

    async def kill(self, slot: Slot) -> None:
        """Everything of the slot is refused and cut."""
        self.dead.add(slot)
        await self.bodies[slot].die()
        self.wires[slot].reset()

    async def revive(self, slot: Slot) -> None:
        """It is there again, at the same address."""
        self.bodies[slot] = await replace(self.bodies[slot], connections=set()).start()
        self.ground.stack.push_async_callback(self.bodies[slot].die)
        self.dead.discard(slot)


@dataclass
class Road:
    """One app, from its clients to its slots."""

    ground: Ground
    street: Any
    wire: Proxy
    terrace: Terrace
    policy: Policy = POLICY
    path: str = "/"
    answers: list[tuple[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.memory, self.notifier = MemoryStore(), FakeNotifier()
        self.releases = 0
        signals = self.street.lines.of(APP)
        router = self.street.routers[APP]
        self.parts = Parts(
            router, self.terrace, signals, self.memory, self.street.clock, FakeDirects(), self.notifier
        )
        self.engine = Engine(APP, self.parts, deadline=brief)

    @property
    def d(self) -> Deployment:
        found = self.memory.newest_deployment(APP)
        assert found is not None
        return found

    @property
    def alerts(self) -> list[str]:
        return [alert.sentence for alert in self.notifier.alerts]

    def ship(self) -> None:
        self.releases += 1
        version = f"{self.releases}.0"
        release = Release(version, version, f"/releases/{version}", ("run",), api_version=version)
        self.memory.file_deployment(Filed(0, version, APP, release, self.policy, "ada"))

    def ask(self, verb: Verb) -> int:
        return self.memory.file(APP, world.Command(0, verb, "ada"))

    async def until(self, true: Callable[[], object], what: str, rounds: int = 400) -> None:
        """Let the loop go round, a little apart, until it is so."""
        for _ in range(rounds):
            await self.engine.tick()
            if true():
                return
            await passing(0.03)
        raise AssertionError(f"never came: {what}; it is in {self.d.phase}, waiting: {self.waiting()}")

    def waiting(self) -> str:
        return f"{self.d.cause} {self.engine.ledger.trouble} {self.alerts[-2:]}"

    async def walk(self, phase: str) -> None:
        """The next release, as far as this phase."""
        self.ship()
        wanted = f"d-{self.releases}"
        await self.until(lambda: (self.d.id, self.d.phase) == (wanted, phase), phase)

    async def share(self) -> str:
        """Who answers a request of somebody new."""
        return str((await self.street.ask()).body)

    async def call(self) -> None:
        """Clients that keep their connections and ask all the time, each answer noted."""
        home = asyncio.Event()
        tasks = [asyncio.create_task(self.one(home)) for _ in range(4)]
        self.ground.stack.push_async_callback(asyncio.wait, tasks, timeout=2.0)
        self.ground.stack.callback(home.set)

    async def one(self, home: asyncio.Event) -> None:
        while not home.is_set():
            client, over = Client(self.street.port), False
            try:
                while not (over or home.is_set()):
                    reply = await client.ask(self.path)
                    self.answers.append((reply.body, reply.status))
                    over = reply.headers.get("connection") == "close"
                    await passing(0.01)
            except (OSError, asyncio.IncompleteReadError):
                self.answers.append(("", 0))
            finally:
                client.close()


async def brief(work: Any, seconds: float, what: str) -> Any:
    return await within(work, min(seconds, LOOKS_WITHIN), what)


async def a_road(
    ground: Ground,
    phase: str = "",
    policy: Policy = POLICY,
    terrace: Callable[[Ground, Any], Terrace] = Terrace,
) -> Road:
    """1.0 serves in blue; with a phase, 2.0 is on its way and has come so far. Clients call all the time."""
    street = await ground.street()
    wire = await Proxy(to=moved(street.directory), at=street.directory / SOCKET).start()
    ground.stack.push_async_callback(wire.close)
    (await street.door.talk()).close()  # the next one goes through the wire
    road = Road(ground, street, wire, terrace(ground, street.clock))
    await road.walk("bake")
    await road.call()
    await road.until(lambda: road.d.phase == "succeeded", "the first release")
    road.policy = policy
    if phase:
        await road.walk(phase)
    return road


def moved(directory: Path) -> Path:
    """HAProxy's control socket under another name."""
    return (directory / SOCKET).rename(directory / "real.sock")
