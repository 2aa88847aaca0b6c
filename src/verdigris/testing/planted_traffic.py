"""Faults in who gets traffic, what is torn down, and who waits: each breaks a promise that is checked."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from verdigris.core import (
    commands,
    conditions,
    evidence,
    intake,
    judge,
    looks,
    routes,
    safety,
    streams,
    waits,
)
from verdigris.core.deployment import Deployment
from verdigris.core.policy import Policy
from verdigris.core.world import Cohort, Known, Pause, Slot, World
from verdigris.engine import ledger
from verdigris.testing.planting import Fault, all_of, instead, listed

__all__ = ["FAULTS"]

FAULTS: list[Fault] = []
fault = listed(FAULTS)


# --- who gets traffic -----------------------------------------------------------------------------------------


@fault("no weight goes to a slot that is not ready")
def weight_without_readiness() -> AbstractContextManager[None]:
    return instead(safety.may_gain, lambda slot, d, w, p: True)


@fault("a candidate is ready when every one of its instances is")
def one_instance_is_enough() -> AbstractContextManager[None]:
    return instead(conditions.ready, conditions.able)


@fault("no traffic moves before the deep health gate has passed")
def the_health_gate_is_skipped() -> AbstractContextManager[None]:
    return instead(waits.validated, lambda d, w, p: None)


@fault("a configured gate opens for a person only")
def the_gate_stands_open() -> AbstractContextManager[None]:
    return instead(waits.promoted, lambda d, p: None)


@fault("what serves is exactly the release that was asked for")
def any_digest_will_do() -> AbstractContextManager[None]:
    def proper(i: Any, release: Any) -> bool:
        return i.alive and not i.broken and i.owns_port is not False

    return instead(conditions.proper, proper)


@fault("what answers on an instance's port is that instance")
def a_strangers_port_will_do() -> AbstractContextManager[None]:
    proper = conditions.proper
    return instead(conditions.proper, lambda i, release: proper(replace(i, owns_port=True), release))


@fault("traffic moves by the steps of the ramp")
def the_ramp_is_skipped() -> AbstractContextManager[None]:
    return instead(waits.share, lambda d, p: waits.ramp(d, p)[-1].to)


@fault("a slot that serves is never emptied of members")
def members_are_taken_from_a_serving_slot() -> AbstractContextManager[None]:
    members_of = routes.members_of

    def emptied(slot: Slot, want: Any, d: Deployment, w: World, reading: Any) -> Any:
        weights = type(reading.routing.weights).share(slot.other, 100)
        idle = replace(reading, routing=replace(reading.routing, weights=weights))
        return members_of(slot, want, d, w, idle)

    return instead(routes.members_of, emptied)


@fault("the router is told who jumps in when the candidate dies")
def no_fallback_is_named() -> AbstractContextManager[None]:
    return instead(routes.fallback, lambda *_: None)


@fault("who jumps in can serve")
def anybody_is_the_fallback() -> AbstractContextManager[None]:
    return instead(routes.fallback, lambda want, *_: want.fallback)


@fault("the way back is not given up for a moment in which nothing can be seen")
def a_blind_look_disarms_the_fallback() -> AbstractContextManager[None]:
    def fallback(want: Any, d: Deployment, w: World, p: Policy, reading: Any) -> Any:
        to = want.fallback
        return to if to and conditions.able(to, d.release_in(to), w, p) else None

    return instead(routes.fallback, fallback)


@fault("a router that saved itself is not sent back to the dead slot")
def the_routers_latch_is_cleared() -> AbstractContextManager[None]:
    route, floors = safety.route, judge.floors

    def unlatched(w: World) -> World:
        seen = w.router.reading
        if not isinstance(seen, Known):
            return w
        reading = replace(seen, value=replace(seen.value, fell_back_to=None))
        return replace(w, router=replace(w.router, reading=reading))

    return all_of(
        instead(route, lambda want, d, w, p: route(want, d, unlatched(w), p)),
        instead(floors, lambda d, w, p: floors(d, unlatched(w), p)),
    )


# --- what is torn down ----------------------------------------------------------------------------------------


@fault("nothing is torn down that the router sends requests to")
def the_router_is_not_asked_before_a_tear_down() -> AbstractContextManager[None]:
    def harmless(slot: Slot, d: Deployment, w: World, p: Policy) -> bool:
        return conditions.able(slot.other, d.release_in(slot.other), w, p)

    return instead(safety.harmless, harmless)


@fault("nothing is torn down that is a member of the router")
def members_are_torn_down() -> AbstractContextManager[None]:
    harmless = safety.harmless

    def ignoring(slot: Slot, d: Deployment, w: World, p: Policy) -> bool:
        seen = w.router.reading
        if not isinstance(seen, Known):
            return False
        routing = replace(seen.value.routing, members=seen.value.routing.members.put(slot, ()))
        reading = replace(seen, value=replace(seen.value, routing=routing))
        return harmless(slot, d, replace(w, router=replace(w.router, reading=reading)), p)

    return instead(harmless, ignoring)


@fault("nothing is torn down while requests are inside it")
def requests_in_flight_do_not_matter() -> AbstractContextManager[None]:
    return instead(conditions.quiet, lambda d, slot, w, p, since="": None)


@fault("an unknown number of requests is not none")
def unknown_in_flight_is_none() -> AbstractContextManager[None]:
    quiet = conditions.quiet

    def trusting(d: Deployment, slot: Slot, w: World, p: Policy, since: str = "") -> Any:
        seen = w.router.in_flight[slot]
        count = seen if isinstance(seen, Known) else Known(0, w.now)
        in_flight = w.router.in_flight.put(slot, count)
        return quiet(d, slot, replace(w, router=replace(w.router, in_flight=in_flight)), p, since)

    return instead(quiet, trusting)


@fault("a drain lasts from when the router was seen without weight, not from the decision")
def the_drain_counts_from_the_decision() -> AbstractContextManager[None]:
    count_slots = evidence.count_slots

    def counted(d: Deployment, w: World, p: Policy) -> Deployment:
        seen = w.router.reading
        if not isinstance(seen, Known) or d.routed is None:
            return count_slots(d, w, p)
        routing = replace(seen.value.routing, weights=d.routed.routing.weights)
        told = replace(seen.value, routing=routing, generation=d.routed.generation)
        reading = replace(seen, value=told)
        return count_slots(d, replace(w, router=replace(w.router, reading=reading)), p)

    return instead(count_slots, counted)


@fault("the only side that can serve is never torn down")
def the_other_side_does_not_matter() -> AbstractContextManager[None]:
    return instead(conditions.able, lambda slot, release, w, p: release is not None)


@fault("the old slot is kept hot until the deployment is proven")
def the_old_slot_goes_early() -> AbstractContextManager[None]:
    return instead(looks.settled, looks.only_candidate)


@fault("nothing is torn down whose long-lived connections still have time")
def streams_are_forgotten_at_the_tear_down() -> AbstractContextManager[None]:
    return instead(streams.remaining, lambda d, slot, w, p: None)


@fault("an unknown number of long-lived connections is not none")
def unknown_streams_are_none() -> AbstractContextManager[None]:
    remaining = streams.remaining

    def trusting(d: Deployment, slot: Slot, w: World, p: Policy) -> Any:
        return remaining(d, slot, w, p) if isinstance(w.router.long_lived[slot], Known) else None

    return instead(remaining, trusting)


@fault("long-lived connections are ended when their time is over")
def streams_are_ended_with_the_switch() -> AbstractContextManager[None]:
    spent = streams.spent
    return instead(spent, lambda d, slot, w, p: spent(d, slot, w, replace(p, drain_long_lived=0.0)))


# --- who waits, and who is first ------------------------------------------------------------------------------


@fault("a paused app stays paused until somebody lets requests through")
def a_pause_is_lost_with_the_next_deployment() -> AbstractContextManager[None]:
    begin = intake.begin
    return instead(begin, lambda *wish: replace(begin(*wish), pause=Pause.NONE))


@fault("a pause that was accepted is remembered")
def a_pause_is_accepted_and_forgotten() -> AbstractContextManager[None]:
    return instead(commands.pause, lambda wanted, d: (d, "", ()))


@fault("a pause is written down before it is done")
def a_pause_rides_on_the_way_back() -> AbstractContextManager[None]:
    return instead(ledger.as_paused, lambda d, pause: d)


@fault("nobody is served while the app is paused, and that is no merit")
def a_pause_is_good_time() -> AbstractContextManager[None]:
    return instead(conditions.paused, lambda d, w: False)


@fault("the same users see the new version all through a deployment")
def the_cohort_changes_in_the_middle_of_a_ramp() -> AbstractContextManager[None]:
    def cohort(want: Any, d: Deployment, reading: Any) -> Cohort:
        return Cohort(f"{d.id}.{d.step}", d.candidate)

    return instead(routes.cohort, cohort)


@fault("other users are the first in every deployment")
def the_same_users_are_always_the_first() -> AbstractContextManager[None]:
    return instead(routes.cohort, lambda want, d, reading: Cohort("users", d.candidate))
