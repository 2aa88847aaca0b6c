"""Deployments that are asked for, and what was done while no controller was there."""

from dataclasses import replace

import pytest

from tests.unit.engine.engines import APP, BLUE, House, a_house
from verdigris.core.intake import Direct
from verdigris.core.world import Pause, Verb, Weights
from verdigris.testing.chaos import Crash


async def test_a_deployment_is_admitted_and_says_where_it_goes():
    house = await a_house()
    filed = house.ship("2.0")
    await house.tick()
    assert (True, "d-2 deploys 2.0 to green", "d-2") == house.memory.admission(filed)


async def test_a_deployment_while_another_moves_traffic_is_refused_and_leaves_it_alone():
    house = await a_house("bake")
    filed = house.ship("3.0")
    await house.tick()
    accepted, sentence, _ = house.memory.admission(filed)
    assert (False, "d-2", True) == (accepted, house.d.id, "d-2 (2.0) is in bake" in sentence)


async def test_a_queued_deployment_waits_its_turn():
    house = await a_house("bake")
    filed = house.ship("3.0", queue=True)
    await house.tick()
    assert (None, "d-2") == (house.memory.admission(filed), house.d.id)
    await house.until(lambda: house.d.id == "d-3")
    assert (True, "2.0") == (house.memory.admission(filed)[0], house.d.previous.version)


async def test_a_deployment_during_stabilize_supersedes():
    house = await a_house("stabilize")
    house.ship("3.0")
    await house.tick()
    earlier = house.memory.rows[APP][-2].deployment
    assert ("succeeded", "d-3", "2.0") == (earlier.phase, earlier.superseded_by, house.d.previous.version)
    assert earlier.generation < house.d.generation
    await house.until(lambda: house.d.id == "d-3" and house.d.phase == "succeeded")


async def test_a_drill_that_a_deployment_supersedes_is_said_to_be_broken_off():
    house = await a_house("stabilize", stabilize=600.0)
    house.ask(Verb.DRILL, share=10)
    await house.until(lambda: house.d.drill is not None)
    house.ship("3.0")
    await house.tick()
    told = [event.sentence for event in house.memory.events(deployment="d-2") if event.kind == "drill"]
    assert ("d-3", "broken off: superseded by d-3") == (house.d.id, told[-1])


async def test_a_drill_that_failed_and_is_superseded_on_its_way_home_is_remembered_by_both_deployments():
    house = await a_house("stabilize", stabilize=600.0)
    house.ask(Verb.DRILL, share=100)
    await house.until(lambda: house.d.drill is not None and house.d.drill.there is not None)
    house.host.natures["1.0"] = replace(house.host.natures["1.0"], error_rate=1.0)
    await house.until(lambda: house.d.drill.turned is not None)
    house.ship("3.0")
    await house.tick()
    earlier = house.memory.rows[APP][-2].deployment
    assert ("d-3", "d-2") == (house.d.id, earlier.id)
    assert earlier.drilled == house.d.drilled
    assert ("d-2", "superseded by d-3") == (earlier.drilled.deployment, earlier.drilled.cut_off)
    (told,) = [e.sentence for e in house.memory.events(deployment="d-2") if "cut off before" in e.sentence]
    assert told.startswith("the way back does not work: ")


async def test_a_deployment_is_admitted_once_when_the_controller_dies_before_the_answer():
    house = await a_house()
    filed = house.ship("2.0")

    def dies(call: str, moment: str) -> None:
        if (call, moment) == ("settle", "before"):
            raise Crash("before the answer")

    house.memory.fault = dies
    with pytest.raises(Crash):
        await house.tick()
    assert (None, "d-2") == (house.memory.admission(filed), house.d.id)
    house.memory.fault = lambda call, moment: None
    house.engine = house.new_engine()
    await house.tick()
    assert (True, "d-2 is under way", "d-2") == house.memory.admission(filed)
    assert 2 == len(house.memory.rows[APP])


async def test_the_same_key_filed_twice_is_one_deployment():
    house = await a_house()
    assert house.ship("2.0", key="ci-7") == house.ship("2.0", key="ci-7")


