"""What the phases of the schema wait for, what turns them back, and what is still owed."""

from dataclasses import replace

import pytest

from tests.unit.core.worlds import (
    BLUE,
    EVERYTHING,
    OLD,
    UNSEEN,
    UNTOUCHED,
    a_first_stage,
    a_slot,
    a_stage,
)
from verdigris.core import schema
from verdigris.core.actions import Desired, Kind
from verdigris.core.lifecycle import ROWS
from verdigris.core.safety import changes as allowed
from verdigris.core.world import Known, Proven, Slot, Unknown, Weights

OWED, PROVEN, UNPROVEN, DISPROVEN = Proven.OWED, Proven.PROVEN, Proven.UNPROVEN, Proven.DISPROVEN
STATEMENT = "002_rename.sql breaks `SELECT total FROM orders`: 42703"


def waiting(stage):
    return ROWS[stage.d.phase].waiting_for(stage.d, stage.world(), stage.p)


def sentence_of(stage):
    found = waiting(stage)
    return found.sentence if found else ""


def at(phase, policy=EVERYTHING, **changes):
    stage = a_stage(phase, **policy)
    stage.schema = replace(UNTOUCHED, **changes)
    return stage


# --- before anything is carried out ---------------------------------------------------------------------------


def test_preflight_waits_until_it_is_proven_that_live_keeps_working():
    stage = at("preflight", keeps=OWED, sentence="12 of 400 statements", running=True)
    assert "the proof that what live sends works on the expanded schema: 12 of 400 statements" == sentence_of(
        stage
    )
    stage.schema = UNTOUCHED
    assert "" == sentence_of(stage)
    stage.show["schema"] = UNSEEN
    assert waiting(stage).unknown


@pytest.mark.parametrize("answer", [DISPROVEN, UNPROVEN])
def test_what_is_not_proven_is_aborted_before_anything_is_done(answer):
    stage = at("preflight", keeps=answer, sentence=STATEMENT)
    decision = stage.look()
    assert "abort" == decision.deployment.phase
    assert not {Kind.PROVE, Kind.EXPAND} & {action.kind for action in decision.actions}
    assert f"the expanded schema is not proven to serve 1.0: {STATEMENT}" == decision.deployment.cause


def test_too_little_was_seen_and_somebody_said_that_this_is_enough():
    stage = at("preflight", {**EVERYTHING, "unproven_passes": True}, keeps=UNPROVEN, serves=UNPROVEN)
    assert "expand" == stage.walk("expand").deployment.phase
    stage = at("preflight", {**EVERYTHING, "unproven_passes": True}, keeps=DISPROVEN)
    assert "abort" == stage.look().deployment.phase


def test_where_no_schema_is_configured_nobody_asks():
    stage = at("preflight", {}, keeps=DISPROVEN)
    assert "abort" not in stage.walk("succeeded").deployment.phase


# --- expand, and the gate -------------------------------------------------------------------------------------


def test_expand_waits_for_the_schema_to_be_expanded():
    stage = at("expand", sentence="step 1 of 2", running=True)
    assert "the schema to be expanded: step 1 of 2" == sentence_of(stage)
    stage.schema = replace(UNTOUCHED, expanded=True)
    assert "" == sentence_of(stage)


def test_no_traffic_before_the_candidate_is_proven_to_be_served():
    stage = at("gate", {**EVERYTHING, "gate": False}, expanded=True, serves=OWED)
    assert "the proof that what the candidate sends works on the expanded schema" == sentence_of(stage)
    stage.schema = replace(stage.schema, serves=DISPROVEN, sentence=STATEMENT)
    cause = stage.look().deployment.cause
    assert f"the expanded schema is not proven to serve 2.0: {STATEMENT}" == cause


def test_the_gate_of_the_schema_asks_nobody_where_no_person_is_configured():
    stage = at("gate", {**EVERYTHING, "gate": False}, expanded=True)
    assert "cutover" == stage.look().deployment.phase


