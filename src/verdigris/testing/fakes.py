"""The ports over a simulated host: they lose calls, answer late, see nothing, as the dice say.

They pass the same conformance suites as the real adapters when the dice are off.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from verdigris.core.deployment import Deployment
from verdigris.core.errors import ActionError, Conflict
from verdigris.core.intake import Direct
from verdigris.core.replays import Replay
from verdigris.core.world import (
    SILENT,
    SLOTS,
    Answer,
    Check,
    Health,
    Instance,
    Known,
    PerSlot,
    Reading,
    Rehearsal,
    Release,
    Role,
    RouterWorld,
    Routing,
    Said,
    Second,
    Seen,
    Slot,
    SlotWorld,
    Unknown,
)
from verdigris.ports import Alert, Capabilities
from verdigris.testing.changes import Change
from verdigris.testing.chaos import Chaos
from verdigris.testing.host import Body, Host, Place

__all__ = [
    "FakeClock",
    "FakeDirects",
    "FakeEnvironment",
    "FakeNotifier",
    "FakeRehearser",
    "FakeReplayer",
    "FakeRouter",
    "FakeSignals",
    "Hooks",
]


ALL = Capabilities(weights=True, in_flight=True, preview=True, fallback=True, fenced=True)
COUNTERS = (frozenset({"requests"}), frozenset({"streams"}), frozenset({"requests", "streams"}))
NOT_COUNTED: PerSlot[Seen[int]] = PerSlot(Unknown("the counter is gone"), Unknown("the counter is gone"))
NO_ANSWER = Unknown("no answer")
NO_MEMBERS = PerSlot(*(Unknown(f"{slot} has no members") for slot in SLOTS))
NO_LISTENER = Unknown("nothing listens")
NOT_PROBED = Unknown("not probed yet")
NO_REHEARSAL = Unknown("no rehearsal is running")
UNTOLD = 5.0
"""Seconds without a look after which nothing is replayed any more."""
LAG = 2.0
"""Seconds that an old worker of the router may go on serving by what it knows."""


@lru_cache(1000)
def answered(slot: Slot, version: str, healthy: bool) -> Answer:
    return Answer(slot, version, healthy, "")


def unheard(*_: object) -> None:
    """What nobody listens to."""


@dataclass
class Hooks:
    """Who is told of an effect at the moment when it happens; `asked` when a routing is asked for, heard or not.

    `contracting` is when a contract is asked for, with the sessions that were counted last; `contracted` when it is
    done. `dropping` is when somebody asks to drop what it took away, `dropped` when that is gone for good.
    """

    asked: Callable[[Routing], None] = unheard
    applied: Callable[[Routing, int], None] = unheard
    provisioned: Callable[[Slot, Release, int, int], None] = unheard
    torn_down: Callable[[Slot, int], None] = unheard
    told: Callable[[Slot, Role, int], None] = unheard
    asked_away: Callable[[Slot, bool, int], None] = unheard
    expanded: Callable[[Deployment], None] = unheard
    contracting: Callable[[Deployment, int], None] = unheard
    contracted: Callable[[Deployment], None] = unheard
    dropping: Callable[[Deployment], None] = unheard
    dropped: Callable[[Change], None] = unheard
    replayed: Callable[[Replay], None] = unheard


@dataclass
class FakeClock:
    """The host's time."""

    host: Host

    def now(self) -> float:
        return self.host.now

    def base(self) -> str:
        return self.host.base

    def wall(self) -> float:
        return 1_700_000_000.0 + self.host.now


