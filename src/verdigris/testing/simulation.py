"""Whole histories of deployments by seed: the production loop over fakes, with every promise checked at each step.

First chaos: calls get lost, the controller dies, routers forget, people meddle. Then calm, in which everything has
to come to an end. A failing run prints its seed; the same seed fails the same way.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

from verdigris.engine.loop import Tick
from verdigris.testing.ending import ended, judge
from verdigris.testing.host import Nature
from verdigris.testing.invariants import Violation
from verdigris.testing.mishaps import Mishaps
from verdigris.testing.person import Person
from verdigris.testing.setting import some_nature
from verdigris.testing.stage import APP, Stage

__all__ = ["History", "Simulation", "simulate"]

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


@dataclass
class Simulation(Stage):
    """One seed's history, played on its stage."""

    endings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.person = Person(self)
        self.mishaps = Mishaps(self, self.person)

    def run(self) -> None:
        """Mostly a first release in peace, then some in chaos, each brought to its end in calm."""
        if self.rng.random() < 0.8:
            self.ship(Nature())
            self.calm_down()
        for _ in range(self.rng.choice((1, 1, 2))):
            self.ship(some_nature(self.rng))
            self.storm(self.rng.randrange(20, 160))
            self.calm_down()
        self.perhaps_again(random.Random(f"{self.seed} again"))

    def perhaps_again(self, dice: random.Random) -> None:
        """Somebody tries a release once more that was given up."""
        d = self.memory.newest_deployment(APP)
        if d is not None and d.phase in ("rolled_back", "aborted") and dice.random() < 0.3:
            self.ship_again(d.release)
            self.storm(dice.randrange(20, 80))
            self.calm_down()

    def storm(self, rounds: int) -> None:
        self.chaos.on = True
        for _ in range(rounds):
            self.mishaps.befall()
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
            if ended(self, tick):
                break
            self.person.help_out(tick)
        else:
            d = self.memory.newest_deployment(APP)
            waiting = tick.decision.waiting_for if tick and tick.decision else "nothing decided"
            raise Violation(f"I14 liveness: {d.phase if d else None} has not ended, waiting for {waiting}")
        self.come_to_its_end()

    def come_to_its_end(self) -> None:
        d = self.memory.newest_deployment(APP)
        assert d is not None
        self.endings.append(d.phase)
        judge(self, d)

    def round(self) -> Tick | None:
        self.steps += 1
        self.host.advance(self.pace())
        if self.drilling.under_way is not None:
            self.mishaps.befall_the_drill()
        if self.drilling.drill is not None:
            self.mishaps.cut_the_drill_off(self.drilling.drill)
        return self.look_and_act(self.engine)

    def pace(self) -> float:
        if self.chaos.strikes("slow"):
            return self.rng.choice((2.0, 4.0, 7.0))
        return self.rng.choice((0.3, 1.0, 1.0, 2.0))

    def history(self, violation: str = "") -> History:
        phases, struck = Counter(self.witness.course.phases), Counter(self.chaos.struck)
        effects = self.witness.deeds.effects
        endings, drills = tuple(self.endings), Counter(self.drilling.ended)
        return History(self.seed, self.steps, effects, endings, phases, struck, violation, drills)
