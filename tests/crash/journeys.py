"""One deployment from its request to its end, watched all the way, and what it came to.

The same journey with and without a kill has to come to the same `Ending`. What must hold in every one of them, however
it went, is in `complaints`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from load import Record
from tests.crash.points import Point
from tests.crash.stage import ENDED_WITHIN, Stage, Watched
from tests.e2e.sight import Document, alive
from tests.waiting import eventually_sync
from verdigris.core.world import Slot
from verdigris.ports import Event

__all__ = ["ABORT", "BACKWARD", "FORWARD", "SUPERSEDING", "Ending", "Journey", "Way", "declared", "inside"]

EFFECTS = {
    "router.apply": "route",
    "environment.provision": "provision",
    "environment.tear_down": "tear_down",
}
"""What the event log calls an effect before it is done."""


DYING = 0.05
"""Seconds after an end in which a caller who has just connected may send, and not know yet that nobody is there."""


@dataclass(frozen=True)
class Way:
    """A kind of journey: how the new version behaves, where it ends, whether its own answers may be failures, and what
    verdigris.yaml says besides."""

    name: str
    behaviour: str
    ending: str
    answers_500: bool = False
    sections: Document = field(default_factory=dict, hash=False)


FORWARD = Way("forward", "good", "succeeded")
BACKWARD = Way("backward", "worse", "rolled_back", answers_500=True, sections={"bake": {"for": "30s"}})
ABORT = Way("abort", "ill", "aborted", sections={"within": {"validate": "1500ms"}})
SUPERSEDING = Way("superseding", "good", "stabilize", sections={"stabilize": "10m"})


@dataclass(frozen=True)
class Ending:
    """What is left when it is over: where it stands, the phases it entered, what serves, and how many run."""

    phase: str
    entered: tuple[str, ...]
    new_weight: int
    new_serves: bool
    new_running: int
    old_running: int


@dataclass
class Journey:
    """One deployment on a stage, from `begin` to `arrive`."""

    stage: Stage
    way: Way
    gone: set[int] = field(default_factory=set)
    """Who was struck besides the controller; somebody else may stand in their place."""
    losses: list[tuple[float, float]] = field(default_factory=list)
    """From when to when somebody was struck who had requests inside: he was there before, and gone after it."""

    def begin(self, *fatal: str, victim: str = "controller") -> None:
        """Have it asked for while no controller is there, and one with labelled points begin."""
        stage = self.stage
        stage.stop_controller()
        self.old = stage.serving
        self.events_before = max((event.number for event in stage.events()), default=0)
        self.watched, self.began = Watched(), time.monotonic()
        with stage.configured(**self.way.sections):
            self.number = stage.file(self.way.behaviour)
        self.version = stage.version
        self.controller = stage.labelled_controller(*fatal, victim=victim)

    def go_on(self, fatal: str = "") -> None:
        """Another controller after one that died: with labelled points, or as a person starts it."""
        if fatal:
            self.controller = self.stage.labelled_controller(fatal)
        else:
            self.stage.begin("up")

    def on(self) -> bool:
        """Whether it is still on its way. To ask is to watch, and to open the gate when somebody has to."""
        self.watched.look(self.stage.processes())
        self.stage.open_the_gate()
        return not self.stage.ended(self.number, self.way.ending)

    def struck(self) -> bool:
        """Go on until the controller is gone: true when it died, false when it has done everything and lives."""
        eventually_sync(
            lambda: not alive(self.controller) or (not self.on() and self.settled()),
            "a point or the end",
            ENDED_WITHIN,
        )
        return not alive(self.controller)

    def arrive(self) -> Ending:
        """Go on to its end, with whoever is the controller by now."""
        eventually_sync(lambda: not self.on(), f"{self.way.ending} of {self.stage.version}", ENDED_WITHIN)
        eventually_sync(self.settled, "everybody to be back, and what is over to be gone", ENDED_WITHIN)
        self.ended = time.monotonic()
        return self.ending()

    def settled(self) -> bool:
        """Whether controller and keeper are at work, and what runs is what the keeper has and is to have."""
        self.watched.look(running := self.stage.processes())
        if not self.stage.at_work():
            return False
        known, wanted = self.stage.instances(), self.stage.seen().slots.values()
        complete = len(known) == sum(slot.count for slot in wanted)
        return complete and set().union(*running.values()) == set(known.values())

    def ending(self) -> Ending:
        stage, running = self.stage, self.stage.processes()
        deployment = stage.newest().deployment
        return Ending(
            deployment.phase,
            tuple(event.sentence.partition(":")[0] for event in self.events() if event.kind == "phase"),
            stage.router().table.row.weights[deployment.candidate],
            stage.serving == stage.version,
            len(running[stage.version]),
            len(running[self.old]),
        )

    def events(self) -> tuple[Event, ...]:
        """What the log says of this deployment."""
        found, mine = self.stage.events(after=self.events_before), self.stage.newest().deployment.id
        return tuple(event for event in found if event.deployment == mine)

    def complaints(self, reached: list[Point]) -> Iterator[str]:
        """What is wrong, whatever the ending is. `reached` are the points of the controller that had them."""
        yield from self.doubles()
        yield from self.strangers()
        yield from self.gaps()
        yield from self.forgotten()
        yield from self.unannounced(reached)
        if self.stage.desk.admission(self.number) is None:
            yield "the request was never answered"

    def doubles(self) -> Iterator[str]:
        """Every version has its instances once: none beside them, and none in their place but that of the struck."""
        pids_of = self.watched.pids
        for version, most in self.watched.most.items():
            pids = sorted(pids_of[version] - self.gone)
            if max(most, len(pids)) > self.stage.wanted:
                yield f"{version} had the processes {pids}, {most} at a time, {self.stage.wanted} are wanted"

    def strangers(self) -> Iterator[str]:
        """Nothing runs that keeper, router, controller and instances do not account for."""
        stage, seen = self.stage, self.stage.seen()
        known = {seen.keeper.pid, stage.haproxy, stage.controller, *stage.instances().values()}
        left = {pid: words for pid, words in stage.left().items() if pid not in known}
        if left:
            yield f"nobody knows of {left}"

    def gaps(self) -> Iterator[str]:
        """The log has every number, and has it once."""
        numbers = [event.number for event in self.stage.events(after=self.events_before)]
        expected = list(range(self.events_before + 1, self.events_before + 1 + len(numbers)))
        if numbers != expected:
            yield f"the event log has {numbers}, expected {expected}"

    def forgotten(self) -> Iterator[str]:
        """The router would come up again as it is."""
        sight, would = self.stage.router(), self.stage.written_down()
        if sight.entries != would:
            yield f"the router does {sight.entries}, and started again it would do {would}"
        members = {placed.member.address for slot in Slot for placed in sight.table.placed[slot]}
        if members != (written := self.stage.servers_written_down()):
            yield f"the router has the members {members}, and started again it would have {written}"

    def unannounced(self, reached: list[Point]) -> Iterator[str]:
        """Whatever was begun was written down before, under the generation that it bore."""
        said = {(e.generation, e.sentence.partition(":")[0]) for e in self.events() if e.kind == "action"}
        for point in reached:
            effect = EFFECTS.get(point.verb)
            if effect and (point.generation, effect) not in said and self.mine(point):
                yield f"{point.label}: done without a word in the event log"

    def mine(self, point: Point) -> bool:
        """Whether it belongs to this deployment, not to the one before."""
        return point.generation is not None and point.generation >= self.events()[0].generation


def declared(record: Record, journey: Journey) -> bool:
    """In flight inside somebody at the moment of the kill, or answered by a bad version with what it has."""
    by_itself = journey.way.answers_500 and record.status == 500 and record.version == journey.version
    return by_itself or any(inside(record, *blow) for blow in journey.losses)


def inside(record: Record, begun: float, gone: float) -> bool:
    return record.sent <= gone + DYING and record.received >= begun
