"""Thousands wait at the router while nothing may run, and go on in the other slot as soon as they may."""

import asyncio
import re
import time
from pathlib import Path

import pytest

from tests.street.crowd import Lasting, many_files
from tests.waiting import eventually
from verdigris.adapters.routers.haproxy import Patience
from verdigris.core.world import Pause, Slot

HELD = 2000
AT_ONCE = 100
LEAVING = 100


@pytest.fixture
def room():
    """Descriptors for everybody who waits, here and in HAProxy."""
    with many_files():
        yield


@pytest.fixture
async def paused(room, make_street):
    """A street whose app is paused with blue in its place; whoever waits has patience enough for a busy machine."""
    street = await make_street({"app": "api", "patience": Patience(longest=60.0)})
    street.both_slots = [await street.instance(f"{slot}-1", slot, kind=Lasting) for slot in ("blue", "green")]
    await street.route("api", 0, 1, *street.both_slots)
    await street.route("api", 0, 2, *street.both_slots, pause=Pause.ALL)
    return street


async def held(street, count, **request):
    """So many clients whose requests wait at the router; a few at a time, for the backlog is short."""
    clients = [street.client() for _ in range(count)]
    for begin in range(0, count, AT_ONCE):
        await asyncio.gather(*(client.send(**request) for client in clients[begin : begin + AT_ONCE]))
    await eventually(lambda: waits(street, count), f"{count} requests to wait")
    return clients


async def waits(street, count):
    return await street.tell("verdigris held") == f"api {count}\n\n"


def memory(street):
    """Bytes that HAProxy really has in memory."""
    status = Path(f"/proc/{street.runner.current.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024


async def test_two_thousand_wait_across_a_switch_and_none_of_them_fails(paused, figure):
    before = memory(paused)
    clients = await held(paused, HELD)
    each = (memory(paused) - before) / HELD
    await paused.route("api", 100, 3, *paused.both_slots, pause=Pause.ALL)
    assert await waits(paused, HELD)

    released = time.monotonic()
    await paused.route("api", 100, 4, *paused.both_slots)
    replies = await asyncio.gather(*(client.receive() for client in clients))
    took = time.monotonic() - released
    figure(
        f"pause: {HELD} held across a switch, all served {took:.2f} s later; {each / 1024:.1f} KiB for each"
    )
    assert {(200, "green")} == {(reply.status, reply.body) for reply in replies}
    assert (0, HELD) == tuple(sum(path == "/" for _, path, _ in slot.asked) for slot in paused.both_slots)


async def test_what_runs_of_those_who_left_while_they_waited_is_known_to_nobody(paused, figure):
    """The number is printed, for the guide; it is why `--methods safe` exists."""
    clients = await held(paused, LEAVING, method="POST", body=b"x")
    for client in clients:
        client.writer.transport.abort()
    await paused.route("api", 0, 3, *paused.both_slots)
    await eventually(lambda: nobody_inside(paused), "the last of them to be through")
    executed = [path for method, path, _ in paused.both_slots[0].asked if method == "POST"]
    figure(
        f"pause: of {LEAVING} POSTs whose clients left while held, {len(executed)} were executed after resume"
    )
    assert 0 <= len(executed) <= LEAVING


async def nobody_inside(street):
    """No stream that came in by the front is left: our own probes have ended by then, too."""
    return "fe=front-" not in await street.tell("show sess")


async def test_f5_resume_serves_at_once_while_the_other_slot_still_drains(paused, figure):
    blue, green = paused.both_slots
    await paused.route("api", 0, 3, blue, green)
    slow = paused.client()
    await slow.send("/hang")
    await eventually(lambda: inside(paused, Slot.BLUE), "the slow request inside blue")
    await paused.route("api", 0, 4, blue, green, pause=Pause.ALL)
    clients = await held(paused, 50)
    await paused.route("api", 100, 5, blue, green, pause=Pause.ALL)

    released = time.monotonic()
    await paused.route("api", 100, 6, blue, green)
    replies = await asyncio.gather(*(client.receive() for client in clients))
    took = time.monotonic() - released
    figure(
        f"pause: 50 held were served {took * 1000:.0f} ms after resume, with a slow request still in the old slot"
    )
    assert {(200, "green")} == {(reply.status, reply.body) for reply in replies}
    assert 1 == (await paused.routers["api"].observe()).in_flight[Slot.BLUE].value


async def inside(street, slot):
    return (await street.routers["api"].observe()).in_flight[slot].value
