"""The orders to the router that break a promise are seen to: each is broken here by hand."""

from dataclasses import replace

import pytest

from tests.unit.engine.engines import APP, BLUE, GREEN
from tests.unit.testing.witnesses import a_witness, forge, promise, routing
from verdigris.core.policy import Step
from verdigris.core.world import Cohort, Pause, Weights


async def test_weight_to_a_slot_that_cannot_serve():
    house, witness = await a_witness()
    house.host.die(house.host.places[BLUE].bodies[0])
    with promise("I2 gate: blue is given weight and 0 of its instances can serve"):
        witness.orders.asked(routing(house, weights=Weights(100, 0)))


async def test_weight_beyond_the_step_of_the_ramp():
    house, witness = await a_witness("validate")
    forge(house, phase="cutover")
    held_back = replace(house.policy, ramp=(Step(95, 5.0),), holdback=5)
    house.memory.rows[APP][-1] = replace(house.memory.rows[APP][-1], policy=held_back)
    with promise("I9 evidence: blue 0 % green 100 % in cutover 0, at most 95 % is due"):
        witness.orders.asked(routing(house, weights=Weights(0, 100), fallback=BLUE))


async def test_a_fallback_that_is_not_named():
    house, witness = await a_witness()
    with promise("I4 way back: the router is not told of blue in bake"):
        witness.orders.asked(routing(house, fallback=None))


async def test_a_change_by_hand_that_is_overwritten():
    house, witness = await a_witness()
    house.host.edited = house.host.routing
    with promise("was made by hand and nobody said to replace it"):
        witness.orders.asked(house.host.routing)


async def test_a_latch_that_is_cleared():
    house, witness = await a_witness()
    house.host.fell_back = BLUE
    with promise("I1 serving: the router saved itself and is told blue 0 % green 100 %"):
        witness.orders.asked(house.host.routing)


async def test_a_pause_that_nobody_asked_for():
    house, witness = await a_witness()
    with promise("I6 convergence: all is told and none was asked for"):
        witness.orders.asked(routing(house, pause=Pause.ALL))


@pytest.mark.parametrize(
    "cohort", [None, Cohort("d-2", BLUE), Cohort("d-9", GREEN), Cohort("d-1", GREEN)], ids=str
)
async def test_a_cohort_that_changes_in_the_middle_of_a_ramp_or_is_that_of_another_deployment(cohort):
    house, witness = await a_witness("cutover", ramp=(Step(10, 30.0), Step(100, 0.0)))
    witness.orders.cohorts["d-1"] = Cohort("d-1", GREEN)
    shared = routing(house, weights=Weights(90, 10), fallback=BLUE, cohort=Cohort("d-2", GREEN))
    witness.orders.asked(shared)
    with promise("I9 evidence: d-2 is shared by"):
        witness.orders.asked(replace(shared, cohort=cohort))
