"""A deployment: one run of shipping a release, as the store remembers it.

It holds where the run stands and what has lasted how long, never what has been done: actions are derived
anew from what is wanted and what is seen. What lasts is counted as evidence: seconds in which a condition
was seen to hold by somebody who was looking. A clock that jumps, a controller that was away, a machine that
was rebooted can therefore only lengthen a wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from operator import attrgetter

from verdigris.core.judging.state import State, on_another_clock
from verdigris.core.policy import Policy
from verdigris.core.world import Pause, PerSlot, Release, Routing, Slot, World

__all__ = ["Answered", "Deployment", "Drill", "Drilled", "Lasted", "Note", "Outcome", "Routed"]

FORMAT = 1
"""Version of the stored form. A row of a newer form is left alone."""


NONE_CUT = PerSlot(0, 0)


@dataclass(frozen=True, slots=True)
class Lasted:
    """`seconds` of evidence that the condition `name` held; counting goes on from `at` unless that is None."""

    name: str
    seconds: float
    at: float | None


@dataclass(frozen=True, slots=True)
class Routed:
    """The newest routing that was decided, the generation it was given, and when."""

    routing: Routing
    generation: int
    at: float


@dataclass(frozen=True, slots=True)
class Note:
    """One line for the event log: what happened and what was seen. The kind `alert` reaches a person."""

    kind: str
    sentence: str
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of an operator's command."""

    command: int
    accepted: bool
    sentence: str


class Outcome(StrEnum):
    """What a drill says of the way back. One that was broken off says nothing."""

    WORKS = "works"
    FAILED = "failed"
    BROKEN_OFF = "broken off"


@dataclass(frozen=True, slots=True)
class Drill:
    """The way back while it is being tried: `share` percent are sent to the old slot, until it is `turned`.

    `began` and `turned` are moments, `there` and `back` the seconds from a decision to its proof. `why` and
    `evidence` say what turned it, `home` is when traffic was seen where it had been, `over` when nothing was left to
    come back. `inside` is how many requests were in the old slot before, None where nobody could count them.
    """

    share: int
    actor: str
    began: float
    there: float | None = None
    turned: float | None = None
    back: float | None = None
    home: float | None = None
    outcome: Outcome = Outcome.WORKS
    why: str = ""
    evidence: str = ""
    inside: int | None = None
    over: float | None = None

    def turn(self, now: float, outcome: Outcome, why: str = "", evidence: str = "") -> Drill:
        """All traffic is wanted where it was. The first reason stays, what was measured afterwards begins anew."""
        if self.turned is not None:
            return replace(self, turned=now, back=None, home=None, over=None)
        return replace(self, turned=now, outcome=outcome, why=why, evidence=evidence)


