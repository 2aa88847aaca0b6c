"""The rules of the core. `tests/unit/testing/test_planted.py` takes each out and sees its test fail."""

from dataclasses import replace

from tests.unit.core.worlds import (
    BLUE,
    GREEN,
    NEW,
    NEXT,
    OLD,
    RAMP,
    UNSEEN,
    a_slot,
    a_stage,
    a_stage_turned_back,
    an_instance,
    empty,
    kinds,
    members,
)
from verdigris.core import lifecycle
from verdigris.core.conditions import unreachable
from verdigris.core.deployment import Lasted
from verdigris.core.intake import Wish, admit
from verdigris.core.safety import Kind
from verdigris.core.world import Answer, Cohort, Known, Pause, Unknown, Verb, Weights


def test_it_waits_for_evidence_not_for_time():
    """Rule 1: an hour in which nobody looked, and one in which the machine slept, are worth one look each."""
    stage = a_stage("bake", bake=60.0)
    stage.look()
    for _ in range(5):
        stage.look(after=3600.0)
    assert ("bake", True) == (stage.d.phase, stage.d.lasted("good") <= 5 * stage.p.fresh_within)


def test_unknown_is_neither_good_nor_bad():
    """Rule 2: it never advances and never turns back by itself."""
    stage = a_stage("bake", bake=10.0)
    stage.show["signals"] = Unknown("the log stream is cut")
    decisions = [stage.look() for _ in range(60)]
    assert {"bake"} == {decision.deployment.phase for decision in decisions}
    assert 0.0 == stage.d.lasted("good")


def test_roll_back_comes_first_and_needs_nothing_but_an_old_slot_that_can_serve():
    """Rule 3: with one old instance left, while it is held, while a person promotes, without request counts."""
    stage = a_stage("bake")
    stage.look(Verb.HOLD)
    stage.slots = {BLUE: a_slot(BLUE, OLD, 1), GREEN: a_slot(GREEN, NEW, alive=False)}
    stage.show["signals"] = UNSEEN
    stage.look(Verb.PROMOTE)
    assert ("restore", Weights(100, 0)) == (stage.d.phase, stage.routing.weights)


def test_what_is_waited_for_is_what_is_said():
    """Rule 4: the sentence is that of the condition which keeps the phase from ending, and of no other."""
    stage = a_stage("provision")
    stage.slots[GREEN], stage.deaf = a_slot(GREEN, NEW, 1), True
    assert "1 of 2 instances of 2.0 in green to come up" == stage.look().waiting_for
    stage.slots[GREEN] = a_slot(GREEN, NEW, owns_port=None)
    assert "2 of 2 instances of 2.0 in green to come up" == stage.look().waiting_for
    stage.slots[GREEN] = a_slot(GREEN, NEW)
    stage.look()
    assert "validate" == stage.d.phase


def test_no_weight_goes_to_a_slot_that_is_not_ready():
    """Rule 5, first half: whatever the phase wants."""
    stage = a_stage("validate")
    stage.d = replace(stage.d, phase="cutover")
    for unfit in (a_slot(GREEN, NEW, 1), a_slot(GREEN, NEXT), a_slot(GREEN, NEW, owns_port=False), empty()):
        stage.slots[GREEN] = unfit
        stage.look()
        assert Weights(100, 0) == stage.routing.weights


def over(**stands_against):
    """Blue is over, and only `stands_against` speaks against its end."""
    stage = a_stage("stabilize", drain=60.0)
    for _ in range(3):
        stage.look()
    stage.d, stage.deaf = replace(stage.d, phase="decommission"), True
    stage.routing = replace(stage.routing, members=stage.routing.members.put(BLUE, ()), fallback=None)
    alone = Lasted(unreachable(BLUE), 1.0, stage.now)
    routed = replace(stage.d.routed, routing=stage.routing)
    stage.d = replace(stage.d, routed=routed, evidence=(*stage.d.evidence, alone))
    for name, value in stands_against.items():
        setattr(stage, name, value)
    return stage


def test_nothing_is_torn_down_that_serves():
    """Rule 5, second half: it has weight, or connections, or is the only healthy side."""
    assert Kind.TEAR_DOWN in kinds(over().look())
    weighted = over()
    weighted.routing, weighted.generation = replace(weighted.routing, weights=Weights(1, 99)), 1
    assert Kind.TEAR_DOWN not in kinds(weighted.look())
    assert Kind.TEAR_DOWN not in kinds(over(in_flight={BLUE: Known(2, 1e12)}).look())
    only = over()
    only.slots[GREEN] = a_slot(GREEN, NEW, alive=False)
    assert Kind.TEAR_DOWN not in kinds(only.look())


def test_switched_is_what_the_router_says():
    """Rule 6, first half: a call that was lost moved nothing."""
    stage = a_stage("validate")
    stage.deaf = True
    assert {"validate", "cutover"} >= {stage.look().deployment.phase for _ in range(10)}
    assert ("cutover", Weights(100, 0)) == (stage.d.phase, stage.routing.weights)


