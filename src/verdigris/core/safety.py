"""The last guard, whatever the phase says: the steps from what is to what should be, the safe ones only.

No weight goes to a slot that is not ready for exactly this release. Nothing is torn down that has weight, is a
member of the router, has requests in flight or connections whose time is not over, or is the only side that can
serve. Nothing is taken away from the schema while somebody may go back to what needs it. What cannot be done safely
now is left as it is; the next look may allow it.
"""

from __future__ import annotations

from dataclasses import replace

from verdigris.core.actions import Action, Desired, Kind
from verdigris.core.conditions import able, foreign, idle, ready, unreachable, unweighted
from verdigris.core.deployment import Deployment, Routed
from verdigris.core.draining import to_drain, to_resume
from verdigris.core.policy import Policy
from verdigris.core.roles import tellings, unlive
from verdigris.core.routes import cohort, explain, fallback, members, versions
from verdigris.core.schema import kept_its_day, may_contract
from verdigris.core.streams import left_behind, remaining, spent
from verdigris.core.words import span
from verdigris.core.world import (
    SLOTS,
    Known,
    Reading,
    Release,
    Role,
    Routing,
    Slot,
    Unknown,
    Weights,
    World,
)

__all__ = ["Action", "Desired", "Kind", "changes"]


def changes(want: Desired, d: Deployment, w: World, p: Policy) -> tuple[Action, ...]:
    """The effects that are both wanted and safe at this moment, in their order."""
    moving = route(want, d, w, p)
    begun = (*provisions(want, d, w, p), job(want, d, w, p), *resumptions(want, w, p), moving)
    ended = (
        *drains(want, d, w, p),
        *closings(want, d, w, p),
        *told(d, w, moving),
        *tear_downs(want, d, w, p),
    )
    return tuple(action for action in (*begun, *ended) if action is not None)


def told(d: Deployment, w: World, moving: Action | None) -> list[Action]:
    """The roles that are to be told. Nobody is made live in the moment in which its traffic is taken away."""
    found = [Action(Kind.TELL, why, slot=slot, role=role) for slot, role, why in tellings(d, w)]
    return [a for a in found if not (a.role is Role.LIVE and a.slot and leaving(a.slot, moving))]


def leaving(slot: Slot, moving: Action | None) -> bool:
    return moving is not None and moving.routing is not None and moving.routing.weights[slot] < 100


def job(want: Desired, d: Deployment, w: World, p: Policy) -> Action | None:
    """What a phase has done beside. A contract takes away what the way back would need: never while there is one."""
    if want.also is None or (want.also is Kind.CONTRACT and not may_contract(d, w, p)):
        return None
    why = kept_its_day(w) if want.also is Kind.DROP else f"{d.phase} is under way"
    return Action(want.also, why, slot=d.candidate)


def provisions(want: Desired, d: Deployment, w: World, p: Policy) -> list[Action]:
    """Slots that are to be kept and lack instances. A slot with another release in it is emptied first."""
    found = []
    for slot in SLOTS:
        release, seen = d.release_in(slot), w.slots[slot]
        if slot not in want.keep or slot in want.spare or release is None:
            continue
        if isinstance(seen, Known) and seen.value.digest in (None, release.digest):
            why = lacking(slot, release, d, w, p)
            if why:
                count = wanted_count(slot, len(seen.value.instances), d, p)
                found.append(Action(Kind.PROVISION, why, slot=slot, release=release, count=count))
    return found


def lacking(slot: Slot, release: Release, d: Deployment, w: World, p: Policy) -> str:
    seen = w.slots[slot]
    if isinstance(seen, Unknown) or (seen.value.digest is None and seen.value.instances):
        return ""  # still being emptied
    if seen.value.digest is None:
        return f"{slot} is to run {release.version} and is empty"
    if len(seen.value.instances) != wanted_count(slot, len(seen.value.instances), d, p):
        return f"{slot} is to have {p.instances} instances and has {len(seen.value.instances)}"
    if d.lasted(broken(slot)) >= p.revive_after:
        return f"{slot} has an instance that the environment gave up on"
    return ""


def wanted_count(slot: Slot, found: int, d: Deployment, p: Policy) -> int:
    """The policy's number; but a slot that has served is never made smaller under its requests."""
    fresh = slot is d.candidate and not d.moved
    return p.instances if fresh else max(p.instances, found)


def broken(slot: Slot) -> str:
    """The name under which is counted how long a kept slot has had a broken instance."""
    return f"{slot} broken"


def route(want: Desired, d: Deployment, w: World, p: Policy) -> Action | None:
    """The routing that is wanted and safe, if the router does not have it yet."""
    seen = w.router.reading
    if isinstance(seen, Unknown) or foreign(d, w):
        return None
    reading = seen.value
    weights = safe_weights(want, d, w, p, reading)
    if reading.fell_back_to is not None and not may_unlatch(reading.fell_back_to, weights, d, w, p):
        return None
    wanted = Routing(
        weights,
        members(want, d, w, reading),
        fallback(behind(want, weights, d), d, w, p, reading),
        versions(want, d),
        cohort(want, d, reading),
        d.pause,
    )
    if wanted == reading.routing and reading.fell_back_to is None and stamped(d, reading):
        return None
    return Action(Kind.ROUTE, explain(wanted, reading), routing=wanted)


def behind(want: Desired, weights: Weights, d: Deployment) -> Desired:
    """During a drill the one fallback is the slot with less: it is there for the death of the one with more."""
    return replace(want, fallback=d.candidate) if d.drill is not None and weights[d.live] > 50 else want


