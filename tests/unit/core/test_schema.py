"""What the phases of the schema wait for, and what may be begun."""

from dataclasses import replace

import pytest

from tests.unit.core.worlds import EVERYTHING, UNSEEN, a_stage
from verdigris.core import schema
from verdigris.core.lifecycle import ROWS
from verdigris.core.world import Known, SchemaState


def waiting(stage):
    return ROWS[stage.d.phase].waiting_for(stage.d, stage.world(), stage.p)


def sentence_of(stage):
    found = waiting(stage)
    return found.sentence if found else ""


@pytest.mark.parametrize(
    ("seen", "sentence"),
    [
        (Known(SchemaState(True, False, True, 0), 0.0), ""),
        (Known(SchemaState(True, False, False, 0, "1 statement fails"), 0.0), "expanded and proven: 1 statement fails"),
        (Known(SchemaState(False, False, True, 0, "step 1 of 2"), 0.0), "expanded and proven: step 1 of 2"),
        (UNSEEN, "a look at the schema"),
    ],
)  # fmt: skip
def test_expand_waits_for_the_schema_and_its_proof(seen, sentence):
    stage = a_stage("expand", **EVERYTHING)
    stage.show["schema"] = seen
    assert sentence_of(stage).endswith(sentence)
    assert bool(sentence) == bool(sentence_of(stage))


def test_contract_waits_for_the_last_session_of_the_old_slot():
    stage = a_stage("contract", contract=True)
    stage.schema = replace(stage.schema, contracted=False, previous_sessions=3)
    assert "3 database sessions of the old slot's role to end" == sentence_of(stage)
    stage.schema = replace(stage.schema, previous_sessions=0)
    assert "the schema to be contracted" in sentence_of(stage)
    stage.show["schema"] = UNSEEN
    assert waiting(stage).unknown


def seen(**changes):
    """A world in which the schema is expanded and proven, and no session of the old slot's role is left."""
    stage = a_stage("contract", contract=True)
    stage.show["schema"] = Known(replace(SchemaState(True, False, True, 0), **changes), 0.0)
    return stage.world()


def test_it_is_contracted_with_a_proof_and_when_no_session_of_the_old_slot_is_left():
    assert schema.may_contract(seen())
    assert not schema.may_contract(seen(proven=False))
    assert not schema.may_contract(seen(previous_sessions=1))


def test_what_is_not_seen_is_neither_done_nor_under_way_nor_allowed():
    stage = a_stage("contract", contract=True)
    stage.show["schema"] = UNSEEN
    for true in (schema.been_expanded, schema.been_contracted, schema.job_running, schema.may_contract):
        assert not true(stage.world())