@dataclass(frozen=True, slots=True)
class Drilled:
    """What is remembered of the last drill that found something: when (wall clock), where to, how fast, what failed.

    `trouble` is why the way back does not work, empty when it does. Not `complete`: some seconds were not counted.
    `deployment` is whose it was. Of what the old slot was sent, `users` were requests of users and `own` ours;
    `unanswered` never came back, None where nobody could tell. `cut_off` is what came before it was home.
    Records of earlier versions lack what has a default.
    """

    share: int
    slot: Slot
    version: str
    actor: str
    wall: float
    there: float | None
    back: float | None
    requests: PerSlot[int]
    failed: PerSlot[int]
    complete: bool = True
    trouble: str = ""
    deployment: str = ""
    users: int | None = None
    own: int = 0
    unanswered: int | None = None
    cut_off: str = ""


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where one run stands.

    `previous` is the release that served before, None for the first deployment. `moved` says that the
    candidate has been given traffic at some time: from then on the way back is a rollback, not an abort.
    `cause` is why it turned back or got stuck, `held` why it stands still. `owes` is that the schema
    is to be contracted once the old slot is gone: until it is seen that nothing is. `disowned` is a routing that
    somebody else made and that we were told to replace. `pause` is the app's and outlives the deployment; `cut` is how
    many connections the router had ended in each slot when that was last told. `drill` is a try of the way back that
    is under way, `drilled` the last one: that outlives the deployment too. `trial` is what the judge knows so far.
    """

    id: str
    app: str
    release: Release
    previous: Release | None
    candidate: Slot
    phase: str = "preflight"
    step: int = 0
    generation: int = 0
    base: str = ""
    routed: Routed | None = None
    moved: bool = False
    promoted: bool = False
    owes: bool = True
    cause: str = ""
    held: str = ""
    stuck_in: str = ""
    superseded_by: str = ""
    disowned: Routing | None = None
    pause: Pause = Pause.NONE
    cut: PerSlot[int] = NONE_CUT
    drill: Drill | None = None
    drilled: Drilled | None = None
    alerted: tuple[str, ...] = ()
    actor: str = ""
    key: str = ""
    policy_hash: str = ""
    format: int = FORMAT
    trial: State | None = None
    evidence: tuple[Lasted, ...] = ()

    @property
    def live(self) -> Slot:
        """The slot that served when the deployment began."""
        return self.candidate.other

    def release_in(self, slot: Slot) -> Release | None:
        """What this deployment expects to run in a slot that is kept."""
        return self.release if slot is self.candidate else self.previous

    def differs(self, other: Deployment) -> bool:
        """Whether they are told apart by anything but what has lasted how long, and what the judge knows."""
        return bool(DECIDED(self) != DECIDED(other))

    def lasted(self, name: str) -> float:
        for entry in self.evidence:
            if entry.name == name:
                return entry.seconds
        return 0.0

    def count(self, name: str, holds: bool | None, world: World, policy: Policy) -> Deployment:
        """Go on counting a condition: True adds the time since the last look, unknown pauses, False starts again.

        The time between two looks counts up to `policy.fresh_within`; a look of another boot counts nothing.
        """
        return self.count_all({name: holds}, world, policy)

    def count_all(self, found: Mapping[str, bool | None], world: World, policy: Policy) -> Deployment:
        """The same for each of these conditions."""
        entries = {entry.name: entry for entry in self.evidence}
        for name, holds in found.items():
            before = entries.pop(name, None)
            if holds:
                gained = min(self.since(before, world) or 0.0, policy.fresh_within)
                entries[name] = Lasted(name, gained + (before.seconds if before else 0.0), world.now)
            elif holds is None:
                entries[name] = Lasted(name, before.seconds if before else 0.0, None)
        return self.with_evidence(*entries.values())

    def since(self, entry: Lasted | None, world: World) -> float | None:
        """How long ago a look went on counting; None where none did, or in another boot."""
        if entry is None or entry.at is None or self.base != world.base:
            return None
        return max(world.now - entry.at, 0.0)

    def count_unbroken(self, found: Mapping[str, bool | None], world: World, policy: Policy) -> Deployment:
        """The same for what must have held all the time: a gap between two looks starts it again from nothing."""
        known = {name: holds for name, holds in found.items() if holds is not None}
        anew = [e.name for e in self.evidence if e.name in known and self.missed(e, world, policy)]
        return self.forget(*anew).count_all(known, world, policy)

    def missed(self, entry: Lasted, world: World, policy: Policy) -> bool:
        """Whether nobody knows what was since the entry was counted last."""
        gap = self.since(entry, world)
        return gap is None or gap > policy.fresh_within

    def forget(self, *names: str) -> Deployment:
        """Start the named conditions again from nothing."""
        if not names:
            return self
        return self.with_evidence(*(entry for entry in self.evidence if entry.name not in names))

    def with_evidence(self, *entries: Lasted) -> Deployment:
        """This deployment with that evidence instead; itself when it has it."""
        # What `replace` does in twice the time: no look passes without it. The evidence is the last field.
        return self if entries == self.evidence else Deployment(*(*BUT_EVIDENCE(self), entries))

    def rebase(self, world: World) -> Deployment:
        """Stop every count when the machine was booted since: moments of two boots cannot be compared."""
        if self.base == world.base:
            return self
        paused = tuple(replace(entry, at=None) for entry in self.evidence)
        # What was routed before the boot stays routed; only the moment loses its meaning.
        routed = self.routed and replace(self.routed, at=world.now)
        drill = self.drill and replace(
            self.drill.turn(world.now, Outcome.BROKEN_OFF, "the machine was started anew"), began=world.now
        )
        trial = self.trial and on_another_clock(self.trial, int(world.now))
        return replace(self, base=world.base, evidence=paused, routed=routed, drill=drill, trial=trial)


NAMES = [field.name for field in fields(Deployment)]
BUT_EVIDENCE = attrgetter(*(name for name in NAMES if name != "evidence"))
DECIDED = attrgetter(*(name for name in NAMES if name not in ("evidence", "trial")))
