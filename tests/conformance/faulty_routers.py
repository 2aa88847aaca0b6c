"""Routers that each break one promise: whether the suite of routers is worth anything is tried on them."""

from dataclasses import replace

from verdigris.core.errors import ObservationError
from verdigris.core.world import Answer, Known, Pause, PerSlot, RouterWorld, Routing, Seen, Slot, Unknown
from verdigris.testing.fakes import FakeRouter

LATE = 2.0


class Lying(FakeRouter):
    """Says that it did what it was told."""

    async def apply(self, routing: Routing, generation: int) -> None:
        return


class Slow(FakeRouter):
    """Does what it was told, some time after it said so."""

    async def apply(self, routing: Routing, generation: int) -> None:
        late = self.host.now + LATE
        self.host.pending.append((late, lambda: self.arrive(routing, generation)))


class Unfenced(FakeRouter):
    """Takes the word of whoever comes last."""

    def newer(self, generation: int) -> bool:
        return False


class Half(FakeRouter):
    """Moves the weights and forgets the rest."""

    def arrive(self, routing: Routing, generation: int) -> None:
        members = self.host.routing.members
        first = members == PerSlot((), ())
        super().arrive(routing if first else replace(routing, members=members), generation)


class Remembering(FakeRouter):
    """Reads back what it was told instead of what is so."""

    told: Known | None = None

    async def apply(self, routing: Routing, generation: int) -> None:
        await super().apply(routing, generation)
        self.told = (await super().observe()).reading

    async def observe(self) -> RouterWorld:
        world = await super().observe()
        return replace(world, reading=self.told or world.reading)


class Clinging(Remembering):
    """Goes on sending to members that were taken out, and does not say so."""

    def arrive(self, routing: Routing, generation: int) -> None:
        before = self.host.routing.members
        super().arrive(routing, generation)
        both = [tuple(dict.fromkeys((*routing.members[slot], *before[slot]))) for slot in Slot]
        self.host.routing = replace(routing, members=PerSlot(*both))
        self.told = None

    async def apply(self, routing: Routing, generation: int) -> None:
        await super().apply(routing, generation)
        self.told = replace(self.told, value=replace(self.told.value, routing=routing))


class Forgetful(FakeRouter):
    """Counts no request in a slot that has no weight any more."""

    async def observe(self) -> RouterWorld:
        world, weights = await super().observe(), self.host.routing.weights
        counts = [world.in_flight[slot] if weights[slot] else Known(0, 0.0) for slot in Slot]
        return replace(world, in_flight=PerSlot(*counts))


class Credulous(FakeRouter):
    """Takes whoever answers for whom it expects."""

    def ask(self, slot: Slot) -> Seen[Answer]:
        release = self.host.places[slot].release
        return Known(Answer(slot, release.version, True, ""), self.host.now)


class Blind(FakeRouter):
    """Looks at the front door once and remembers what it saw."""

    seen: Seen[Answer] = Unknown("not asked yet")

    def front(self) -> Seen[Answer]:
        self.seen = self.seen if isinstance(self.seen, Known) else super().front()
        return self.seen


class Hopeful(FakeRouter):
    """Takes what it cannot see for nothing."""

    async def observe(self) -> RouterWorld:
        try:
            return await super().observe()
        except ObservationError as error:
            gone, none = Unknown(str(error)), Known(0, 0.0)
            return RouterWorld(gone, PerSlot(none, none), PerSlot(none, none), gone, PerSlot(gone, gone))


class Stubborn(FakeRouter):
    """Stays with the slot that jumped in, whatever it is told."""

    def arrive(self, routing: Routing, generation: int) -> None:
        stays = self.host.fell_back
        super().arrive(routing, generation)
        self.host.fell_back = stays


class Helpful(FakeRouter):
    """Has the other slot jump in although nobody allowed it."""

    def arrive(self, routing: Routing, generation: int) -> None:
        busy = max(Slot, key=lambda slot: routing.weights[slot])
        super().arrive(replace(routing, fallback=routing.fallback or busy.other), generation)


class Impatient(Remembering):
    """Says that it holds requests back, and lets them through."""

    def arrive(self, routing: Routing, generation: int) -> None:
        super().arrive(replace(routing, pause=Pause.NONE), generation)
        self.told = None

    async def apply(self, routing: Routing, generation: int) -> None:
        await super().apply(routing, generation)
        self.told = replace(self.told, value=replace(self.told.value, routing=routing))


class Careless(FakeRouter):
    """Cuts what lasts when it switches."""

    def arrive(self, routing: Routing, generation: int) -> None:
        super().arrive(routing, generation)
        for slot in Slot:
            self.host.streams[slot] *= routing.weights[slot] > 0


class Obedient(FakeRouter):
    """Ends what lasts wherever it is told to, and goes on until nothing is left."""

    async def close_streams(self, slot: Slot, generation: int) -> None:
        self.host.closing.add(slot)

    def arrive(self, routing: Routing, generation: int) -> None:
        going_on = set(self.host.closing)
        super().arrive(routing, generation)
        self.host.closing |= going_on


class Discreet(FakeRouter):
    """Does not say how many it has ended."""

    async def observe(self) -> RouterWorld:
        return replace(await super().observe(), cut=PerSlot(0, 0))
