"""Faults that the simulator has to find, each made by exchanging a few functions of the core or the loop.

They are what keeps the promises of `invariants` honest: a fault that survives says that a promise is not checked.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from verdigris.core import (
    commands,
    conditions,
    evidence,
    intake,
    judge,
    lifecycle,
    looks,
    routes,
    safety,
    streams,
    turns,
    waits,
)
from verdigris.core.deployment import Deployment, Lasted, Note
from verdigris.core.errors import Conflict
from verdigris.core.intake import Admission
from verdigris.core.judge import Verdict, VerdictKind
from verdigris.core.policy import Policy
from verdigris.core.world import Cohort, Known, Pause, Slot, World
from verdigris.engine import loop
from verdigris.engine.loop import Engine
from verdigris.testing.planting import Fault, all_of, in_rows, instead, method

__all__ = ["FAULTS"]

FAULTS: list[Fault] = []
"""All of them."""

Plant = Callable[[], AbstractContextManager[None]]


def fault(breaks: str) -> Callable[[Plant], Plant]:
    """Put a fault on the list, under the function's name and with the sentence that it makes untrue."""

    def enlist(plant: Plant) -> Plant:
        FAULTS.append(Fault(plant.__name__.replace("_", " "), breaks, plant))
        return plant

    return enlist


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
    return instead(waits.promoted, waits.validated)


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
    return instead(loop.as_paused, lambda d, pause: d)


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


# --- evidence -------------------------------------------------------------------------------------------------


@fault("only seconds that somebody looked at count as evidence")
def elapsed_time_is_evidence() -> AbstractContextManager[None]:
    def count(d: Deployment, name: str, holds: bool | None, world: World, policy: Policy) -> Deployment:
        old = next((e for e in d.evidence if e.name == name), Lasted(name, 0.0, None))
        since = world.now if old.at is None else old.at
        fresh = Lasted(name, old.seconds + max(world.now - since, 0.0), world.now)
        return replace(d, evidence=(*(e for e in d.evidence if e.name != name), fresh))

    return method(Deployment, "count", count)


@fault("unknown is not good")
def unknown_counts_as_good() -> AbstractContextManager[None]:
    return instead(
        evidence.good, lambda row, d, w, p, verdict: waits.in_place(d, w, p) is None if verdict else None
    )


@fault("good evidence counts where the traffic is in place")
def evidence_counts_wherever_the_traffic_is() -> AbstractContextManager[None]:
    def good(row: Any, d: Deployment, w: World, p: Policy, verdict: Verdict | None) -> bool | None:
        return None if verdict is None else verdict.kind is VerdictKind.GOOD or None

    return instead(evidence.good, good)


@fault("a wait for evidence is a wait")
def the_bake_is_skipped() -> AbstractContextManager[None]:
    return instead(waits.evidence, lambda d, seconds: None)


@fault("a bad verdict turns back")
def a_bad_verdict_is_ignored() -> AbstractContextManager[None]:
    turn_back = lifecycle.turn_back
    return instead(turn_back, lambda row, d, w, p, verdict: turn_back(row, d, w, p, None))


@fault("a release that fails its requests is bad")
def the_judge_is_bribed() -> AbstractContextManager[None]:
    return all_of(
        instead(judge.floors, lambda d, w, p: None),
        instead(judge.limits, lambda d, w, p: Verdict(VerdictKind.GOOD, "nothing to see here")),
    )


@fault("what the router did by itself is seen")
def the_routers_own_turn_is_not_seen() -> AbstractContextManager[None]:
    return instead(judge.floors, judge.streak)


@fault("switched is what the router says, not what it was told")
def the_call_is_trusted() -> AbstractContextManager[None]:
    return instead(conditions.confirmed, lambda d, weights, w, p: None)


@fault("switched is what the front door shows, not only what the router says")
def the_front_door_is_not_asked() -> AbstractContextManager[None]:
    return instead(conditions.answered_by, lambda *_, **__: None)


@fault("the router bears our newest stamp before a phase is over")
def an_old_stamp_is_left_there() -> AbstractContextManager[None]:
    return instead(safety.stamped, lambda d, reading: True)


# --- where it goes --------------------------------------------------------------------------------------------


@fault("back never turns forward")
def backward_turns_forward() -> AbstractContextManager[None]:
    go_on = lifecycle.go_on

    def hopeful(d: Deployment, *seen: Any) -> Any:
        return turns.enter(d, "bake", "it looks better now") if d.phase == "settle" else go_on(d, *seen)

    return instead(go_on, hopeful)


@fault("every phase before the bake has a limit")
def a_limit_is_removed() -> AbstractContextManager[None]:
    return in_rows(lambda row: replace(row, within=None) if row.name == "validate" else row)


