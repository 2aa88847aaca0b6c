"""The stage of a simulated history: one seed's host, dice and fakes, the controller at work and who watches it."""

from __future__ import annotations

import random
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from verdigris.core.world import SLOTS, Release, known
from verdigris.engine.loop import Engine, Tick
from verdigris.engine.parts import Parts, in_turn
from verdigris.ports import Filed
from verdigris.testing.chaos import Chaos, Crash
from verdigris.testing.drilling import Drilling
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
)
from verdigris.testing.faulty_store import FaultyStore
from verdigris.testing.host import Host, Nature
from verdigris.testing.memory_store import MemoryStore
from verdigris.testing.setting import some_policy, with_drills, with_replays, with_schema
from verdigris.testing.witness import Witness

__all__ = ["APP", "Stage", "at_once", "done"]

T = TypeVar("T")
APP = "api"


@dataclass
class Stage:
    """Everything that one seed's history plays on. `steps` are the rounds so far.

    `retired` is a controller that was taken for dead and may go on with what it remembers.
    """

    seed: int
    drills: bool = True
    steps: int = 0

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.host = Host(self.rng)
        self.dice = random.Random(f"{self.seed} drills")
        self.chaos = Chaos(self.rng, later=self.dice if self.drills else None)
        self.policy = some_policy(self.rng)
        self.policy = with_drills(self.policy, self.dice) if self.drills else self.policy
        self.policy = with_replays(self.policy, random.Random(f"{self.seed} replays"))
        self.policy = with_schema(self.policy, random.Random(f"{self.seed} schema"))
        self.host.healthy_passes = self.policy.healthy
        self.host.speaks = random.Random(f"{self.seed} speaks").random() < 0.5
        self.host.lively = self.rng.choice((0.0, 0.0, 0.1, 0.4))
        self.memory = MemoryStore()
        self.store = FaultyStore(self.memory, self.chaos)
        self.witness = Witness(self.host, self.memory, APP, refused=lambda: self.store.refused)
        self.host.on_cut = self.witness.deeds.cut
        self.drilling = Drilling(self.host, self.memory, self.witness.truth)
        self.directs = FakeDirects()
        self.notifier = FakeNotifier()
        self.parts = self.some_parts()
        self.engine = self.new_engine()
        self.retired: Engine | None = None
        self.releases = 0
        self.shipped: dict[str, Nature] = {}

    def some_parts(self) -> Parts:
        host, chaos, hooks = self.host, self.chaos, self.witness.hooks()
        self.schema = FakeSchema(host, chaos, hooks)
        return Parts(
            router=FakeRouter(host, chaos, hooks),
            environment=FakeEnvironment(host, chaos, hooks),
            signals=FakeSignals(host, chaos),
            store=self.store,
            clock=FakeClock(host),
            directs=self.directs,
            notifier=self.notifier,
            schema=self.schema,
            rehearser=FakeRehearser(host, chaos),
            replayer=FakeReplayer(host, hooks),
        )

    def new_engine(self) -> Engine:
        """A controller that begins: the closing of streams ended with the one before, and so did its count."""
        self.host.closing.clear()
        self.host.ended = dict.fromkeys(SLOTS, 0)
        self.schema.forget()
        return Engine(APP, self.parts, together=in_turn, deadline=at_once)

    def ship(self, nature: Nature, queue: bool = False) -> None:
        self.releases += 1
        version = f"1.{self.releases}"
        self.host.natures[version] = self.shipped[version] = nature
        release = Release(version, version, f"/releases/{version}", ("run",), api_version=version)
        self.file(release, f"key-{version}", queue)

    def ship_again(self, release: Release) -> None:
        """What was given up is tried once more, as it is."""
        self.file(release, f"key-{release.version}-again")

    def file(self, release: Release, key: str, queue: bool = False) -> None:
        self.memory.file_deployment(Filed(0, key, APP, release, self.policy, "somebody", queue))

    # --- one look of the controller -------------------------------------------------------------------------

    def look_and_act(self, engine: Engine) -> Tick | None:
        self.witness.truth.before()
        self.drilling.before()
        tick = self.tick(engine)
        # A round in which the controller died may have been written down before.
        self.witness.course.step(tick is None or could_see(tick))
        self.witness.widths.step()
        self.drilling.step(engine, tick)
        return tick

    def tick(self, engine: Engine) -> Tick | None:
        try:
            return done(engine.tick())
        except Crash:
            if self.rng.random() < 0.3:
                self.retired = self.engine
            self.engine = self.new_engine()
            return None


def could_see(tick: Tick) -> bool:
    return tick.world is not None and known(tick.world.signals, ()) != ()


def done(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never really waits."""
    try:
        work.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    raise AssertionError("a fake waited: nothing in the simulation may")


def at_once(work: Coroutine[Any, Any, T], seconds: float, what: str) -> Coroutine[Any, Any, T]:
    """No deadline: simulated calls fail by themselves."""
    return work
