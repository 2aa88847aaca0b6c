"""The loop over the fakes: a deployment is brought to its end, and who asks is answered."""

from dataclasses import replace

import pytest

from tests.unit.engine.engines import APP, BLUE, GREEN, POLICY, a_house
from verdigris.core.errors import Conflict, ObservationError
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


# --- what is replayed -----------------------------------------------------------------------------------------


async def test_requests_are_replayed_during_the_bake_and_end_before_traffic_moves():
    house = await a_house("bake", replay=20)
    await house.tick()
    assert 20 == house.host.replay.rate
    await house.tick()
    assert {20} == {
        tally.requests
        for tally in (house.host.seconds[-1].control.blue, house.host.seconds[-1].control.green)
    }
    asked, seen = house.host.route, []
    house.host.route = lambda routing, generation: (
        seen.append(house.host.replay) or asked(routing, generation)
    )
    house.ask(Verb.ROLLBACK)
    await house.tick()
    assert ("restore", [None]) == (house.d.phase, seen)
    events = [event.sentence for event in house.memory.events() if event.kind == "replay"]
    began = (
        "at most 20 safe requests of users a second are replayed at blue and green for comparison: all traffic is on "
        "green (bake.replay)"
    )
    assert [began, "no request is replayed any more"] == events


async def test_a_loop_that_was_overtaken_replays_nothing_any_more():
    house = await a_house("bake", replay=20)
    await house.tick()
    house.engine.parts.replayer.follow(house.host.replay)

    async def overtaken():
        raise Conflict("another controller acts here")

    house.engine.ledger.load = overtaken
    await house.tick()
    assert house.host.replay is None


@pytest.mark.parametrize(("rate", "end"), [(50, "rolled_back"), (0, "succeeded")])
async def test_what_no_limit_and_no_baseline_sees_is_found_in_what_is_replayed(rate, end):
    house = await a_house(replay=rate, max_error_rate=1.0, baseline=False, grace=0.0, bake=40.0)
    house.ship("2.0", error_rate=0.05)
    await house.until(lambda: house.d.id == "d-2" and house.d.phase in ("rolled_back", "succeeded"))
    assert end == house.d.phase
