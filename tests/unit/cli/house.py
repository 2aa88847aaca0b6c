"""A house over the simulated host: the production loop runs in it, and time passes only when a verb waits."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from verdigris.adapters.stores.lease import Holder
from verdigris.config import MaintenanceSettings, Settings, parse_config
from verdigris.core.intake import Direct
from verdigris.core.policy import Policy, Step
from verdigris.core.world import Check, Command, Release, Verb
from verdigris.engine.loop import Engine
from verdigris.engine.parts import Parts, in_turn
from verdigris.keeper.children import Identity
from verdigris.ports import Filed, Snapshot
from verdigris.testing.chaos import Chaos
from verdigris.testing.fakes import (
    FakeClock,
    FakeDirects,
    FakeEnvironment,
    FakeNotifier,
    FakeRouter,
    FakeSignals,
)
from verdigris.testing.host import Host, Nature
from verdigris.testing.memory_store import MemoryStore
from verdigris.testing.stage import at_once, done

__all__ = ["POLICY", "FakeHouse", "Nature"]

APP = "orders"
CONFIG = b"""\
app: orders
run: {command: [serve, --port, "{port}"]}
health: {path: /health, body: {status: healthy}}
"""
POLICY = Policy(
    ramp=(Step(10, 5.0), Step(50, 5.0), Step(100, 0.0)),
    drain=20.0,
    bake=20.0,
    stabilize=60.0,
    judge_over=10.0,
    min_requests=20,
)


class Desk(MemoryStore):
    """The memory store as the command line finds it: there from the start."""

    def ready(self) -> bool:
        return True


@dataclass
class Pinned:
    """`Board` in memory."""

    snapshot: Snapshot | None = None

    def pin(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def read(self, app: str) -> Snapshot | None:
        return self.snapshot if self.snapshot and self.snapshot.deployment.app == app else None


@dataclass
class FakeHouse:
    """What `bootstrap.House` promises, in memory. `running` says whether a controller is at work."""

    policy: Policy = POLICY
    state: Path = Path(".verdigris")
    running: bool = True
    frozen: bool = False
    said: list[str] = field(default_factory=list)
    host: Host = field(default_factory=lambda: Host(random.Random(1)))
    nature: Nature = field(default_factory=Nature)
    version: str = "1.0"
    certificates: tuple[str, ...] = ()
    page: Path | None = None

    def __post_init__(self) -> None:
        chaos = Chaos(random.Random(1))
        chaos.on = False
        self.memory, self.pinned = Desk(), Pinned()
        self.parts = Parts(
            router=FakeRouter(self.host, chaos),
            environment=FakeEnvironment(self.host, chaos),
            signals=FakeSignals(self.host, chaos),
            store=self.memory,
            clock=FakeClock(self.host),
            directs=FakeDirects(),
            notifier=FakeNotifier(),
            board=self.pinned,
        )
        self.engine = Engine(APP, self.parts, together=in_turn, deadline=at_once)
        self.passed = 0.0

    # --- time: it passes when a verb waits ----------------------------------------------------------------

    def wall(self) -> float:
        return self.parts.clock.wall() + self.passed

    def clock(self) -> float:
        return self.host.now + self.passed

    def pause(self, seconds: float) -> None:
        """What stands in the place of `time.sleep`: the world goes on, and the controller looks once a second."""
        self.passed += seconds
        while self.passed >= 1.0:
            self.passed -= 1.0
            self.host.advance(1.0)
            if self.running and not self.frozen:
                done(self.engine.tick())

    def until(self, phase: str, most: int = 2000) -> Snapshot:
        """Let time pass until the deployment is in a phase."""
        for _ in range(most):
            self.pause(1.0)
            seen = self.pinned.snapshot
            if seen is not None and seen.deployment.phase == phase:
                return seen
        raise AssertionError(f"never came to {phase}, but to {seen and seen.deployment}")

    def ship(self, version: str, nature: Nature | None = None, phase: str = "succeeded") -> Snapshot:
        """Deploy a release and follow it to a phase."""
        self.version, self.nature = version, nature or Nature()
        release = self.make_release(None, self.said.append)
        self.file(release, f"key-{version}", "ada", False)
        return self.until(phase)

    # --- what the command line asks -----------------------------------------------------------------------

    @property
    def app(self) -> str:
        return APP

    @property
    def names(self) -> tuple[str, ...]:
        return (APP,)

    @property
    def seen(self) -> tuple[str, ...]:
        return (APP,) if self.pinned.snapshot else ()

    @property
    def apps(self) -> dict[str, Settings]:
        return {APP: self.settings}

    @property
    def settings(self) -> Settings:
        found = replace(parse_config(CONFIG)[0], policy=self.policy)
        return replace(found, route=replace(found.route, maintenance=MaintenanceSettings(self.page)))

    def desk(self) -> MemoryStore:
        return self.memory

    def board(self) -> Pinned:
        return self.pinned

    def controller(self) -> Holder | None:
        return Holder(Identity(4711, 0, "boot"), "controller") if self.running else None

    def keeper(self) -> None:
        return None

    def start(self, say: Callable[[str], None]) -> None:
        if not self.running:
            say("started the controller in the background")
        self.running = True

    def make_release(self, version: str | None, say: Callable[[str], None]) -> Release:
        version = version or self.version
        say(f"building {version}")
        self.host.natures[version] = self.nature
        return Release(version, version, f"/releases/{version}", ("run",), api_version="1.0.0")

    def hand_over_secrets(self, release: Release) -> None:
        self.said.append(f"secrets of {release.version}")

    def file(self, release: Release, key: str, actor: str, queue: bool) -> int:
        return self.memory.file_deployment(Filed(0, key, APP, release, self.policy, actor, queue))

    def command(self, verb: Verb, actor: str, reason: str = "", deployment: str = "", share: int = 0) -> int:
        return self.memory.file(APP, Command(0, verb, actor, reason, deployment, share=share))

    async def roll_back_directly(self, actor: str, reason: str, say: Callable[[str], None]) -> Direct:
        saved = self.memory.newest(APP)
        assert saved is not None
        to = saved.deployment.live
        weights = type(self.host.routing.weights).share(to, 100)
        self.host.routing = replace(self.host.routing, weights=weights)
        return Direct(to, saved.deployment.generation + 1, actor, self.wall(), reason)

    def checks(self) -> list[Check]:
        return [Check("memory", True, "there is room for both slots"), Check("port", True, "8080 is free")]

    def logs(self, name: str, lines: int) -> Iterator[str]:
        yield from [f"{name} says \x1b[31mhello"] * min(lines, 2)

    def log_files(self, name: str) -> list[Path]:
        return [self.state / f"{name}.log"]

    def apply_policy(self, policy: Policy, actor: str) -> None:
        self.said.append(f"policy by {actor}")

    def install_units(self) -> dict[str, str]:
        return {"verdigris-keeper-1.service": "[Unit]\n", "verdigris-controller-1.service": "[Unit]\n"}

    def tear_down_everything(self, say: Callable[[str], None]) -> None:
        say("the controller is stopped")

    def tear_down(self, actor: str, say: Callable[[str], None]) -> None:
        say(f"{actor} has its instances stopped")

    def expiring(self, app: str) -> tuple[str, ...]:
        return self.certificates

    def preview_header(self, slot: str) -> Path:
        return self.state / f"preview-{slot}.header"

    async def recover(self, say: Callable[[str], None]) -> tuple[str, ...]:
        say("verdigris.db is kept as verdigris.db.lost-1")
        return ("orders d-1: 1.0 serves in blue",)

    async def run_controller(self) -> None:
        self.said.append("the controller ran")