def may_unlatch(saved: Slot, weights: Weights, d: Deployment, w: World, p: Policy) -> bool:
    """The router saved itself: telling it anything could send traffic back to the dead slot.

    Its turn may be made permanent. It may be undone where it turned away from what served before us, to what an
    earlier deployment had kept, and what served before can serve again.
    """
    return weights[saved] == 100 or (saved is d.candidate and may_gain(d.live, d, w, p))


def stamped(d: Deployment, reading: Reading) -> bool:
    """Whether the router bears our newest stamp. Only then is an older effect that arrives late refused by it."""
    return d.routed is None or reading.generation == d.routed.generation


def safe_weights(want: Desired, d: Deployment, w: World, p: Policy, reading: Reading) -> Weights:
    """The wanted weights if every slot that gains has earned it, else those that are."""
    gains = [slot for slot in SLOTS if want.weights[slot] > reading.routing.weights[slot]]
    return want.weights if all(may_gain(slot, d, w, p) for slot in gains) else reading.routing.weights


def may_gain(slot: Slot, d: Deployment, w: World, p: Policy) -> bool:
    """Forward needs every instance ready; backward needs one that can serve: a way back must stay easy."""
    if slot is d.candidate and d.drill is None:
        return ready(slot, d.release, w, p)
    if slot is d.candidate:
        return able(slot, d.release, w, p)  # the way home from a drill must stay as easy
    # Before the first release has passed the gate nobody is to reach it: the way back leads to the empty slot.
    return able(slot, d.previous, w, p) or (d.previous is None and not d.moved)


def resumptions(want: Desired, w: World, p: Policy) -> list[Action]:
    """Before a slot gets traffic again it is asked to keep its clients. Nothing waits for that."""
    why = "{} is to have traffic and sends its clients away"
    return [Action(Kind.RESUME, why.format(slot), slot=slot) for slot in to_resume(want.weights, w, p)]


def drains(want: Desired, d: Deployment, w: World, p: Policy) -> list[Action]:
    """A slot that the traffic has left sends its clients away; who stays connected has the time that is his due."""
    slot = to_drain(d, want.weights, w, p)
    if slot is None:
        return []
    why = f"the traffic has left {slot}: its clients are sent away within {span(p.drain_long_lived)}"
    return [Action(Kind.DRAIN, why, slot=slot, seconds=p.drain_long_lived)]


def closings(want: Desired, d: Deployment, w: World, p: Policy) -> list[Action]:
    """Slots whose long-lived connections have had their time. The router ends them, one after the other."""
    found = []
    for slot in SLOTS:
        if want.weights[slot] or slot in want.spare or not spent(d, slot, w, p):
            continue
        # A candidate that nobody was sent to yet has only those of people who look at it beforehand.
        if slot is d.live or superfluous(slot, want, d, w):
            why = (
                f"long-lived connections on {slot} have had {span(p.drain_long_lived)} since its last weight"
            )
            found.append(Action(Kind.CLOSE_STREAMS, why, slot=slot))
    return found


def tear_downs(want: Desired, d: Deployment, w: World, p: Policy) -> list[Action]:
    """Slots whose release is over. One that is being emptied already is left to it."""
    found = []
    for slot in SLOTS:
        seen = w.slots[slot]
        runs = isinstance(seen, Known) and seen.value.digest is not None
        if runs and superfluous(slot, want, d, w) and harmless(slot, d, w, p):
            why = f"what runs in {slot} is over{left_behind(slot, w)}"
            found.append(Action(Kind.TEAR_DOWN, why, slot=slot))
    return found


def superfluous(slot: Slot, want: Desired, d: Deployment, w: World) -> bool:
    """Not wanted at all, or another release where one is wanted."""
    seen, release = w.slots[slot], d.release_in(slot)
    if slot in want.spare:
        return False
    if slot not in want.keep:
        return True
    return release is not None and isinstance(seen, Known) and seen.value.digest not in (None, release.digest)


def harmless(slot: Slot, d: Deployment, w: World, p: Policy) -> bool:
    """Nothing serves from this slot, and nothing is under way in it that still has time."""
    return idle(slot, d, w, p) and remaining(d, slot, w, p) is None


def remember(d: Deployment, actions: tuple[Action, ...], w: World) -> Deployment:
    """Write the newest routing into the deployment, before anybody acts on it."""
    for action in actions:
        if action.role is Role.LIVE and action.slot is not None:
            d = d.forget(unlive(action.slot))
        if action.routing is not None:
            given = action.routing.weights[d.candidate] > 0
            names = [(unweighted(slot), unreachable(slot)) for slot in reached(action.routing, w)]
            d = d.forget(*(name for pair in names for name in pair))
            stamp = stamp_of(action.routing, d, w)
            d = replace(d, routed=Routed(action.routing, stamp, w.now), moved=d.moved or given)
    return d


def stamp_of(routing: Routing, d: Deployment, w: World) -> int:
    """The next generation; but an order that is only repeated, for it cannot be seen yet, keeps the one it has.

    With a new stamp at each look a router that shows what was some seconds ago would never show the newest.
    """
    seen, last = w.router.reading, d.routed
    shown = seen.value.generation if isinstance(seen, Known) else None
    if last is not None and last.routing == routing and shown is not None and shown < last.generation:
        return last.generation
    return d.generation + 1


def reached(routing: Routing, w: World) -> list[Slot]:
    """The slots that requests reach from now on, or may have reached since the look at the router.

    It may have turned to its fallback meanwhile, and whatever it is told now ends that before anybody has seen it.
    """
    seen = w.router.reading
    before = seen.value.routing.fallback if isinstance(seen, Known) else None
    return [slot for slot in SLOTS if routing.weights[slot] or slot in (routing.fallback, before)]
