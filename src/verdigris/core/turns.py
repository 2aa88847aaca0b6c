"""How a deployment goes from one phase to another: its clocks start from nothing and the event log says why."""

from __future__ import annotations

from dataclasses import replace

from verdigris.core.conditions import HANGING, PROVEN, foreign
from verdigris.core.deployment import Deployment, Note
from verdigris.core.drilled import cut_off
from verdigris.core.world import Known, World

__all__ = ["OWN_CLOCKS", "Turn", "alarm", "claim", "enter", "next_step", "stick"]

Turn = tuple[Deployment, tuple[Note, ...]]
"""What a deployment becomes, and the lines that say so."""

OWN_CLOCKS = ("attended", "good", "blind", PROVEN, HANGING)


def enter(d: Deployment, phase: str, cause: str = "", evidence: str = "") -> Turn:
    """Begin a phase. A `cause` is given where it turns back, and stays."""
    turned = cause or d.cause
    d, tried = cut_off(d, f"it goes on to {phase}")
    d = replace(d.forget(*OWN_CLOCKS), phase=phase, step=0, cause=turned, promoted=False, alerted=(), held="")
    notes = (*tried, Note("phase", f"{phase}: {cause}" if cause else phase, evidence))
    if phase == "restore":
        notes = (*notes, Note("alert", f"{d.release.version} is rolled back: {turned}", evidence))
    return d, notes


def next_step(d: Deployment, weight: int) -> Turn:
    """The next step of the ramp."""
    d = replace(d.forget(*OWN_CLOCKS), step=d.step + 1, promoted=False, alerted=())
    return d, (Note("step", f"the candidate's weight goes to {weight} %"),)


def stick(d: Deployment, reason: str) -> Turn:
    """Neither forward nor back: stay, and call a person."""
    stuck, notes = enter(replace(d, stuck_in=d.phase), "stuck", reason)
    return stuck, (*notes, Note("alert", f"stuck in {stuck.stuck_in}: {reason}"))


def alarm(d: Deployment, name: str, text: str) -> Turn:
    """Tell a person, once for each phase and reason."""
    if name in d.alerted:
        return d, ()
    return replace(d, alerted=(*d.alerted, name)), (Note("alert", text),)


def claim(d: Deployment, w: World) -> Deployment:
    """Note what a stranger made of the router as something that we may replace."""
    reading = w.router.reading
    if foreign(d, w) and isinstance(reading, Known):
        return replace(d, disowned=reading.value.routing)
    return d
