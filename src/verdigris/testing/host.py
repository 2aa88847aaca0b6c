"""A simulated host: slots with instances, a router, requests and a clock, all in memory and all from one seed.

It knows the truth, which the fakes that look at it may hide, lose or delay. Time moves only by `advance`.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache

from verdigris.core.replays import Replay
from verdigris.core.tallies import bin_of
from verdigris.core.world import (
    SLOTS,
    Member,
    Pause,
    PerSlot,
    Release,
    Role,
    Routing,
    Second,
    Slot,
    Tally,
    Weights,
)
from verdigris.testing.changes import Production

__all__ = ["Body", "Cut", "Host", "Job", "Nature", "Place"]

RATE = 60
"""Requests a second, a number that is over the usual minimum sample within a second or two."""
UNHEALTHY = 2
"""Failed probes in a row after which an instance does not count as one that can serve."""
LONGEST = 10
"""Seconds that a request waits at most while the app is paused."""
STREAMS_MOST = 12
HANGING_MOST = 1000


@dataclass(frozen=True, slots=True)
class Nature:
    """How a release behaves: what its instances do once they are up."""

    up_after: float = 1.0
    healthy: bool = True
    error_rate: float = 0.0
    turns_bad_after: float = 0.0
    dies_after: float | None = None
    never_up: bool = False
    milliseconds: float = 20.0
    hangs: bool = False
    """Its health is well, and who asks for anything else waits for ever."""


@dataclass(slots=True)
class Body:
    """One instance. `posing` as another digest, or "stranger": its port is answered by somebody else for a while."""

    name: str
    digest: str
    address: str
    up_at: float
    alive: bool = False
    queued: bool = True
    restart_at: float = 0.0
    restarts: int = 0
    broken: bool = False
    passes: int = 0
    failures: int = 0
    served: float = 0.0
    posing: str = ""
    posing_until: float = 0.0
    leaving: bool = False


@dataclass(slots=True)
class Place:
    """What the environment keeps in a slot."""

    release: Release | None = None
    count: int = 0
    bodies: list[Body] = field(default_factory=list)
    busy_until: float = 0.0
    surge: int = 1
    role: Role = Role.CANDIDATE


@dataclass(frozen=True, slots=True)
class Cut:
    """Long-lived connections of a slot that we ended: when, how many, why, and how long it had had no weight."""

    at: float
    slot: Slot
    count: int
    why: str
    idle: float


@dataclass(slots=True)
class Job:
    """A process that works on the schema until a moment, whoever began it; then it comes to its `end`.

    Nobody of the slot that it `shuts` out can log in before; who came before it had `begun` stays.
    """

    until: float
    end: Callable[[], None]
    shuts: Slot | None = None
    begun: float = 0.0


@lru_cache(1000)
def all_as_slow(requests: int, errors: int, milliseconds: float, streak: int) -> Tally:
    """A second in which every request was answered after as long: its latencies fell into one bin."""
    where = bin_of(milliseconds)
    latency = (*[0] * where, requests) if requests else ()
    return Tally(requests, errors, latency=latency, streak=streak)


@lru_cache(1000)
def unanswered(requests: int, streak: int) -> Tally:
    """A second in which nobody was reached, or nobody asked."""
    return Tally(requests=requests, unreached=requests, streak=streak)


def unheard(cut: Cut) -> None:
    """What nobody listens to."""


class Host:
    """The truth."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.now = 1000.0
        self.boot = 1
        self.places = {slot: Place() for slot in SLOTS}
        self.natures: dict[str, Nature] = {}
        self.routing = Routing(Weights(blue=0, green=100))
        self.generation: int | None = 0
        self.files: list[tuple[Routing, int | None]] = [(self.routing, 0)]
        self.edited: Routing | None = None
        self.old_worker: Routing | None = None
        self.old_worker_until = 0.0
        self.fell_back: Slot | None = None
        self.pending: list[tuple[float, Callable[[], None]]] = []
        self.seconds: deque[Second] = deque(maxlen=60)
        self.streaks = dict.fromkeys(SLOTS, 0)
        self.asked = dict.fromkeys(SLOTS, 0)
        self.proved: set[str] = set()
        self.blind_until = 0.0
        self.dying = False
        self.healthy_passes = 3
        self.ports = 20000
        self.last_weighted = dict.fromkeys(SLOTS, -1e9)
        self.last_live = dict.fromkeys(SLOTS, -1e9)
        self.held = dict.fromkeys(SLOTS, 0)
        self.hanging = dict.fromkeys(SLOTS, 0)
        self.waiting = 0
        self.kept = 0
        self.lively = 0.0
        self.speaks = False
        self.streams = dict.fromkeys(SLOTS, 0)
        self.closing: set[Slot] = set()
        self.ended = dict.fromkeys(SLOTS, 0)
        self.cuts: deque[Cut] = deque(maxlen=100)
        self.on_cut: Callable[[Cut], None] = unheard
        self.visits: dict[Slot, list[tuple[float, float]]] = {slot: [] for slot in SLOTS}
        self.looked_at = 0.0
        self.uncounted_until = 0.0
        self.uncounted: frozenset[str] = frozenset()
        self.job: Job | None = None
        self.production = Production(rng.getstate()[1][1])  # no dice are thrown for it
        self.replay: Replay | None = None
        self.replay_until = 0.0

    @property
    def base(self) -> str:
        return f"boot-{self.boot}"

    @property
    def in_force(self) -> Routing:
        """What requests meet: for a moment after a switch an old worker of the router goes on with what it knows."""
        if self.old_worker is not None and self.now < self.old_worker_until:
            return self.old_worker
        return self.routing

    # --- time ---------------------------------------------------------------------------------------------

    def advance(self, seconds: float) -> None:
        """Let time pass, in steps of at most a second."""
        while seconds > 0:
            step = min(1.0, seconds)
            seconds -= step
            self.now += step
            self.land()
            self.live(step)
            self.serve(step)
            self.stream(step)

    def tell(self, slot: Slot, role: Role) -> None:
        """The instances of the slot read another word."""
        if self.places[slot].role is Role.LIVE:
            self.last_live[slot] = self.now
        self.places[slot].role = role

    def land(self) -> None:
        """Effects that were under way arrive."""
        due = [effect for at, effect in self.pending if at <= self.now]
        self.pending = [(at, effect) for at, effect in self.pending if at > self.now]
        for effect in due:
            effect()
        if self.job is not None and self.job.until <= self.now:
            self.job.end()
            self.job = None

    def live(self, step: float) -> None:
        for slot, place in self.places.items():
            if not place.bodies:
                self.hanging[slot] = 0
                continue
            for body in place.bodies:
                self.age(body, step)
            if not any(body.alive for body in place.bodies):
                self.hanging[slot] = 0
            self.launch(place)
            up = sum(b.alive and b.passes >= self.healthy_passes for b in place.bodies)
            if place.release and place.count and up >= place.count:
                self.proved.add(place.release.digest)

    def launch(self, place: Place) -> None:
        """Begin those that wait for their turn, as many at a time as may be starting."""
        queued = [body for body in place.bodies if body.queued]
        if not queued:
            return
        starting = sum(body.alive and self.now < body.up_at for body in place.bodies)
        for body in queued[: max(place.surge - starting, 0)]:
            body.queued = False
            if self.natures[body.digest].never_up:
                self.die(body)
            else:
                body.alive, body.up_at = True, self.now + self.natures[body.digest].up_after

    def age(self, body: Body, step: float) -> None:
        """One instance grows older: it comes up, is probed, dies, is started again."""
        nature = self.natures[body.digest]
        body.posing = body.posing if self.now < body.posing_until else ""
        if not body.alive:
            if not (body.broken or body.queued) and self.now >= body.restart_at:
                self.restart(body, nature)
            return
        if (self.dying and self.rng.random() < 0.02) or (
            nature.dies_after is not None and body.served > nature.dies_after
        ):
            self.die(body)
        elif self.now < body.up_at:
            return
        elif nature.healthy:
            body.passes, body.failures = body.passes + max(1, int(step)), 0
        else:
            body.passes, body.failures = 0, body.failures + 1

    def die(self, body: Body) -> None:
        body.alive, body.passes, body.failures, body.served, body.leaving = False, 0, 0, 0.0, False
        body.restart_at = self.now + min(10.0, 0.5 * 2.0 ** min(body.restarts, 5))

    def restart(self, body: Body, nature: Nature) -> None:
        body.restarts += 1
        body.broken = nature.never_up and body.restarts > 3
        if nature.never_up:
            self.die(body)
        else:
            body.alive, body.up_at = True, self.now + nature.up_after

    # --- traffic ------------------------------------------------------------------------------------------

    def up(self, slot: Slot) -> bool:
        """Whether the router can reach an instance of the slot."""
        return bool(self.reachable(slot))

    def reachable(self, slot: Slot) -> list[Body]:
        """The instances that listen and that the router was told of."""
        told = [member.address for member in self.in_force.members[slot]]
        bodies = self.places[slot].bodies
        return [b for b in bodies if b.alive and self.now >= b.up_at and b.address in told]

    def serve(self, step: float) -> None:
        """Requests of one step: by weight, or by the router's own turn."""
        self.turn_away()
        requests = self.let_through(RATE * step)
        turned, weights = self.fell_back, self.in_force.weights
        if turned is not None:
            weights = Weights.share(turned, 100)
        tallies = PerSlot(*(self.answer(slot, weights[slot], requests, step) for slot in SLOTS))
        for slot in SLOTS:
            self.asked[slot] += tallies[slot].requests
        self.seconds.append(Second(self.now - step, tallies, control=self.control(step)))

    def let_through(self, requests: float) -> float:
        """How many requests get past the router: all that come and have waited, or, while the app is paused, none."""
        pause = self.in_force.pause
        if pause is Pause.NONE:
            waited, self.waiting = self.waiting, 0
            return requests + waited
        held = pause is not Pause.MAINTENANCE
        self.waiting = min(self.waiting + int(requests), RATE * LONGEST) if held else 0
        return 0.0

    def turn_away(self) -> None:
        """The router's own way back: nobody is left to serve, and somebody else can."""
        to = self.routing.fallback
        if to is None or self.fell_back is not None:
            return
        if self.routing.weights[to.other] and not self.up(to.other) and self.up(to):
            self.fell_back = to
            self.closing.discard(to)

    def answer(self, slot: Slot, weight: int, through: float, step: float) -> Tally:
        requests = int(through * weight / 100)
        if weight:
            self.last_weighted[slot] = self.now
            self.places[slot].busy_until = self.now + self.rng.choice((0.5, 2.0, 8.0))
        bodies = self.reachable(slot) if requests else []
        if bodies:
            return self.reached(slot, bodies, requests, step)
        self.streaks[slot] += requests
        return unanswered(requests, self.streaks[slot])

    def reached(self, slot: Slot, bodies: list[Body], requests: int, step: float) -> Tally:
        place = self.places[slot]
        nature = self.natures[place.bodies[0].digest]
        for body in bodies:
            body.served += step
        if nature.hangs:
            self.hanging[slot] = min(self.hanging[slot] + requests, HANGING_MOST)
            return unanswered(0, self.streaks[slot])
        bad = max(b.served for b in place.bodies) > nature.turns_bad_after
        errors = round(requests * nature.error_rate) if bad else 0
        self.streaks[slot] = self.streaks[slot] + requests if errors == requests else 0
        return all_as_slow(requests, errors, nature.milliseconds, self.streaks[slot])

    def control(self, step: float) -> PerSlot[Tally] | None:
        """What was replayed in one step: as many requests at each slot, of which users notice nothing."""
        if self.replay is None or self.now > self.replay_until:
            return None
        requests = int(self.replay.rate * step)
        return PerSlot(*(self.replayed(slot, self.replay.members[slot], requests) for slot in SLOTS))

    def replayed(self, slot: Slot, members: tuple[Member, ...], requests: int) -> Tally:
        """They go past the router, to who was seen to be well."""
        told = [member.address for member in members]
        bodies = [
            b for b in self.places[slot].bodies if b.alive and self.now >= b.up_at and b.address in told
        ]
        if not bodies:
            return unanswered(requests, 0)
        nature = self.natures[bodies[0].digest]
        if nature.hangs:
            return Tally(requests, timeouts=requests)
        bad = max(b.served for b in bodies) > nature.turns_bad_after
        return all_as_slow(
            requests, round(requests * nature.error_rate) if bad else 0, nature.milliseconds, 0
        )

    def in_flight(self, slot: Slot) -> int:
        """Requests now inside the slot: some while it has weight, until the longest of them ends, and who is held."""
        busy = self.in_force.weights[slot] or self.now < self.places[slot].busy_until
        return self.held[slot] + self.hanging[slot] + (3 if busy else 0)

    # --- what lasts ---------------------------------------------------------------------------------------

    def stream(self, step: float) -> None:
        """Clients open and close connections that last, as lively as they are; the router ends one in a second."""
        for slot in SLOTS:
            if (
                self.lively
                and self.last_weighted[slot] == self.now
                and self.rng.random() < self.lively * step
            ):
                self.open_streams(slot, self.rng.choice((1, 3)))
            if not self.streams[slot]:
                self.closing.discard(slot)
            elif not any(body.alive for body in self.places[slot].bodies):
                self.streams[slot] = 0
            elif slot in self.closing:
                self.cut(slot, 1, "closed")
                self.ended[slot] += 1
            elif self.speaks and any(body.leaving for body in self.places[slot].bodies):
                self.streams[slot] -= 1  # their application sends them away
            elif self.lively and self.rng.random() < 0.02 * step:
                self.streams[slot] -= 1

    def open_streams(self, slot: Slot, count: int) -> None:
        """They reach whoever is up, and wait like everybody while the app is paused."""
        if self.up(slot) and self.in_force.pause is Pause.NONE:
            self.streams[slot] = min(self.streams[slot] + count, STREAMS_MOST)

    def cut(self, slot: Slot, count: int, why: str) -> None:
        """We end some: it is remembered when, and how long nobody new had been sent to their slot."""
        self.streams[slot] -= count
        self.cuts.append(Cut(self.now, slot, count, why, self.now - self.last_weighted[slot]))
        self.on_cut(self.cuts[-1])

    def sessions(self, slot: Slot) -> int:
        """Database sessions of the slot's role: of its instances, and of who comes after them for a while."""
        shut = self.job.begun if self.job is not None and self.job.shuts is slot else self.now
        visits = sum(begun <= min(shut, self.now) and self.now < ended for begun, ended in self.visits[slot])
        return len(self.places[slot].bodies) + visits

    def linger(self, slot: Slot, seconds: float) -> None:
        """Some sessions outlive their instance, and where one did, somebody comes again and again for a while."""
        left = [visit for visit in self.visits[slot] if visit[1] > self.now]
        again = [(self.now + at, self.now + at + 3.0) for at in (9.0, 15.0, 21.0)] if seconds else []
        self.visits[slot] = [*left, (self.now, self.now + seconds), *again]

    def fit(self, body: Body, digest: str) -> bool:
        """Whether a request that reaches this instance is answered well, by exactly this release."""
        up = body.alive and self.now >= body.up_at and body.passes + body.failures > 0
        return up and not body.posing and body.digest == digest and body.failures < UNHEALTHY

    # --- what befalls it ----------------------------------------------------------------------------------

    def route(self, routing: Routing, generation: int) -> None:
        """The router takes over a routing, and keeps it on disk."""
        self.routing, self.generation = routing, generation
        self.fell_back = self.edited = self.old_worker = None
        self.files.append((routing, generation))
        self.closing -= {slot for slot in SLOTS if routing.weights[slot]}
        if routing.pause is Pause.NONE and self.kept:
            self.held[max(SLOTS, key=lambda slot: routing.weights[slot])] += self.kept
            self.kept = 0

    def restart_router(self) -> None:
        """The router comes back with what it finds on disk, which may be old."""
        self.pending.clear()  # what was on the wire dies with the process
        self.routing, self.generation = self.rng.choice(self.files[-3:])
        self.fell_back = self.edited = self.old_worker = None
        self.streams, self.closing, self.waiting = dict.fromkeys(SLOTS, 0), set(), 0

    def edit_router(self, newest: int | None) -> None:
        """Somebody changes weights or pause by hand; who knows the newest stamp may leave it there."""
        self.pending.clear()  # what was asked of a router before does not arrive after
        weights = Weights.share(Slot.BLUE, self.rng.choice((0, 30, 100)))
        if weights == self.routing.weights:
            return
        keeps_stamp = self.generation == newest and self.rng.random() < 0.5
        pause = self.rng.choice((self.routing.pause, self.routing.pause, Pause.ALL))
        self.routing = replace(self.routing, weights=weights, pause=pause)
        self.generation = self.generation if keeps_stamp else None
        self.closing -= {slot for slot in SLOTS if weights[slot]}
        undone = (self.routing, self.generation) == self.files[-1]
        self.edited = None if undone else self.routing

    def pose(self) -> None:
        """One instance is not for a while what it is taken for."""
        bodies = [body for place in self.places.values() for body in place.bodies if body.alive]
        if bodies:
            body = self.rng.choice(bodies)
            body.posing = self.rng.choice(("another", "stranger"))
            body.posing_until = self.now + self.rng.choice((3.0, 12.0))

    def reboot(self) -> None:
        """Everything starts again; the clock counts from another beginning, and somebody looks at once or later."""
        self.job = None  # it dies with its machine
        self.boot += 1
        self.now = self.rng.choice((10.0, self.now + 300.0))
        self.seconds.clear()
        self.last_live = dict.fromkeys(SLOTS, self.now)
        for place in self.places.values():
            place.busy_until, place.role = 0.0, Role.CANDIDATE
            for body in place.bodies:
                body.alive, body.passes, body.failures, body.restart_at = False, 0, 0, self.now
                body.up_at, body.posing, body.leaving = self.now, "", False
        self.last_weighted = dict.fromkeys(SLOTS, -1e9)
        self.blind_until = self.uncounted_until = 0.0
        self.visits = {slot: [] for slot in SLOTS}
        self.restart_router()