async def test_what_was_asked_for_before_there_was_any_deployment_is_refused_and_not_obeyed():
    house = House()
    held, paused = house.ask(Verb.HOLD), house.ask(Verb.PAUSE)
    house.ship("1.0")
    await house.tick()
    assert [(False, "there was no deployment yet")] * 2 == [house.memory.answer(n) for n in (held, paused)]
    assert ("", Pause.NONE) == (house.d.held, house.d.pause)


async def test_a_frozen_controller_does_not_begin_a_deployment_over_one_it_does_not_know():
    """Seed 183."""
    house = await a_house()
    frozen = house.engine
    house.ship("2.0")
    house.engine = house.new_engine()
    await house.until(lambda: house.d.id == "d-2" and house.d.phase == "succeeded")
    house.ship("3.0")
    house.told.clear()
    await frozen.tick()
    assert house.d.id in ("d-2", "d-3")
    assert house.d.id == "d-2" or house.d.previous.version == "2.0"


async def test_a_frozen_controller_does_not_refuse_what_another_has_begun():
    """Seed 14000052: the other one died after it had begun the deployment and before it could say so."""
    house = await a_house("validate")
    frozen, house.engine = house.engine, house.new_engine()
    house.ask(Verb.ABORT)
    await house.walk("aborted")
    filed = house.ship("3.0")

    def dies(call: str, moment: str) -> None:
        if (call, moment) == ("settle", "before"):
            raise Crash("before the answer")

    house.memory.fault = dies
    with pytest.raises(Crash):
        await house.tick()
    house.memory.fault = lambda call, moment: None
    await frozen.tick()
    assert ("d-3", None) == (house.d.id, house.memory.admission(filed))
    await frozen.tick()
    assert (True, "d-3 is under way", "d-3") == house.memory.admission(filed)


# --- what was done without the controller ---------------------------------------------------------------------


async def test_a_rollback_that_was_done_without_the_controller_is_adopted():
    house = await a_house("bake")
    generation = house.d.generation + 1
    routing = replace(house.host.routing, weights=Weights(100, 0), fallback=None)
    house.host.route(routing, generation)
    house.directs.record = Direct(BLUE, generation, "ada", 0.0, "orders are missing")
    house.engine = house.new_engine()
    await house.tick()
    assert ("restore", "ada rolled back without the controller: orders are missing") == (
        house.d.phase,
        house.d.cause,
    )
    assert (None, True) == (house.directs.record, house.d.generation > generation)
    await house.walk("rolled_back")


async def test_the_record_of_a_direct_rollback_is_kept_until_it_is_written_down():
    house = await a_house("bake")
    generation = house.d.generation + 1
    house.host.route(replace(house.host.routing, weights=Weights(100, 0), fallback=None), generation)
    house.directs.record = Direct(BLUE, generation, "ada", 0.0)
    house.engine, house.store.full = house.new_engine(), True
    await house.tick()
    assert None is not house.directs.record
    house.store.full = False
    await house.until(lambda: house.directs.record is None, within=3)
    assert "ada rolled back without the controller" == house.d.cause
    await house.walk("rolled_back")


async def test_a_direct_rollback_by_somebody_who_could_not_read_the_store_is_adopted_as_well():
    """They count from the stamp of the router, which is older than the deployment's generation."""
    house = await a_house("bake")
    generation = house.host.generation + 1
    assert generation < house.d.generation
    house.host.route(replace(house.host.routing, weights=Weights(100, 0), fallback=None), generation)
    house.directs.record = Direct(BLUE, generation, "ada", 0.0)
    house.engine = house.new_engine()
    await house.tick()
    assert ("restore", Weights(100, 0)) == (house.d.phase, house.host.routing.weights)
    await house.walk("rolled_back")


async def test_a_record_that_concerns_nobody_is_cleared():
    house = await a_house("validate")
    house.directs.record = Direct(BLUE, 99, "ada", 0.0)
    await house.tick()
    assert (None, "") == (house.directs.record, house.d.cause)


async def test_a_frozen_controller_does_not_clear_the_record_of_a_direct_rollback():
    """Seed 394390573."""
    house = await a_house("validate")
    frozen, house.engine = house.engine, house.new_engine()
    await house.walk("bake")
    generation = house.d.generation + 1
    house.host.route(replace(house.host.routing, weights=Weights(100, 0), fallback=None), generation)
    house.directs.record = Direct(BLUE, generation, "ada", 0.0)
    await frozen.tick()
    assert None is not house.directs.record
    await house.walk("rolled_back")
