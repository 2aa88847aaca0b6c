"""Whether a deployment may begin, where it goes, and what that ends."""

from dataclasses import replace

import pytest

from tests.unit.core.worlds import (
    BLUE,
    GREEN,
    NEW,
    NEXT,
    OLD,
    UNSEEN,
    a_deployment,
    a_first_deployment,
    a_policy,
    a_routing,
    a_stage,
    a_stuck_stage,
    at_phase,
)
from verdigris.core.intake import Direct, Wish, admit, adopt, serving, way_back
from verdigris.core.lifecycle import ENDINGS, FORWARD, ROWS
from verdigris.core.world import Known, Pause, PerSlot, Reading, Routing, Slot, Weights

WISH = Wish("api", NEXT, "ada", "key", "hash")
P = a_policy()


def reading(weights=Weights(0, 100), fell_back=None):  # noqa: B008
    return Known(Reading(a_routing(weights), 7, fell_back), 0.0)


# --- the first ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("weights", "slot"), [(Weights(0, 100), BLUE), (Weights(100, 0), GREEN)])
def test_the_first_deployment_goes_where_no_traffic_goes(weights, slot):
    d = admit(WISH, 1, None, None, reading(weights)).deployment
    assert ("d-1", slot, None, "preflight", 0) == (d.id, d.candidate, d.previous, d.phase, d.generation)


def test_the_first_deployment_goes_to_blue_when_nobody_can_see():
    assert BLUE is admit(WISH, 1, None, None, UNSEEN).deployment.candidate


# --- after another --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phase", "live", "previous"),
    [("succeeded", GREEN, NEW), ("rolled_back", BLUE, OLD), ("aborted", BLUE, OLD)],
)
def test_after_an_end_the_next_goes_beside_what_serves(phase, live, previous):
    admission = admit(WISH, 3, a_deployment(phase), P, reading())
    d = admission.deployment
    assert ("d-3", live.other, previous, 8) == (d.id, d.candidate, d.previous, d.generation)
    assert (None, "") == (admission.superseded, admission.refusal)


def test_what_was_routed_and_counted_is_handed_on():
    stage = a_stage("succeeded")
    d = admit(WISH, 3, stage.d, P, reading()).deployment
    assert (stage.d.routed, stage.d.base) == (d.routed, d.base)
    assert stage.d.lasted("blue without weight") == d.lasted("blue without weight") > 0
    assert 0.0 == d.lasted("good")


@pytest.mark.parametrize("phase", ["succeeded", "rolled_back", "aborted", "stuck", "stabilize"])
def test_a_paused_app_stays_paused_under_the_next_deployment(phase):
    current = a_deployment(phase, pause=Pause.ALL, cut=PerSlot(3, 0))
    d = admit(WISH, 3, current, P, reading()).deployment
    assert (Pause.ALL, PerSlot(3, 0)) == (d.pause, d.cut)


@pytest.mark.parametrize(("generation", "pause"), [(7, Pause.ALL), (None, Pause.NONE)])
def test_who_lost_the_store_keeps_a_pause_of_ours_and_none_that_was_made_by_hand(generation, pause):
    seen = Known(Reading(replace(a_routing(Weights(0, 100)), pause=Pause.ALL), generation), 0.0)
    assert pause is admit(WISH, 1, None, None, seen).deployment.pause
    assert Pause.NONE is admit(WISH, 1, None, None, UNSEEN).deployment.pause


@pytest.mark.parametrize("phase", sorted(set(ROWS) - ENDINGS - {"stabilize"}))
def test_while_another_is_under_way_it_is_refused_or_waits_its_turn(phase):
    refused = admit(WISH, 3, a_deployment(phase), P, reading())
    assert f"d-2 (2.0) is in {phase}. " in refused.refusal and "--queue" in refused.refusal
    assert (None, False) == (refused.deployment, refused.later)
    queued = admit(replace(WISH, queue=True), 3, a_deployment(phase), P, reading())
    assert (None, True, "") == (queued.deployment, queued.later, queued.refusal)


def test_during_stabilize_it_supersedes_and_reuses_the_slot_that_was_kept_hot():
    current = a_deployment("stabilize", held="ada asked for it")
    admission = admit(WISH, 3, current, P, reading())
    assert (BLUE, NEW) == (admission.deployment.candidate, admission.deployment.previous)
    ended = admission.superseded
    assert ("succeeded", "d-3", "") == (ended.phase, ended.superseded_by, ended.held)


def test_while_a_contract_is_owed_nothing_supersedes():
    admission = admit(WISH, 3, a_deployment("stabilize"), a_policy(contract=True), reading())
    assert "d-2 still owes the schema a contract. Wait for it: `verdigris watch`" == admission.refusal

    done = a_deployment("stabilize", owes=False)
    assert not admit(WISH, 3, done, a_policy(contract=True), reading()).refusal


def test_a_superseded_slot_is_reused():
    stage = a_stage("stabilize")
    stage.d = replace(
        admit(WISH, 3, stage.d, stage.p, reading()).deployment, generation=stage.d.generation + 2
    )
    stage.walk("succeeded")
    assert ("3.0", True) == (stage.slots[BLUE].value.version, stage.slots[GREEN].value.empty)


