"""The router: listening sockets that stay open whatever happens to the processes behind them."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.unit.keeper.house import ROUTER, House, ends, talk
from tests.waiting import eventually
from verdigris.keeper.observed import RouterSeen
from verdigris.keeper.protocol import KeeperError, Reload


async def router(house: House, condition: Callable[[RouterSeen], object]) -> RouterSeen:
    async def look() -> RouterSeen | None:
        seen = (await house.client.observe()).router
        return seen if seen and condition(seen) else None

    return await eventually(look, "the router as it should be")


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


async def test_a_router_accepts_on_the_sockets_of_the_keeper(house: House, address: str) -> None:
    await house.client.router(house.router(address))
    seen = await router(house, lambda r: r.alive)
    assert talk(port_of(address)) == str(seen.pid)
    assert (seen.listen, seen.leaving, seen.holds_sockets) == ((address,), (), True)


async def test_the_same_request_again_changes_nothing(house: House, address: str) -> None:
    await house.client.router(house.router(address))
    before = await router(house, lambda r: r.alive)
    await house.client.router(house.router(address))
    assert (await house.client.observe()).router.pid == before.pid


async def test_a_connection_waits_while_the_router_is_dead_and_is_served_by_the_next(
    house: House, address: str
) -> None:
    await house.client.router(house.router(address))
    before = await router(house, lambda r: r.alive)
    os.kill(before.pid, signal.SIGKILL)
    await eventually(lambda: ends(before.pid), "the router dead")
    said = await asyncio.to_thread(talk, port_of(address))
    after = await router(house, lambda r: r.alive)
    assert said == str(after.pid) != str(before.pid)
    assert after.restarts == 1 and "died of signal 9" in after.sentence


async def test_a_reload_refuses_no_connection(house: House, address: str) -> None:
    await house.client.router(house.router(address))
    before = await router(house, lambda r: r.alive)
    answers: list[str] = []
    over = asyncio.Event()

    async def knock() -> None:
        while not over.is_set():
            reader, writer = await asyncio.open_connection("127.0.0.1", port_of(address))
            answers.append((await reader.read()).decode())
            writer.close()

    knocking = asyncio.ensure_future(knock())
    await eventually(lambda: len(answers) > 10, "answers of the first router")
    after = (await house.client.reload(Reload(house.generation))).router
    await eventually(lambda: str(after.pid) in answers, "answers of the second router")
    over.set()
    await knocking
    assert set(answers) - {""} == {str(before.pid), str(after.pid)}
    await eventually(lambda: ends(before.pid), "the first router gone")
    assert (await router(house, lambda r: not r.leaving)).pid == after.pid


async def test_a_successor_that_does_not_start_leaves_the_router_alone(house: House, address: str) -> None:
    await house.client.router(house.router(address))
    before = await router(house, lambda r: r.alive)
    with pytest.raises(
        KeeperError, match="this configuration is bad; the earlier router serves on"
    ) as failure:
        await house.client.router(house.router(address, "bad"))
    assert failure.value.kind == "failed"
    assert talk(port_of(address)) == str(before.pid)
    assert (await router(house, lambda r: r.alive)).restarts == 0
    os.kill(before.pid, signal.SIGKILL)  # and what comes back is what served, not what failed
    after = await router(house, lambda r: r.alive and r.pid != before.pid)
    assert await asyncio.to_thread(talk, port_of(address)) == str(after.pid)


async def test_a_router_that_never_starts_is_tried_with_growing_pauses(house: House, address: str) -> None:
    await house.client.router(house.router(address, "bad"))
    seen = await router(house, lambda r: r.restarts >= 5)
    assert "exited 1: this configuration is bad" in seen.sentence
    await house.client.router(house.router(address))
    await router(house, lambda r: r.alive)
    assert talk(port_of(address))


async def test_another_address_is_taken_up_while_the_first_goes_on(house: House, address: str) -> None:
    await house.client.router(house.router(address))
    before = await router(house, lambda r: r.alive)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        other = f"127.0.0.1:{taken.getsockname()[1]}"
        request = replace(house.router(address), listen=(address, other))
        with pytest.raises(KeeperError, match=f"{other} cannot be listened on: Address already in use"):
            await house.client.router(request)
        assert (await router(house, lambda r: r.alive)).listen == (address,)
    await house.client.router(request)
    after = await router(house, lambda r: r.alive and r.pid != before.pid)
    assert after.listen == (address, other)
    assert talk(port_of(address)) == str(after.pid)


async def test_addresses_are_checked(house: House, address: str) -> None:
    for wrong in ("localhost:80", "127.0.0.1:0", "127.0.0.1", "1.2.3.4:99999"):
        with pytest.raises(KeeperError, match="is not an address"):
            await house.client.router(house.router(wrong))
    with pytest.raises(KeeperError, match="different addresses"):
        await house.client.router(replace(house.router(address), listen=(address, address)))
    with pytest.raises(KeeperError, match="no router runs"):
        await house.client.reload(Reload(1))


async def test_sockets_that_cannot_be_fetched_back_are_opened_again_when_the_router_dies(
    house: House, address: str
) -> None:
    hidden = ROUTER.replace("""int(os.environ["VERDIGRIS_FD_0"]))""", """os.dup(100))\n    os.close(100)""")
    await house.client.router(house.router(address, program=hidden))
    before = await router(house, lambda r: r.alive)
    await eventually(lambda: talk(port_of(address)), "an answer")
    await house.kill_keeper()
    house.open()
    seen = await router(house, lambda r: r.alive)
    assert (seen.pid, seen.holds_sockets) == (before.pid, False)
    with pytest.raises(KeeperError, match="could not be taken back from router"):
        await house.client.reload(Reload(house.generation))
    assert talk(port_of(address)) == str(before.pid)
    os.kill(before.pid, signal.SIGKILL)
    after = await router(house, lambda r: r.alive and r.pid != before.pid)
    assert after.holds_sockets
    assert talk(port_of(address)) == str(after.pid)
