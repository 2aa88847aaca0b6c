"""What has lasted how long: brings a deployment's evidence up to the present look, whatever is decided afterwards.

True counts, unknown stands still, false begins again. It must never count a time in which nobody could look.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from verdigris.core import drills, waits
from verdigris.core.conditions import Waiting, foreign, instances, paused, unreachable, unweighted
from verdigris.core.deployment import Deployment
from verdigris.core.judge import Verdict, VerdictKind
from verdigris.core.policy import Policy
from verdigris.core.roles import not_live, unlive
from verdigris.core.safety import broken
from verdigris.core.world import SLOTS, Known, Slot, World

if TYPE_CHECKING:
    from verdigris.core.lifecycle import Row

__all__ = ["broken_off", "count"]

Found = dict[str, bool | None]
SLOT_CLOCKS = frozenset(name(slot) for slot in Slot for name in (unweighted, unreachable))
UNBROKEN = SLOT_CLOCKS | {unlive(slot) for slot in Slot}


def count(row: Row, d: Deployment, w: World, p: Policy, verdict: Verdict | None) -> Deployment:
    """Bring the evidence up to this moment."""
    d = count_slots(d, w, p)
    return d.count_all({**failing(w), **drills.lasts(d, w, p), **of_the_phase(row, d, w, p, verdict)}, w, p)


def count_slots(d: Deployment, w: World, p: Policy) -> Deployment:
    """What is counted whatever the phase: how long a slot has had no weight, and was not live.

    A look at the router that failed is bridged where that only keeps a slot waiting, not where it is torn down for it.
    """
    reading = w.router.reading
    if isinstance(reading, Known) and reading.value.routing != d.disowned:
        d = replace(d, disowned=None) if d.disowned else d
    if isinstance(reading, Known) and d.routed and reading.value.generation != d.routed.generation:
        # The router came back, or somebody was at it: what it did meanwhile nobody has seen.
        d = d.forget(*SLOT_CLOCKS)
    left: dict[str, bool | None] = {}
    for slot in SLOTS:
        idle, out = None, False
        if isinstance(reading, Known):
            idle = reading.value.routing.weights[slot] == 0 and reading.value.fell_back_to is not slot
            out = idle and reading.value.routing.fallback is not slot
        left |= {unweighted(slot): idle, unreachable(slot): out, unlive(slot): not_live(slot, w)}
    return d.count_unbroken(left, w, p)


def failing(w: World) -> Found:
    """Whether a slot has a broken instance."""
    return {broken(slot): any(i.broken for i in instances(slot, w)) for slot in SLOTS}


def broken_off(before: Deployment, after: Deployment) -> bool:
    """Whether a slot that had been without weight, or not live, was seen to be. Who forgets that would count on."""
    lasts = {entry.name for entry in after.evidence}
    return any(entry.name in UNBROKEN and entry.name not in lasts for entry in before.evidence)


def of_the_phase(row: Row, d: Deployment, w: World, p: Policy, verdict: Verdict | None) -> Found:
    """What a phase counts for itself. A held deployment's own clocks stand still."""
    if d.held or foreign(d, w):
        return dict.fromkeys(("blind", "attended", "good"))
    waiting = row.waiting_for(d, w, p)
    found = {"blind": blind(d, w, verdict, waiting), "attended": attended(row, d, w, p, waiting)}
    if row.counts:
        found["good"] = good(row, d, w, p, verdict)
    return found


def blind(d: Deployment, w: World, verdict: Verdict | None, waiting: Waiting | None) -> bool:
    """Whether nobody can see what is waited for. A verdict that a pause keeps back is missed by nobody."""
    if waiting is not None and waiting.unknown:
        return True
    return verdict is not None and verdict.kind is VerdictKind.UNKNOWN and not paused(d, w)


def attended(row: Row, d: Deployment, w: World, p: Policy, waiting: Waiting | None) -> bool | None:
    """Whether this is time that the phase's limit speaks of: seen to be unfinished.

    In a watched phase the limit is for the switch itself; once traffic is where it should be it starts afresh.
    """
    if waiting is None or waiting.unknown or waiting.unhurried:
        return None
    return not (row.watched and waits.in_place(d, w, p) is None)


def good(row: Row, d: Deployment, w: World, p: Policy, verdict: Verdict | None) -> bool | None:
    """Whether this is time that counts as evidence: the traffic is in place and the verdict is good.

    The time of a drill does not count, and takes nothing away from what was counted before.
    """
    place = waits.in_place(d, w, p)
    if d.drill is not None:
        return None
    if verdict is None or verdict.kind is VerdictKind.UNKNOWN or (place and place.unknown):
        return None
    return place is None and verdict.kind is VerdictKind.GOOD
