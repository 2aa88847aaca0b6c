"""Which points there are, how they are struck, and what is to be said when one is: the same for every way.

All points come from journeys without a kill. A journey of blows meets as many of them as it has room for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from load import Result
from tests.crash.journeys import Ending, Journey, Way, declared
from tests.crash.points import STRUCK, Point
from tests.crash.stage import Stage

__all__ = ["Strikes", "first_of_each_phase"]

RETAINING = "stabilize"
TRIES = 3
"""How many journeys a label gets to come up again."""

CHANCE_MOST = 6
"""So few points may come by chance; more of them are no chance."""

AT_MOST = {"keeper": 12, "router": 12, "live instance": 2, "candidate instance": 2}
"""How often somebody is struck in one journey: an instance is waited for longer each time."""

LOSE_WHAT_IS_INSIDE = ("router", "live instance", "candidate instance")
"""Who takes the requests along that are inside it. Nobody else's end costs a request."""


def one_of_each_phase(labels: Iterable[str]) -> list[str]:
    """The first label of every phase."""
    phases: dict[str, str] = {}
    for label in labels:
        phases.setdefault(phase_of(label), label)
    return list(phases.values())


def phase_of(label: str) -> str:
    return label.partition(" ")[2].partition("/")[0]


def again(label: str) -> bool:
    """Whether the verb of this point, or the message, was done before in its phase: `before cutover/store.save.2`."""
    return any(int(part.rpartition(".")[2]) > 1 for part in label.split(", "))


def verb_of(label: str) -> str:
    """What is done there, and on which side of it: `before environment.tell`."""
    side, _, rest = label.partition(" ")
    return f"{side} {rest.partition('/')[2].rpartition('.')[0]}"


def first_of_each_phase(points: Iterable[Point]) -> list[str]:
    """The label that each phase begins with: its decision is about to be written down."""
    phases: dict[str, str] = {}
    for point in points:
        if point.verb == "store.save":
            phases.setdefault(phase_of(point.label), point.label)
    return list(phases.values())


