"""The scenes of the environment suite: the fake on a host of its own, and processes under a real keeper."""

import os
import signal
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from tests.conformance.fake_street import FOR_EVER, FakeHouse
from tests.unit.adapters.environments.process.stage import API, BootClock, Stage
from tests.unit.adapters.environments.process.workshop import Workshop
from verdigris.core.world import Instance, Release, Slot
from verdigris.keeper.client import ask
from verdigris.keeper.protocol import Shutdown
from verdigris.testing.conformance.claims import moment
from verdigris.testing.fakes import FakeEnvironment
from verdigris.testing.host import Nature

WAITS = "import pathlib, sys, time\nwhile not pathlib.Path(sys.argv[1]).exists(): time.sleep(0.02)\n"


class FakeSite(FakeHouse):
    """Releases that are as they are because the host is told so."""

    missing = "nonesuch"

    def __init__(self, environment: type[FakeEnvironment] = FakeEnvironment) -> None:
        super().__init__()
        self.environment = environment(self.host, self.chaos)
        self.good, self.other = (self.release(version, Nature()) for version in ("good", "other"))
        self.hesitant = self.release("hesitant", Nature(up_after=FOR_EVER))
        self.broken = self.release("broken", Nature(never_up=True))
        self.unfit = Release("nonesuch", "nonesuch", "/releases/nonesuch", ("run",))

    async def encourage(self) -> None:
        self.host.natures["hesitant"] = Nature()
        for body in self.host.places[Slot.BLUE].bodies:
            body.up_at = min(body.up_at, self.host.now)

    async def kill(self, instance: Instance) -> None:
        bodies = self.host.places[instance.slot].bodies
        self.host.die(next(body for body in bodies if body.name == instance.name))


class ProcessSite:
    """A keeper, and releases of a little API that are made when they are asked for."""

    missing = "nonesuch"

    def __init__(self, root: Path) -> None:
        self.stage = Stage(Workshop(root))
        self.environment = self.stage.environment
        self.clock = BootClock()
        self.word = root / "go"
        self.stage.open()

    async def close(self) -> None:
        await self.stage.close()

    async def pause(self) -> None:
        await moment()

    @cached_property
    def good(self) -> Release:
        return self.stage.release("good")

    @cached_property
    def other(self) -> Release:
        return self.stage.release("other", says="other")

    @cached_property
    def hesitant(self) -> Release:
        waiting = self.stage.release("hesitant", api=WAITS + API)
        return replace(waiting, command=(*waiting.command, str(self.word)))

    @cached_property
    def broken(self) -> Release:
        return self.stage.release("broken", api="raise SystemExit('no database')")

    @cached_property
    def unfit(self) -> Release:
        return replace(self.good, command=("nonesuch",))

    async def encourage(self) -> None:
        self.word.touch()

    async def kill(self, instance: Instance) -> None:
        name = f"{self.stage.app}.{instance.name}"
        found = (await self.environment.keeper.observe()).slots[f"{self.stage.app}.{instance.slot}"].instances
        os.kill(next(one.pid for one in found if one.name == name), signal.SIGKILL)

    async def cut(self) -> None:
        ask(self.stage.state, Shutdown(), 10)
