"""A real HAProxy: started anew, killed, frozen, edited by hand, and behind a control socket that fails."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from tests.faults.ground import Ground
from tests.faults.proxy import FINE, Proxy, Weather
from tests.faults.registry import tried_by
from tests.unit.adapters.conftest import VICTIM
from tests.unit.adapters.routers.haproxy import test_adapter
from tests.waiting import eventually
from verdigris.adapters.routers.haproxy.words import SOCKET
from verdigris.core.errors import VerdigrisError
from verdigris.core.world import Known, Member, Slot, Weights
from verdigris.engine.look import LOOK_WITHIN, answer, blind_router
from verdigris.engine.parts import within

row = tried_by("router")
each = tried_by("router", on_each=True)

SOON = 0.3


async def looked(router: Any, seconds: float = SOON) -> Any:
    """One look as the controller takes it, which waits less long."""
    assert seconds < LOOK_WITHIN
    return await answer(
        router.observe, lambda work, _, what: within(work, seconds, what), "the router", blind_router
    )


async def serving(ground: Ground, green: int = 0) -> Any:
    """A house with an instance in each slot, and this share on green under generation 1."""
    house = await ground.house()
    house.pair = await house.both()
    await house.route(green, 1, *house.pair)
    return house


# --- the wire to it -------------------------------------------------------------------------------------------


async def over_a_wire(ground: Ground, house: Any) -> tuple[Any, Proxy]:
    """Another controller's router, whose control socket goes through a network."""
    near, real = house.directory / SOCKET, house.directory / "real.sock"
    near.rename(real)
    proxy = await Proxy(to=real, at=near).start()
    ground.stack.push_async_callback(proxy.close)
    return house.another_router(), proxy


@row("F-22", "F-24")
async def it_cannot_be_reached(ground: Ground) -> None:
    """However the wire fails: unknown within the time of a look, never an old answer, and traffic is what it was."""
    house = await serving(ground, green=30)
    router, proxy = await over_a_wire(ground, house)
    for weather in (Weather(resets=True), Weather(swallows=True), Weather(deaf=True), Weather(truncates=20)):
        proxy.weather = weather
        proxy.reset()
        seen = await looked(router)
        assert not isinstance(seen.reading, Known), (weather, seen)
        assert not isinstance(seen.in_flight[Slot.BLUE], Known), (weather, seen)
        with pytest.raises(VerdigrisError):
            await within(house.route(100, 2, *house.pair, router=router), SOON, "the order")
        assert {"blue", "green"} >= {(await house.ask()).body}
    proxy.weather = FINE
    reading = await house.reading(router)
    assert Weights(70, 30) == reading.routing.weights or reading.generation == 2


@row("F-24")
async def it_is_frozen_for_a_while(ground: Ground) -> None:
    house = await serving(ground, green=30)
    os.kill(house.runner.current.pid, signal.SIGSTOP)
    seen = await looked(house.router)
    assert not isinstance(seen.reading, Known), seen
    os.kill(house.runner.current.pid, signal.SIGCONT)
    assert (Weights(70, 30), 1) == told(await house.reading())


def told(reading: Any) -> tuple[Weights, int]:
    return reading.routing.weights, reading.generation


@each("F-23")
async def the_answer_to_an_order_is_lost_on_the_wire(ground: Ground) -> None:
    """HAProxy did it and nobody heard. The order has failed, and the next look shows that it was done."""
    house = await serving(ground)
    router, proxy = await over_a_wire(ground, house)
    await house.reading(router)
    ordered = asyncio.create_task(within(house.route(100, 2, *house.pair, router=router), 1.0, "the order"))
    await eventually(lambda: proxy.connections, "the order's connection")
    loses_the_answer(proxy)
    with pytest.raises(VerdigrisError):
        await ordered
    proxy.weather = FINE
    reading = await house.reading(router)
    done = (await house.ask()).body == "green"
    assert done == (reading.routing.weights.green == 100), reading
    assert done == (reading.generation == 2), reading
    share = router.door.files.entries()[
        "api"
    ]  # what was done is written down as well, by whoever looks first
    assert done == share.startswith("green=100/"), share


