"""What could not be written when it was done is written by one of the next looks, without a change in between."""

import logging
import os
from contextlib import contextmanager

import pytest

from tests.waiting import eventually
from verdigris.core.errors import ActionError
from verdigris.core.world import Known, Slot, Weights


@pytest.fixture(autouse=True)
def no_haste(monkeypatch):
    """HAProxy checks a configuration in a moment, but for two busy cores."""
    monkeypatch.setattr("verdigris.adapters.routers.haproxy.upkeep.WITHIN", 20.0)


@contextmanager
def unwritable(house, *names):
    """Files that cannot be replaced: where their successors are written first, something else lies."""
    for name in names:
        (house.directory / f"{name}.{os.getpid()}.new").mkdir()
    yield
    for name in names:
        (house.directory / f"{name}.{os.getpid()}.new").rmdir()


async def looked(house):
    return (await house.router.observe()).reading


async def restarted(house):
    house.runner.crash()
    house.runner.start()
    return await house.reading()


async def moved_and_not_written(house, *names):
    blue, green = await house.both()
    await house.route(0, 1, blue)
    with unwritable(house, *names):
        with pytest.raises(ActionError, match="the router does it, but a restart would undo it"):
            await house.route(100, 2, blue, green)
        assert (Weights(0, 100), 2) == of(await looked(house))


def of(seen):
    return seen.value.routing.weights, seen.value.generation


@pytest.mark.parametrize("name", ["share.map", "haproxy.cfg.check"])
async def test_with_the_next_look_the_files_say_what_the_router_does(house, name):
    await moved_and_not_written(house, name)
    await looked(house)
    assert "green=100/" in house.router.door.files.entries()["api"]
    reading = await restarted(house)
    assert (Weights(0, 100), 2) == (reading.routing.weights, reading.generation)


async def test_the_look_of_any_app_is_enough(house):
    await moved_and_not_written(house, "share.map")
    await house.router.door.upkeep.look(await sight_of(house))
    assert "green=100/" in house.router.door.files.entries()["api"]


async def sight_of(house):
    from verdigris.adapters.routers.haproxy.sight import look_at

    return await look_at(await house.router.door.talk(), "api")


async def test_an_order_that_was_given_up_half_way_is_written_down(house, monkeypatch):
    """It was done, and whoever waited for its answer was called away before anything was written."""
    blue, green = await house.both()
    await house.route(0, 1, blue, green)

    async def called_away(*_):
        raise TimeoutError

    with monkeypatch.context() as patch:
        patch.setattr(house.router.door.leaving, "tell", called_away)
        with pytest.raises(TimeoutError):
            await house.route(100, 2, blue, green)
    assert (Weights(0, 100), 2) == of(await looked(house))
    assert "green=100/" in house.router.door.files.entries()["api"]


async def test_nothing_is_written_while_somebody_gives_an_order(house):
    await moved_and_not_written(house, "share.map")
    async with house.router.door.turn:
        assert isinstance(await looked(house), Known)
    assert "green=0/" in house.router.door.files.entries()["api"]


async def test_a_latch_that_cannot_be_written_is_seen_all_the_same(house):
    blue, green = await house.both()
    await house.route(100, 1, blue, green, fallback=Slot.BLUE)
    with unwritable(house, "latch.map"):
        await green.die()

        async def turned():
            await house.ask()
            return (await house.reading()).fell_back_to is Slot.BLUE

        await eventually(turned, "the turn")
    await looked(house)
    assert ["blue"] == list(house.router.door.files.latch().values())


async def test_what_cannot_be_written_is_said_once_and_so_is_that_it_could_be(house, caplog):
    caplog.set_level(logging.INFO, "verdigris")
    await moved_and_not_written(house, "share.map")
    with unwritable(house, "share.map"):
        for _ in range(3):
            await looked(house)
    for _ in range(3):
        await looked(house)
    said = [record.message for record in caplog.records if record.name == "verdigris"]
    assert ["cannot be written" in said[0], "a restart would" in said[0]] == [True, True]
    assert ["the router's files say what it does again"] == said[1:]
