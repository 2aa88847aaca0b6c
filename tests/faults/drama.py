"""A simulated history that follows a script in the place of dice: the production loop, every promise checked.

What happens to a call is written down beforehand, by its number: it gets lost, arrives late, or kills the controller.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from verdigris.core.deployment import Deployment
from verdigris.core.errors import ActionError, ObservationError, StoreUnavailable
from verdigris.core.policy import Policy, Step
from verdigris.core.world import Slot, Verb, Weights
from verdigris.engine.loop import Tick
from verdigris.testing.chaos import Chaos, Crash
from verdigris.testing.host import Nature
from verdigris.testing.person import Person
from verdigris.testing.simulation import Simulation
from verdigris.testing.stage import APP

__all__ = ["BLUE", "GREEN", "POLICY", "RAMP", "Drama", "Script"]

BLUE, GREEN = Slot.BLUE, Slot.GREEN
RAMP = (Step(10, 4.0), Step(50, 4.0), Step(100, 0.0))
POLICY = Policy(
    instances=2,
    ramp=RAMP,
    drain=5.0,
    bake=10.0,
    stabilize=20.0,
    drain_long_lived=10.0,
    min_requests=20,
    judge_over=10.0,
    alert_after=5.0,
    provision_within=60.0,
    validate_within=60.0,
    cutover_within=40.0,
    restore_within=40.0,
    discard_within=60.0,
)


@dataclass
class Script(Chaos):
    """What happens to which call. `points` are all moments so far at which the controller could have died."""

    dies_at: int | None = None
    dark: frozenset[str] = frozenset()
    deaf: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()
    late: float = 0.0
    points: list[str] = field(default_factory=list)

    def strikes(self, kind: str, scale: float = 1.0) -> bool:
        return False

    def effect(self, name: str, work: Callable[[], None], store: bool = False) -> None:
        """`deaf` to it: it is said to be done and is not. `lost`: it is done, and the answer does not come."""
        self.point(f"before {name}")
        if name in self.dark:
            raise (StoreUnavailable if store else ActionError)(f"{name} got lost")
        if name not in self.deaf:
            work()
        self.point(f"after {name}")
        if name in self.lost:
            raise ActionError(f"{name} was done, but the answer got lost")

    def look(self, name: str) -> None:
        self.point(f"before a look at {name}")
        if name in self.dark:
            raise ObservationError(f"{name} does not answer")

    def point(self, moment: str) -> None:
        if not self.on:
            return
        self.points.append(moment)
        if len(self.points) - 1 == self.dies_at:
            raise Crash(moment)


class Absent(Person):
    def help_out(self, tick: Tick | None) -> None:
        """Nobody helps unless it is in the script."""


class Drama(Simulation):
    """1.1 serves in blue with two instances; what is shipped next goes to green."""

    def __init__(self, policy: Policy = POLICY, **script: Any) -> None:
        super().__init__(7)
        self.policy, self.host.healthy_passes, self.host.lively = policy, policy.healthy, 0.0
        self.chaos = self.store.chaos = self.script = Script(self.rng, **script)
        self.parts = self.some_parts()
        self.engine = self.new_engine()
        self.person = Absent(self)
        self.told: list[str] = []
        self.ship(Nature())
        self.calm_down()
        self.chaos.on = True

    # --- what is done -------------------------------------------------------------------------------------

    def pace(self) -> float:
        return 1.0

    def play(self, rounds: int = 1) -> None:
        for _ in range(rounds):
            self.round()
            self.told.append(f"{self.d.phase} {self.weights.green}")

    def until(self, true: Callable[[], object], what: str, within: int = 200) -> None:
        """Play until it is so."""
        for _ in range(within):
            self.play()
            if true():
                return
        raise AssertionError(f"never came: {what}; the way was {self.way}")

    def walk(self, phase: str, **nature: Any) -> Drama:
        """The next release, as far as this phase."""
        self.ship(Nature(**nature))
        self.until(lambda: (self.d.id, self.d.phase) == (f"d-{self.releases}", phase), phase)
        return self

    def end(self) -> str:
        """Play until the deployment has ended, and say in what; the ending is judged as every one is."""
        self.calm_down()
        return self.endings[-1]

    def ask(self, verb: Verb, policy: Policy | None = None) -> int:
        number = self.memory.file(APP, replace(command(verb), policy=policy))
        self.witness.course.promoted |= verb in (Verb.PROMOTE, Verb.APPLY)
        self.witness.truth.filed[number] = verb
        return number

    def answer(self, number: int) -> tuple[bool, str]:
        """What became of a command."""
        answered = self.memory.answered[number]
        return answered.accepted, answered.sentence

    def ruin(self, slot: Slot, forever: bool = True) -> None:
        """Every instance of the slot dies; none comes back unless somebody mends what it is made of."""
        place = self.host.places[slot]
        if forever and place.release is not None:
            self.host.natures[place.release.digest] = Nature(never_up=True)
        for body in place.bodies:
            self.host.die(body)

    # --- what can be seen ---------------------------------------------------------------------------------

    @property
    def d(self) -> Deployment:
        found = self.memory.newest_deployment(APP)
        assert found is not None
        return found

    @property
    def weights(self) -> Weights:
        """Where requests go, whoever decided it."""
        if self.host.fell_back is not None:
            return Weights.share(self.host.fell_back, 100)
        return self.host.in_force.weights

    @property
    def way(self) -> list[str]:
        """The phases and the share of green, each as often as it was entered."""
        return [now for before, now in zip(["", *self.told], self.told, strict=False) if now != before]

    @property
    def alerts(self) -> list[str]:
        return [alert.sentence for alert in self.notifier.alerts]

    def alive(self, slot: Slot) -> int:
        return sum(body.alive for body in self.host.places[slot].bodies)

    def events(self, kind: str) -> list[str]:
        return [event.sentence for event in self.memory.log if event.kind == kind]


def command(verb: Verb) -> Any:
    from verdigris.core.world import Command

    return Command(0, verb, "ada")


def said(words: str, sentences: Iterable[str]) -> bool:
    return any(words in sentence for sentence in sentences)