# --- contract -------------------------------------------------------------------------------------------------


def test_contract_waits_for_the_last_session_of_the_old_slot():
    stage = at("contract", expanded=True, previous_sessions=3)
    assert "3 database sessions of the old slot's role to end" == sentence_of(stage)
    stage.schema = replace(stage.schema, previous_sessions=0)
    assert "the schema to be contracted" == sentence_of(stage)
    stage.schema = replace(stage.schema, contracts=OWED)
    assert "the proof that the candidate works on the contracted schema" == sentence_of(stage)
    stage.show["schema"] = UNSEEN
    assert waiting(stage).unknown


@pytest.mark.parametrize("answer", [DISPROVEN, UNPROVEN])
def test_what_must_not_be_contracted_stays_expanded_and_a_person_is_told(answer):
    stage = at("contract", expanded=True, contracts=answer, sentence=STATEMENT)
    decision = stage.look()
    assert "succeeded" == decision.deployment.phase
    assert decision.deployment.owes
    (told,) = [note.sentence for note in decision.notes if note.kind == "alert"]
    assert told.startswith(
        f"the contracted schema is not proven to serve 2.0, so it stays expanded: {STATEMENT}."
    )


def may(policy=(), **changes):
    """Whether it may contract where the schema is expanded and proven, and nobody of the old slot is left."""
    stage = at("contract", {**EVERYTHING, **dict(policy)}, expanded=True, **changes)
    return schema.may_contract(stage.d, stage.world(), stage.p)


def test_it_is_contracted_with_a_proof_and_when_no_session_of_the_old_slot_is_left():
    enough = {"unproven_passes": True}
    assert may()
    assert not may(contracts=OWED)
    assert not may(contracts=UNPROVEN)
    assert may(enough, contracts=UNPROVEN)
    assert not may(enough, contracts=DISPROVEN)
    assert not may(previous_sessions=1)
    assert not may(running=True)


@pytest.mark.parametrize("phase", ["cutover", "bake", "stabilize"])
def test_it_is_not_contracted_while_somebody_can_go_back_whoever_wants_it(phase):
    stage = at(phase, expanded=True)
    d, w = stage.d, stage.world()
    want = Desired(frozenset(Slot), Weights.share(d.candidate, 100), also=Kind.CONTRACT)
    assert Kind.CONTRACT not in {action.kind for action in allowed(want, d, w, stage.p)}


def test_contract_waits_until_the_old_slot_is_seen_to_be_empty():
    stage = at("contract", expanded=True)
    w = stage.world()
    for seen, unknown in ((a_slot(BLUE, OLD), False), (Unknown("no answer"), True)):
        found = schema.contracted(stage.d, replace(w, slots=w.slots.put(BLUE, seen)), stage.p)
        assert unknown is found.unknown
        assert str(Slot.BLUE) in found.sentence
        assert not schema.may_contract(stage.d, replace(w, slots=w.slots.put(BLUE, seen)), stage.p)


def test_what_is_not_seen_is_not_allowed():
    stage = at("contract")
    stage.show["schema"] = UNSEEN
    assert not schema.may_contract(stage.d, stage.world(), stage.p)
    assert schema.contract_job(stage.d, stage.world(), stage.p) is None


def test_it_is_owed_while_it_is_not_contracted_and_not_forgotten_while_nobody_can_see():
    stage = at("provision")
    assert stage.look().deployment.owes
    stage.show["schema"] = UNSEEN
    assert stage.look().deployment.owes
    stage.show["schema"] = Known(replace(UNTOUCHED, contracted=True), 0.0)
    assert not stage.look().deployment.owes


def test_where_nothing_is_owed_the_contract_is_passed_over():
    stage = at("preflight", contracted=True)
    stage.walk("succeeded")
    assert "contract" not in stage.visited


def test_of_the_first_release_nothing_is_contracted():
    stage = a_first_stage(**EVERYTHING)
    stage.walk("succeeded")
    assert "contract" not in stage.visited
