"""Which points there are, which of them are struck, and what is to be said when one is: the same for every way.

All points come from a run without a kill. `VERDIGRIS_ALL_POINTS` has all of them struck, else it is a third, chosen
by a checksum of the label: the same points in every run, whatever else is in the list.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from zlib import crc32

from load import Result
from tests.crash.journeys import Ending, Journey, Way, declared
from tests.crash.points import STRUCK, Point
from tests.crash.stage import Stage

__all__ = ["ALL", "Strikes", "chosen", "first_of_each_phase"]

ALL = bool(os.environ.get("VERDIGRIS_ALL_POINTS"))
RETAINING = "stabilize"
ONE_IN = 1 if ALL else 3
"""What `make test` has time for."""
TRIES = 3
"""Some points depend on how two instances or two seconds fall: such a label gets so many journeys to come up."""


LOSE_WHAT_IS_INSIDE = ("router", "live instance", "candidate instance")
"""Who takes the requests along that are inside it. Nobody else's end costs a request."""


def chosen(labels: Iterable[str], victim: str = "") -> list[str]:
    """The labels to strike, in their order."""
    return [label for label in labels if crc32(f"{victim}{label}".encode()) % ONE_IN == 0]


def first_of_each_phase(points: Iterable[Point]) -> list[str]:
    """The label that each phase begins with: its decision is about to be written down."""
    phases: dict[str, str] = {}
    for point in points:
        if point.verb == "store.save":
            phases.setdefault(point.label.partition(" ")[2].partition("/")[0], point.label)
    return list(phases.values())


@dataclass
class Strikes:
    """All that is struck on one stage under one load, and what was wrong with it."""

    stage: Stage
    wrong: list[str] = field(default_factory=list)
    journeys: list[tuple[str, Journey]] = field(default_factory=list)
    struck: int = 0

    def record(self, way: Way) -> tuple[Ending, list[Point]]:
        """One journey without a kill: how it ends, and the points on its way."""
        if (self.stage.phase() == RETAINING) != (way.ending == RETAINING):
            self.travel(way)  # a slot that is kept hot is left by one, and found by the next
        return self.travel(way)

    def travel(self, way: Way) -> tuple[Ending, list[Point]]:
        journey = self.note("no kill", Journey(self.stage, way))
        journey.begin()
        ending, points = journey.arrive(), self.stage.points()
        self.judge("no kill", journey, ending, ending, points)
        return ending, points

    def strike(self, way: Way, label: str, expected: Ending) -> None:
        """The same, with the controller killed there and another one started as a person does."""
        for _ in range(TRIES):
            journey = self.note(label, Journey(self.stage, way))
            journey.begin(fatal=label)
            if journey.struck():
                reached = self.stage.points()
                assert label == reached[-1].label, f"it died at {reached[-1].label}, not at {label}"
                self.stage.begin("up")
                self.struck += 1
                return self.judge(label, journey, journey.arrive(), expected, reached)
            journey.arrive()
        self.wrong.append(f"{label}: it was reached once, and not in {TRIES} further journeys")
        return None

    def strike_beside(self, way: Way, label: str, victim: str, expected: Ending) -> None:
        """The same with somebody else struck there, and the controller going on."""
        name = f"{victim} {label}"
        for _ in range(TRIES):
            journey = self.note(name, Journey(self.stage, way))
            journey.begin(label, victim)
            ending, points = journey.arrive(), self.stage.points()
            struck = next((point for point in points if point.label == STRUCK and point.pid), None)
            if struck is not None:
                self.struck += 1
                journey.gone.add(struck.pid)
                journey.lost_at = struck.at if victim in LOSE_WHAT_IS_INSIDE else None
                return self.judge(name, journey, ending, expected, points)
        self.wrong.append(f"{name}: there was nobody to strike in {TRIES} journeys")
        return None

    def judge(
        self, label: str, journey: Journey, ending: Ending, expected: Ending, reached: list[Point]
    ) -> None:
        if ending != expected:
            self.wrong.append(f"{label}: ends as {ending}, without a kill as {expected}")
        self.wrong += [f"{label}: {complaint}" for complaint in journey.complaints(reached)]

    def note(self, label: str, journey: Journey) -> Journey:
        self.journeys.append((label, journey))
        return journey

    def failed(self, result: Result) -> Iterator[str]:
        """Every request that failed beyond the declared set, with the point that was struck last before."""
        for record in result.failures:
            if not any(declared(record, journey) for _, journey in self.journeys):
                begun = [label for label, journey in self.journeys if journey.began <= record.received]
                yield f"{begun[-1] if begun else 'before all'}: {record}"
