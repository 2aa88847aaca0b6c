"""What core tests are written with: worlds in a few words, and a stage for a deployment to live on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from verdigris.core.deployment import Deployment, Routed
from verdigris.core.lifecycle import BACKWARD, Decision, decide
from verdigris.core.policy import Policy, Step
from verdigris.core.safety import Action, Kind
from verdigris.core.tallies import bin_of, trimmed
from verdigris.core.world import (
    Answer,
    Check,
    Command,
    Health,
    Instance,
    Known,
    Member,
    PerSlot,
    Proven,
    Reading,
    Rehearsal,
    Release,
    Role,
    RouterWorld,
    Routing,
    SchemaState,
    Second,
    Seen,
    Slot,
    SlotWorld,
    Tally,
    Unknown,
    Verb,
    Weights,
    World,
)

BLUE, GREEN = Slot.BLUE, Slot.GREEN
T0 = 1000.0
P = Proven.PROVEN
UNTOUCHED = SchemaState(False, False, keeps=P, serves=P, contracts=P, previous_sessions=0)
UNSEEN = Unknown("it does not answer")


def a_release(version: str) -> Release:
    return Release(version, f"digest-{version}", f"/releases/{version}", ("run",), api_version=version)


OLD, NEW, NEXT = a_release("1.0"), a_release("2.0"), a_release("3.0")


def a_policy(**changes: Any) -> Policy:
    """Short waits; every phase that can be left out is left out."""
    short = {"drain": 5.0, "bake": 10.0, "stabilize": 20.0, "drain_long_lived": 15.0}
    short |= {"min_requests": 20, "judge_over": 10.0}
    return Policy(**{**short, **changes})


RAMP = (Step(10, 5.0), Step(50, 5.0), Step(100, 0.0))
EVERYTHING = {"expand": True, "contract": True, "rehearse": 20, "gate": True}


def a_deployment(phase: str = "preflight", **changes: Any) -> Deployment:
    """2.0 goes to green, 1.0 serves in blue."""
    d = Deployment("d-2", "api", NEW, OLD, GREEN, phase=phase, generation=7, base="boot-1")
    return replace(d, **changes)


def a_first_deployment(phase: str = "preflight", **changes: Any) -> Deployment:
    """1.0 goes to blue, nothing served before."""
    return replace(Deployment("d-1", "api", OLD, None, BLUE, phase=phase, base="boot-1"), **changes)


def an_instance(slot: Slot, release: Release, number: int = 1, now: float = T0, **changes: Any) -> Instance:
    """It runs, owns its port and has passed ten probes."""
    address = f"127.0.0.1:{(20000 if slot is BLUE else 30000) + number}"
    health = Known(Health(10, 0), now)
    sound = Instance(f"{slot}-{number}", slot, release.digest, True, address, health, owns_port=True)
    return replace(sound, **changes)


def a_slot(slot: Slot, release: Release, count: int = 2, now: float = T0, **changes: Any) -> Known[SlotWorld]:
    bodies = tuple(an_instance(slot, release, n + 1, now, **changes) for n in range(count))
    return Known(SlotWorld(release.digest, release.version, bodies), now)


def empty(now: float = T0) -> Known[SlotWorld]:
    return Known(SlotWorld(None), now)


def members(slot: Slot, count: int = 2) -> tuple[Member, ...]:
    return tuple(Member(i.name, i.address) for i in (an_instance(slot, OLD, n + 1) for n in range(count)))


def a_routing(weights: Weights, blue: int = 2, green: int = 2, fallback: Slot | None = None) -> Routing:
    return Routing(
        weights, PerSlot(members(BLUE, blue), members(GREEN, green)), fallback, PerSlot("1.0", "2.0")
    )


def routed(routing: Routing, generation: int = 7, at: float = T0) -> Routed:
    return Routed(routing, generation, at)


def a_tally(requests: int, errors: int = 0, milliseconds: float = 20.0, **changes: Any) -> Tally:
    latency = trimmed([*[0] * bin_of(milliseconds), requests])
    return replace(Tally(requests, errors, latency=latency), **changes)


@dataclass
class Stage:
    """A host that does at once and rightly what it is told, and shows what a test wants seen.

    `show` replaces parts of the world; `errors` is the share of each slot's requests that fail, `streak` how
    many of them in a row. `unanswering` is a slot whose requests stay inside. With `telling` instances have `roles`.
    """

    d: Deployment
    p: Policy
    now: float = T0
    base: str = "boot-1"
    slots: dict[Slot, Seen[SlotWorld]] = field(default_factory=dict)
    routing: Routing = field(default_factory=lambda: Routing(Weights(0, 100)))
    generation: int | None = 0
    fell_back: Slot | None = None
    in_flight: dict[Slot, Seen[int]] = field(default_factory=dict)
    streams: dict[Slot, Seen[int]] = field(default_factory=dict)
    closing: frozenset[Slot] = frozenset()
    cut: PerSlot[int] = field(default_factory=lambda: PerSlot(0, 0))
    errors: dict[Slot, float] = field(default_factory=dict)
    streak: dict[Slot, int] = field(default_factory=dict)
    rate: int = 100
    milliseconds: float = 20.0
    unanswering: Slot | None = None
    checks: tuple[Check, ...] = (Check("room", True, "there is room"),)
    schema: SchemaState = UNTOUCHED
    samples: int | None = None
    show: dict[str, Any] = field(default_factory=dict)
    deaf: bool = False
    roles: dict[Slot, Role] = field(default_factory=dict)
    telling: bool = False
    past: list[tuple[float, Weights]] = field(default_factory=list)
    visited: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    # --- looking ------------------------------------------------------------------------------------------

    def world(self, *verbs: Verb) -> World:
        """What can be seen now, with what operators ask for."""
        router = RouterWorld(
            self.show.get("reading", Known(Reading(self.routing, self.generation, self.fell_back), self.now)),
            PerSlot(self.count(self.in_flight, BLUE), self.count(self.in_flight, GREEN)),
            PerSlot(self.count(self.streams, BLUE), self.count(self.streams, GREEN)),
            self.show.get("front", self.answer(self.serving)),
            self.show.get("preview", PerSlot(self.answer(BLUE), self.answer(GREEN))),
            self.closing,
            self.cut,
        )
        commands = tuple(Command(n + 1, verb, "ada") for n, verb in enumerate(verbs))
        seen = World(
            self.now,
            self.base,
            PerSlot(self.slot(BLUE), self.slot(GREEN)),
            router,
            self.show.get("signals", self.signals()),
            self.show.get("checklist", Known(self.checks, self.now)),
            self.show.get("schema", Known(self.schema, self.now)),
            self.show.get("rehearsal", self.rehearsal()),
            commands,
            outcomes=self.show.get("outcomes"),
        )
        return seen

    @property
    def serving(self) -> Slot:
        return self.fell_back or max(Slot, key=lambda slot: self.routing.weights[slot])

    def count(self, counts: dict[Slot, Seen[int]], slot: Slot) -> Seen[int]:
        return counts.get(slot, Known(0, self.now))

    def slot(self, slot: Slot) -> Seen[SlotWorld]:
        """The slot with probes of this moment, unless the test has its own idea of them."""
        seen = self.slots.get(slot, empty(self.now))
        if isinstance(seen, Unknown):
            return seen
        fresh = tuple(
            replace(i, health=replace(i.health, seen_at=self.now)) if isinstance(i.health, Known) else i
            for i in seen.value.instances
        )
        role = self.roles.get(slot, Role.CANDIDATE) if self.telling and not seen.value.empty else None
        return Known(replace(seen.value, instances=fresh, role=role), self.now)

    def answer(self, slot: Slot) -> Seen[Answer]:
        seen = self.slots.get(slot)
        if not isinstance(seen, Known) or seen.value.version is None or not self.routing.members[slot]:
            return Unknown(f"nobody answers in {slot}")
        return Known(Answer(slot, seen.value.version, True, ""), self.now)

    def signals(self) -> Known[tuple[Second, ...]]:
        began = [self.now - 30 + n for n in range(30)]
        seconds = tuple(Second(at, PerSlot(self.tally(BLUE, at), self.tally(GREEN, at))) for at in began)
        return Known(seconds, self.now)

    def tally(self, slot: Slot, at: float) -> Tally:
        """What a slot answered in the second that began `at`, with the weight that it had then."""
        then = next((weights for until, weights in self.past if at < until), self.routing.weights)
        requests = 0 if slot is self.unanswering else self.rate * then[slot] // 100
        errors = round(requests * self.errors.get(slot, 0.0))
        return a_tally(requests, errors, self.milliseconds, streak=self.streak.get(slot, 0))

    def rehearsal(self) -> Seen[Rehearsal]:
        return (
            Unknown("none runs")
            if self.samples is None
            else Known(Rehearsal(self.samples, 0, True), self.now)
        )

    # --- living -------------------------------------------------------------------------------------------

    def look(self, *verbs: Verb, after: float = 1.0) -> Decision:
        """One round: time passes, a decision is made and remembered, and its effects happen."""
        self.now += after
        decision = decide(self.d, self.world(*verbs), self.p)
        self.d = replace(decision.deployment, generation=self.d.generation + 1)
        for action in decision.actions:
            if not self.deaf:
                self.do(action)
        if not self.visited or self.visited[-1] != self.d.phase:
            self.visited.append(self.d.phase)
        self.heard.append(decision.waiting_for)
        return decision

    def do(self, action: Action) -> None:
        if action.kind is Kind.ROUTE and action.routing is not None:
            assert self.d.routed
            self.past.append((self.now, self.routing.weights))
            self.routing, self.generation, self.fell_back = action.routing, self.d.routed.generation, None
        elif action.kind is Kind.PROVISION and action.slot and action.release:
            self.slots[action.slot] = a_slot(action.slot, action.release, self.p.instances, self.now)
        elif action.kind is Kind.CLOSE_STREAMS and action.slot:
            self.closing = frozenset({action.slot})
        elif action.kind is Kind.TELL and action.slot and action.role:
            self.roles[action.slot] = action.role
        elif action.kind is Kind.TEAR_DOWN and action.slot:
            self.roles.pop(action.slot, None)
            self.slots[action.slot] = empty(self.now)
            self.streams.pop(action.slot, None)
        elif action.kind is Kind.REHEARSE:
            self.samples = 1000
        elif action.kind is Kind.EXPAND:
            self.schema = replace(self.schema, expanded=True)
        elif action.kind is Kind.CONTRACT:
            self.schema = replace(self.schema, contracted=True)

    def close(self, slot: Slot) -> None:
        """The router has ended every long-lived connection of the slot."""
        seen = self.streams.pop(slot)
        assert isinstance(seen, Known)
        self.closing, self.cut = frozenset(), self.cut.put(slot, self.cut[slot] + seen.value)

    def walk(self, until: str, within: int = 200) -> Decision:
        """Look until the phase is entered; an operator opens the gate when asked."""
        for _ in range(within):
            asked = self.d.phase == "gate" and until != "gate"
            decision = self.look(*((Verb.PROMOTE,) if asked else ()))
            if self.d.phase == until:
                return decision
        raise AssertionError(f"{until} was not reached, the way was {self.visited}: {self.heard[-1]}")


def a_stage(phase: str = "preflight", **changes: Any) -> Stage:
    """1.0 serves from blue, 2.0 is deployed to green and has come as far as `phase`. `changes` go to the policy."""
    stage = Stage(a_deployment(), a_policy(**changes))
    stage.slots[BLUE] = a_slot(BLUE, OLD, stage.p.instances)
    stage.routing = Routing(
        Weights(100, 0), PerSlot(members(BLUE, stage.p.instances), ()), None, PerSlot("1.0", "")
    )
    stage.generation = 5
    stage.d = replace(stage.d, routed=Routed(stage.routing, 5, T0))
    if phase != "preflight":
        stage.walk(phase)
    return stage


def a_first_stage(phase: str = "preflight", **changes: Any) -> Stage:
    """1.0 is the very first release and goes to blue."""
    stage = Stage(a_first_deployment(), a_policy(**changes))
    if phase != "preflight":
        stage.walk(phase)
    return stage


def a_stage_turned_back(phase: str, **changes: Any) -> Stage:
    """The same deployment on its way back, as far as `phase`."""
    if phase in ("abort", "aborted"):
        stage = a_stage("provision", **changes)
        stage.slots[GREEN] = a_slot(GREEN, NEW, broken=True, alive=False, sentence="exit code 3")
    else:
        stage = a_stage("bake", **changes)
        stage.errors[GREEN] = 0.5
    stage.walk(phase)
    return stage


def a_stuck_stage() -> Stage:
    """It was to go back, and the router did not do as it was told for too long."""
    stage = a_stage_turned_back("restore")
    stage.routing, stage.deaf = replace(stage.routing, weights=Weights(0, 100)), True
    stage.generation = 5
    stage.walk("stuck")
    stage.deaf = False
    return stage


def at_phase(phase: str, **changes: Any) -> Stage:
    """A deployment in whichever phase, with everything configured that has a phase of its own."""
    if phase == "stuck":
        return a_stuck_stage()
    if phase in {row.name for row in BACKWARD}:
        return a_stage_turned_back(phase, **changes)
    return a_stage(phase, **{**EVERYTHING, **changes})


def kinds(decision: Decision) -> list[Kind]:
    return [action.kind for action in decision.actions]


def routing_of(decision: Decision) -> Routing | None:
    return next((a.routing for a in decision.actions if a.routing is not None), None)
