"""Environments that each break one promise: whether the suite of environments is worth anything is tried on them."""

from dataclasses import replace

from verdigris.core.errors import ObservationError
from verdigris.core.world import Check, Health, Instance, Known, PerSlot, Release, Role, Seen, Slot, SlotWorld
from verdigris.testing.fakes import FakeEnvironment
from verdigris.testing.host import Body

PATIENCE = 5.0


class Lying(FakeEnvironment):
    """Says that it did what it was told."""

    async def provision(self, slot: Slot, release: Release, count: int, surge: int, generation: int) -> None:
        return


class Waiting(FakeEnvironment):
    """Comes back when the instances have passed."""

    async def provision(self, slot: Slot, release: Release, count: int, surge: int, generation: int) -> None:
        await super().provision(slot, release, count, surge, generation)
        for body in self.host.places[slot].bodies:
            body.up_at = self.host.now
        self.host.advance(PATIENCE)


class Restarting(FakeEnvironment):
    """Starts everything anew when it is told again."""

    async def provision(self, slot: Slot, release: Release, count: int, surge: int, generation: int) -> None:
        self.host.places[slot].bodies.clear()
        await super().provision(slot, release, count, surge, generation)


class Replacing(FakeEnvironment):
    """Puts a release in the place of one that runs."""

    async def provision(self, slot: Slot, release: Release, count: int, surge: int, generation: int) -> None:
        self.fence(generation)
        self.start(slot, release, count, generation)


class Unfenced(FakeEnvironment):
    """Takes the word of whoever comes last."""

    def fence(self, generation: int) -> None:
        return


class Deaf(FakeEnvironment):
    """Says that it told a role."""

    async def tell(self, slot: Slot, role: Role, generation: int) -> None:
        return


class Stale(FakeEnvironment):
    """Starts a release with the role that an earlier run of it had."""

    def stop(self, slot: Slot, generation: int) -> None:
        self.left = self.host.places[slot].role
        super().stop(slot, generation)

    def start(self, slot: Slot, release: Release, count: int, generation: int, surge: int = 64) -> None:
        super().start(slot, release, count, generation, surge)
        self.host.places[slot].role = getattr(self, "left", self.host.places[slot].role)


class Loud(FakeEnvironment):
    """Tells everybody."""

    async def tell(self, slot: Slot, role: Role, generation: int) -> None:
        await super().tell(slot, role, generation)
        self.host.tell(slot.other, role)


class Drifting(FakeEnvironment):
    """Starts an instance that died from another release."""

    def instance(self, slot: Slot, body: Body) -> Instance:
        seen = super().instance(slot, body)
        return replace(seen, digest="newer") if body.restarts else seen


class Mute(FakeEnvironment):
    """Gives up without a word."""

    def instance(self, slot: Slot, body: Body) -> Instance:
        return replace(super().instance(slot, body), sentence="")


class Generous(FakeEnvironment):
    """Lets everything pass."""

    async def check(self, release: Release, count: int) -> tuple[Check, ...]:
        return (Check("room", True, "there is room"),)


class Optimistic(FakeEnvironment):
    """Takes an instance for healthy before it was asked."""

    def instance(self, slot: Slot, body: Body) -> Instance:
        return replace(super().instance(slot, body), health=Known(Health(3, 0), self.host.now))


class Hopeful(FakeEnvironment):
    """Takes what it cannot see for nothing."""

    async def observe(self) -> PerSlot[Seen[SlotWorld]]:
        try:
            return await super().observe()
        except ObservationError:
            nothing = Known(SlotWorld(None), self.host.now)
            return PerSlot(nothing, nothing)
