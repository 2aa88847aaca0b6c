"""What engine tests are written with: the production loop over the shipped fakes, with the dice put away."""

from __future__ import annotations

import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any

from verdigris.core.deployment import Deployment
from verdigris.core.policy import Policy
from verdigris.core.world import Command, Release, Slot, Verb
from verdigris.engine.loop import Engine, Tick
from verdigris.engine.parts import Parts, in_turn
from verdigris.ports import Filed, Snapshot
from verdigris.testing.changes import Asked, Change, Production
from verdigris.testing.chaos import Chaos
from verdigris.testing.fake_schema import FakeSchema
from verdigris.testing.fakes import (
    FakeClock,
    FakeDirects,
    FakeEnvironment,
    FakeNotifier,
    FakeRehearser,
    FakeReplayer,
    FakeRouter,
    FakeSignals,
    Hooks,
)
from verdigris.testing.faulty_store import FaultyStore
from verdigris.testing.host import Host, Nature
from verdigris.testing.memory_store import MemoryStore

APP = "api"
POLICY = Policy(
    instances=1,
    drain=5.0,
    bake=10.0,
    stabilize=20.0,
    drain_long_lived=10.0,
    min_requests=20,
    judge_over=10.0,
    alert_after=5.0,
)


async def at_once(work: Coroutine[Any, Any, Any], seconds: float, what: str) -> Any:
    return await work


@dataclass
class FakeBoard:
    pinned: list[Snapshot] = field(default_factory=list)

    def pin(self, snapshot: Snapshot) -> None:
        self.pinned.append(snapshot)

    def read(self, app: str) -> Snapshot | None:
        return self.pinned[-1] if self.pinned else None


class Plain(Production):
    """A database in which everything works at once, and everything is proven."""

    def change(self, digest: str) -> Change:
        return self.changes.setdefault(digest, Change())

    def asked(self, deployment: str, digest: str) -> Asked:
        return self.papers.setdefault((deployment, digest), Asked())


@dataclass
class House:
    """An engine and all that it drives. `told` is what happened, in order: saves, then effects."""

    policy: Policy = POLICY
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        rng = random.Random(7)
        self.host, self.chaos = Host(rng), Chaos(rng)
        self.host.production = Plain()
        self.memory = MemoryStore(fault=self.hear)
        self.store = FaultyStore(self.memory, self.chaos)
        self.directs, self.notifier, self.board = FakeDirects(), FakeNotifier(), FakeBoard()
        hooks = Hooks(
            applied=lambda routing, generation: self.effect(f"route {routing.weights}", generation),
            provisioned=lambda slot, release, count, generation: self.effect(f"provision {slot}", generation),
            torn_down=lambda slot, generation: self.effect(f"tear down {slot}", generation),
            contracting=lambda d, told: self.effect("contract", d.generation),
        )
        self.parts = Parts(
            router=FakeRouter(self.host, self.chaos, hooks),
            environment=FakeEnvironment(self.host, self.chaos, hooks),
            signals=FakeSignals(self.host, self.chaos),
            store=self.store,
            clock=FakeClock(self.host),
            directs=self.directs,
            notifier=self.notifier,
            board=self.board,
            schema=FakeSchema(self.host, self.chaos, hooks),
            rehearser=FakeRehearser(self.host, self.chaos),
            replayer=FakeReplayer(self.host, hooks),
        )
        self.engine = self.new_engine()

    def new_engine(self, **changes: Any) -> Engine:
        """Another controller over the same world; `changes` replace parts."""
        return Engine(APP, replace(self.parts, **changes), together=in_turn, deadline=at_once)

    def hear(self, call: str, moment: str) -> None:
        """The store is used: remember the saves that got through."""

    def effect(self, what: str, generation: int) -> None:
        self.told.append(f"{what} with {generation}, stored {self.memory.generation(APP)}")

    def ship(self, version: str, key: str = "", queue: bool = False, **nature: Any) -> int:
        """Somebody asks for a deployment."""
        self.host.natures[version] = Nature(**nature)
        release = Release(version, version, f"/releases/{version}", ("run",), api_version=version)
        filed = Filed(0, key or f"key-{version}", APP, release, self.policy, "ada", queue)
        return self.memory.file_deployment(filed)

    def ask(self, verb: Verb, **changes: Any) -> int:
        return self.memory.file(APP, Command(0, verb, "ada", **changes))

    @property
    def d(self) -> Deployment:
        """What is stored."""
        found = self.memory.newest_deployment(APP)
        assert found is not None
        return found

    async def tick(self, seconds: float = 1.0) -> Tick:
        self.host.advance(seconds)
        return await self.engine.tick()

    async def until(self, what: Callable[[], bool], within: int = 300) -> Tick:
        for _ in range(within):
            tick = await self.tick()
            if what():
                return tick
        raise AssertionError(
            f"not reached: {self.d.phase}, waiting for {tick.decision and tick.decision.waiting_for}"
        )

    async def walk(self, phase: str) -> Tick:
        return await self.until(lambda: self.d.phase == phase)


async def a_house(phase: str = "", **changes: Any) -> House:
    """1.0 serves in blue; with a phase, 2.0 is on its way and has come so far."""
    house = House(POLICY)
    house.ship("1.0")
    await house.walk("succeeded")
    house.policy = replace(POLICY, **changes)
    if phase:
        house.ship("2.0")
        await house.until(lambda: house.d.id == "d-2" and house.d.phase == phase)
    house.told.clear()
    return house


BLUE, GREEN = Slot.BLUE, Slot.GREEN
