"""The last guard, asked directly: what is wanted is done only where it is safe, whatever the phase says."""

from dataclasses import replace

import pytest

from tests.unit.core.worlds import (
    BLUE,
    GREEN,
    NEW,
    NEXT,
    OLD,
    RAMP,
    T0,
    UNSEEN,
    a_deployment,
    a_first_deployment,
    a_policy,
    a_routing,
    a_slot,
    a_stage,
    an_instance,
    empty,
    kinds,
    members,
    routed,
    routing_of,
)
from verdigris.core.conditions import unreachable, unweighted
from verdigris.core.deployment import Lasted
from verdigris.core.safety import Action, Desired, Kind, changes, remember
from verdigris.core.world import (
    Cohort,
    Health,
    Known,
    Member,
    Pause,
    PerSlot,
    Slot,
    SlotWorld,
    Unknown,
    Verb,
    Weights,
)

BOTH = frozenset(Slot)
FORWARD = Desired(BOTH, Weights(0, 100), fallback=BLUE)
BACKWARD = Desired(BOTH, Weights(100, 0))
ONLY_BLUE = Desired(frozenset({BLUE}), Weights(100, 0))
ONLY_GREEN = Desired(frozenset({GREEN}), Weights(0, 100))


def between(weights=Weights(100, 0), **lasted):  # noqa: B008
    """Both slots run, the router says `weights`, and both slots have long been without weight if they are."""
    stage = a_stage("validate")
    stage.slots = {BLUE: a_slot(BLUE, OLD), GREEN: a_slot(GREEN, NEW)}
    stage.routing, stage.generation = a_routing(weights), 7
    names = [n for s in Slot if not weights[s] for n in (unweighted(s), unreachable(s))]
    idle = tuple(Lasted(name, 3.0, stage.now) for name in names)
    stage.d = a_deployment("cutover", routed=routed(stage.routing), evidence=idle, moved=True)
    return stage


def actions(stage, want):
    return changes(want, stage.d, stage.world(), stage.p)


def weights_of(stage, want):
    """The weights that the router ends up with."""
    found = [action.routing.weights for action in actions(stage, want) if action.routing]
    return found[0] if found else stage.routing.weights


# --- weight ---------------------------------------------------------------------------------------------------

UNFIT = {
    "an instance is missing": a_slot(GREEN, NEW, 1),
    "it runs another release": a_slot(GREEN, NEXT),
    "one is dead": Known(
        SlotWorld(NEW.digest, "2.0", (an_instance(GREEN, NEW), an_instance(GREEN, NEW, 2, alive=False))), T0
    ),
    "one runs another release": Known(
        SlotWorld(NEW.digest, "2.0", (an_instance(GREEN, NEW), an_instance(GREEN, NEXT, 2))), T0
    ),
    "a stranger answers on its port": a_slot(GREEN, NEW, owns_port=False),
    "the environment gave up on it": a_slot(GREEN, NEW, broken=True),
    "its probes fail": a_slot(GREEN, NEW, health=Known(Health(0, 2, "503"), T0)),
    "it was never probed": a_slot(GREEN, NEW, health=Unknown("not yet")),
    "it is empty": empty(),
    "it cannot be seen": UNSEEN,
}


def test_weight_goes_to_a_candidate_that_is_ready():
    assert Weights(0, 100) == weights_of(between(), FORWARD)


@pytest.mark.parametrize("unfit", UNFIT.values(), ids=UNFIT.keys())
def test_no_weight_goes_to_a_candidate_that_is_not_ready_for_exactly_this_release(unfit):
    stage = between()
    stage.slots[GREEN] = unfit
    assert Weights(100, 0) == weights_of(stage, FORWARD)


def test_no_weight_goes_to_a_candidate_that_was_last_probed_long_ago():
    stage = between()
    world = stage.world().at(stage.now + 60.0)
    assert all(
        a.routing is None or a.routing.weights[GREEN] == 0 for a in changes(FORWARD, stage.d, world, stage.p)
    )


