"""What can be said of the world: each function is one statement about what was seen.

Statements about readiness are two-valued and strict: what is unknown is not ready. Statements that a wait
hangs on answer with `Waiting`, which keeps "not yet" apart from "cannot see".
"""

from __future__ import annotations

from dataclasses import dataclass

from verdigris.core.deployment import Deployment
from verdigris.core.draining import requests_in
from verdigris.core.policy import Policy
from verdigris.core.words import span
from verdigris.core.world import (
    SLOTS,
    Answer,
    Instance,
    Known,
    Pause,
    Reading,
    Release,
    Seen,
    Slot,
    Unknown,
    Weights,
    World,
)

__all__ = [
    "PROVEN",
    "Waiting",
    "able",
    "answers",
    "confirmed",
    "foreign",
    "idle",
    "paused",
    "proper",
    "quiet",
    "ready",
    "sound",
    "unready",
]

PROVEN = "the way back"
"""The name under which a drill's seconds of good evidence on the old slot are counted."""
HANGING = "the old slot hangs"
"""The name under which are counted the seconds in which it had more requests inside than came out of it."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is still missing, as the end of the sentence "waiting for …". `unknown`: nobody could look.

    `unhurried`: it has a limit of its own, and the phase's does not run meanwhile.
    """

    sentence: str
    unknown: bool = False
    unhurried: bool = False


def proper(instance: Instance, release: Release) -> bool:
    """Running, of exactly this release, and not answering through somebody else's port."""
    same = instance.digest == release.digest and instance.owns_port is not False
    return same and instance.alive and not instance.broken


def sound(instance: Instance, w: World, p: Policy) -> bool:
    """Its last probes were good enough to go on serving: fewer than `unhealthy` failures in a row."""
    health = instance.health
    if isinstance(health, Unknown) or w.now - health.seen_at > p.probe_within:
        return False
    return health.value.failures < p.unhealthy


def validated(instance: Instance, w: World, p: Policy) -> bool:
    """It passed `healthy` probes in a row, the last of them lately."""
    health = instance.health
    return sound(instance, w, p) and isinstance(health, Known) and health.value.passes >= p.healthy


def instances(slot: Slot, w: World) -> tuple[Instance, ...]:
    seen = w.slots[slot]
    return seen.value.instances if isinstance(seen, Known) else ()


def ready(slot: Slot, release: Release | None, w: World, p: Policy) -> bool:
    """Every wanted instance runs exactly this release and is sound: the slot may be given more traffic."""
    if release is None:
        return False
    fit = [i for i in instances(slot, w) if proper(i, release) and sound(i, w, p)]
    return len(fit) >= p.instances


def able(slot: Slot, release: Release | None, w: World, p: Policy) -> bool:
    """At least one instance of exactly this release can serve: enough to take traffic back to."""
    return release is not None and any(proper(i, release) and sound(i, w, p) for i in instances(slot, w))


def unready(slot: Slot, release: Release, w: World, p: Policy) -> Waiting | None:
    """Why the instances of a release cannot be called up yet: None when every one of them runs."""
    seen = w.slots[slot]
    if isinstance(seen, Unknown):
        return Waiting(f"a look at {slot}: {seen.why}", unknown=True)
    running = [i for i in seen.value.instances if proper(i, release) and i.owns_port]
    if len(running) >= p.instances:
        return None
    return Waiting(
        f"{p.instances - len(running)} of {p.instances} instances of {release.version} in {slot} to come up"
    )


def unhealthy(slot: Slot, release: Release, w: World, p: Policy) -> Waiting | None:
    """Why the instances have not passed the deep health gate: None when every one of them has."""
    missing = unready(slot, release, w, p)
    if missing:
        return missing
    failing = [i for i in instances(slot, w) if not validated(i, w, p)]
    if not failing:
        return None
    return Waiting("; ".join(f"{i.name}: {probe_sentence(i, p)}" for i in failing))


def probe_sentence(instance: Instance, p: Policy) -> str:
    if isinstance(instance.health, Unknown):
        return f"its first probe ({instance.health.why})"
    health = instance.health.value
    if health.failures:
        return f"a healthy answer, {health.failures} probes in a row failed: {health.sentence}"
    return f"{p.healthy} healthy answers in a row, {health.passes} so far"


def answers(slot: Slot, release: Release, w: World, p: Policy) -> Waiting | None:
    """Whether a request forced to the slot through the front door is answered by exactly this release."""
    return answered_by(
        "preview", w.router.preview[slot], slot, release, since=w.now - p.probe_within, passing=True
    )


def confirmed(d: Deployment, weights: Weights, w: World, p: Policy) -> Waiting | None:
    """Whether traffic is where `weights` says: the router's own answer and the front door have to agree."""
    reading = w.router.reading
    if isinstance(reading, Unknown):
        return Waiting(f"the router's answer: {reading.why}", unknown=True)
    if reading.value.routing.weights != weights or reading.value.fell_back_to is not None:
        return Waiting(f"the router to say {weights}, it says {reading.value.routing.weights}")
    if d.routed and reading.value.generation != d.routed.generation:
        return Waiting(
            f"the router to bear generation {d.routed.generation}, it bears {reading.value.generation}"
        )
    since = d.routed.at if d.routed else 0.0
    for slot in SLOTS:
        release = d.release_in(slot)
        if weights[slot] == 100 and release is not None:
            return answered_by("front door", w.router.front, slot, release, since)
    return both_answer(d, w, since)


