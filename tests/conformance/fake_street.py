"""The fakes on a host of their own, with the dice off, as the scenes of the conformance suites."""

import math
import random
from collections import Counter

from verdigris.core.world import Member, Pause, PerSlot, Release, Slot, Weights
from verdigris.testing.chaos import KINDS, Chaos
from verdigris.testing.fakes import FakeClock, FakeEnvironment, FakeRouter
from verdigris.testing.host import RATE, Body, Host, Nature

ALWAYS_LOST = dict.fromkeys(KINDS, 0.0) | {"lost_before": 1.0}
FOR_EVER = 1e12


class FakeHouse:
    """A host that nothing befalls by itself."""

    def __init__(self) -> None:
        dice = random.Random(1)
        self.host, self.chaos = Host(dice), Chaos(dice)
        self.clock = FakeClock(self.host)
        self.environment = FakeEnvironment(self.host, self.chaos)

    async def pause(self) -> None:
        self.host.advance(0.5)

    async def cut(self) -> None:
        """Nothing comes through any more."""
        self.chaos.on, self.chaos.odds = True, ALWAYS_LOST

    def release(self, version: str, nature: Nature) -> Release:
        self.host.natures[version] = nature
        return Release(version, version, f"/releases/{version}", ("run",))


class FakeStreet(FakeHouse):
    """A router, and two instances in each slot."""

    def __init__(self, router: type[FakeRouter] = FakeRouter) -> None:
        super().__init__()
        self.router = router(self.host, self.chaos)
        self.versions = PerSlot("1.0.0", "2.0.0")
        for slot in Slot:
            release = self.release(self.versions[slot], Nature(up_after=0.0))
            self.environment.start(slot, release, 2, 0)
        self.host.advance(1.0)

    @property
    def members(self) -> PerSlot[tuple[Member, ...]]:
        blue, green = (tuple(Member(body.name, body.address) for body in self.bodies(slot)) for slot in Slot)
        return PerSlot(blue, green)

    def bodies(self, slot: Slot) -> list[Body]:
        return self.host.places[slot].bodies

    async def send(self, count: int) -> Counter[str]:
        """Whole seconds of the host's requests; the instances that served share what reached their slot."""
        got: Counter[str] = Counter()
        for _ in range(math.ceil(count / RATE)):
            before = {body.name: body.served for slot in Slot for body in self.bodies(slot)}
            self.host.advance(1.0)
            got[""] += RATE if self.host.routing.pause is Pause.MAINTENANCE else 0
            for slot in Slot:
                tally = self.host.seconds[-1].slots[slot]
                served = [body.name for body in self.bodies(slot) if body.served > before[body.name]]
                reached = tally.requests - tally.unreached
                got[""] += tally.failures
                got.update({name: reached // len(served) for name in served})
        return got

    async def hold(self, count: int) -> None:
        if self.host.routing.pause is Pause.NONE:
            self.host.held[self.busiest] += count
        else:
            self.host.kept += count

    async def stream(self, count: int) -> None:
        self.host.streams[self.busiest] += count

    async def streaming(self) -> int:
        return sum(self.host.streams.values())

    @property
    def busiest(self) -> Slot:
        return max(Slot, key=lambda slot: self.host.routing.weights[slot])

    async def let_go(self) -> int:
        self.host.held = dict.fromkeys(Slot, 0)
        return 0

    async def kill(self, slot: Slot) -> None:
        for body in self.bodies(slot):
            self.host.die(body)
            body.broken = True

    async def revive(self, slot: Slot) -> None:
        for body in self.bodies(slot):
            body.broken, body.alive, body.up_at = False, True, self.host.now

    async def pose(self, slot: Slot) -> None:
        for body in self.bodies(slot):
            body.posing, body.posing_until = "another", FOR_EVER

    async def restart(self) -> None:
        self.host.restart_router()

    async def edit(self) -> Weights:
        before = self.host.routing.weights
        while self.host.routing.weights == before:
            self.host.edit_router(None)
        return self.host.routing.weights