def test_what_is_live_already_needs_a_version_of_its_own():
    admission = admit(replace(WISH, release=NEW), 3, a_deployment("succeeded"), P, reading())
    assert "2.0 is live already. Give the new release a version of its own" == admission.refusal


# --- after a stuck one ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seen", "slot"),
    [
        (reading(Weights(90, 10)), BLUE),
        (reading(Weights(10, 90)), GREEN),
        (reading(Weights(10, 90), fell_back=BLUE), BLUE),
        (UNSEEN, None),
    ],
)
def test_what_a_stuck_deployment_left_serving_only_the_router_can_say(seen, slot):
    assert slot is serving(a_deployment("stuck"), seen)


def test_after_a_stuck_one_nothing_begins_blind():
    admission = admit(WISH, 3, a_deployment("stuck"), P, UNSEEN)
    assert (
        "the router cannot be read, so nobody knows what serves. See `verdigris doctor`" == admission.refusal
    )


def test_after_a_stuck_one_the_next_goes_beside_what_serves():
    stage = a_stuck_stage()
    admission = admit(WISH, 3, stage.d, stage.p, reading(Weights(0, 100)))
    assert (BLUE, NEW, None) == (
        admission.deployment.candidate,
        admission.deployment.previous,
        admission.superseded,
    )


# --- a rollback without the controller ------------------------------------------------------------------------

DIRECT = Direct(BLUE, 9, "ada", 0.0, "orders are missing")
TAKEN_BACK = Reading(a_routing(Weights(100, 0)), 9)


@pytest.mark.parametrize("phase", ["cutover", "drain", "bake", "stabilize", "stuck"])
def test_a_direct_rollback_is_adopted(phase):
    d = adopt(a_deployment(phase, moved=True, held="ada asked for it"), DIRECT, TAKEN_BACK)
    assert ("restore", 9, TAKEN_BACK.routing, "") == (d.phase, d.generation, d.disowned, d.held)
    assert "ada rolled back without the controller: orders are missing" == d.cause


def test_a_direct_rollback_counted_from_the_router_s_stamp_is_adopted_as_well():
    d = adopt(a_deployment("bake", moved=True, generation=70), DIRECT, TAKEN_BACK)
    assert ("restore", 70) == (d.phase, d.generation)


def test_what_was_adopted_is_brought_to_its_end_without_another_word():
    stage = a_stage("bake")
    stage.routing = replace(stage.routing, weights=Weights(100, 0), fallback=None)
    stage.generation = stage.generation + 1
    record = Direct(BLUE, stage.generation, "ada", 0.0)
    stage.d = adopt(stage.d, record, Reading(stage.routing, stage.generation))
    stage.walk("rolled_back")
    assert Weights(100, 0) == stage.routing.weights


@pytest.mark.parametrize(
    "phase", sorted(set(ROWS) - {row.name for row in FORWARD} - {"stuck"} | {"succeeded"})
)
def test_what_is_on_its_way_back_or_ended_has_nothing_to_adopt(phase):
    assert None is adopt(a_deployment(phase, moved=True), DIRECT, TAKEN_BACK)


@pytest.mark.parametrize(
    "d",
    [
        a_deployment("bake", moved=False),
        a_deployment("bake", moved=True, candidate=BLUE),
        a_deployment("bake", moved=True, format=99),
        a_deployment("levitate", moved=True),
        a_first_deployment("bake", moved=True),
    ],
    ids=["nothing moved", "the other way", "newer format", "newer phase", "the first one"],
)
def test_a_record_that_does_not_concern_this_deployment_is_not_adopted(d):
    assert None is adopt(d, DIRECT, TAKEN_BACK)


def test_every_phase_can_be_asked():
    for phase in ROWS:
        stage = at_phase(phase)
        assert admit(WISH, 3, stage.d, stage.p, stage.world().router.reading)


@pytest.mark.parametrize(
    ("reading", "record", "to"),
    [
        (Reading(Routing(Weights(0, 100), fallback=Slot.BLUE), 7), None, Slot.BLUE),
        (Reading(Routing(Weights(95, 5), fallback=Slot.BLUE), 7), None, Slot.BLUE),
        (Reading(Routing(Weights(0, 100)), 7, fell_back_to=Slot.BLUE), None, Slot.BLUE),
        (Reading(Routing(Weights(100, 0)), 7), None, None),
        (Reading(Routing(Weights(100, 0)), 8), Direct(Slot.BLUE, 8, "ada", 0.0), Slot.BLUE),
        (Reading(Routing(Weights(100, 0)), 9), Direct(Slot.BLUE, 8, "ada", 0.0), None),
    ],
    ids=["moved", "in the ramp", "fell back", "nothing moved", "done already", "an old record"],
)
def test_without_a_store_a_rollback_goes_only_where_the_router_would_turn(reading, record, to):
    assert to == way_back(reading, record)
