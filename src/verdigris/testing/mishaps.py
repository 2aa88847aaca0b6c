"""What befalls a simulated history between two rounds: whatever may go wrong, each by its own odds."""

from __future__ import annotations

from dataclasses import dataclass, replace

from verdigris.core.commands import PAUSES
from verdigris.core.deployment import Drill, Outcome
from verdigris.core.lifecycle import ENDINGS
from verdigris.core.world import Verb
from verdigris.testing.host import Nature
from verdigris.testing.invariants import Violation
from verdigris.testing.person import Person
from verdigris.testing.setting import some_nature
from verdigris.testing.stage import APP, Stage

__all__ = ["Mishaps"]

CUTS_MOST = 6
"""Where every release is drilled, and every drill cut off by another release, nothing would ever come to its end."""
VERBS = tuple(verb for verb in Verb if verb not in (*PAUSES, Verb.DRILL))


@dataclass
class Mishaps:
    """Routers forget, disks fill, controllers freeze, people meddle."""

    stage: Stage
    person: Person
    cuts: int = 0

    def __post_init__(self) -> None:
        stage, host, command = self.stage, self.stage.host, self.person.command
        self.there_are = (
            ("restart", 1.0, host.restart_router),
            ("edit", 0.3, lambda: host.edit_router(self.newest_stamp())),
            ("impostor", 0.5, host.pose),
            ("ship", 0.3, self.ship_another),
            ("reboot", 0.2, host.reboot),
            ("suspend", 0.3, self.suspend),
            ("store_full", 1.0, self.fill_or_empty_the_disk),
            ("commands", 0.5, lambda: command(stage.rng.choice(VERBS))),
            ("pause", 0.5, lambda: command(stage.rng.choice(tuple(PAUSES)))),
            ("direct", 0.3, self.person.roll_back_directly),
            ("stale", 1.0, self.thaw),
            ("newer", 0.2, self.visit_of_a_newer_one),
        )

    def befall(self) -> None:
        """Whatever may go wrong between two rounds, each by its own odds and their share."""
        stage, host, chaos, command = self.stage, self.stage.host, self.stage.chaos, self.person.command
        for kind, share, happens in self.there_are:
            if chaos.strikes(kind, share):
                happens()
        if chaos.strikes("drill"):
            command(Verb.DRILL, stage.dice.choice((0, 10, 60, 100)))
        host.dying = chaos.odds["dying"] > 0
        chaos.struck["dying"] += host.dying

    def befall_the_drill(self) -> None:
        """What a drill is there to find out, and who should not carry it on; in calm too, where most of them are."""
        stage, chaos = self.stage, self.stage.chaos
        on, chaos.on = chaos.on, True
        if chaos.strikes("ill"):
            stage.drilling.fall_ill(stage.dice)
        if chaos.strikes("orphan"):
            stage.engine = stage.new_engine()
        chaos.on = on

    def cut_the_drill_off(self, drill: Drill) -> None:
        """Somebody deploys before a drill is home, now and then, and rather while one that failed is on its way."""
        on, self.stage.chaos.on = self.stage.chaos.on, True
        share = 1.0 if drill.outcome is Outcome.FAILED else 0.2
        may = self.cuts < CUTS_MOST and not self.stage.memory.asked
        if may and self.stage.chaos.strikes("cut", share):
            self.cuts += 1
            self.stage.ship(Nature())
        self.stage.chaos.on = on

    def newest_stamp(self) -> int | None:
        d = self.stage.memory.newest_deployment(APP)
        return d.routed.generation if d and d.routed else None

    def ship_another(self) -> None:
        if not self.stage.memory.asked:
            self.stage.ship(some_nature(self.stage.rng), queue=self.stage.rng.random() < 0.5)

    def suspend(self) -> None:
        self.stage.host.now += self.stage.rng.choice((100.0, 90_000.0))

    def fill_or_empty_the_disk(self) -> None:
        self.stage.store.full = not self.stage.store.full

    def thaw(self) -> None:
        """A controller that was frozen goes on with what it remembers: the store must refuse it."""
        stage = self.stage
        if stage.retired is not None and not stage.store.full:
            stage.chaos.on = False
            stage.look_and_act(stage.retired)
            stage.chaos.on = True

    def visit_of_a_newer_one(self) -> None:
        """A newer verdigris writes a phase that this one does not know, and is taken back after a while."""
        stage, saved = self.stage, self.stage.memory.newest(APP)
        if saved is None or saved.deployment.phase in ENDINGS:
            return
        rows, index = stage.memory.rows[APP], len(stage.memory.rows[APP]) - 1
        rows[index] = replace(saved, deployment=replace(saved.deployment, phase="levitate"))
        stage.host.pending.clear()
        before = stage.witness.deeds.effects
        stage.engine = stage.new_engine()
        for _ in range(3):
            stage.host.advance(1.0)
            stage.tick(stage.engine)
        if stage.witness.deeds.effects != before or rows[index].deployment.phase != "levitate":
            raise Violation("I3 single writer: a phase that only a newer version knows was not left alone")
        rows[index] = saved
        stage.engine = stage.new_engine()
