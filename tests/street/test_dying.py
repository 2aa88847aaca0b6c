"""One request each, and the instance that dies over it after it was executed and before it was answered."""

import asyncio
import time

import pytest

from tests.waiting import eventually
from verdigris.core.world import Slot

SAFE = ("GET", "HEAD", "OPTIONS")
OTHERS = ("POST", "PUT", "PATCH", "DELETE")


@pytest.fixture
async def scene(street, worker):
    """Blue serves with two instances; green is there, and must get nothing of what is blue's."""
    street.victim, street.heir, street.other = (worker(name) for name in ("blue-1", "blue-2", "green-1"))
    await street.route("api", 0, 1, street.victim, street.heir, street.other)
    return street


async def status_of(street, method, number, path="/"):
    client = street.client()
    await client.send(path, method, (f"X-Request-Id: {number}",))
    return int((await client.reader.readuntil(b"\r\n\r\n")).split(b" ")[1])


async def killed_in_the_middle(scene, method):
    """The status of a request over which blue-1 died, and how often it was executed."""
    for number in range(100):  # whose turn it is only the router knows
        request = f"n-{number}"
        asking = asyncio.create_task(status_of(scene, method, request, "/hang/blue-1"))
        await eventually(lambda asking=asking: asking.done() or scene.victim.executed, "it to be executed")
        if not asking.done():
            break
    scene.victim.kill()
    status = await asking
    return status, (scene.victim.executed + scene.heir.executed)[request]


@pytest.mark.parametrize("method", SAFE)
async def test_a_safe_request_is_sent_again_to_another_instance_of_its_slot(scene, method):
    assert (200, 2) == await killed_in_the_middle(scene, method)
    assert not scene.other.executed


@pytest.mark.parametrize("method", OTHERS)
async def test_any_other_fails_and_is_executed_once(scene, method):
    assert (502, 1) == await killed_in_the_middle(scene, method)
    assert not scene.other.executed


async def test_that_it_was_sent_again_is_told_with_it(scene):
    await killed_in_the_middle(scene, "GET")
    lines = await eventually(lambda: [line for line in scene.told() if line.retries], "a line with a retry")
    assert [(200, Slot.BLUE, Slot.BLUE)] == [(line.status, line.chosen, line.slot) for line in lines]


async def test_a_dead_slot_without_a_fallback_is_said_and_the_other_gets_nothing(scene):
    scene.victim.kill()
    scene.heir.kill()
    methods = (*SAFE, *OTHERS)
    assert {503} == set(await asyncio.gather(*(status_of(scene, method, method) for method in methods)))
    assert not scene.other.executed


async def test_with_a_fallback_the_other_takes_over_and_nothing_is_done_twice(scene):
    await scene.route("api", 0, 2, scene.victim, scene.heir, scene.other, fallback=Slot.GREEN)
    scene.victim.kill()
    scene.heir.kill()
    numbers = [f"n-{number}" for number in range(8)]
    statuses = await asyncio.gather(*(status_of(scene, "POST", number) for number in numbers))
    assert ({200}, sorted(numbers)) == (set(statuses), sorted(scene.other.executed.elements()))


async def test_the_only_instance_is_tried_twice_and_its_death_is_said(street, worker, figure):
    one = worker("blue-1")
    await street.route("api", 0, 1, one)
    assert 200 == await status_of(street, "GET", "n-0")
    one.kill()
    began = time.monotonic()
    assert 503 == await status_of(street, "GET", "n-1")
    first = time.monotonic() - began

    async def down():
        return "DOWN" in await street.tell("show stat api-blue 4 -1")

    await eventually(down, "the router to know")
    began = time.monotonic()
    assert 503 == await status_of(street, "POST", "n-2")
    figure(
        f"the only instance is dead: 503 after {first:.1f} s, and after {time.monotonic() - began:.1f} s once known"
    )
    lines = await eventually(
        lambda: [line for line in street.told() if line.status == 503][1:], "the second line"
    )
    assert {1} == {line.retries for line in lines}  # the router's own probe among them
