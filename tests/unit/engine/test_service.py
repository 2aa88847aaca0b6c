"""The loops of several apps: a bug in one leaves the others alone, a poke is heard, a stop ends after the round."""

import asyncio

from tests.unit.engine.engines import a_house
from tests.waiting import eventually
from verdigris.engine.loop import Tick
from verdigris.engine.service import AT_REST, BUSY, MOVING, Service, pace


class Loop:
    """Stands for an engine: counts its rounds."""

    def __init__(self, app, error=None):
        self.app, self.error, self.rounds = app, error, 0

    async def tick(self):
        self.rounds += 1
        if self.error:
            raise self.error
        return Tick(None, None)


async def running(service, until, what):
    task = asyncio.create_task(service.run())
    await eventually(until, what)
    service.stop()
    await task


async def test_a_bug_in_one_app_does_not_stop_another():
    broken, sound = Loop("api", ValueError("a bug")), Loop("search")
    await running(
        Service([broken, sound]), lambda: broken.rounds and sound.rounds, "both apps to be looked at"
    )


async def test_a_poke_makes_everybody_look_at_once():
    loop = Loop("api")
    service = Service([loop])
    seen = []

    def poked_often():
        service.wake()
        seen.append(loop.rounds)
        return loop.rounds >= 5

    await running(service, poked_often, "five rounds")


async def test_a_stop_ends_the_loops():
    loop = Loop("api")
    service = Service([loop])
    service.stop()
    await asyncio.wait_for(service.run(), 5.0)
    assert 0 == loop.rounds


async def test_it_looks_sooner_while_something_moves():
    house = await a_house()
    at_rest = await house.tick()
    house.ship("2.0")
    moving = await house.tick()
    assert (AT_REST, MOVING) == (pace(at_rest), pace(moving))
    assert BUSY == pace(Tick(moving.decision, moving.world))
    assert AT_REST == pace(Tick(None, None))
