"""Whole histories of deployments by seed: the production loop over fakes, with every promise checked at each step.

First chaos: calls get lost, the controller dies, routers forget, people meddle. Then calm, in which everything has
to come to an end. A failing run prints its seed; the same seed fails the same way.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from verdigris.core.commands import PAUSES
from verdigris.core.deployment import Deployment
from verdigris.core.intake import Direct
from verdigris.core.lifecycle import ENDINGS
from verdigris.core.world import Command, Release, Slot, Verb, Weights, known
from verdigris.engine.loop import Engine, Tick
from verdigris.engine.parts import Parts, in_turn
from verdigris.ports import Filed
from verdigris.testing.chaos import Chaos, Crash
from verdigris.testing.drilling import Drilling
from verdigris.testing.fakes import (
    FakeClock,
    FakeDirects,
    FakeEnvironment,
    FakeNotifier,
    FakeRehearser,
    FakeRouter,
    FakeSchema,
    FakeSignals,
    Hooks,
)
from verdigris.testing.faulty_store import FaultyStore
from verdigris.testing.host import Host, Nature
from verdigris.testing.invariants import WATCHED, Violation, Witness
from verdigris.testing.memory_store import MemoryStore
from verdigris.testing.setting import some_nature, some_policy, with_drills

__all__ = ["History", "Simulation", "simulate"]

T = TypeVar("T")
APP = "api"
VERBS = tuple(verb for verb in Verb if verb not in (*PAUSES, Verb.DRILL))
ALERTS = 12
"""More alerts than one phase can give reason for, however much befalls it."""
CALM = 900
"""Rounds in which everything has to end once the faults have stopped."""


@dataclass(frozen=True, slots=True)
class History:
    """What came of one seed."""

    seed: int
    steps: int
    effects: int
    endings: tuple[str, ...]
    phases: Counter[str]
    struck: Counter[str]
    violation: str = ""
    drills: Counter[str] = field(default_factory=Counter)


def simulate(seed: int, drills: bool = True) -> History:
    """Run one history. A broken promise is in `violation`, with the seed to repeat it.

    Without `drills` it is what the seed did before there were any.
    """
    simulation = Simulation(seed, drills)
    try:
        simulation.run()
    except (Violation, AssertionError) as error:
        return simulation.history(f"seed={seed} step={simulation.steps} {error}")
    return simulation.history()


def done(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never really waits."""
    try:
        work.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    raise AssertionError("a fake waited: nothing in the simulation may")


async def at_once(work: Coroutine[Any, Any, T], seconds: float, what: str) -> T:
    """No deadline: simulated calls fail by themselves."""
    return await work


def could_see(tick: Tick) -> bool:
    return tick.world is not None and known(tick.world.signals, ()) != ()


