"""Faults in how the way back is tried: each breaks a promise that is checked."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from verdigris.core import drilled, drills, evidence, looks, safety, unanswered
from verdigris.core.deployment import Deployment, Drill, Drilled, Outcome
from verdigris.core.judge import Verdict
from verdigris.core.policy import Policy
from verdigris.core.safety import Desired
from verdigris.core.world import PerSlot, Slot, Weights, World
from verdigris.testing.planting import Fault, instead, listed

__all__ = ["FAULTS"]

FAULTS: list[Fault] = []
fault = listed(FAULTS)


@fault("a drill is over when traffic is home")
def a_drill_is_over_before_traffic_is_home() -> AbstractContextManager[None]:
    def over(d: Deployment, drill: Drill, w: World, p: Policy) -> Any:
        return replace(d, drill=None), ()

    return instead(drills.home, over)


@fault("a drill brings back what it sent")
def a_drill_leaves_traffic_on_the_old_slot() -> AbstractContextManager[None]:
    def left(d: Deployment, w: World, p: Policy) -> Desired:
        share = d.drill.share if d.drill is not None else 0
        return Desired(frozenset(Slot), Weights.share(d.live, share), fallback=d.live)

    return instead(looks.settled, left)


@fault("an old slot that is bad turns a drill")
def a_bad_old_slot_does_not_end_the_drill() -> AbstractContextManager[None]:
    return instead(drills.failure, lambda d, drill, w, p: ("", ""))


@fault("a drill begins between two good slots")
def a_drill_begins_whatever_speaks_against_it() -> AbstractContextManager[None]:
    return instead(drills.refusal, lambda d, w, p, verdict: "")


@fault("a drill ends with the controller that began it")
def another_controller_carries_the_drill_on() -> AbstractContextManager[None]:
    return instead(drills.orphaned, lambda d, now: d)


@fault("the time of a drill is no evidence for the candidate")
def the_time_of_a_drill_is_good_time() -> AbstractContextManager[None]:
    good = evidence.good

    def generous(row: Any, d: Deployment, w: World, p: Policy, verdict: Verdict | None) -> bool | None:
        return True if d.drill is not None else good(row, d, w, p, verdict)

    return instead(good, generous)


@fault("whoever tries the old slot with everything has the new one behind it")
def nobody_jumps_in_for_the_old_slot() -> AbstractContextManager[None]:
    return instead(safety.behind, lambda want, weights, d: want)


@fault("what a drill found out is remembered, whatever comes before it is home")
def a_drill_that_failed_is_forgotten_when_it_is_cut_off() -> AbstractContextManager[None]:
    return instead(drilled.cut_off, lambda d, by: (replace(d, drill=None, drilled=None), ()))


@fault("a drill that was cut off is no success")
def a_drill_that_is_cut_off_has_worked() -> AbstractContextManager[None]:
    cut_off, nothing = drilled.cut_off, PerSlot(0, 0)

    def praised(d: Deployment, by: str) -> Any:
        drill, version = d.drill, d.previous.version if d.previous else ""
        if drill is None or drill.outcome is Outcome.FAILED:
            return cut_off(d, by)
        when = (drill.began, drill.there, drill.back)
        record = Drilled(drill.share, d.live, version, drill.actor, *when, nothing, nothing)
        return replace(d, drill=None, drilled=record), ()

    return instead(cut_off, praised)


@fault("an old slot that answers nobody turns a drill")
def an_old_slot_that_hangs_does_not_end_the_drill() -> AbstractContextManager[None]:
    return instead(unanswered.hanging, lambda d, drill, w: "")


@fault("requests that never came back have failed")
def what_never_came_back_is_not_counted() -> AbstractContextManager[None]:
    return instead(unanswered.too_many, lambda d, w, p, seconds, gone: "")
