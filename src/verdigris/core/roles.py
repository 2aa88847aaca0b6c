"""Which slot is told that it is live, so that jobs run in one place: derived from what the router is seen to do.

Live is who has all traffic; while it is shared, or tried elsewhere in a drill, who was live stays it. The role
follows the traffic and never the other way round: nothing waits for it. Never are two slots live: who was is told
first, and seen not to be for a while, before the other one is.
"""

from __future__ import annotations

from collections.abc import Iterator

from verdigris.core.deployment import Deployment
from verdigris.core.world import SLOTS, Known, Role, Slot, SlotWorld, Unknown, World

__all__ = ["UNLIVE_FOR", "home", "not_live", "stepped_down", "tellings", "unlive"]

UNLIVE_FOR = 2.0
"""Seconds of evidence that a slot is not told to be live before the other one is: an application looks every quarter
of a second, and a job that has just begun comes to its end."""

Telling = tuple[Slot, Role, str]
"""Who is told what, and why."""


def tellings(d: Deployment, w: World) -> Iterator[Telling]:
    """What has to be told now. Nothing while nobody can say where the traffic is."""
    to = home(d, w)
    if to is None:
        return
    here, there = seen_in(to, w), seen_in(to.other, w)
    if (
        there is not None
        and there.role is not None
        and there.role is not (aside := beside(d, to.other, there))
    ):
        yield to.other, aside, f"{to.other} is {aside}: the traffic is on {to}"
    if here is None or here.digest is None or here.role in (None, Role.LIVE):
        return
    if stepped_down(d, to.other, w):
        yield to, Role.LIVE, f"{to} is live: the traffic is there"


def home(d: Deployment, w: World) -> Slot | None:
    """The slot that all traffic goes to, as router and front door agree; None while they do not, or cannot be seen."""
    seen = w.router.reading
    if isinstance(seen, Unknown):
        return None
    turned, weights = seen.value.fell_back_to, seen.value.routing.weights
    if turned is None and d.drill is not None:
        return d.candidate
    whole = turned or next((slot for slot in SLOTS if weights[slot] == 100), None)
    if whole is None:
        return settled_in(d, w)
    return whole if answers(whole, d, w) else None


def answers(slot: Slot, d: Deployment, w: World) -> bool:
    """Whether the front door was last answered from this slot, since the last switch of ours."""
    front, since = w.router.front, d.routed.at if d.routed else 0.0
    return isinstance(front, Known) and front.seen_at >= since and front.value.slot is slot


def settled_in(d: Deployment, w: World) -> Slot:
    """Whose traffic it is while both have some: who is live stays it, else it is who was there before."""
    for slot in (d.live, d.candidate):
        here = seen_in(slot, w)
        if here is not None and here.role is Role.LIVE:
            return slot
    before = seen_in(d.live, w)
    here_still = before is not None and d.previous is not None and before.digest == d.previous.digest
    return d.live if here_still else d.candidate


def beside(d: Deployment, slot: Slot, there: SlotWorld) -> Role:
    """What a slot without the traffic is: retained when it had it."""
    served = slot is d.live and d.previous is not None and there.digest == d.previous.digest
    return Role.RETAINED if served or there.role in (Role.LIVE, Role.RETAINED) else Role.CANDIDATE


def stepped_down(d: Deployment, slot: Slot, w: World) -> bool:
    """Whether the slot is seen not to be live, now and for long enough."""
    return not_live(slot, w) is True and d.lasted(unlive(slot)) >= UNLIVE_FOR


def not_live(slot: Slot, w: World) -> bool | None:
    """Whether nobody in the slot is told to be live; None when that cannot be seen."""
    here = seen_in(slot, w)
    return None if here is None else here.role is not Role.LIVE


def seen_in(slot: Slot, w: World) -> SlotWorld | None:
    seen = w.slots[slot]
    return seen.value if isinstance(seen, Known) else None


def unlive(slot: Slot) -> str:
    """The name under which is counted how long a slot has not been told to be live."""
    return f"{slot} not live"
