"""When requests are replayed at both slots, and to whom: never a request too early, and none too long."""

from dataclasses import replace

import pytest

from tests.unit.core.test_draining import says
from tests.unit.core.worlds import (
    BLUE,
    GREEN,
    NEW,
    OLD,
    RAMP,
    UNSEEN,
    a_first_stage,
    a_slot,
    a_stage,
    at_phase,
    members,
)
from verdigris.core.deployment import Drill
from verdigris.core.replays import replay
from verdigris.core.world import Known, Pause, PerSlot, Reading, Verb, Weights


def found(stage):
    return replay(stage.d, stage.world(), stage.p)


def test_while_all_traffic_is_on_the_candidate_both_slots_get_the_same_requests():
    stage = a_stage("bake", replay=5)
    assert (5, PerSlot(members(BLUE), members(GREEN))) == (found(stage).rate, found(stage).members)
    assert (BLUE, GREEN) == (found(stage).live, found(stage).candidate)


def test_nobody_asked_for_it():
    assert found(a_stage("bake")) is None


@pytest.mark.parametrize(
    "phase",
    ["preflight", "validate", "rehearse", "gate", "stabilize", "decommission", "restore", "rolled_back"],
)
def test_outside_of_cutover_drain_and_bake_nothing_is_replayed(phase):
    stage = at_phase(phase, replay=5)
    assert (phase, None) == (stage.d.phase, found(stage))


def test_the_first_release_has_nothing_beside_it():
    assert found(a_first_stage("bake", replay=5)) is None


def test_not_before_the_router_says_that_it_sends_everything_there():
    stage = a_stage("cutover", replay=5, ramp=RAMP)
    seen = set()
    while stage.d.phase == "cutover":
        seen.add((stage.routing.weights[GREEN], found(stage) is not None))
        stage.look()
    assert {(10, False), (50, False)} <= seen <= {(10, False), (50, False), (100, True)}


def test_with_a_holdback_live_is_compared_as_it_is():
    assert found(a_stage("bake", replay=5, holdback=5, ramp=(replace(RAMP[0], to=95),))) is None


def test_a_rollback_ends_it_in_the_same_look():
    stage = a_stage("bake", replay=5)
    assert found(stage) is not None
    stage.deaf = True
    stage.look(Verb.ROLLBACK)
    assert (100, "restore", None) == (stage.routing.weights[GREEN], stage.d.phase, found(stage))


@pytest.mark.parametrize(
    "change",
    [
        lambda d: replace(d, drill=Drill(10, "ada", 1000.0)),
        lambda d: replace(d, pause=Pause.SAFE),
        lambda d: replace(d, routed=None),
        lambda d: replace(
            d, routed=replace(d.routed, routing=replace(d.routed.routing, weights=Weights(100, 0)))
        ),
    ],
    ids=["a drill", "a pause that was asked for", "nothing was routed", "another share is wanted"],
)
def test_what_ends_it_is_known_before_it_is_done(change):
    stage = a_stage("bake", replay=5)
    stage.d = change(stage.d)
    assert found(stage) is None


@pytest.mark.parametrize(
    "reading",
    [
        lambda stage: UNSEEN,
        lambda stage: Known(Reading(replace(stage.routing, weights=Weights(1, 99)), 7), stage.now),
        lambda stage: Known(Reading(replace(stage.routing, pause=Pause.ALL), 7), stage.now),
        lambda stage: Known(Reading(stage.routing, 7, BLUE), stage.now),
    ],
    ids=["it says nothing", "a share is elsewhere", "it is paused", "it has turned back by itself"],
)
def test_the_routers_word_is_needed_at_every_look(reading):
    stage = a_stage("bake", replay=5)
    stage.show["reading"] = reading(stage)
    assert found(stage) is None


def test_only_sound_instances_that_own_their_port_are_asked_and_both_slots_need_one():
    stage = a_stage("bake", replay=5)
    first, second = a_slot(BLUE, OLD).value.instances
    stage.slots[BLUE] = Known(
        replace(stage.slots[BLUE].value, instances=(replace(first, owns_port=None), second)), 0.0
    )
    assert (members(BLUE)[1:], members(GREEN)) == (found(stage).members.blue, found(stage).members.green)
    stage.slots[BLUE] = a_slot(BLUE, OLD, alive=False)
    assert found(stage) is None
    stage.slots[BLUE], stage.slots[GREEN] = a_slot(BLUE, OLD), a_slot(GREEN, OLD)
    assert found(stage) is None
    stage.slots[GREEN] = UNSEEN
    assert found(stage) is None
    stage.slots[GREEN] = a_slot(GREEN, NEW)
    assert found(stage) is not None


def test_a_drain_does_not_wait_for_what_we_send_ourselves():
    """The old slot counts what is inside of it, and cannot tell replayed requests from the last of the users."""
    stage = a_stage("drain", replay=5)
    assert found(stage) is not None
    says(stage, BLUE, requests=1)
    assert ("drain", None) == (stage.d.phase, found(stage))
