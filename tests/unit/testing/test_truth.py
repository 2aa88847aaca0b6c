"""What is really so: who can serve, what is due, and what people were told is accepted."""

from tests.unit.engine.engines import APP, BLUE, GREEN, a_house
from verdigris.core.policy import Policy, Step
from verdigris.core.world import Pause, Verb, Weights
from verdigris.testing.truth import Truth


async def a_truth(phase="bake", **changes):
    house = await a_house(phase, **changes)
    truth = Truth(house.host, house.memory, APP)
    truth.before()
    return house, truth


async def test_traffic_goes_where_the_router_fell_back_to():
    house, truth = await a_truth()
    assert (Weights(0, 100), GREEN, True) == (truth.says, truth.serves, truth.in_place(house.d))
    house.host.fell_back = BLUE
    truth.before()
    assert (Weights(100, 0), False) == (truth.says, truth.in_place(house.d))


async def test_a_slot_can_serve_what_is_expected_there_and_nothing_else():
    house, truth = await a_truth()
    assert [1, 1] == [truth.able(house.d, slot) for slot in (BLUE, GREEN)]
    house.host.die(house.host.places[BLUE].bodies[0])
    assert 0 == truth.able(house.d, BLUE)
    assert house.d.release.digest == truth.expected(GREEN)


async def test_the_share_that_is_due_is_that_of_the_step():
    house, truth = await a_truth("cutover", ramp=(Step(10, 30.0), Step(100, 0.0)))
    assert 10 == truth.share(house.d)


async def test_a_pause_is_asked_for_when_people_are_told_that_it_is_accepted():
    house, truth = await a_truth()
    truth.filed[house.ask(Verb.PAUSE_ALL)] = Verb.PAUSE_ALL
    assert Pause.NONE is truth.asked_pause()
    await house.tick()
    assert Pause.ALL is truth.asked_pause()


async def test_before_anything_is_stored_the_policy_is_the_usual_one():
    house, truth = await a_truth()
    house.memory.rows.clear()
    assert (Policy(), None, None) == (truth.policy, truth.deployment(), truth.expected(BLUE))