@fault("a stuck deployment calls a person")
def nobody_is_told_of_a_stuck_one() -> AbstractContextManager[None]:
    def stick(d: Deployment, reason: str) -> Any:
        return turns.enter(replace(d, stuck_in=d.phase), "stuck", reason)

    return instead(turns.stick, stick)


@fault("the same alert comes once")
def every_look_alarms() -> AbstractContextManager[None]:
    return instead(turns.alarm, lambda d, name, text: (d, (Note("alert", text),)))


@fault("every command is answered")
def commands_are_not_answered() -> AbstractContextManager[None]:
    return instead(commands.obey, lambda d, w, p, verdict: (d, (), ()))


@fault("a change by hand is never fought")
def a_change_by_hand_is_overwritten() -> AbstractContextManager[None]:
    return instead(conditions.foreign, lambda d, w: "")


@fault("only an edit without our stamp is taken for one")
def a_change_under_our_stamp_is_not_seen() -> AbstractContextManager[None]:
    foreign = conditions.foreign

    def trusting(d: Deployment, w: World) -> str:
        seen = w.router.reading
        return foreign(d, w) if isinstance(seen, Known) and seen.value.generation is None else ""

    return instead(foreign, trusting)


@fault("a rollback done without the controller stands")
def a_direct_rollback_is_not_adopted() -> AbstractContextManager[None]:
    return instead(intake.adopt, lambda d, direct, reading: None)


@fault("a phase of a newer version is left alone")
def a_newer_phase_is_touched() -> AbstractContextManager[None]:
    decide = lifecycle.decide

    def presumptuous(d: Deployment, w: World, p: Policy) -> Any:
        return decide(d if d.phase in lifecycle.ROWS else replace(d, phase="abort"), w, p)

    return instead(decide, presumptuous)


@fault("one deployment at a time")
def a_deployment_begins_during_a_cutover() -> AbstractContextManager[None]:
    def admit(wish: Any, number: int, current: Any, policy: Any, reading: Any) -> Admission:
        over = replace(current, phase="aborted") if current else None
        return ask(wish, number, over, policy, reading)

    ask = intake.admit
    return instead(ask, admit)


@fault("a deployment that owes a contract is not superseded")
def a_contract_stays_owed() -> AbstractContextManager[None]:
    admit = intake.admit
    return instead(admit, lambda wish, number, d, policy, reading: admit(wish, number, d, None, reading))


@fault("nothing is started only to be discarded")
def the_candidate_is_started_on_the_way_back() -> AbstractContextManager[None]:
    return instead(looks.restored, looks.beside)


@fault("the schema contracts when the last old session has ended")
def the_schema_contracts_under_sessions() -> AbstractContextManager[None]:
    return instead(waits.may_contract, lambda w: True)


# --- the loop -------------------------------------------------------------------------------------------------


@fault("saved before acted on")
def acted_on_before_saved() -> AbstractContextManager[None]:
    write = Engine.write

    async def rash(self: Engine, saved: Any, decision: Any, due: bool) -> Any:
        fresh = replace(decision.deployment, generation=saved.deployment.generation + 1)
        await self.act(fresh, decision.actions)
        return await write(self, saved, decision, due)

    return method(Engine, "write", rash)


@fault("no effect without a durable intent")
def a_full_store_stops_nothing() -> AbstractContextManager[None]:
    return all_of(
        method(Engine, "unwritten", lambda self, saved, fresh, decision, error: fresh),
        method(Engine, "allowed", lambda self, d, actions: actions),
    )


@fault("one writer: every save is a compare-and-swap")
def the_compare_is_left_out_of_the_swap() -> AbstractContextManager[None]:
    store = Engine.store

    async def forced(self: Engine, saved: Any, notes: Any, decision: Any) -> None:
        try:
            await store(self, saved, notes, decision)
        except Conflict:
            newest = await self.parts.store.load(self.app)
            self.stored = newest.deployment.generation if newest else None
            await store(self, saved, notes, decision)

    return method(Engine, "store", forced)


@fault("the number of instances is the policy's")
def one_more_instance_than_asked_for() -> AbstractContextManager[None]:
    perform = Engine.perform

    async def generous(self: Engine, action: Any, d: Deployment) -> None:
        await perform(self, replace(action, count=action.count + 1), d)

    return method(Engine, "perform", generous)


@fault("a deployment that was begun before a crash is not refused after it")
def a_crash_forgets_the_admission() -> AbstractContextManager[None]:
    admit_one = Engine.admit_one

    async def forgetful(self: Engine, filed: Any, pointless: Any = ()) -> None:
        saved = self.saved
        if saved is None or saved.deployment.key != filed.key:
            return await admit_one(self, filed, pointless)
        self.saved = replace(saved, deployment=replace(saved.deployment, key=""))
        await admit_one(self, filed, pointless)
        self.saved = saved

    return method(Engine, "admit_one", forgetful)
