"""What a routing consists of: who belongs to each slot, who jumps in, who is first and who waits.

Each part follows from what is wanted and what is seen; whether the router is told, and what weights it is given, is
for `core.safety` to say. Nothing here may take from a slot that serves what it serves with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from verdigris.core.conditions import able, instances, proper
from verdigris.core.deployment import Deployment
from verdigris.core.policy import Policy
from verdigris.core.world import (
    SLOTS,
    Cohort,
    Instance,
    Member,
    Pause,
    PerSlot,
    Reading,
    Release,
    Routing,
    Slot,
    Unknown,
    World,
)

if TYPE_CHECKING:
    from verdigris.core.safety import Desired

__all__ = ["SAID", "cohort", "explain", "fallback", "members", "versions"]

SAID = {
    Pause.NONE: "requests are let through again",
    Pause.SAFE: "safe requests wait at the router, others are refused",
    Pause.ALL: "requests wait at the router",
    Pause.MAINTENANCE: "the router answers for the app: it is in maintenance",
}
"""What a pause means to whoever asks for something."""


def explain(wanted: Routing, reading: Reading) -> str:
    if wanted.weights != reading.routing.weights:
        return f"traffic goes from {reading.routing.weights} to {wanted.weights}"
    if reading.fell_back_to is not None:
        return f"the router's own turn to {reading.fell_back_to} is made permanent"
    if wanted.pause is not reading.routing.pause:
        return SAID[wanted.pause]
    names = ("members", "fallback", "versions", "cohort")
    changed = [n for n in names if getattr(wanted, n) != getattr(reading.routing, n)]
    return f"the router's {' and '.join(changed)} follow what runs"


def members(want: Desired, d: Deployment, w: World, reading: Reading) -> PerSlot[tuple[Member, ...]]:
    """Who belongs to each slot in the router. A slot that cannot be seen keeps the members it has."""
    return PerSlot(*(members_of(slot, want, d, w, reading) for slot in SLOTS))


def members_of(slot: Slot, want: Desired, d: Deployment, w: World, reading: Reading) -> tuple[Member, ...]:
    release, present = d.release_in(slot), reading.routing.members[slot]
    if slot in want.spare:
        return present
    if slot not in want.keep and reading.routing.weights[slot] == 0:
        return ()
    if release is None or isinstance(w.slots[slot], Unknown):
        return present
    found = ((i, Member(i.name, i.address)) for i in instances(slot, w))
    wanted = tuple(member for i, member in found if listed(i, release, member in present))
    # A slot that serves is never emptied of members: a dead one is the router's to avoid.
    return wanted or (present if reading.routing.weights[slot] else ())


def listed(instance: Instance, release: Release, already: bool) -> bool:
    """New members have to listen first; a member that died stays one, for it comes back on the same port."""
    if instance.digest != release.digest or instance.owns_port is False:
        return False
    return already or (proper(instance, release) and instance.owns_port is True)


def fallback(want: Desired, d: Deployment, w: World, p: Policy, reading: Reading) -> Slot | None:
    """Who jumps in: somebody able. A slot of which too little is seen yet keeps the part that it has."""
    if want.fallback is None:
        return None
    if able(want.fallback, d.release_in(want.fallback), w, p):
        return want.fallback
    return want.fallback if reading.routing.fallback is want.fallback and unseen(want.fallback, w) else None


def unseen(slot: Slot, w: World) -> bool:
    """Whether a controller that has only just begun has not looked at the slot, or not probed all of it."""
    return isinstance(w.slots[slot], Unknown) or any(
        isinstance(i.health, Unknown) for i in instances(slot, w) if i.alive
    )


def versions(want: Desired, d: Deployment) -> PerSlot[str]:
    def version(slot: Slot) -> str:
        release = d.release_in(slot)
        return release.api_version if release is not None and slot in want.keep else ""

    return PerSlot(version(Slot.BLUE), version(Slot.GREEN))


def cohort(want: Desired, d: Deployment, reading: Reading) -> Cohort | None:
    """Other users are the first in every deployment that shares traffic, and the same all through it."""
    shared = want.weights.blue > 0 and want.weights.green > 0
    return Cohort(d.id, d.candidate) if shared else reading.routing.cohort
