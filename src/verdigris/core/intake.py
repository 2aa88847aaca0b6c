"""Whether a new deployment may begin, in which slot, and what that ends.

One deployment at a time for an app. During `stabilize` a new one supersedes: the earlier has succeeded, and the slot
that it kept hot is the one that is reused. While traffic is moving a new one is refused or waits its turn.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from verdigris.core.deployment import FORMAT, NONE_CUT, Deployment, Note, Routed
from verdigris.core.drilled import cut_off
from verdigris.core.lifecycle import ENDINGS, FORWARD
from verdigris.core.policy import Policy
from verdigris.core.turns import OWN_CLOCKS, enter
from verdigris.core.world import Known, Pause, Reading, Release, Seen, Slot, Unknown

__all__ = ["FIRST", "Admission", "Direct", "Wish", "admit", "adopt", "serving", "way_back"]

FIRST = Slot.BLUE
"""Where the very first release goes; the router begins by pointing at the empty slot beside it."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants shipped."""

    app: str
    release: Release
    actor: str
    key: str
    policy_hash: str
    queue: bool = False


@dataclass(frozen=True, slots=True)
class Admission:
    """The new deployment and the superseded one, or a refusal. `later` means: ask again, it is queued.

    `notes` are what the superseded one's event log is told.
    """

    deployment: Deployment | None = None
    superseded: Deployment | None = None
    notes: tuple[Note, ...] = ()
    refusal: str = ""
    later: bool = False


@dataclass(frozen=True, slots=True)
class Direct:
    """The record of a rollback that was done without the controller."""

    to: Slot
    generation: int
    actor: str
    wall: float
    reason: str = ""


def admit(
    wish: Wish, number: int, current: Deployment | None, policy: Policy | None, reading: Seen[Reading]
) -> Admission:
    """Decide on a wish. `number` is that of the new deployment, `policy` that of the current one."""
    if current is None:
        first = begin(wish, number, None, first_slot(reading), None)
        return Admission(replace(first, pause=pause_of(reading)))
    if current.phase not in ENDINGS and current.phase != "stabilize":
        return busy(wish, current)
    if (
        current.phase == "stabilize"
        and policy is not None
        and policy.contract
        and current.owes
        and current.previous is not None
    ):
        return Admission(
            refusal=f"{current.id} still owes the schema a contract. Wait for it: `verdigris watch`"
        )
    live = serving(current, reading)
    if live is None:
        return Admission(
            refusal="the router cannot be read, so nobody knows what serves. See `verdigris doctor`"
        )
    return succeed(wish, number, current, live)


def succeed(wish: Wish, number: int, current: Deployment, live: Slot) -> Admission:
    previous = current.release_in(live)
    if previous is not None and wish.release.directory == previous.directory:
        return Admission(
            refusal=f"{previous.version} is live already. Give the new release a version of its own"
        )
    by = f"superseded by d-{number}"
    current, tried = cut_off(current, by)
    new = begin(wish, number, previous, live.other, current)
    if current.phase in ENDINGS:
        return Admission(new)
    over = replace(current, phase="succeeded", superseded_by=new.id, held="")
    return Admission(new, over, (*tried, Note("phase", f"succeeded: {by}, its way back is given up")))


def busy(wish: Wish, current: Deployment) -> Admission:
    if wish.queue:
        return Admission(later=True)
    return Admission(
        refusal=f"{current.id} ({current.release.version}) is in {current.phase}. "
        "Follow it with `verdigris watch`, end it with `verdigris rollback`, or wait your turn with --queue"
    )


def begin(
    wish: Wish, number: int, previous: Release | None, slot: Slot, current: Deployment | None
) -> Deployment:
    routed: Routed | None = current.routed if current else None
    return Deployment(
        id=f"d-{number}",
        app=wish.app,
        release=wish.release,
        previous=previous,
        candidate=slot,
        generation=current.generation + 1 if current else 0,
        base=current.base if current else "",
        evidence=current.forget(*OWN_CLOCKS).evidence if current else (),
        routed=routed,
        pause=current.pause if current else Pause.NONE,
        cut=current.cut if current else NONE_CUT,
        drilled=current.drilled if current else None,
        actor=wish.actor,
        key=wish.key,
        policy_hash=wish.policy_hash,
    )


def pause_of(reading: Seen[Reading]) -> Pause:
    """A pause of ours that nobody remembers: who lost the store must not let requests through."""
    if isinstance(reading, Unknown) or reading.value.generation is None:
        return Pause.NONE
    return reading.value.routing.pause


def first_slot(reading: Seen[Reading]) -> Slot:
    """The slot that no traffic goes to."""
    if isinstance(reading, Unknown):
        return FIRST
    return Slot.BLUE if reading.value.routing.weights.blue == 0 else Slot.GREEN


def serving(d: Deployment, reading: Seen[Reading]) -> Slot | None:
    """Where the traffic of an ended deployment is; for a stuck one only the router can say."""
    if d.phase in ("succeeded", "stabilize"):
        return d.candidate
    if d.phase in ("rolled_back", "aborted"):
        return d.live
    if not isinstance(reading, Known):
        return None
    if reading.value.fell_back_to is not None:
        return reading.value.fell_back_to
    return reading.value.routing.weights.most


def way_back(reading: Reading, record: Direct | None) -> Slot | None:
    """Where a rollback may go when only the router can be asked: None when it knows no way back.

    Only to the slot that the router itself would turn to, or has turned to. The lighter slot may as well be one that
    nobody has let through the gate, or one that traffic was just taken away from.
    """
    if record is not None and record.generation == reading.generation:
        return record.to
    return reading.fell_back_to or reading.routing.fallback


def adopt(d: Deployment, direct: Direct, reading: Reading) -> Deployment | None:
    """Take over what was done without us: None when the record does not concern this deployment, or is nothing new.

    Its generation cannot tell: who could not read the store counted on from whatever stamp the router bore.
    """
    forward = d.phase in {row.name for row in FORWARD} - ENDINGS or d.phase == "stuck"
    if d.format > FORMAT or not forward or direct.to is not d.live or not d.moved:
        return None
    cause = f"{direct.actor} rolled back without the controller" + (
        f": {direct.reason}" if direct.reason else ""
    )
    turned, _ = enter(d, "restore", cause)
    generation = max(d.generation, direct.generation)
    return replace(turned, generation=generation, disowned=reading.routing)
