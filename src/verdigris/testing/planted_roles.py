"""Faults in what instances are told: who is live, and who sends clients away. Each breaks a promise that is checked."""

from __future__ import annotations

from contextlib import AbstractContextManager

from verdigris.core import draining, roles, safety
from verdigris.core.deployment import Deployment
from verdigris.core.policy import Policy
from verdigris.core.world import Slot, Weights, World
from verdigris.testing.planting import Fault, attribute, instead, listed

__all__ = ["FAULTS"]

FAULTS: list[Fault] = []
fault = listed(FAULTS)


@fault("who was live is seen not to be before the other one is told")
def the_old_one_is_not_looked_at() -> AbstractContextManager[None]:
    return instead(roles.stepped_down, lambda d, slot, w: True)


@fault("jobs of the old slot have their time to end")
def the_new_one_is_told_at_once() -> AbstractContextManager[None]:
    return attribute(roles, "UNLIVE_FOR", 0.0)


@fault("the role follows the traffic")
def nobody_is_told_anything() -> AbstractContextManager[None]:
    return instead(roles.tellings, lambda d, w: ())


@fault("a role is told when the traffic is seen there, not when it is decided")
def a_role_goes_by_the_decision() -> AbstractContextManager[None]:
    def home(d: Deployment, w: World) -> Slot | None:
        return d.candidate if d.moved else d.live

    return instead(roles.home, home)


@fault("nobody is made live in the moment in which traffic is taken away")
def a_role_crosses_a_switch() -> AbstractContextManager[None]:
    return instead(safety.leaving, lambda slot, moving: False)


@fault("clients are sent away only from where no traffic goes")
def clients_are_sent_away_with_the_decision() -> AbstractContextManager[None]:
    def to_drain(d: Deployment, wanted: Weights, w: World, p: Policy) -> Slot | None:
        found = [
            slot
            for slot in Slot
            if not wanted[slot] and any(not s.leaving for s in draining.heard(slot, w, p))
        ]
        return found[0] if found and d.moved else None

    return instead(draining.to_drain, to_drain)


@fault("who gets traffic again keeps its clients")
def nobody_is_asked_back() -> AbstractContextManager[None]:
    return instead(draining.to_resume, lambda wanted, w, p: [])