@dataclass
class Simulation:
    """One seed's history."""

    seed: int
    drills: bool = True
    steps: int = 0
    endings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.host = Host(self.rng)
        self.dice = random.Random(f"{self.seed} drills")
        self.chaos = Chaos(self.rng, later=self.dice if self.drills else None)
        self.policy = some_policy(self.rng)
        self.policy = with_drills(self.policy, self.dice) if self.drills else self.policy
        self.host.healthy_passes = self.policy.healthy
        self.host.lively = self.rng.choice((0.0, 0.0, 0.1, 0.4))
        self.memory = MemoryStore()
        self.store = FaultyStore(self.memory, self.chaos)
        self.witness = Witness(self.host, self.memory, APP, refused=lambda: self.store.refused)
        self.host.on_cut = self.witness.cut
        self.drilling = Drilling(self.host, self.memory, self.witness)
        self.directs = FakeDirects()
        self.notifier = FakeNotifier()
        self.parts = self.some_parts()
        self.engine = self.new_engine()
        self.retired: Engine | None = None
        self.releases = 0
        self.shipped: dict[str, Nature] = {}

    # --- the setting --------------------------------------------------------------------------------------

    def some_parts(self) -> Parts:
        witness = self.witness
        hooks = Hooks(
            witness.asked, witness.applied, witness.provisioned, witness.torn_down, witness.contracted
        )
        host, chaos = self.host, self.chaos
        return Parts(
            router=FakeRouter(host, chaos, hooks),
            environment=FakeEnvironment(host, chaos, hooks),
            signals=FakeSignals(host, chaos),
            store=self.store,
            clock=FakeClock(host),
            directs=self.directs,
            notifier=self.notifier,
            schema=FakeSchema(host, chaos, hooks),
            rehearser=FakeRehearser(host, chaos),
        )

    def new_engine(self) -> Engine:
        """A controller that begins: the closing of streams ended with the one before, and so did its count."""
        self.host.closing.clear()
        self.host.ended = dict.fromkeys(Slot, 0)
        return Engine(APP, self.parts, together=in_turn, deadline=at_once)

    def ship(self, nature: Nature, queue: bool = False) -> None:
        self.releases += 1
        version = f"1.{self.releases}"
        self.host.natures[version] = self.shipped[version] = nature
        release = Release(version, version, f"/releases/{version}", ("run",), api_version=version)
        filed = Filed(0, f"key-{version}", APP, release, self.policy, "somebody", queue)
        self.memory.file_deployment(filed)

    # --- the run ------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Mostly a first release in peace, then some in chaos, each brought to its end in calm."""
        if self.rng.random() < 0.8:
            self.ship(Nature())
            self.calm_down()
        for _ in range(self.rng.choice((1, 1, 2))):
            self.ship(some_nature(self.rng))
            self.storm(self.rng.randrange(20, 160))
            self.calm_down()

    def storm(self, rounds: int) -> None:
        self.chaos.on = True
        for _ in range(rounds):
            self.befall()
            if not self.chaos.strikes("absent", 0.5):
                self.round()
            else:
                self.host.advance(self.rng.choice((3.0, 20.0, 90.0)))
        self.chaos.on = False
        self.store.full = False
        self.host.dying = False

    def calm_down(self) -> None:
        """Faults have stopped: within a bound every deployment ends, or a person is asked and helps."""
        for _ in range(CALM):
            tick = self.round()
            if self.ended(tick):
                break
            self.help_out(tick)
        else:
            d = self.memory.newest_deployment(APP)
            waiting = tick.decision.waiting_for if tick and tick.decision else "nothing decided"
            raise Violation(f"I14 liveness: {d.phase if d else None} has not ended, waiting for {waiting}")
        self.judge_ending()

    def ended(self, tick: Tick | None) -> bool:
        d = self.memory.newest_deployment(APP)
        if d is None or d.phase not in ENDINGS or self.memory.asked or d.phase == "stuck":
            return d is not None and d.phase == "stuck" and self.hopelessly_stuck(d)
        if tick is None or tick.decision is None or tick.moving:
            return False
        return not tick.decision.actions and not tick.decision.waiting_for

    def hopelessly_stuck(self, d: Deployment) -> bool:
        """The first deployment that is bad, or both sides bad: that is a person's matter, and they were told."""
        return any(a.deployment == d.id and "stuck" in a.sentence for a in self.notifier.alerts)

    def help_out(self, tick: Tick | None) -> None:
        """What a person does when asked: read the sentence and type the next command."""
        if tick is None or tick.decision is None or self.rng.random() > 0.2:
            return
        d, waiting = tick.decision.deployment, tick.decision.waiting_for
        if "verdigris resume" in waiting:
            self.command(Verb.RESUME)
        elif "verdigris unpause" in waiting:
            self.command(Verb.UNPAUSE)
        elif d.phase == "gate":
            self.command(Verb.PROMOTE)
        elif self.steps % 7 == 0:
            self.repair(d)

    def repair(self, d: Deployment) -> None:
        """A person mends the program that everything rests on; what runs of it is still ours to bring back."""
        rests_on = d.release if d.phase == "succeeded" else d.previous
        if rests_on is not None and d.phase in (*WATCHED, *ENDINGS):
            self.host.natures[rests_on.digest] = Nature()

    def judge_ending(self) -> None:
        d = self.memory.newest_deployment(APP)
        assert d is not None
        self.endings.append(d.phase)
        nature = self.shipped[d.release.digest]  # what was repaired since does not excuse anybody
        hopeless = not nature.healthy or nature.never_up
        if hopeless and d.phase == "succeeded":
            raise Violation(f"I2 gate: {d.release.version} never became healthy and succeeded")
        if d.phase == "succeeded" and nature.error_rate and not nature.turns_bad_after and not self.urged(d):
            raise Violation(f"I9 evidence: {d.release.version} fails all the time and succeeded")
        self.everything_is_answered()
        if d.phase in ("succeeded", "rolled_back", "aborted"):
            serving = d.candidate if d.phase == "succeeded" else d.live
            release = d.release_in(serving)
            if self.host.routing.pause is not self.witness.asked_pause():
                raise Violation(
                    f"I6 convergence: {d.phase} and the router has pause {self.host.routing.pause}"
                )
            if self.host.routing.weights[serving] != 100 and release is not None:
                raise Violation(f"I6 convergence: {d.phase} with {self.host.routing.weights}")
            if self.host.places[serving.other].bodies:
                raise Violation(f"I6 convergence: {d.phase} and {serving.other} still runs")

    def urged(self, d: Deployment) -> bool:
        """Whether a person took a wait for evidence upon themselves, or there was nothing to go back to."""
        said = {event.sentence for event in self.memory.log if event.deployment == d.id}
        return d.previous is None or any(sentence.startswith("promote by") for sentence in said)

    def everything_is_answered(self) -> None:
        """Nobody waits for an answer, and no answer says that what was begun was refused."""
        if self.memory.waiting:
            raise Violation(f"I14 liveness: never answered: {self.memory.waiting}")
        begun = {saved.deployment.key for saved in self.memory.rows[APP]}
        for number, filed in enumerate(self.memory.keys.values(), 1):
            accepted = self.memory.admitted.get(number, (True,))[0]
            if not accepted and filed.key in begun:
                raise Violation(f"I11 audit: {filed.release.version} was begun and is said to be refused")
        told = Counter((e.deployment, e.phase) for e in self.memory.log if e.kind == "alert")
        if any(times > ALERTS for times in told.values()):
            raise Violation(f"I8 bounded: alerts for each phase: {told}")

    # --- one round ----------------------------------------------------------------------------------------

    def round(self) -> Tick | None:
        self.steps += 1
        self.host.advance(self.pace())
        if self.drilling.under_way is not None:
            self.befall_the_drill()
        return self.look_and_act(self.engine)

    def pace(self) -> float:
        if self.chaos.strikes("slow"):
            return self.rng.choice((2.0, 4.0, 7.0))
        return self.rng.choice((0.3, 1.0, 1.0, 2.0))

    def look_and_act(self, engine: Engine) -> Tick | None:
        self.witness.before()
        self.drilling.before()
        tick = self.tick(engine)
        # A round in which the controller died may have been written down before.
        self.witness.step(tick is None or could_see(tick))
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

    # --- what befalls it ----------------------------------------------------------------------------------

    def befall(self) -> None:
        """Whatever may go wrong between two rounds, each by its own odds and their share."""
        for kind, share, happens in (
            ("restart", 1.0, self.host.restart_router),
            ("edit", 0.3, lambda: self.host.edit_router(self.newest_stamp())),
            ("impostor", 0.5, self.host.pose),
            ("ship", 0.3, self.ship_another),
            ("reboot", 0.2, self.host.reboot),
            ("suspend", 0.3, self.suspend),
            ("store_full", 1.0, self.fill_or_empty_the_disk),
            ("commands", 0.5, lambda: self.command(self.rng.choice(VERBS))),
            ("pause", 0.5, lambda: self.command(self.rng.choice(tuple(PAUSES)))),
            ("direct", 0.3, self.roll_back_directly),
            ("stale", 1.0, self.thaw),
            ("newer", 0.2, self.visit_of_a_newer_one),
        ):
            if self.chaos.strikes(kind, share):
                happens()
        if self.chaos.strikes("drill"):
            self.command(Verb.DRILL, self.dice.choice((0, 10, 60, 100)))
        self.host.dying = self.chaos.odds["dying"] > 0
        self.chaos.struck["dying"] += self.host.dying

    def befall_the_drill(self) -> None:
        """What a drill is there to find out, and who should not carry it on; in calm too, where most of them are."""
        on, self.chaos.on = self.chaos.on, True
        if self.chaos.strikes("ill"):
            self.drilling.fall_ill(self.dice)
        if self.chaos.strikes("orphan"):
            self.engine = self.new_engine()
        self.chaos.on = on

    def suspend(self) -> None:
        self.host.now += self.rng.choice((100.0, 90_000.0))

    def ship_another(self) -> None:
        if not self.memory.asked:
            self.ship(some_nature(self.rng), queue=self.rng.random() < 0.5)

    def fill_or_empty_the_disk(self) -> None:
        self.store.full = not self.store.full

    def thaw(self) -> None:
        """A controller that was frozen goes on with what it remembers: the store must refuse it."""
        if self.retired is not None and not self.store.full:
            self.chaos.on = False
            self.look_and_act(self.retired)
            self.chaos.on = True

    def command(self, verb: Verb, share: int = 0) -> None:
        """Somebody asks for something. Who promotes or replaces the policy answers for what is not waited for."""
        policy = None
        if verb is Verb.APPLY:
            waits = self.rng.choice((10.0, 25.0))
            policy = replace(self.policy, bake=waits, stabilize=waits)
        self.witness.promoted = self.witness.promoted or verb in (Verb.PROMOTE, Verb.APPLY)
        number = self.memory.file(APP, Command(0, verb, "somebody", policy=policy, share=share))
        self.witness.filed[number] = verb

    def newest_stamp(self) -> int | None:
        d = self.memory.newest_deployment(APP)
        return d.routed.generation if d and d.routed else None

    def roll_back_directly(self) -> None:
        """Somebody rolls back at the router while the controller is dead."""
        d = self.memory.newest_deployment(APP)
        if d is None or not d.moved or d.phase in ENDINGS or self.host.places[d.live].release != d.previous:
            return
        if not self.host.up(d.live):
            return
        generation = max(self.host.generation or 0, self.rng.choice((0, d.generation))) + 1
        weights = Weights.share(d.live, 100)
        self.host.route(replace(self.host.routing, weights=weights, fallback=None), generation)
        self.witness.backward.add(d.id)
        self.directs.record = Direct(d.live, generation, "somebody", 0.0)
        self.engine = self.new_engine()

    def visit_of_a_newer_one(self) -> None:
        """A newer verdigris writes a phase that this one does not know, and is taken back after a while."""
        saved = self.memory.newest(APP)
        if saved is None or saved.deployment.phase in ENDINGS:
            return
        index = len(self.memory.rows[APP]) - 1
        self.memory.rows[APP][index] = replace(saved, deployment=replace(saved.deployment, phase="levitate"))
        self.host.pending.clear()
        before = self.witness.effects
        self.engine = self.new_engine()
        for _ in range(3):
            self.host.advance(1.0)
            self.tick(self.engine)
        if self.witness.effects != before or self.memory.rows[APP][index].deployment.phase != "levitate":
            raise Violation("I3 single writer: a phase that only a newer version knows was not left alone")
        self.memory.rows[APP][index] = saved
        self.engine = self.new_engine()

    def history(self, violation: str = "") -> History:
        phases, struck = Counter(self.witness.phases), Counter(self.chaos.struck)
        effects = self.witness.effects
        endings, drills = tuple(self.endings), Counter(self.drilling.ended)
        return History(self.seed, self.steps, effects, endings, phases, struck, violation, drills)
