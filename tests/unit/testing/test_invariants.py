"""The witness sees a broken promise when it is shown one: each is broken here by hand."""

from dataclasses import replace

import pytest

from tests.unit.engine.engines import APP, BLUE, GREEN, a_house
from verdigris.core.policy import Step
from verdigris.core.world import Cohort, Pause, PerSlot, Verb, Weights
from verdigris.testing.host import Cut
from verdigris.testing.invariants import Violation, Witness


async def a_witness(phase="bake", **changes):
    house = await a_house(phase, **changes)
    witness = Witness(house.host, house.memory, APP)
    witness.before()
    witness.step(clear=True)
    return house, witness


def routing(house, **changes):
    return replace(house.host.routing, **changes)


def forge(house, **changes):
    """The store says something else about the deployment."""
    index = len(house.memory.rows[APP]) - 1
    saved = house.memory.rows[APP][index]
    house.memory.rows[APP][index] = replace(saved, deployment=replace(saved.deployment, **changes))


def promise(words):
    return pytest.raises(Violation, match=words)


async def test_what_is_in_order_is_not_complained_about():
    house, witness = await a_witness()
    witness.asked(house.host.routing)
    witness.applied(house.host.routing, house.d.generation)
    witness.provisioned(GREEN, house.d.release, 1, house.d.generation)


async def test_weight_to_a_slot_that_cannot_serve():
    house, witness = await a_witness()
    house.host.die(house.host.places[BLUE].bodies[0])
    with promise("I2 gate: blue is given weight and 0 of its instances can serve"):
        witness.asked(routing(house, weights=Weights(100, 0)))


async def test_weight_beyond_the_step_of_the_ramp():
    house, witness = await a_witness("validate")
    forge(house, phase="cutover")
    held_back = replace(house.policy, ramp=(Step(95, 5.0),), holdback=5)
    house.memory.rows[APP][-1] = replace(house.memory.rows[APP][-1], policy=held_back)
    with promise("I9 evidence: blue 0 % green 100 % in cutover 0, at most 95 % is due"):
        witness.asked(routing(house, weights=Weights(0, 100), fallback=BLUE))


async def test_a_fallback_that_is_not_named():
    house, witness = await a_witness()
    with promise("I4 way back: the router is not told of blue in bake"):
        witness.asked(routing(house, fallback=None))


async def test_a_change_by_hand_that_is_overwritten():
    house, witness = await a_witness()
    house.host.edited = house.host.routing
    with promise("was made by hand and nobody said to replace it"):
        witness.asked(house.host.routing)


async def test_a_latch_that_is_cleared():
    house, witness = await a_witness()
    house.host.fell_back = BLUE
    with promise("I1 serving: the router saved itself and is told blue 0 % green 100 %"):
        witness.asked(house.host.routing)


async def test_an_effect_that_was_not_written_down():
    house, witness = await a_witness()
    with promise("I11 audit"):
        witness.applied(house.host.routing, house.d.generation + 1)


async def test_members_taken_from_a_serving_slot():
    house, witness = await a_witness()
    with promise("I1 serving: green has weight and loses its members"):
        witness.applied(routing(house, members=PerSlot((), ())), house.d.generation)


async def test_one_instance_too_many():
    house, witness = await a_witness()
    with promise("I8 bounded: 2 instances asked for"):
        witness.provisioned(GREEN, house.d.release, 2, house.d.generation)


async def test_a_slot_that_is_torn_down_while_it_serves():
    house, witness = await a_witness()
    with promise("I5 no destruction: green has weight"):
        witness.torn_down(GREEN, house.d.generation)


async def test_the_way_back_torn_down():
    house, witness = await a_witness()
    house.host.routing = routing(house, members=house.host.routing.members.put(BLUE, ()))
    house.host.advance(20.0)
    with promise("I4 way back: blue is torn down in bake"):
        witness.torn_down(BLUE, house.d.generation)


async def test_a_contract_too_early():
    house, witness = await a_witness()
    with promise("I13 schema"):
        witness.contracted(house.d.generation)


async def test_evidence_that_nobody_saw():
    house, witness = await a_witness()
    forge(
        house,
        evidence=(*house.d.forget("good").evidence, replace(house.d.evidence[0], name="good", seconds=99.0)),
    )
    with promise("I9 evidence: 99.0 s counted in bake"):
        witness.step(clear=True)


async def test_a_bake_that_was_not_lasted():
    house, witness = await a_witness()
    forge(house, phase="stabilize")
    with promise("I9 evidence: baked on 0 s"):
        witness.step(clear=True)


async def test_a_way_back_that_turns_forward():
    house, witness = await a_witness()
    forge(house, phase="restore", cause="it was bad")
    witness.step(clear=True)
    forge(house, phase="bake")
    with promise("I6 convergence: d-2 went forward again to bake"):
        witness.step(clear=True)


async def test_a_turn_without_a_cause():
    house, witness = await a_witness()
    forge(house, phase="restore", cause="")
    with promise("I11 audit: restore without a cause"):
        witness.step(clear=True)


async def test_an_older_generation_over_a_newer_one():
    house, witness = await a_witness()
    forge(house, generation=house.d.generation - 1)
    with promise("I3 single writer"):
        witness.step(clear=True)


async def test_long_lived_connections_that_are_ended_before_their_time():
    house, witness = await a_witness(drain_long_lived=60.0)
    witness.cut(Cut(house.host.now, BLUE, 3, "closed", 60.0))
    with promise("I5 no destruction: 3 streams of blue torn down 20 s after its last weight, they have 60 s"):
        witness.cut(Cut(house.host.now, BLUE, 3, "torn down", 20.0))


async def test_a_pause_that_is_forgotten():
    house, witness = await a_witness()
    number = house.ask(Verb.PAUSE_ALL)
    witness.filed[number] = Verb.PAUSE_ALL
    await house.tick()
    witness.step(clear=True)
    forge(house, pause=Pause.NONE)
    with promise("I6 convergence: d-2 has pause none, all was asked for"):
        witness.step(clear=True)


async def test_a_pause_that_nobody_asked_for():
    house, witness = await a_witness()
    with promise("I6 convergence: all is told and none was asked for"):
        witness.asked(routing(house, pause=Pause.ALL))


async def test_time_in_which_the_app_was_paused_is_not_good():
    house, witness = await a_witness()
    house.host.routing = routing(house, pause=Pause.ALL)
    before = witness.good
    house.host.advance(3.0)
    witness.before()
    witness.step(clear=True)
    assert before == witness.good


@pytest.mark.parametrize(
    "cohort", [None, Cohort("d-2", BLUE), Cohort("d-9", GREEN), Cohort("d-1", GREEN)], ids=str
)
async def test_a_cohort_that_changes_in_the_middle_of_a_ramp_or_is_that_of_another_deployment(cohort):
    house, witness = await a_witness("cutover", ramp=(Step(10, 30.0), Step(100, 0.0)))
    witness.cohorts["d-1"] = Cohort("d-1", GREEN)
    shared = routing(house, weights=Weights(90, 10), fallback=BLUE, cohort=Cohort("d-2", GREEN))
    witness.asked(shared)
    with promise("I9 evidence: d-2 is shared by"):
        witness.asked(replace(shared, cohort=cohort))
