"""What applications say of themselves: what is still inside them, and whether they ask to be left alone.

Most say nothing, and nothing waits for what they do not say. Where one does, its counts stand beside the router's,
and a slot that the traffic has left is asked to send its clients away; it is asked back before it gets traffic again.
"""

from __future__ import annotations

from verdigris.core.deployment import Deployment
from verdigris.core.policy import Policy
from verdigris.core.roles import home
from verdigris.core.world import SLOTS, Known, Said, Seen, Slot, Unknown, Weights, World

__all__ = ["heard", "lasting", "requests_in", "to_drain", "to_resume"]


def heard(slot: Slot, w: World, p: Policy) -> tuple[Said, ...]:
    """What the running instances of a slot have said lately."""
    seen = w.slots[slot]
    running = seen.value.instances if isinstance(seen, Known) else ()
    said = [i.says for i in running if i.alive and i.digest]
    return tuple([s.value for s in said if isinstance(s, Known) and w.now - s.seen_at <= p.fresh_within])


def requests_in(slot: Slot, w: World, p: Policy) -> Seen[int]:
    """The requests in a slot: the larger of the router's count and their own. Unknown where the router's is.

    What the router knows to last is no request, whatever the application takes it for.
    """
    count, lasts, said = w.router.in_flight[slot], w.router.long_lived[slot], heard(slot, w, p)
    if isinstance(count, Unknown) or not said:
        return count
    streams = sum(s.streams for s in said)
    mistaken = max(lasts.value - streams, 0) if isinstance(lasts, Known) else 0
    return Known(max(count.value, sum(s.requests for s in said) - mistaken), count.seen_at)


def lasting(slot: Slot, w: World, p: Policy) -> Seen[int]:
    """The same for long-lived connections."""
    count = w.router.long_lived[slot]
    if isinstance(count, Unknown):
        return count
    return Known(max(count.value, sum(s.streams for s in heard(slot, w, p))), count.seen_at)


def to_drain(d: Deployment, wanted: Weights, w: World, p: Policy) -> Slot | None:
    """The slot that all traffic has left, by router and front door, and that does not send its clients away yet."""
    to, seen = home(d, w), w.router.reading
    if to is None or isinstance(seen, Unknown):
        return None
    slot, weights = to.other, seen.value.routing.weights
    served = d.moved or (slot is d.live and d.previous is not None)
    if not served or wanted[slot] or weights[slot] or seen.value.fell_back_to is slot:
        return None
    return slot if any(not s.leaving for s in heard(slot, w, p)) else None


def to_resume(wanted: Weights, w: World, p: Policy) -> list[Slot]:
    """Slots that have traffic, or are to get some, and still send their clients away."""
    seen = w.router.reading
    turned = seen.value.fell_back_to if isinstance(seen, Known) else None
    due = [slot for slot in SLOTS if wanted[slot] or turned is slot]
    return [slot for slot in due if any(s.leaving for s in heard(slot, w, p))]