@dataclass
class FakeRouter:
    """The host's router over an unreliable wire. It fences: an effect of an older generation is refused."""

    host: Host
    chaos: Chaos
    hooks: Hooks = field(default_factory=Hooks)
    capabilities: Capabilities = ALL

    async def observe(self) -> RouterWorld:
        self.chaos.look("the router")
        host = self.host
        if self.chaos.strikes("blind"):
            host.uncounted_until = host.now + host.rng.choice((1.0, 6.0, 30.0))
            host.uncounted = host.rng.choice(COUNTERS)
        reading = Known(Reading(host.routing, host.generation, host.fell_back), host.now)
        preview = PerSlot(self.preview(Slot.BLUE), self.preview(Slot.GREEN))
        return RouterWorld(
            reading,
            self.counted("requests", host.in_flight),
            self.counted("streams", host.streams.__getitem__),
            self.front(),
            preview,
            frozenset(host.closing),
            PerSlot(host.ended[Slot.BLUE], host.ended[Slot.GREEN]),
            Known(host.waiting + host.kept, host.now),
        )

    def counted(self, name: str, count: Callable[[Slot], int]) -> PerSlot[Seen[int]]:
        host = self.host
        if name in host.uncounted and host.now < host.uncounted_until:
            return NOT_COUNTED
        return PerSlot(Known(count(Slot.BLUE), host.now), Known(count(Slot.GREEN), host.now))

    async def apply(self, routing: Routing, generation: int) -> None:
        self.hooks.asked(routing)
        if self.chaos.strikes("late"):
            at = self.host.now + self.host.rng.choice((1.0, 4.0, 12.0))
            self.host.pending.append((at, lambda: self.arrive(routing, generation)))
            return
        if self.newer(generation):
            raise Conflict(f"the router has generation {self.host.generation}, newer than {generation}")
        self.chaos.effect("route", lambda: self.arrive(routing, generation))

    async def close_streams(self, slot: Slot, generation: int) -> None:
        if self.newer(generation):
            raise Conflict(f"the router has generation {self.host.generation}, newer than {generation}")
        if self.host.routing.weights[slot] or self.host.fell_back is slot:
            raise ActionError(f"{slot} serves: its connections are left alone")
        self.chaos.effect("close_streams", lambda: self.host.closing.add(slot))

    def newer(self, generation: int) -> bool:
        return self.host.generation is not None and self.host.generation > generation

    def arrive(self, routing: Routing, generation: int) -> None:
        if self.newer(generation):
            return
        host, before = self.host, self.host.in_force
        self.hooks.applied(routing, generation)
        host.route(routing, generation)
        if self.chaos.strikes("lag", 3.0):
            host.old_worker, host.old_worker_until = before, host.now + LAG

    def front(self) -> Seen[Answer]:
        host = self.host
        return self.ask(host.fell_back or host.in_force.weights.most)

    def preview(self, slot: Slot) -> Seen[Answer]:
        return self.ask(slot) if self.host.routing.members[slot] else NO_MEMBERS[slot]

    def ask(self, slot: Slot) -> Seen[Answer]:
        place = self.host.places[slot]
        if self.chaos.strikes("no_probe") or not self.host.up(slot) or place.release is None:
            return NO_ANSWER
        healthy = self.host.natures[place.release.digest].healthy
        posing = {body.posing for body in place.bodies}
        if "stranger" in posing:
            return Known(Answer(None, None, healthy, "nobody says who answered"), self.host.now)
        version = "another" if "another" in posing else place.release.version
        return Known(answered(slot, version, healthy), self.host.now)


