"""When requests are replayed, and to whom: the judge's control while all traffic is on the candidate.

Nothing old serves beside the candidate then, so a slow hour looks like a slow release. The same safe requests are
therefore sent to both slots, as many a second as the policy says. Said anew at every look, by what was seen in it:
whatever is unknown says no. Who sends them decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from verdigris.core.conditions import instances, paused, proper, sound
from verdigris.core.deployment import Deployment
from verdigris.core.draining import heard
from verdigris.core.policy import Policy
from verdigris.core.world import Known, Member, Pause, PerSlot, Slot, Weights, World

__all__ = ["Replay", "replay", "told"]

DURING = frozenset({"cutover", "drain", "bake"})


@dataclass(frozen=True, slots=True)
class Replay:
    """`rate` requests a second, each to one of the `members` of either slot. None of the two is empty."""

    rate: int
    live: Slot
    members: PerSlot[tuple[Member, ...]]

    @property
    def candidate(self) -> Slot:
        return self.live.other


def replay(d: Deployment, w: World, p: Policy) -> Replay | None:
    """What is to be replayed from this look to the next; None where nothing may be."""
    if not p.replay or d.previous is None or not all_moved(d, w) or drains(d, w, p):
        return None
    found = PerSlot(fit(Slot.BLUE, d, w, p), fit(Slot.GREEN, d, w, p))
    return Replay(p.replay, d.live, found) if found.blue and found.green else None


def told(before: Replay | None, now: Replay | None) -> str:
    """What the event log says of the change; empty where it goes on, to whomever."""
    if now is None:
        return "no request is replayed any more" if before is not None else ""
    if before is not None:
        return ""
    return (
        f"at most {now.rate} safe requests of users a second are replayed at {now.live} and {now.candidate} for "
        f"comparison: all traffic is on {now.candidate} (bake.replay)"
    )


def all_moved(d: Deployment, w: World) -> bool:
    """Whether all traffic is on the candidate, is to stay there, and reaches it."""
    if d.phase not in DURING or d.drill is not None or d.routed is None:
        return False
    if d.pause is not Pause.NONE or paused(d, w) or not isinstance(w.router.reading, Known):
        return False
    everything, reading = Weights.share(d.candidate, 100), w.router.reading.value
    told, says = d.routed.routing.weights, reading.routing.weights
    return told == says == everything and reading.fell_back_to is None


def drains(d: Deployment, w: World, p: Policy) -> bool:
    """Whether the old slot counts its last requests itself: it would count ours with them, and never be quiet."""
    return d.phase != "bake" and bool(heard(d.live, w, p))


def fit(slot: Slot, d: Deployment, w: World, p: Policy) -> tuple[Member, ...]:
    """Who is asked. The mark that a request bears is a secret of the slot, and goes to no port of somebody else's."""
    release = d.release_in(slot)
    found = [i for i in instances(slot, w) if i.owns_port and sound(i, w, p)]
    return tuple(Member(i.name, i.address) for i in found if release is not None and proper(i, release))