def test_a_candidate_that_is_not_ready_keeps_the_weight_it_has():
    stage = between(Weights(90, 10))
    stage.slots[GREEN] = a_slot(GREEN, NEW, 1)
    assert Weights(90, 10) == weights_of(stage, FORWARD)


def test_one_instance_that_can_serve_is_enough_for_the_way_back():
    stage = between(Weights(0, 100))
    stage.slots[BLUE] = a_slot(BLUE, OLD, 1)
    assert Weights(100, 0) == weights_of(stage, BACKWARD)


@pytest.mark.parametrize(
    "dead",
    [a_slot(BLUE, OLD, alive=False), a_slot(BLUE, NEXT), empty(), UNSEEN],
    ids=["dead", "other", "empty", "unseen"],
)
def test_traffic_is_not_taken_back_to_a_slot_that_cannot_serve(dead):
    stage = between(Weights(0, 100))
    stage.slots[BLUE] = dead
    assert Weights(0, 100) == weights_of(stage, BACKWARD)


def test_before_the_first_release_has_passed_the_gate_traffic_goes_back_to_the_empty_slot():
    stage = between(Weights(30, 70))
    stage.slots = {BLUE: a_slot(BLUE, OLD), GREEN: empty()}
    stage.d = a_first_deployment("validate", routed=stage.d.routed)
    assert Weights(0, 100) == weights_of(stage, Desired(BOTH, Weights(0, 100)))


def test_a_router_that_cannot_be_read_is_told_nothing():
    stage = between()
    stage.show["reading"] = UNSEEN
    assert () == actions(stage, FORWARD)


def test_a_router_that_somebody_changed_is_told_nothing():
    stage = between()
    stage.generation = None
    assert () == actions(stage, FORWARD)


def test_the_router_is_told_anew_until_it_bears_the_newest_stamp():
    stage = between(Weights(0, 100))
    stage.routing = replace(stage.routing, fallback=BLUE)
    stage.d = replace(stage.d, routed=routed(stage.routing, generation=9))
    assert [Kind.ROUTE] == [action.kind for action in actions(stage, FORWARD)]
    stage.generation = 9
    assert () == actions(stage, FORWARD)


# --- the router's own turn ------------------------------------------------------------------------------------


def test_a_router_that_saved_itself_is_not_sent_back_to_the_dead_slot():
    stage = between(Weights(0, 100))
    stage.fell_back = BLUE
    assert [] == [action for action in actions(stage, FORWARD) if action.routing]


def test_the_routers_own_turn_is_made_permanent_by_a_rollback():
    stage = between(Weights(0, 100))
    stage.fell_back = BLUE
    assert Weights(100, 0) == weights_of(stage, BACKWARD)


def test_the_turn_to_what_an_earlier_deployment_kept_is_undone_when_the_live_slot_can_serve():
    """Seed 899: superseded, rebooted, and the router came back with the fallback of the deployment before."""
    stage = between(Weights(100, 0))
    stage.fell_back = GREEN
    assert [Weights(100, 0)] == [a.routing.weights for a in actions(stage, BACKWARD) if a.routing]
    stage.slots[BLUE] = a_slot(BLUE, OLD, alive=False)
    assert [] == [action for action in actions(stage, BACKWARD) if action.routing]


def test_the_fallback_is_named_when_it_can_serve_and_only_then():
    stage = between()
    assert BLUE == routing_of_actions(actions(stage, FORWARD)).fallback
    stage.slots[BLUE] = a_slot(BLUE, OLD, alive=False)
    assert None is routing_of_actions(actions(stage, FORWARD)).fallback


def test_a_blind_look_does_not_disarm_the_fallback():
    stage = between(Weights(0, 100))
    stage.routing = replace(stage.routing, fallback=BLUE)
    stage.d = replace(stage.d, routed=routed(stage.routing))
    stage.slots[BLUE] = UNSEEN
    assert () == actions(stage, FORWARD)


def routing_of_actions(found):
    return next(action.routing for action in found if action.routing)


# --- members --------------------------------------------------------------------------------------------------


def members_given(stage, slot, want=FORWARD):
    found = [action.routing.members[slot] for action in actions(stage, want) if action.routing]
    return found[0] if found else stage.routing.members[slot]


