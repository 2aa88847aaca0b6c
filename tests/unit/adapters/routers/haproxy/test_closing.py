"""Streams of a slot whose time is over are ended one after the other, and counted."""

import asyncio

import pytest

from tests.waiting import eventually
from verdigris.core.errors import ActionError, Conflict
from verdigris.core.world import Slot

UPGRADE = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")


@pytest.fixture(autouse=True)
def pace(monkeypatch):
    """Sets how far apart the closings are: far enough for a look that comes between two of them."""

    def set_to(seconds):
        monkeypatch.setattr("verdigris.adapters.routers.haproxy.closing.APART", seconds)

    set_to(0.3)
    return set_to


async def open_streams(house, count):
    clients = [house.client() for _ in range(count)]
    for client in clients[:-1]:
        await client.send("/ws", headers=UPGRADE)
        await client.reader.readuntil(b"\r\n\r\n")
    await clients[-1].send("/events")
    await clients[-1].reader.readuntil(b"\r\n\r\n")
    return clients


async def long_lived(house, slot):
    return (await house.router.observe()).long_lived[slot].value


@pytest.fixture
async def moved(house):
    """Six streams are open in blue, and green serves."""
    blue, green = await house.both()
    await house.route(0, 1, blue, green)
    clients = await open_streams(house, 6)
    await house.route(100, 2, blue, green)
    assert (6, 0) == (await long_lived(house, Slot.BLUE), await long_lived(house, Slot.GREEN))
    return house, clients, (blue, green)


async def test_a_switch_ends_none_and_they_are_not_in_flight(moved):
    house, *_ = moved
    await eventually(lambda: nothing_in_flight(house), "none of them in flight, and no request of our own")


async def nothing_in_flight(house):
    return (await house.router.observe()).in_flight[Slot.BLUE].value == 0


async def test_they_end_one_after_the_other_until_none_is_left(moved):
    house, clients, _ = moved
    await house.router.close_streams(Slot.BLUE, 2)
    assert {Slot.BLUE} == (await house.router.observe()).closing
    ended = [asyncio.create_task(client.reader.read()) for client in clients]
    await asyncio.wait(ended, return_when=asyncio.FIRST_COMPLETED)
    assert not all(task.done() for task in ended)
    await asyncio.gather(*ended)
    await eventually(lambda: over(house), "the closing to end")
    assert (6, 0) == ((await house.router.observe()).cut[Slot.BLUE], await long_lived(house, Slot.BLUE))


async def over(house):
    return not (await house.router.observe()).closing


async def test_a_slot_that_serves_again_keeps_what_is_left(moved, pace):
    house, clients, both = moved
    pace(60.0)
    await house.router.close_streams(Slot.BLUE, 2)
    await asyncio.wait(
        [asyncio.create_task(client.reader.read()) for client in clients], return_when="FIRST_COMPLETED"
    )
    await house.route(0, 3, *both)
    assert (frozenset(), True) == (
        (await house.router.observe()).closing,
        0 < await long_lived(house, Slot.BLUE) < 6,
    )


async def test_what_serves_is_left_alone_and_so_is_a_newer_generation(moved):
    house, *_ = moved
    with pytest.raises(ActionError, match="green serves"):
        await house.router.close_streams(Slot.GREEN, 2)
    with pytest.raises(Conflict, match="newer than 1"):
        await house.router.close_streams(Slot.BLUE, 1)
