"""Where a deployment is on its road: the phases behind and before it, how far the present one has come, what to type.

Read from the phase table itself, so that a screen cannot tell another story than the one that is decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from verdigris.cli.show.held import unpausing
from verdigris.core import waits
from verdigris.core.conditions import foreign, unweighted
from verdigris.core.deployment import Deployment
from verdigris.core.judge import VerdictKind
from verdigris.core.lifecycle import ENDINGS, FORWARD, ROWS
from verdigris.core.policy import Policy
from verdigris.ports import Snapshot

__all__ = ["Mark", "Meter", "Stop", "forward_road", "meter", "next_commands", "road", "way_back"]

BEFORE = ("preflight", "expand", "provision", "validate", "rehearse", "gate")
BACK = ("restore", "settle", "discard", "rolled_back")
ABORT = ("abort", "discard", "aborted")


class Mark(StrEnum):
    """How a phase stands on the road."""

    DONE = "✔"
    NOW = "●"
    AHEAD = "○"
    TURNED = "✖"


@dataclass(frozen=True, slots=True)
class Stop:
    """One phase on the road."""

    phase: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class Meter:
    """How far a wait has come: `done` of `whole` seconds. `evidence`: they are good seconds, else a limit."""

    done: float
    whole: float
    evidence: bool

    @property
    def left(self) -> float:
        return max(self.whole - self.done, 0.0)


def forward_road(d: Deployment, p: Policy) -> tuple[str, ...]:
    """The phases that this deployment goes through when all is well."""
    return tuple(row.name for row in FORWARD if row.configured(p, d))


def road(d: Deployment, p: Policy, visited: tuple[str, ...] = ()) -> tuple[Stop, ...]:
    """The whole road with the present phase marked. `visited` are the phases so far, in order, where they are known."""
    ahead = forward_road(d, p)
    if d.phase in ahead:
        here = ahead.index(d.phase)
        ended = d.phase in ENDINGS
        marks = (
            [Mark.DONE] * here + [Mark.DONE if ended else Mark.NOW] + [Mark.AHEAD] * (len(ahead) - here - 1)
        )
        return tuple(map(Stop, ahead, marks))
    forward = [name for name in visited if name in ahead]
    done = [Stop(name, Mark.DONE) for name in forward[:-1]] + [
        Stop(name, Mark.TURNED) for name in forward[-1:]
    ]
    return (*done, *back(d))


def back(d: Deployment) -> tuple[Stop, ...]:
    if d.phase == "stuck":
        return (Stop("stuck", Mark.TURNED),)
    track = BACK if d.moved else ABORT
    if d.phase not in track:
        return (Stop(d.phase, Mark.NOW),)
    here = track.index(d.phase)
    now = Mark.DONE if d.phase in ENDINGS else Mark.NOW
    return tuple(
        Stop(n, Mark.DONE if i < here else now if i == here else Mark.AHEAD) for i, n in enumerate(track)
    )


def meter(s: Snapshot) -> Meter | None:
    """How far the present wait has come: in good evidence where that is waited for, else in its limit."""
    d, p, w = s.deployment, s.policy, s.world
    if d.phase not in ROWS or d.phase in ENDINGS or d.promoted:
        return None
    needed = evidence_needed(d, p)
    if needed and waits.in_place(d, w, p) is None:
        return Meter(min(d.lasted("good"), needed), needed, evidence=True)
    quieted = {"drain": d.live, "settle": d.candidate}.get(d.phase)
    if quieted:
        return Meter(d.lasted(unweighted(quieted)), p.drain, evidence=False)
    within = ROWS[d.phase].within
    return Meter(d.lasted("attended"), within(p), evidence=False) if within else None


def evidence_needed(d: Deployment, p: Policy) -> float:
    """Seconds of good evidence that this phase, or this step of the ramp, has to last."""
    if d.phase == "cutover":
        steps = waits.ramp(d, p)
        return steps[d.step].lasts if d.step + 1 < len(steps) else 0.0
    return {"bake": p.bake, "stabilize": p.stabilize}.get(d.phase, 0.0)


def way_back(s: Snapshot) -> str:
    """What a rollback would bring back, in a few words; empty when there is no way back."""
    d = s.deployment
    if d.phase in BEFORE or d.phase not in ROWS or not ROWS[d.phase].reversible or d.previous is None:
        return ""
    return f"{d.previous.version} in {d.live}"


def next_commands(s: Snapshot) -> tuple[tuple[str, str], ...]:
    """What can be typed now, the most likely first, each with what it does."""
    return (*unpausing(s), *on_its_road(s))


def on_its_road(s: Snapshot) -> tuple[tuple[str, str], ...]:
    d = s.deployment
    if d.phase not in ROWS:
        return (("verdigris history", "shows what the newer verdigris did"),)
    if d.phase in ENDINGS:
        return after_the_end(d)
    if d.held or foreign(d, s.world):
        again = "goes on from here" if d.held else "replaces the strange routing with ours"
        return (("verdigris resume", again), *ways_out(s))
    return (*forward(s), *ways_out(s), ("verdigris watch", "follows it"))


def after_the_end(d: Deployment) -> tuple[tuple[str, str], ...]:
    if d.phase == "succeeded":
        return (("verdigris deploy", "ships the next release"),)
    if d.phase == "stuck":
        return (
            ("verdigris explain", "says what it is stuck in"),
            ("verdigris resume", f"tries {d.stuck_in} again"),
            ("verdigris logs", "shows what the instances said"),
        )
    return (
        ("verdigris report", "says why, with the numbers"),
        ("verdigris deploy", "ships the mended release"),
    )


def forward(s: Snapshot) -> tuple[tuple[str, str], ...]:
    d = s.deployment
    if d.phase == "gate":
        return (("verdigris promote", "opens the gate"),)
    good = s.verdict is not None and s.verdict.kind is VerdictKind.GOOD
    if evidence_needed(d, s.policy) and good and not d.promoted:
        return (("verdigris promote", "cuts the wait short"),)
    return ()


def ways_out(s: Snapshot) -> tuple[tuple[str, str], ...]:
    d = s.deployment
    if not d.moved and d.phase in (*BEFORE, "cutover"):
        return (("verdigris abort", "ends it, no traffic has moved"),)
    return (("verdigris rollback", f"takes traffic back to {way_back(s)}"),) if way_back(s) else ()
