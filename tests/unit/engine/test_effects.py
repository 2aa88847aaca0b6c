"""What is done bears the generation that was saved, and what fails is told once and tried again."""

from dataclasses import dataclass, replace

import pytest

from tests.unit.engine.engines import APP, BLUE, GREEN, a_house
from verdigris.core.errors import ActionError
from verdigris.core.world import Verb


async def test_what_is_done_was_saved_before_and_bears_its_generation():
    house = await a_house()
    house.ship("2.0")
    await house.until(lambda: house.d.id == "d-2" and house.d.phase == "succeeded")
    assert {"provision", "route", "tear"} == {effect.split()[0] for effect in house.told}
    for effect in house.told:
        generation, stored = effect.rpartition(" with ")[2].split(", stored ")
        assert generation == stored, effect


async def test_schema_and_rehearsal_are_driven_as_well():
    house = await a_house("gate", expand=True, contract=True, rehearse=20, gate=True)
    assert house.host.production.change(house.d.release.digest).expanded
    house.ask(Verb.PROMOTE)
    await house.walk("succeeded")
    assert house.host.production.change(house.d.release.digest).contracted


async def test_a_part_that_is_configured_and_not_there_stops_the_app_and_leaves_traffic_alone():
    house = await a_house()
    house.ship("2.0")
    await house.tick()
    index = len(house.memory.rows[APP]) - 1
    saved = house.memory.rows[APP][index]
    house.memory.rows[APP][index] = replace(
        saved,
        deployment=replace(saved.deployment, phase="rehearse"),
        policy=replace(saved.policy, rehearse=20),
    )
    house.engine, before = house.new_engine(rehearser=None), house.host.routing.weights
    with pytest.raises(AssertionError, match="no part of api can rehearse: the wiring lacks one"):
        for _ in range(10):
            await house.tick()
    assert before == house.host.routing.weights


async def test_in_the_years_after_a_deployment_an_instance_that_was_given_up_on_is_started_once_more():
    house = await a_house()
    house.host.places[BLUE].bodies[0].broken = True
    house.host.die(house.host.places[BLUE].bodies[0])
    await house.until(lambda: any("provision blue" in effect for effect in house.told), within=60)


@dataclass
class Unwilling:
    """A router that can be looked at and does nothing."""

    inner: object
    capabilities: object = None

    async def observe(self):
        return await self.inner.observe()

    async def apply(self, routing, generation):
        raise ActionError("the socket is gone")


async def test_an_effect_that_fails_is_told_once_and_tried_again():
    house = await a_house("validate")
    willing = house.engine
    house.engine = house.new_engine(router=Unwilling(house.parts.router))
    for _ in range(10):
        await house.tick()
    failures = [e.sentence for e in house.memory.log if e.kind == "failed"]
    assert ["route: the socket is gone"] == failures
    house.engine = willing
    house.engine.ledger.loaded = False
    await house.walk("succeeded")


async def test_long_lived_connections_are_ended_in_their_time_and_it_is_told_how_many():
    house = await a_house("stabilize", stabilize=60.0)
    house.host.streams[BLUE] = 3
    await house.until(lambda: any(event.kind == "cut" for event in house.memory.log), within=40)
    assert "stabilize" == house.d.phase
    said = [event.sentence for event in house.memory.log if event.kind in ("cut", "action")][-2:]
    assert [
        "close_streams: long-lived connections on blue have had 10 s since its last weight",
        "the router has 3 long-lived connections on blue ended that had 10 s",
    ] == said
    assert ["closed"] * 3 == [cut.why for cut in house.host.cuts]
    assert all(cut.idle >= 10.0 for cut in house.host.cuts)


async def test_a_rollback_ends_with_connections_on_the_candidate_and_tears_it_down_after_their_time():
    house = await a_house("bake")
    house.host.streams[GREEN] = 4
    house.ask(Verb.ROLLBACK)
    await house.walk("rolled_back")
    assert (4, "2.0") == (house.host.streams[GREEN], house.host.places[GREEN].release.version)
    house.engine = house.new_engine()
    await house.until(lambda: not house.host.places[GREEN].bodies, within=40)
    assert ["closed"] * 4 == [cut.why for cut in house.host.cuts]
