"""The loop over the fakes: a deployment is brought to its end, and who asks is answered."""

from dataclasses import replace

from tests.unit.engine.engines import APP, BLUE, GREEN, POLICY, a_house
from verdigris.core.errors import ObservationError
from verdigris.core.safety import Kind
from verdigris.core.world import Pause, Verb, Weights


async def test_a_release_is_brought_to_its_end():
    house = await a_house()
    house.ship("2.0")
    await house.until(lambda: house.d.id == "d-2" and house.d.phase == "succeeded")
    assert Weights(0, 100) == house.host.routing.weights
    assert ([], "2.0") == (house.host.places[BLUE].bodies, house.host.places[GREEN].release.version)


# --- commands, and a pause ------------------------------------------------------------------------------------


async def test_a_command_is_answered_once_with_what_became_of_it():
    house = await a_house("bake")
    accepted, refused = house.ask(Verb.ROLLBACK), house.ask(Verb.PROMOTE)
    assert None is house.memory.answer(accepted)
    await house.tick()
    assert (True, "rollback accepted") == house.memory.answer(accepted)
    assert (False, "nothing waits for a yes in restore. See `verdigris status`") == house.memory.answer(
        refused
    )
    assert Weights(100, 0) == house.host.routing.weights


async def test_a_command_is_not_answered_before_it_is_written_down():
    house = await a_house("bake")
    house.store.full = True
    asked = house.ask(Verb.HOLD)
    await house.tick()
    assert None is house.memory.answer(asked)
    house.store.full = False
    await house.tick()
    assert (True, "hold accepted") == house.memory.answer(asked)


async def test_a_pause_is_written_down_before_it_is_done_and_outlives_controller_and_deployment():
    house = await a_house()
    house.ask(Verb.PAUSE_ALL)
    await house.tick()
    await house.tick()
    assert (Pause.ALL, Pause.ALL) == (house.d.pause, house.host.routing.pause)
    house.engine = house.new_engine()
    house.ship("2.0")
    await house.until(lambda: house.d.id == "d-2" and house.d.phase == "bake")
    assert (Pause.ALL, Pause.ALL) == (house.d.pause, house.host.routing.pause)
    house.ask(Verb.UNPAUSE)
    await house.until(lambda: house.d.phase == "succeeded")
    assert Pause.NONE is house.host.routing.pause


async def test_a_router_that_ends_connections_is_not_looked_at_every_few_milliseconds():
    house = await a_house("stabilize", stabilize=60.0)
    house.host.streams[BLUE] = 3
    ticks = [await house.tick() for _ in range(20)]
    found = [tick for tick in ticks if any(a.kind is Kind.CLOSE_STREAMS for a in tick.decision.actions)]
    assert [False] == [tick.moving for tick in found]


async def test_a_policy_that_is_applied_in_the_middle_is_saved_with_the_deployment():
    house = await a_house("bake")
    house.ask(Verb.APPLY, policy=replace(POLICY, bake=600.0))
    await house.tick()
    assert 600.0 == house.memory.newest(APP).policy.bake
    tick = await house.tick()
    assert "(of 10 min)" in tick.decision.waiting_for


# --- what is there, and what is not ---------------------------------------------------------------------------


async def test_another_controller_goes_on_where_the_first_stopped():
    house = await a_house("bake")
    house.engine = house.new_engine()
    await house.walk("succeeded")


async def test_what_cannot_be_seen_is_unknown_and_no_exception():
    house = await a_house("bake")

    class Blind:
        async def observe(self):
            raise ObservationError("permission denied")

    house.engine = house.new_engine(signals=Blind(), router=Blind(), environment=Blind())
    tick = await house.tick()
    assert "permission denied" in tick.decision.waiting_for
    assert ([], "bake") == (house.told, house.d.phase)


async def test_an_app_without_a_deployment_is_left_alone():
    house = await a_house()
    house.memory.rows.clear()
    house.engine = house.new_engine()
    tick = await house.tick()
    assert (None, None, []) == (tick.decision, tick.world, house.told)
