"""Who is told that it is live: whoever has all traffic, never two at a time, and nothing waits for it."""

from dataclasses import replace

import pytest

from tests.unit.core.worlds import (
    BLUE,
    GREEN,
    RAMP,
    UNSEEN,
    a_first_stage,
    a_routing,
    a_slot,
    a_stage,
    kinds,
)
from verdigris.core.deployment import Drill, Lasted
from verdigris.core.policy import Step
from verdigris.core.roles import UNLIVE_FOR, unlive
from verdigris.core.safety import Kind
from verdigris.core.world import Known, Role, SlotWorld, Verb, Weights

LIVE, CANDIDATE, RETAINED = Role.LIVE, Role.CANDIDATE, Role.RETAINED


def telling(phase="preflight", **changes):
    """Blue is live, and every instance reads what it is told."""
    stage = a_stage(**changes)
    stage.telling, stage.roles = True, {BLUE: LIVE}
    if phase != "preflight":
        stage.walk(phase)
    return stage


def told(decision):
    return [(a.slot, a.role) for a in decision.actions if a.kind is Kind.TELL]


def roles(stage):
    return stage.roles.get(BLUE), stage.roles.get(GREEN, CANDIDATE)


def never_two(stage, looks=20, *verbs):
    """What was told in as many looks, none of which sees two that are live."""
    found = []
    for number in range(looks):
        found += told(stage.look(*(verbs if number == 0 else ())))
        assert [LIVE, LIVE] != list(roles(stage))
    return found


# --- forward --------------------------------------------------------------------------------------------------


def test_nobody_is_told_anything_new_until_all_traffic_has_moved():
    stage = telling("cutover", ramp=RAMP)
    while stage.routing.weights[GREEN] < 100:
        assert [] == told(stage.look())
    assert (LIVE, CANDIDATE) == roles(stage)


def test_who_was_live_is_told_first_and_the_new_one_after_two_seconds_in_which_that_was_seen():
    stage = telling("bake")
    while stage.roles[BLUE] is LIVE:
        stage.look(after=0.5)
    began = stage.now
    while stage.roles.get(GREEN) is not LIVE:
        stage.look(after=0.5)
    assert (RETAINED, LIVE) == roles(stage)
    assert began + UNLIVE_FOR <= stage.now <= began + UNLIVE_FOR + 1.0


def test_time_in_which_nobody_could_look_is_no_evidence():
    stage = telling("bake")
    while stage.roles[BLUE] is LIVE:
        stage.look(after=0.5)
    before = dict(stage.slots)
    stage.slots[BLUE] = UNSEEN
    assert [] == never_two(stage, 20)
    stage.slots[BLUE] = before[BLUE]
    assert [] == told(stage.look()), "it is looked at anew"
    assert [(GREEN, LIVE)] == never_two(stage, 4)


def test_a_holdback_is_shared_traffic_and_leaves_jobs_where_they_were():
    stage = telling("bake", ramp=(Step(95, 0.0),), holdback=5)
    assert [] == told(stage.look())
    stage.walk("stabilize")
    assert [(BLUE, RETAINED), (GREEN, LIVE)] == never_two(stage, 6)


def test_the_first_release_is_a_candidate_until_it_serves():
    stage = a_first_stage()
    stage.telling = True
    while stage.routing.weights[BLUE] < 100:
        assert [] == told(stage.look())
    never_two(stage, 6)
    assert LIVE is stage.roles[BLUE]


def test_nothing_waits_for_a_role_that_cannot_be_told():
    stage = telling("cutover")
    stage.do = lambda action, do=stage.do: None if action.kind is Kind.TELL else do(action)
    stage.walk("succeeded")
    assert GREEN not in stage.roles


def test_an_environment_that_knows_no_roles_is_told_none():
    stage = a_stage("bake")
    assert Kind.TELL not in [kind for _ in range(6) for kind in kinds(stage.look())]


# --- back -----------------------------------------------------------------------------------------------------


def test_on_the_way_back_the_old_slot_is_live_again_once_traffic_is_seen_there():
    stage = telling("stabilize")
    never_two(stage, 5)
    assert (RETAINED, LIVE) == roles(stage)
    assert [(GREEN, RETAINED), (BLUE, LIVE)] == never_two(stage, 6, Verb.ROLLBACK)


def test_who_never_was_live_stays_a_candidate_on_the_way_back():
    stage = telling("cutover", ramp=RAMP)
    stage.look()
    assert [] == never_two(stage, 8, Verb.ROLLBACK)
    assert LIVE is stage.roles[BLUE]


@pytest.mark.parametrize("stamp", [None, 99], ids=["by hand", "without the controller"])
def test_what_somebody_else_made_of_the_router_is_followed(stamp):
    stage = telling("stabilize")
    never_two(stage, 5)
    stage.routing, stage.generation = replace(stage.routing, weights=Weights(100, 0)), stamp
    assert [(GREEN, RETAINED), (BLUE, LIVE)] == never_two(stage, 6)


def test_a_router_that_turned_by_itself_is_followed():
    stage = telling("stabilize")
    never_two(stage, 5)
    stage.fell_back = BLUE
    assert (BLUE, LIVE) in never_two(stage, 6)


# --- what does not move a role --------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["reading", "front"])
def test_what_cannot_be_seen_changes_no_role(what):
    stage = telling("bake")
    stage.show[what] = UNSEEN
    assert [] == never_two(stage, 6)


def test_an_answer_from_the_other_slot_changes_no_role():
    stage = telling("bake")
    stage.show["front"] = stage.answer(BLUE)
    assert [] == never_two(stage, 6)


def test_a_drill_is_a_try_and_leaves_jobs_where_they_are():
    stage = telling("stabilize", stabilize=500.0)
    never_two(stage, 5)
    stage.d = replace(stage.d, drill=Drill(100, "ada", stage.now))
    stage.routing = a_routing(Weights(100, 0), fallback=GREEN)
    assert [] == told(stage.look())
    assert (RETAINED, LIVE) == roles(stage)


def test_where_nobody_is_live_while_traffic_is_shared_it_is_who_was_there_before():
    stage = telling("cutover", ramp=RAMP)
    stage.look()
    stage.roles[BLUE] = CANDIDATE  # as after a reboot
    assert [(BLUE, LIVE)] == never_two(stage, 4)


def test_two_that_are_live_are_made_one():
    stage = telling("stabilize")
    stage.roles = {BLUE: LIVE, GREEN: LIVE}
    assert (BLUE, RETAINED) in told(stage.look())


def test_what_lasted_is_forgotten_before_the_slot_is_live_again():
    stage = telling("bake", bake=100.0)
    while (GREEN, LIVE) not in told(decision := stage.look()):
        pass
    assert 0.0 == decision.deployment.lasted(unlive(GREEN))
    assert decision.deployment.lasted(unlive(BLUE)) >= UNLIVE_FOR


def test_an_empty_slot_is_told_nothing_and_is_not_live():
    stage = telling("succeeded")
    stage.roles, stage.slots[BLUE] = {}, Known(SlotWorld(None), stage.now)
    stage.d = replace(stage.d, evidence=(Lasted(unlive(BLUE), 1.0, stage.now),))
    assert [(GREEN, LIVE)] == never_two(stage, 4)


def test_a_slot_that_is_filled_anew_is_a_candidate():
    stage = telling("succeeded")
    assert (None, LIVE) == (stage.roles.get(BLUE), stage.roles[GREEN])
    stage.slots[BLUE] = a_slot(BLUE, stage.d.release)
    assert all(role is not LIVE for slot, role in told(stage.look()) if slot is BLUE)