def loses_the_answer(proxy: Proxy) -> None:
    """As soon as something was asked that changes the map, nothing comes back any more."""
    pass_on = proxy.pass_on

    async def watched(piece: bytes, writer: asyncio.StreamWriter, back: bool) -> None:
        if not back and b" map " in piece and b"set map" in piece:
            proxy.weather = Weather(deaf=True)
        await pass_on(piece, writer, back)

    proxy.pass_on = watched


# --- it is changed, dies, comes back --------------------------------------------------------------------------


@each("F-19")
async def it_is_edited_by_hand(ground: Ground) -> None:
    house = await serving(ground)
    await test_adapter.test_a_row_that_was_edited_by_hand_is_seen_without_our_stamp(house)


@each("F-28")
async def it_is_started_anew(ground: Ground) -> None:
    await test_adapter.test_a_restart_comes_up_with_everything_it_was_told(await ground.house())


@each("F-29")
async def it_dies_while_clients_come(ground: Ground) -> None:
    """Who connects meanwhile waits in the socket that it inherited, and is served by the next with the same weights."""
    house = await serving(ground, green=100)
    house.runner.crash()
    waiting = [asyncio.create_task(house.ask()) for _ in range(20)]
    house.runner.start()
    assert {"green"} == {(await each).body for each in waiting}
    assert (Weights(0, 100), 1) == told(await house.reading())


@each("F-120")
async def a_configuration_that_it_refuses(ground: Ground) -> None:
    house = await ground.house()
    await test_adapter.test_a_configuration_that_haproxy_refuses_is_never_put_in_place(house)


@dataclass
class Dying:
    """An application of green in a process of its own."""

    port: int
    slot: str = "green"

    @property
    def member(self) -> Member:
        return Member("green-1", f"127.0.0.1:{self.port}")


def dying(ground: Ground) -> tuple[subprocess.Popen[bytes], int]:
    """Its process, and where it listens."""
    process = subprocess.Popen([sys.executable, "-c", VICTIM, "0"], stdout=subprocess.PIPE)
    ground.stack.push(process)
    ground.stack.callback(process.kill)
    assert process.stdout
    return process, int(process.stdout.readline())


@each("F-69")
async def the_candidate_dies_under_requests(ground: Ground) -> None:
    """Nobody is there but the router: it turns to the old slot by itself, and says so."""
    house = await ground.house()
    process, port = dying(ground)
    green, blue = Dying(port), await house.instance("blue-1", "blue")
    await house.route(100, 1, blue, green, fallback=Slot.BLUE)
    assert "green" == (await house.ask()).body
    process.kill()
    process.wait()
    await eventually(lambda: turned_to_blue(house), "the turn")
    assert {"blue"} == {(await house.ask()).body for _ in range(20)}
    assert (Weights(0, 100), Slot.BLUE) == (
        (await house.reading()).routing.weights,
        (await house.reading()).fell_back_to,
    )


async def turned_to_blue(house: Any) -> bool:
    return (await house.ask()).body == "blue"


@row("F-69")
async def the_candidate_goes_silent(ground: Ground) -> None:
    """Its process is frozen: the kernel still accepts connections for it, and nothing comes back."""
    house = await ground.house()
    process, port = dying(ground)
    await house.route(100, 1, await house.instance("blue-1", "blue"), Dying(port), fallback=Slot.BLUE)
    assert "green" == (await house.ask()).body
    process.send_signal(signal.SIGSTOP)
    await eventually(lambda: turned(house), "the turn")
    assert "blue" == (await house.ask()).body


async def turned(house: Any) -> bool:
    return (await house.reading()).fell_back_to is Slot.BLUE