def test_who_runs_listens_and_is_of_this_release_becomes_a_member():
    stage = between()
    stage.routing = a_routing(Weights(100, 0), green=0)
    stage.d = replace(stage.d, routed=routed(stage.routing))
    assert members(GREEN) == members_given(stage, GREEN)


@pytest.mark.parametrize(
    "changes_", [{"alive": False}, {"owns_port": None}, {"owns_port": False}, {"broken": True}]
)
def test_who_does_not_listen_yet_does_not_become_a_member(changes_):
    stage = between()
    stage.routing = a_routing(Weights(100, 0), green=0)
    stage.d = replace(stage.d, routed=routed(stage.routing))
    stage.slots[GREEN] = a_slot(GREEN, NEW, **changes_)
    assert () == members_given(stage, GREEN)


def test_a_member_that_died_stays_one_for_it_comes_back_on_the_same_port():
    stage = between(Weights(0, 100))
    stage.slots[GREEN] = a_slot(GREEN, NEW, alive=False, owns_port=None)
    assert members(GREEN) == members_given(stage, GREEN)


def test_a_slot_that_serves_is_never_emptied_of_members():
    stage = between(Weights(0, 100))
    stage.slots[GREEN] = a_slot(GREEN, NEXT)
    assert members(GREEN) == members_given(stage, GREEN)


def test_a_slot_that_cannot_be_seen_keeps_its_members():
    stage = between(Weights(0, 100))
    stage.slots[BLUE] = UNSEEN
    assert members(BLUE) == members_given(stage, BLUE)


def test_a_slot_that_is_over_loses_its_members_before_it_is_torn_down():
    stage = between(Weights(0, 100))
    found = actions(stage, ONLY_GREEN)
    assert [Kind.ROUTE] == [action.kind for action in found]
    assert () == routing_of_actions(found).members[BLUE]


def test_a_spared_slot_is_not_touched():
    stage = between(Weights(100, 0))
    stage.slots[GREEN] = a_slot(GREEN, NEXT)
    want = replace(ONLY_BLUE, spare=frozenset({GREEN}))
    assert members(GREEN) == members_given(stage, GREEN, want)
    assert Kind.TEAR_DOWN not in [action.kind for action in actions(stage, want)]


def test_an_instance_that_moved_to_another_port_becomes_a_member_there():
    stage = between(Weights(0, 100))
    moved = replace(an_instance(GREEN, NEW), address="127.0.0.1:39999")
    stage.slots[GREEN] = Known(SlotWorld(NEW.digest, "2.0", (moved, an_instance(GREEN, NEW, 2))), T0)
    assert (Member("green-1", "127.0.0.1:39999"), members(GREEN)[1]) == members_given(stage, GREEN)


# --- tearing down ---------------------------------------------------------------------------------------------


def over():
    """Green is to be torn down, and nothing speaks against it."""
    stage = between(Weights(100, 0))
    stage.routing = a_routing(Weights(100, 0), green=0)
    stage.d = replace(stage.d, routed=routed(stage.routing))
    return stage


def torn_down(stage, want=ONLY_BLUE):
    return [action.slot for action in actions(stage, want) if action.kind is Kind.TEAR_DOWN]


def test_a_slot_that_is_over_is_torn_down():
    assert [GREEN] == torn_down(over())


def routes(stage, **changes_):
    stage.routing = replace(stage.routing, **changes_)


AGAINST = {
    "it has weight": lambda s: routes(s, weights=Weights(99, 1)),
    "it is a member": lambda s: routes(s, members=PerSlot(members(BLUE), members(GREEN))),
    "it is the fallback": lambda s: routes(s, fallback=GREEN),
    "the router turned to it": lambda s: setattr(s, "fell_back", GREEN),
    "the router cannot be read": lambda s: s.show.update(reading=UNSEEN),
    "requests are inside": lambda s: s.in_flight.update({GREEN: Known(1, s.now)}),
    "nobody knows how many are inside": lambda s: s.in_flight.update({GREEN: UNSEEN}),
    "it was seen without weight only now": lambda s: setattr(s, "d", replace(s.d, evidence=())),
    "it was the fallback until now": lambda s: setattr(s, "d", s.d.forget(unreachable(GREEN))),
    "the other side is dead": lambda s: s.slots.update({BLUE: a_slot(BLUE, OLD, alive=False)}),
    "the other side cannot be seen": lambda s: s.slots.update({BLUE: UNSEEN}),
    "the other side is another release": lambda s: s.slots.update({BLUE: a_slot(BLUE, NEXT)}),
}