def test_switched_is_what_the_front_door_shows():
    """Rule 6, second half: the router says 100 %, and the old release answers."""
    stage = a_stage("cutover")
    stage.show["front"] = Known(Answer(BLUE, "1.0", True, ""), 1e12)
    assert {"cutover"} == {stage.look().deployment.phase for _ in range(10)}


def test_the_instances_that_were_validated_are_the_instances_that_serve():
    """Rule 7: from the gate to the end the candidate's pool is the same, and nobody else gets into it."""
    stage = a_stage("validate")
    stage.look()
    pools = set()
    while stage.d.phase != "decommission":
        stage.look()
        pools.add(stage.routing.members[GREEN])
    assert {members(GREEN)} == pools
    stage = a_stage("validate")
    stage.d = replace(stage.d, phase="cutover")
    intruder = Known(replace(a_slot(GREEN, NEW).value, instances=(*one(NEW, 1), *one(NEXT, 2))), stage.now)
    stage.slots[GREEN] = intruder
    stage.look()
    assert (Weights(100, 0), members(GREEN, 1)) == (stage.routing.weights, stage.routing.members[GREEN])


def one(release, number):
    return (an_instance(GREEN, release, number),)


def test_every_routing_carries_the_generation_it_is_written_down_with():
    """Rule 8, the core's half: the loop's half is in tests/unit/engine."""
    stage = a_stage("validate")
    decision = stage.walk("cutover")
    assert (stage.d.generation, stage.routing) == (
        decision.deployment.routed.generation,
        stage.d.routed.routing,
    )


def test_a_foreign_change_is_held_shown_alerted_and_never_fought():
    """Rule 9: and an older generation of ours is no foreign one."""
    stage = a_stage("bake")
    ours = stage.routing
    stage.routing, stage.generation = replace(ours, weights=Weights(50, 50)), None
    decision = stage.look()
    assert ((), Weights(50, 50)) == (decision.actions, stage.routing.weights)
    assert "it says blue 50 % green 50 %, ours is blue 0 % green 100 %" in decision.waiting_for
    assert ["alert"] == [note.kind for note in decision.notes]
    stage.generation = 1
    stage.look()
    assert Weights(0, 100) == stage.routing.weights


def test_the_number_of_instances_is_the_policy_s():
    """Rule 10: whatever is found is brought to it, and nothing found becomes the number."""
    for count in (1, 3):
        stage = a_stage("validate")
        stage.slots[GREEN] = a_slot(GREEN, NEW, count)
        stage.look()
        assert stage.p.instances == len(stage.slots[GREEN].value.instances)


def test_a_phase_of_a_newer_version_is_left_alone():
    """Rule 11."""
    stage = a_stage("bake")
    stage.d = replace(stage.d, phase="levitate")
    stage.routing = replace(stage.routing, weights=Weights(100, 0))
    decision = lifecycle.decide(stage.d, stage.world(Verb.ROLLBACK), stage.p)
    assert (stage.d, (), ()) == (decision.deployment, decision.actions, decision.answers)


def test_back_never_turns_forward():
    """The rule under all of them: two tracks, and one way across."""
    stage = a_stage_turned_back("restore")
    stage.errors.clear()
    stage.walk("rolled_back")
    for _ in range(30):
        stage.look(Verb.RESUME, Verb.PROMOTE)
    assert ["restore", "settle", "discard", "rolled_back"] == stage.visited[-4:]


def test_no_long_lived_connection_is_ended_before_its_time():
    """A switch or a rollback cuts none: first the router ends them when their time is over, then their slot goes."""
    stage = a_stage_turned_back("settle", drain_long_lived=30.0)
    stage.streams[GREEN] = Known(3, stage.now)
    decisions = [stage.look() for _ in range(20)]
    assert {Kind.CLOSE_STREAMS, Kind.TEAR_DOWN}.isdisjoint(kind for d in decisions for kind in kinds(d))
    assert ("rolled_back", NEW.digest) == (stage.d.phase, stage.slots[GREEN].value.digest)


def test_a_paused_app_stays_paused_until_somebody_lets_requests_through():
    stage = a_stage("bake")
    stage.look(Verb.PAUSE_ALL)
    stage.look(Verb.ROLLBACK)
    stage.walk("rolled_back")
    wish = Wish("api", NEXT, "ada", "key", "hash")
    found = admit(wish, 3, stage.d, stage.p, stage.world().router.reading).deployment
    stage.d = replace(found, generation=stage.d.generation + 1)
    stage.look()
    assert (Pause.ALL, Pause.ALL) == (stage.d.pause, stage.routing.pause)


def test_nobody_is_served_while_the_app_is_paused_and_that_is_no_merit():
    stage = a_stage("bake")
    for verbs in ((Verb.PAUSE_ALL,), *((),) * 30):
        stage.look(*verbs)
    assert "bake" == stage.d.phase


def test_the_same_users_see_the_new_version_all_through_a_deployment():
    stage = a_stage("cutover", ramp=RAMP)
    seen = set()
    while stage.d.phase == "cutover":
        stage.look()
        seen.add(stage.routing.cohort)
    assert {Cohort("d-2", GREEN)} == seen