def both_answer(d: Deployment, w: World, since: float) -> Waiting | None:
    """While both slots have weight one ordinary request proves nothing: each is asked by name."""
    for slot in SLOTS:
        release = d.release_in(slot)
        if release is not None:
            missing = answered_by("front door", w.router.preview[slot], slot, release, since)
            if missing:
                return missing
    return None


def answered_by(
    door: str, seen: Seen[Answer], slot: Slot, release: Release, since: float, passing: bool = False
) -> Waiting | None:
    if isinstance(seen, Unknown):
        return Waiting(f"an answer through the {door}: {seen.why}", unknown=True)
    answer = seen.value
    if seen.seen_at < since:
        return Waiting(f"an answer through the {door} newer than the switch")
    if answer.slot is None or answer.version is None:
        return Waiting(f"proof of what answered through the {door}: {answer.sentence}", unknown=True)
    if answer.slot is not slot or answer.version != release.version:
        return Waiting(
            f"{release.version} in {slot} to answer through the {door}, {answer.version} in {answer.slot} did"
        )
    if passing and not answer.passed:
        return Waiting(f"a healthy answer through the {door}: {answer.sentence}")
    return None


def quiet(d: Deployment, slot: Slot, w: World, p: Policy, since: str = "") -> Waiting | None:
    """Whether a slot without weight has finished its requests, or has had `drain` seconds to.

    An unknown count is never taken for zero; only the deadline ends the wait then. `since` names the evidence that
    the deadline is counted by, else that it has no weight.
    """
    spent = d.lasted(since or unweighted(slot))
    if spent >= p.drain:
        return None
    count = requests_in(slot, w, p)
    left = f"at most {span(p.drain - spent)} more"
    if isinstance(count, Unknown):
        return Waiting(f"the requests in flight in {slot} ({count.why}), {left}")
    if count.value == 0 and spent > 0.0:
        return None
    if count.value == 0:
        return Waiting(f"a second look at {slot}, which has no request in flight")
    return Waiting(f"{count.value} request{'s' if count.value > 1 else ''} in flight in {slot}, {left}")


def idle(slot: Slot, d: Deployment, w: World, p: Policy) -> bool:
    """Nothing serves from this slot, no request is under way in it, and the other one can carry on alone."""
    seen = w.router.reading
    if isinstance(seen, Unknown) or seen.value.fell_back_to is slot:
        return False
    routing = seen.value.routing
    if routing.weights[slot] or routing.members[slot] or routing.fallback is slot:
        return False
    never_served = d.previous is None and not d.moved
    alone = quiet(d, slot, w, p, since=unreachable(slot)) is None
    return alone and (never_served or able(slot.other, d.release_in(slot.other), w, p))


def paused(d: Deployment, w: World) -> bool:
    """Whether requests are kept from both slots: what the router says, or what it was told when it cannot be read."""
    reading = w.router.reading
    said = reading.value.routing.pause if isinstance(reading, Known) else d.pause
    return said is not Pause.NONE


def unweighted(slot: Slot) -> str:
    """The name under which is counted how long a slot has had no weight."""
    return f"{slot} without weight"


def unreachable(slot: Slot) -> str:
    """The same for a slot that no request can reach: while it is the fallback, the router may turn to it and back
    between two looks."""
    return f"{slot} without weight or fallback"


def foreign(d: Deployment, w: World) -> str:
    """What somebody else did to the router, as a sentence; empty when its state is ours.

    An earlier generation of ours is a router that came back with an old configuration: that is repaired,
    not reported. Our newest generation with other content, a newer one, or no stamp at all is foreign.
    """
    reading = w.router.reading
    if isinstance(reading, Unknown) or reading.value.routing == d.disowned:
        return ""
    newest = d.routed.generation if d.routed else d.generation
    found, stamp = reading.value.routing, reading.value.generation
    if stamp is None:
        return f"the router was changed by hand: it says {says(d, reading.value)}"
    if stamp > newest:
        return f"the router bears generation {stamp} while ours is {newest}: it says {says(d, reading.value)}"
    if d.routed and stamp == newest and found != d.routed.routing:
        return f"the router was changed under our stamp: it says {difference(d, reading.value)}"
    return ""


def says(d: Deployment, reading: Reading) -> str:
    """The weights that somebody chose, or what else they changed when it was not those."""
    found, ours = reading.routing, d.routed.routing if d.routed else None
    if ours is None:
        return str(found.weights)
    if found.weights == ours.weights and found != ours:
        return difference(d, reading)
    return f"{found.weights}, ours is {ours.weights}"


def difference(d: Deployment, reading: Reading) -> str:
    found, ours = reading.routing, d.routed.routing if d.routed else reading.routing
    names = ("weights", "members", "fallback", "versions", "cohort", "pause")
    pairs = ((name, getattr(found, name), getattr(ours, name)) for name in names)
    return "; ".join(f"{name} {a or 'none'}, ours {b or 'none'}" for name, a, b in pairs if a != b)