@pytest.mark.parametrize("against", AGAINST.values(), ids=AGAINST.keys())
def test_nothing_is_torn_down_that_serves_or_may_have_to(against):
    stage = over()
    against(stage)
    assert [] == torn_down(stage)


@pytest.mark.parametrize("inside", [Known(3, T0), UNSEEN])
def test_after_the_drain_s_deadline_a_slot_is_torn_down_whatever_is_inside(inside):
    stage = over()
    stage.in_flight[GREEN] = inside
    stage.d = replace(stage.d, evidence=(Lasted(unreachable(GREEN), stage.p.drain, stage.now),))
    assert [GREEN] == torn_down(stage)


LASTING = {
    "some": lambda s: s.streams.update({GREEN: Known(1, s.now)}),
    "nobody knows how many": lambda s: s.streams.update({GREEN: UNSEEN}),
}


@pytest.mark.parametrize("lasting", LASTING.values(), ids=LASTING.keys())
def test_nothing_is_torn_down_whose_long_lived_connections_have_not_had_their_time(lasting):
    stage = over()
    lasting(stage)
    drained = Lasted(unreachable(GREEN), stage.p.drain, stage.now)
    for spent, gone in ((stage.p.drain, []), (stage.p.drain_long_lived + stage.p.drain, [GREEN])):
        stage.d = replace(stage.d, evidence=(drained, Lasted(unweighted(GREEN), spent, stage.now)))
        assert gone == torn_down(stage)


def closed(stage, want):
    return [action.slot for action in actions(stage, want) if action.kind is Kind.CLOSE_STREAMS]


@pytest.mark.parametrize(
    ("want", "slots"),
    [
        (BACKWARD, []),
        (replace(BACKWARD, spare=frozenset({GREEN})), []),
        (ONLY_BLUE, [GREEN]),
        (replace(ONLY_BLUE, spare=frozenset({GREEN})), []),
        (FORWARD, []),
    ],
    ids=["kept candidate", "left as it is", "over", "over and left as it is", "about to serve"],
)
def test_long_lived_connections_are_ended_in_a_slot_that_is_over(want, slots):
    stage = between(Weights(100, 0))
    stage.streams[GREEN] = Known(2, stage.now)
    idle = (Lasted(unweighted(GREEN), stage.p.drain_long_lived, stage.now),)
    stage.d = replace(stage.d, evidence=idle)
    assert slots == closed(stage, want)


def test_long_lived_connections_of_a_slot_that_is_kept_hot_are_ended_as_well():
    stage = between(Weights(0, 100))
    stage.streams[BLUE] = Known(2, stage.now)
    stage.d = replace(stage.d, evidence=(Lasted(unweighted(BLUE), stage.p.drain_long_lived, stage.now),))
    assert [BLUE] == closed(stage, FORWARD)
    assert [] == closed(stage, BACKWARD)


def test_another_release_in_a_wanted_slot_is_torn_down_and_not_started_over():
    stage = over()
    stage.slots[GREEN] = a_slot(GREEN, NEXT)
    found = actions(stage, Desired(BOTH, Weights(100, 0)))
    assert [Kind.TEAR_DOWN] == [action.kind for action in found]


# --- instances ------------------------------------------------------------------------------------------------


def provisioned(stage, want=FORWARD):
    return [(a.slot, a.release.version, a.why) for a in actions(stage, want) if a.kind is Kind.PROVISION]


