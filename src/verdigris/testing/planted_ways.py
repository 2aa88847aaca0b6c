"""Faults in where a deployment goes, and in the loop that drives it: each breaks a promise that is checked."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from verdigris.core import (
    commands,
    conditions,
    intake,
    lifecycle,
    looks,
    schema,
    turns,
)
from verdigris.core.actions import Kind
from verdigris.core.deployment import Deployment, Note
from verdigris.core.errors import Conflict
from verdigris.core.intake import Admission
from verdigris.core.policy import Policy
from verdigris.core.world import Known, World
from verdigris.engine.effects import Effects
from verdigris.engine.intake import Intake
from verdigris.engine.ledger import Ledger
from verdigris.engine.loop import Engine
from verdigris.testing.fake_schema import FakeSchema
from verdigris.testing.planting import Fault, all_of, attribute, in_rows, instead, listed

__all__ = ["FAULTS"]

FAULTS: list[Fault] = []
fault = listed(FAULTS)


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


def contracting_without(*clauses: str) -> AbstractContextManager[None]:
    """The core contracts as it should, but for some of the things that it waits for."""

    def may(d: Deployment, w: World, p: Policy) -> bool:
        state = schema.state_of(w)
        return (
            state is not None
            and not state.running
            and not state.contracted
            and ("proof" in clauses or schema.enough(state.contracts, p))
            and ("sessions" in clauses or not state.previous_sessions)
            and ("way back" in clauses or schema.way_back(d, w) is None)
        )

    def begun(d: Deployment, w: World, p: Policy) -> Kind | None:
        return Kind.CONTRACT if may(d, w, p) else schema.owed("contracts", w)

    return all_of(instead(schema.may_contract, may), instead(schema.contract_job, begun))


@fault("the schema contracts when the last old session has ended")
def the_schema_contracts_under_sessions() -> AbstractContextManager[None]:
    return contracting_without("sessions")


@fault("the schema contracts with a proof only")
def the_schema_contracts_unproven() -> AbstractContextManager[None]:
    return contracting_without("proof")


@fault("the schema does not contract while a rollback is on offer")
def the_schema_contracts_before_the_old_slot_is_gone() -> AbstractContextManager[None]:
    settled = looks.settled

    def eager(d: Deployment, w: World, p: Policy) -> Any:
        return replace(settled(d, w, p), also=schema.contract_job(d, w, p) if p.contract else None)

    return all_of(contracting_without("way back", "proof"), instead(settled, eager))


@fault("a job that contracts looks itself whether anybody of the old slot is left")
def a_contract_trusts_an_older_count() -> AbstractContextManager[None]:
    return attribute(FakeSchema, "somebody_left", lambda self, d: False)


@fault("what a contract took away can be had back for a day")
def what_was_taken_away_is_dropped_at_once() -> AbstractContextManager[None]:
    def eager(w: World) -> Kind | None:
        state = schema.state_of(w)
        return Kind.DROP if state is not None and state.contracted and not state.running else None

    return instead(schema.drop_job, eager)


@fault("what has had its day is dropped")
def what_was_taken_away_is_kept_for_ever() -> AbstractContextManager[None]:
    return instead(schema.drop_job, lambda w: None)


@fault("nothing is carried out that is not proven to keep live working")
def the_schema_is_expanded_unproven() -> AbstractContextManager[None]:
    return all_of(
        instead(schema.keeps, lambda d, w, p: None),
        instead(schema.breaks_live, lambda d, w, p: ""),
        instead(schema.enough, lambda answer, p: True),
    )


@fault("no traffic for whom the database is not proven to serve")
def the_candidate_gets_traffic_unproven() -> AbstractContextManager[None]:
    return all_of(
        instead(schema.serves, lambda d, w, p: None), instead(schema.breaks_the_candidate, lambda d, w, p: "")
    )


# --- the loop -------------------------------------------------------------------------------------------------


@fault("saved before acted on")
def acted_on_before_saved() -> AbstractContextManager[None]:
    carry_out = Engine.carry_out

    async def rash(self: Engine, saved: Any, decision: Any, direct: Any) -> None:
        fresh = replace(decision.deployment, generation=saved.deployment.generation + 1)
        await self.effects.act(fresh, decision.actions)
        await carry_out(self, saved, decision, direct)

    return attribute(Engine, "carry_out", rash)


@fault("no effect without a durable intent")
def a_full_store_stops_nothing() -> AbstractContextManager[None]:
    return all_of(
        attribute(Ledger, "unwritten", lambda self, saved, fresh, decision, error: fresh),
        attribute(Ledger, "allowed", lambda self, d, actions: actions),
    )


@fault("one writer: every save is a compare-and-swap")
def the_compare_is_left_out_of_the_swap() -> AbstractContextManager[None]:
    save = Ledger.save

    async def forced(self: Ledger, saved: Any, notes: Any, decision: Any) -> None:
        try:
            await save(self, saved, notes, decision)
        except Conflict:
            newest = await self.store.load(self.app)
            self.stored = newest.deployment.generation if newest else None
            await save(self, saved, notes, decision)

    return attribute(Ledger, "save", forced)


@fault("the number of instances is the policy's")
def one_more_instance_than_asked_for() -> AbstractContextManager[None]:
    perform = Effects.perform

    async def generous(self: Effects, action: Any, d: Deployment) -> None:
        await perform(self, replace(action, count=action.count + 1), d)

    return attribute(Effects, "perform", generous)


@fault("a deployment that was begun before a crash is not refused after it")
def a_crash_forgets_the_admission() -> AbstractContextManager[None]:
    admit_one = Intake.admit_one

    async def forgetful(self: Intake, filed: Any, pointless: Any = ()) -> None:
        saved = self.ledger.saved
        if saved is None or saved.deployment.key != filed.key:
            return await admit_one(self, filed, pointless)
        self.ledger.saved = replace(saved, deployment=replace(saved.deployment, key=""))
        await admit_one(self, filed, pointless)
        self.ledger.saved = saved

    return attribute(Intake, "admit_one", forgetful)