@dataclass
class FakeEnvironment:
    """What runs on the host, over an unreliable wire."""

    host: Host
    chaos: Chaos
    hooks: Hooks = field(default_factory=Hooks)
    newest: int = -1

    async def observe(self) -> PerSlot[Seen[SlotWorld]]:
        self.chaos.look("the environment")
        self.host.looked_at = self.host.now
        return PerSlot(self.seen(Slot.BLUE), self.seen(Slot.GREEN))

    def seen(self, slot: Slot) -> Seen[SlotWorld]:
        place, now = self.host.places[slot], self.host.now
        instances = tuple(self.instance(slot, body) for body in place.bodies)
        digest, version = (place.release.digest, place.release.version) if place.release else (None, None)
        role = place.role if place.release or instances else None
        return Known(SlotWorld(digest, version, instances, role), now)

    def instance(self, slot: Slot, body: Body) -> Instance:
        up = body.alive and self.host.now >= body.up_at
        health: Seen[Health] = NOT_PROBED if up else NO_LISTENER
        if up and (body.passes or body.failures):
            health = Known(Health(body.passes, body.failures, "unhealthy"), self.host.now)
        return Instance(
            name=body.name,
            slot=slot,
            digest="another" if body.posing == "another" else body.digest,
            alive=body.alive,
            address=body.address,
            health=health,
            owns_port=body.posing != "stranger" if up else None,
            broken=body.broken,
            restarts=body.restarts,
            sentence="it ended again and again, and nobody tries any more" if body.broken else "",
            says=self.said(slot, body) if up and self.host.speaks else SILENT,
        )

    def said(self, slot: Slot, body: Body) -> Known[Said]:
        """Its first instance has all that is inside the slot."""
        host, first = self.host, body is self.host.places[slot].bodies[0]
        return Known(
            Said(body.leaving, host.in_flight(slot) * first, host.streams[slot] * first), self.host.now
        )

    async def check(self, release: Release, count: int) -> tuple[Check, ...]:
        self.chaos.look("the checklist")
        if self.chaos.strikes("no_room", 0.3):
            return (Check("room", False, "there is no room"),)
        if release.digest not in self.host.natures:
            return (Check("release", False, f"{release.version} is not to be found"),)
        return (Check("room", True, "there is room"),)

    async def provision(self, slot: Slot, release: Release, count: int, surge: int, generation: int) -> None:
        self.fence(generation)
        there = self.host.places[slot].release
        if there is not None and there.digest != release.digest:
            raise ActionError(f"{slot} has {there.version} in it; tear it down first")
        self.chaos.effect("provision", lambda: self.start(slot, release, count, generation, surge))

    async def tell(self, slot: Slot, role: Role, generation: int) -> None:
        self.fence(generation)
        if self.host.places[slot].release is None:
            raise ActionError(f"{slot} is empty: nobody is there to be told a role")
        self.chaos.effect("tell", lambda: self.say(slot, role, generation))

    async def drain(self, slot: Slot, seconds: float, generation: int) -> None:
        self.fence(generation)
        self.chaos.effect("drain", lambda: self.ask(slot, True, generation))

    async def resume(self, slot: Slot, generation: int) -> None:
        self.fence(generation)
        self.chaos.effect("resume", lambda: self.ask(slot, False, generation))

    def ask(self, slot: Slot, leaving: bool, generation: int) -> None:
        self.newest = generation
        self.hooks.asked_away(slot, leaving, generation)
        for body in self.host.places[slot].bodies:
            body.leaving = leaving and body.alive and self.host.now >= body.up_at

    async def tear_down(self, slot: Slot, generation: int) -> None:
        self.fence(generation)
        self.chaos.effect("tear_down", lambda: self.stop(slot, generation))

    async def orphans(self) -> tuple[str, ...]:
        self.chaos.look("the search for orphans")
        return ()

    def fence(self, generation: int) -> None:
        if generation < self.newest:
            raise Conflict(f"the environment has seen generation {self.newest}, newer than {generation}")

    def start(self, slot: Slot, release: Release, count: int, generation: int, surge: int = 64) -> None:
        self.newest = generation
        self.hooks.provisioned(slot, release, count, generation)
        host, place = self.host, self.host.places[slot]
        kept = [b for b in place.bodies if b.digest == release.digest and not b.broken][:count]
        while len(kept) < count:
            host.ports += 1
            name, address = f"{slot}-{len(kept) + 1}", f"127.0.0.1:{host.ports}"
            kept.append(Body(name, release.digest, address, up_at=host.now))
        role = place.role if place.release else Role.CANDIDATE
        host.places[slot] = Place(release, count, kept, place.busy_until, surge, role)
        host.launch(host.places[slot])

    def say(self, slot: Slot, role: Role, generation: int) -> None:
        self.newest = generation
        self.hooks.told(slot, role, generation)
        self.host.tell(slot, role)

    def stop(self, slot: Slot, generation: int) -> None:
        self.newest = generation
        self.hooks.torn_down(slot, generation)
        if self.host.streams[slot]:
            self.host.cut(slot, self.host.streams[slot], "torn down")
        self.host.tell(slot, Role.CANDIDATE)
        self.host.places[slot] = Place()
        self.host.linger(slot, self.host.rng.choice((0.0, 6.0)))


@dataclass
class FakeSignals:
    """What was counted on the host, unless the counter is cut off."""

    host: Host
    chaos: Chaos

    async def observe(self) -> Seen[tuple[Second, ...]]:
        self.chaos.look("the request counts")
        if self.chaos.strikes("blind"):
            self.host.blind_until = self.host.now + self.host.rng.choice((2.0, 10.0, 40.0))
        if self.host.now < self.host.blind_until:
            return Unknown("the log stream is cut")
        return Known(tuple(self.host.seconds), self.host.now)


@dataclass
class FakeRehearser:
    """A rehearsal that gets ten comparable samples a second."""

    host: Host
    chaos: Chaos
    since: float | None = None

    async def observe(self) -> Seen[Rehearsal]:
        self.chaos.look("the rehearsal")
        if self.since is None:
            return NO_REHEARSAL
        return Known(Rehearsal(int((self.host.now - self.since) * 10), 0, True), self.host.now)

    async def rehearse(self, candidate: Slot, generation: int) -> None:
        self.chaos.effect("rehearse", self.start)

    def start(self) -> None:
        self.since = self.host.now


@dataclass
class FakeReplayer:
    """Sends to both slots what it is told, until it is told otherwise or nobody looks any more."""

    host: Host
    hooks: Hooks = field(default_factory=Hooks)

    def follow(self, replay: Replay | None) -> None:
        if replay is not None:
            self.hooks.replayed(replay)
        self.host.replay, self.host.replay_until = replay, self.host.now + UNTOLD


@dataclass
class FakeDirects:
    """The record of a rollback without the controller."""

    record: Direct | None = None

    def read(self) -> Direct | None:
        return self.record

    def clear(self) -> None:
        self.record = None


@dataclass
class FakeNotifier:
    """Remembers whom it would have woken."""

    alerts: list[Alert] = field(default_factory=list)

    async def notify(self, alert: Alert) -> None:
        self.alerts.append(alert)