@dataclass
class Strikes:
    """All that is struck on one stage under one load, and what was wrong with it."""

    stage: Stage
    wrong: list[str] = field(default_factory=list)
    journeys: list[tuple[str, Journey]] = field(default_factory=list)
    struck: int = 0
    missed: list[str] = field(default_factory=list)
    """Points that came up while it was looked for them, and not when they were to be struck."""
    verbs: set[str] = field(default_factory=set)
    """What was struck so far, in whatever phase."""

    def record(self, way: Way) -> tuple[Ending, list[Point]]:
        """Two journeys without a kill: how they end, and the points of the second that were on both ways.

        What depends on how two instances or two seconds fall comes in one of them, and nobody could strike it at will.
        """
        if (self.stage.phase() == RETAINING) != (way.ending == RETAINING):
            self.travel(way)  # a slot that is kept hot is left by one, and found by the next
        before = {point.label for point in self.travel(way)[1]}
        ending, points = self.travel(way)
        return ending, [point for point in points if point.label in before]

    def travel(self, way: Way) -> tuple[Ending, list[Point]]:
        journey = self.note("no kill", Journey(self.stage, way))
        journey.begin()
        ending, points = journey.arrive(), self.stage.points()
        self.judge("no kill", journey, ending, ending, points)
        return ending, points

    def strike(self, way: Way, labels: Iterable[str], expected: Ending) -> None:
        """Each of these, one of a phase in one journey: it is killed again when it is on its feet, and again."""
        left = list(labels)
        while left:
            volley = one_of_each_phase(left)
            struck = self.volley(way, volley, expected)
            missed = volley[len(struck) : len(struck) + 1]
            left = [label for label in left if label not in (*struck, *missed)]
            for label in missed:
                self.strike_alone(way, label, expected)

    def strike_alone(self, way: Way, label: str, expected: Ending) -> None:
        if not any(self.volley(way, [label], expected) for _ in range(TRIES)):
            self.missed.append(label)

    def by_chance(self) -> list[str]:
        """Those whose verb was struck all the same: it comes again, or in the phase before, as two things fall."""
        return [label for label in self.missed if again(label) or verb_of(label) in self.verbs]

    def unreached(self) -> Iterator[str]:
        chance = self.by_chance()[:CHANCE_MOST]
        for label in self.missed:
            if label not in chance:
                yield f"{label}: it was reached twice, and not in {TRIES} further journeys"

    def volley(self, way: Way, labels: list[str], expected: Ending) -> list[str]:
        """One journey in which the controller is killed there, one after the other; those that it came to.

        The last one is followed by a controller that is started as a person starts it.
        """
        journey = self.note(" and ".join(labels), Journey(self.stage, way))
        journey.begin(labels[0])
        struck: list[str] = []
        reached: list[Point] = []
        for label, following in zip(labels, (*labels[1:], ""), strict=True):
            if not journey.struck():
                self.stage.stop_controller()  # it might come to its point yet
                journey.go_on()
                break
            reached += self.stage.points()
            assert label == reached[-1].label, f"it died at {reached[-1].label}, not at {label}"
            struck.append(label)
            journey.go_on(following)
        self.struck += len(struck)
        self.verbs.update(map(verb_of, struck))
        ending = journey.arrive()
        if struck:
            self.judge(" and ".join(struck), journey, ending, expected, reached)
        return struck

    def strike_beside(self, way: Way, labels: Iterable[str], victim: str, expected: Ending) -> None:
        """The same with somebody else struck there, in a few journeys, and the controller going on."""
        wanted = list(labels)
        journeys = max(1, len(wanted) // AT_MOST[victim])
        struck = {
            label
            for number in range(journeys)
            for label in self.salvo(way, wanted[number::journeys], victim, expected)
        }
        for label in (label for label in wanted if label not in struck):
            if not any(self.salvo(way, [label], victim, expected) for _ in range(TRIES)):
                self.wrong.append(f"{victim} {label}: there was nobody to strike in {TRIES} journeys")

    def salvo(self, way: Way, labels: list[str], victim: str, expected: Ending) -> set[str]:
        """One journey in which the victim is struck at each of these; where it was there to be struck."""
        name = f"{victim} {' and '.join(labels)}"
        journey = self.note(name, Journey(self.stage, way))
        journey.begin(*labels, victim=victim)
        ending, points = journey.arrive(), self.stage.points()
        blows = [point for point in points if point.label == STRUCK and point.pid]
        self.struck += len(blows)
        journey.gone.update(blow.pid for blow in blows)
        begun = {point.label: point.at for point in points}
        journey.losses += [(begun[blow.verb], blow.at) for blow in blows if victim in LOSE_WHAT_IS_INSIDE]
        self.judge(name, journey, ending, expected, points)
        return {blow.verb for blow in blows}

    def judge(
        self, label: str, journey: Journey, ending: Ending, expected: Ending, reached: list[Point]
    ) -> None:
        if ending != expected:
            self.wrong.append(f"{label}: ends as {ending}, without a kill as {expected}")
        self.wrong += [f"{label}: {complaint}" for complaint in journey.complaints(reached)]

    def note(self, label: str, journey: Journey) -> Journey:
        self.journeys.append((label, journey))
        return journey

    def assert_right(self, result: Result) -> None:
        """Every journey ended as it does without a blow, and no request failed beyond the declared set."""
        wrong = [*self.wrong, *self.unreached(), *self.failed(result)]
        assert not wrong, "\n".join(wrong)

    def failed(self, result: Result) -> Iterator[str]:
        """Every request that failed beyond the declared set, with the point that was struck last before."""
        for record in result.failures:
            if not any(declared(record, journey) for _, journey in self.journeys):
                begun = [label for label, journey in self.journeys if journey.began <= record.received]
                yield f"{begun[-1] if begun else 'before all'}: {record}"