def test_an_empty_slot_that_is_wanted_is_provisioned():
    stage = between()
    stage.slots[GREEN] = empty()
    assert [(GREEN, "2.0", "green is to run 2.0 and is empty")] == provisioned(stage)


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_instances_comes_from_the_policy_never_from_what_is_found(count):
    stage = between()
    stage.d = replace(stage.d, moved=False)
    stage.slots[GREEN] = a_slot(GREEN, NEW, count)
    assert [(GREEN, "2.0", f"green is to have 2 instances and has {count}")] == provisioned(stage)


def test_the_live_slot_is_kept_complete_as_well():
    stage = between()
    stage.slots[BLUE] = a_slot(BLUE, OLD, 1)
    assert [(BLUE, "1.0", "blue is to have 2 instances and has 1")] == provisioned(stage)


@pytest.mark.parametrize("seen", [UNSEEN, Known(SlotWorld(None, None, (an_instance(GREEN, NEXT),)), T0)])
def test_a_slot_that_cannot_be_seen_or_is_still_being_emptied_is_left_alone(seen):
    stage = between()
    stage.slots[GREEN] = seen
    assert [] == provisioned(stage)


def test_an_instance_that_was_given_up_on_is_started_once_more_after_a_while():
    stage = between(Weights(0, 100))
    stage.slots[BLUE] = a_slot(BLUE, OLD, broken=True)
    assert [] == provisioned(stage)
    stage.d = replace(stage.d, evidence=(Lasted("blue broken", stage.p.revive_after, stage.now),))
    assert [(BLUE, "1.0", "blue has an instance that the environment gave up on")] == provisioned(stage)


def test_after_it_was_asked_for_once_more_it_gets_its_time_again():
    stage = a_stage("bake")
    stage.slots[BLUE], stage.deaf = a_slot(BLUE, OLD, broken=True), True
    asked = [Kind.PROVISION in kinds(stage.look()) for _ in range(30)]
    assert 2 == sum(asked)


# --- who is first, and who waits ------------------------------------------------------------------------------

SHARED = Desired(BOTH, Weights(90, 10), fallback=BLUE)


def test_while_traffic_is_shared_the_deployment_says_who_goes_first():
    stage = between()
    assert Cohort("d-2", GREEN) == routing_of_actions(actions(stage, SHARED)).cohort


def test_the_cohort_is_the_same_in_every_step_and_stays_when_it_decides_nothing_any_more():
    stage = a_stage("cutover", ramp=RAMP)
    seen = set()
    while stage.d.phase != "stabilize":
        stage.look()
        seen.add((stage.routing.weights, stage.routing.cohort))
    cohort = Cohort("d-2", GREEN)
    assert {(Weights(90, 10), cohort), (Weights(50, 50), cohort), (Weights(0, 100), cohort)} == seen


@pytest.mark.parametrize("before", [None, Cohort("d-1", BLUE)])
def test_a_new_deployment_does_not_change_the_routing_for_its_cohort_alone(before):
    stage = between()
    stage.routing = replace(stage.routing, cohort=before)
    stage.d = replace(stage.d, routed=routed(stage.routing))
    assert () == actions(stage, BACKWARD)


def test_without_a_shared_step_there_is_no_cohort():
    stage = a_stage("stabilize")
    assert None is stage.routing.cohort


@pytest.mark.parametrize(
    ("pause", "why"),
    [
        (Pause.SAFE, "safe requests wait at the router, others are refused"),
        (Pause.ALL, "requests wait at the router"),
        (Pause.MAINTENANCE, "the router answers for the app: it is in maintenance"),
    ],
)
def test_a_pause_is_part_of_the_routing_and_the_action_says_what_it_means(pause, why):
    stage = between()
    stage.d = replace(stage.d, pause=pause)
    (action,) = actions(stage, BACKWARD)
    assert (replace(stage.routing, pause=pause), why) == (action.routing, action.why)
    stage.routing = action.routing
    stage.d = replace(stage.d, pause=Pause.NONE, routed=routed(stage.routing))
    assert "requests are let through again" == actions(stage, BACKWARD)[0].why


def test_a_router_that_came_back_without_the_pause_is_told_again():
    stage = a_stage("bake")
    stage.look(Verb.PAUSE_ALL)
    stage.routing, stage.generation = replace(stage.routing, pause=Pause.NONE), stage.generation - 1
    stage.look()
    assert Pause.ALL is stage.routing.pause


