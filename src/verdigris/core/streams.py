"""Long-lived connections: what stays in a slot when all requests have left it, as WebSockets and event streams do.

They have `drain_long_lived` seconds from the moment their slot has no weight, then the router ends them, for which
there are `drain` more. Until then they keep their slot from being torn down, and delay nothing else. This module
must never take an unknown number for none.
"""

from __future__ import annotations

from dataclasses import replace

from verdigris.core.conditions import Waiting, foreign, idle, unweighted
from verdigris.core.deployment import Deployment, Note
from verdigris.core.draining import lasting
from verdigris.core.policy import Policy
from verdigris.core.words import span
from verdigris.core.world import SLOTS, Known, Seen, Slot, Unknown, World

__all__ = ["count_cut", "left_behind", "lingering", "remaining", "spent"]


def remaining(d: Deployment, slot: Slot, w: World, p: Policy) -> Waiting | None:
    """The connections for whose sake a slot without weight may not go yet: None when all are over."""
    count, left = lasting(slot, w, p), p.drain_long_lived + p.drain - d.lasted(unweighted(slot))
    if left <= 0 or (isinstance(count, Known) and count.value == 0):
        return None
    return Waiting(f"{number(count)} on {slot} to end, at most {span(left)} more", unhurried=True)


def lingering(d: Deployment, slot: Slot, w: World, p: Policy) -> Waiting | None:
    """The same where nothing but them keeps the slot."""
    return remaining(d, slot, w, p) if idle(slot, d, w, p) else None


def spent(d: Deployment, slot: Slot, w: World, p: Policy) -> bool:
    """Whether there are some, their time is over, and nobody is ending them yet."""
    seen, count = w.router.reading, w.router.long_lived[slot]
    if isinstance(seen, Unknown) or isinstance(count, Unknown) or not count.value:
        return False
    serves = seen.value.routing.weights[slot] > 0 or seen.value.fell_back_to is slot
    if serves or slot in w.router.closing or foreign(d, w):
        return False
    return d.lasted(unweighted(slot)) >= p.drain_long_lived


def left_behind(slot: Slot, w: World) -> str:
    """What the end of a slot takes with it, for the sentence that says so: nothing when there is nothing."""
    count = w.router.long_lived[slot]
    return "" if isinstance(count, Known) and not count.value else f", and with it {number(count)}"


def count_cut(d: Deployment, w: World, p: Policy) -> tuple[Deployment, tuple[Note, ...]]:
    """How many the router has ended, said once it is done with a slot.

    It counts from nothing when the controller that it is driven by begins anew.
    """
    notes: list[Note] = []
    if isinstance(w.router.reading, Unknown):
        return d, ()
    for slot in (slot for slot in SLOTS if slot not in w.router.closing):
        now, before = w.router.cut[slot], d.cut[slot]
        if now > before:
            ended = f"{now - before} long-lived connection{'s' if now - before > 1 else ''} on {slot} ended"
            notes.append(Note("cut", f"the router has {ended} that had {span(p.drain_long_lived)}"))
        d = d if now == before else replace(d, cut=d.cut.put(slot, now))
    return d, tuple(notes)


def number(count: Seen[int]) -> str:
    if isinstance(count, Unknown):
        return "an unknown number of long-lived connections"
    return f"{count.value} long-lived connection{'' if count.value == 1 else 's'}"
