"""The production loop and a real HAProxy: the wire between them fails, and slots die under real requests."""

from __future__ import annotations

from dataclasses import replace

from tests.faults.ground import Ground
from tests.faults.proxy import FINE, Weather
from tests.faults.registry import tried_by
from tests.faults.road import POLICY, Road, a_road
from verdigris.core.policy import Step
from verdigris.core.world import Slot, Verb

row = tried_by("router")

AT_ONCE = replace(POLICY, ramp=(Step(100, 0.0),))


def failed(road: Road) -> list[tuple[str, int]]:
    return [answer for answer in road.answers if answer[1] != 200]


@row("F-24")
async def the_wire_is_cut_in_the_middle_of_a_ramp(ground: Ground) -> None:
    """Half of the requests go to each slot, however long it takes; then it goes on by itself."""
    road = await a_road(ground, "cutover")
    for weather in (Weather(swallows=True), Weather(resets=True)):
        road.wire.weather = weather
        road.wire.reset()
        await road.until(lambda: any("stands still" in alert for alert in road.alerts), "an alert")
        assert ("cutover", 0) == (road.d.phase, road.d.step)
        assert {"blue", "green"} == {await road.share() for _ in range(40)}
    road.wire.weather = FINE
    road.wire.reset()
    await road.until(lambda: road.d.phase == "stabilize", "the end of the bake")
    assert ([], "green") == (failed(road), await road.share())


@row("F-23")
async def the_answer_to_the_switch_is_lost(ground: Ground) -> None:
    """HAProxy does it, and the controller hears nothing for a second: it waits to see it, and then goes on."""
    road = await a_road(ground, "validate", AT_ONCE)
    pass_on = road.wire.pass_on

    async def loses(piece: bytes, writer: object, back: bool) -> None:
        if not back and b"set map" in piece and b"green=100" in piece:
            road.wire.weather = Weather(deaf=True)
        await pass_on(piece, writer, back)

    road.wire.pass_on = loses
    await road.until(lambda: road.wire.weather.deaf, "the order whose answer is lost")
    await road.until(lambda: any("stands still" in alert for alert in road.alerts), "an alert")
    assert ("cutover", "green") == (road.d.phase, await road.share())
    road.wire.pass_on, road.wire.weather = pass_on, FINE
    road.wire.reset()
    await road.until(lambda: road.d.phase == "stabilize", "the end of the bake")
    assert [] == failed(road)


@row("F-69")
async def the_candidate_dies_and_the_controller_latches_what_the_router_did(ground: Ground) -> None:
    road = await a_road(ground, "bake", AT_ONCE)
    await road.terrace.kill(Slot.GREEN)
    await road.until(lambda: road.d.phase == "rolled_back", "the rollback")
    reading = (await road.parts.router.observe()).reading.value
    assert (100, None) == (reading.routing.weights.blue, reading.fell_back_to)
    assert len(failed(road)) <= 8, failed(road)  # what was inside it, and no more


@row("F-71")
async def the_old_slot_is_dead_when_it_is_needed(ground: Ground) -> None:
    """A bad candidate keeps its requests, aloud, until the old one is there again; then they go back."""
    road = await a_road(ground, "bake", replace(AT_ONCE, bake=60.0))
    await road.terrace.kill(Slot.BLUE)
    road.path = "/status/500"
    await road.until(lambda: any("traffic stays where it is" in alert for alert in road.alerts), "an alert")
    assert "green" == await road.share()
    await road.terrace.revive(Slot.BLUE)
    await road.until(lambda: road.d.phase == "rolled_back", "the way back")
    assert "blue" == await road.share()


@row("F-72")
async def both_die_and_one_comes_back(ground: Ground) -> None:
    road = await a_road(ground, "bake", replace(AT_ONCE, bake=60.0))
    for slot in (Slot.BLUE, Slot.GREEN):
        await road.terrace.kill(slot)
    await road.until(lambda: any("traffic stays where it is" in alert for alert in road.alerts), "an alert")
    assert 100 == (await road.parts.router.observe()).reading.value.routing.weights.green
    await road.terrace.revive(Slot.BLUE)
    await road.until(lambda: road.d.phase in ("restore", "settle", "rolled_back"), "the way back")
    assert 200 == (await road.street.ask()).status


@row("F-37")
async def a_rollback_while_the_old_slot_drains(ground: Ground) -> None:
    """No request fails, and the old slot has all of them with the next look."""
    road = await a_road(ground, "cutover", replace(AT_ONCE, drain=60.0))
    held = road.street.client()
    await held.send("/hang", host="api")
    await road.until(lambda: road.d.phase == "drain", "the drain")
    asked = road.ask(Verb.ROLLBACK)
    await road.until(lambda: road.memory.answer(asked) is not None, "an answer")
    assert ("blue", []) == (await road.share(), failed(road))