def test_a_pause_by_hand_is_a_change_by_hand():
    stage = a_stage("bake")
    stage.routing = replace(stage.routing, pause=Pause.ALL)
    assert "the router was changed under our stamp: it says pause all, ours none" in stage.look().waiting_for
    stage.look(Verb.RESUME)
    assert Pause.NONE is stage.routing.pause


# --- what is remembered ---------------------------------------------------------------------------------------


def test_a_routing_is_remembered_with_the_next_generation_before_anybody_acts_on_it():
    stage = a_stage("validate")
    before = stage.d.generation
    stage.walk("cutover")
    assert (stage.d.generation, True) == (stage.d.routed.generation, stage.d.generation > before)


def test_an_order_that_is_only_repeated_keeps_its_stamp_for_a_router_that_is_slow_to_show_it():
    stage = a_stage("cutover")
    before, stage.deaf = (replace(stage.d.routed.routing, weights=Weights(100, 0)), 3), True
    stage.routing, stage.generation = before
    stamps = [stage.look().deployment.routed.generation for _ in range(3)]
    assert 1 == len(set(stamps))
    stage.generation = None
    stage.d = replace(stage.d, disowned=stage.routing)
    assert stamps[0] < stage.look().deployment.routed.generation


def test_a_candidate_that_is_given_weight_has_moved_for_ever():
    d = a_deployment("cutover")
    forward = Action(Kind.ROUTE, "", routing=a_routing(Weights(90, 10)))
    back = Action(Kind.ROUTE, "", routing=a_routing(Weights(100, 0)))
    w = a_stage().world()
    assert [False, True, True] == [
        remember(d, (back,), w).moved,
        remember(d, (forward,), w).moved,
        remember(remember(d, (forward,), w), (back,), w).moved,
    ]


def test_a_slot_that_is_given_weight_starts_its_idle_time_again():
    d = a_deployment("cutover", evidence=(Lasted("green without weight", 3.0, T0),))
    remembered = remember(d, (Action(Kind.ROUTE, "", routing=a_routing(Weights(90, 10))),), a_stage().world())
    assert 0.0 == remembered.lasted("green without weight")


@pytest.mark.parametrize(
    ("before", "given", "forgotten"),
    [
        (None, None, {GREEN}),
        (None, BLUE, {BLUE, GREEN}),
        (BLUE, None, {BLUE, GREEN}),
        (GREEN, None, {GREEN}),
    ],
)
def test_a_slot_that_the_router_may_have_turned_to_since_the_look_starts_its_idle_time_again(
    before, given, forgotten
):
    stage = between(Weights(0, 100))
    stage.routing = replace(stage.routing, fallback=before)
    idle = tuple(Lasted(name(slot), 3.0, T0) for slot in Slot for name in (unweighted, unreachable))
    d = replace(stage.d, evidence=idle)
    action = Action(Kind.ROUTE, "", routing=replace(stage.routing, fallback=given))
    kept = {entry.name for entry in remember(d, (action,), stage.world()).evidence}
    assert kept == {name(slot) for slot in set(Slot) - forgotten for name in (unweighted, unreachable)}


def test_every_action_says_why():
    stage = a_stage()
    found = [action for _ in range(60) for action in stage.look().actions]
    assert {Kind.PROVISION, Kind.ROUTE, Kind.TEAR_DOWN} == {action.kind for action in found}
    assert all(action.why for action in found)


def test_weights_sum_to_one_hundred():
    with pytest.raises(ValueError, match="sum to 100, got blue 60 green 60"):
        Weights(60, 60)


def test_a_routing_says_which_version_answers_from_each_slot():
    stage = a_stage("cutover")
    assert PerSlot("1.0", "2.0") == stage.routing.versions
    assert None is routing_of(stage.look())
    assert a_policy().instances == len(stage.routing.members[GREEN])


def test_a_slot_that_serves_is_not_made_smaller_by_a_policy_with_fewer_instances():
    stage = between()
    stage.slots[BLUE] = a_slot(BLUE, OLD, 4)
    assert [] == provisioned(stage)
