"""The router itself is changed, exchanged and killed under load, with a stream open: nobody is ever refused."""

import asyncio
import shutil
import time

import pytest

from load import Call
from tests.street.crowd import UPGRADE, Lasting, crowd
from tests.waiting import eventually
from verdigris.core.world import Slot

RATE = 800.0
SUCCESSIONS = 5
EACH = 400
MIX = (Call("GET", "/", share=40), Call("POST", "/", b"x" * 4096, share=9), Call("GET", "/slow"))
"""The slow ones make sure that some requests are inside the router at any time."""


@pytest.fixture
async def changing(street):
    """A street with both slots; blue serves, and somebody listens to it."""
    street.both_slots = [await street.instance(f"{slot}-1", slot, kind=Lasting) for slot in ("blue", "green")]
    await street.route("api", 0, 1, *street.both_slots)
    street.listener = street.client()
    await street.listener.send("/ws", headers=UPGRADE)
    await street.listener.reader.readuntil(b"\r\n\r\n")
    return street


async def served(street):
    """Some requests more have been answered by now, in either slot."""
    before = sum(len(slot.asked) for slot in street.both_slots)
    await eventually(lambda: sum(len(slot.asked) for slot in street.both_slots) > before + EACH, "requests")


async def assert_still_listening(street):
    street.listener.writer.write(b"ping")
    assert b"ping" == await street.listener.reader.readexactly(4)


async def look(street):
    return await street.routers["api"].observe()


async def whole_again(street):
    """One listener is counted: not known for as long as a process that nobody asks any more still ends."""
    try:
        await eventually(lambda: one_listens(street), "the counts to be whole again")
    except AssertionError as error:
        held = [conversation.pid for conversation in street.door.leaving.held]
        error.add_note(
            f"{(await look(street)).long_lived}, asked: {held}, {await street.runner.leaving()} leave"
        )
        raise


async def one_listens(street):
    return getattr((await look(street)).long_lived[Slot.BLUE], "value", None) == 1


kept_alive_or_not = pytest.mark.parametrize("keep_alive", [True, False], ids=["kept", "closed"])


@kept_alive_or_not
async def test_f11_five_successions_under_load_cost_no_request(changing, keep_alive, figure):
    async with crowd(changing, RATE, calls=MIX, keep_alive=keep_alive) as load:
        await served(changing)
        for _ in range(SUCCESSIONS):
            await changing.door.succeed()
            await look(changing)  # the earlier ones are let go of once they have nothing left
            await served(changing)
        await whole_again(changing)
    figure(f"changing: {SUCCESSIONS} successions, keep-alive {keep_alive}: {load.result}")
    assert {} == load.result.by_error
    assert SUCCESSIONS == changing.runner.reloads
    await assert_still_listening(changing)


@kept_alive_or_not
async def test_f11_an_exchange_of_the_binary_under_load_costs_no_request(
    changing, keep_alive, figure, tmp_path
):
    async with crowd(changing, RATE, calls=MIX, keep_alive=keep_alive) as load:
        await served(changing)
        await exchange(changing, copy_of(changing.binary, tmp_path))
        await served(changing)
        await whole_again(changing)
    figure(f"changing: another binary, keep-alive {keep_alive}: {load.result}")
    assert {} == load.result.by_error
    assert changing.runner.argv[0].startswith(str(tmp_path))
    assert 1 == (await look(changing)).reading.value.generation
    await assert_still_listening(changing)


def copy_of(binary, place):
    """The same binary elsewhere, with the libraries that it looks for beside itself."""
    if (libraries := binary.parent / "lib").is_dir():
        shutil.copytree(libraries, place / "lib")
    return shutil.copy(binary, place / "haproxy-next")


async def exchange(street, binary):
    """A controller ends, and another one begins that was told of a new binary."""
    for router in street.routers.values():
        await router.close()
    await street.door.close()
    street.binary = binary
    street.door = street.another_door()
    await street.door.prepare()


@kept_alive_or_not
async def test_f11_a_kill_loses_what_was_inside_and_refuses_nobody(changing, keep_alive, figure):
    """Inside is also a connection that was made before and whose request was just about to be sent."""
    async with crowd(changing, RATE, calls=MIX, keep_alive=keep_alive) as load:
        await served(changing)
        await eventually(lambda: inside(changing), "requests inside")
        killed = time.monotonic()
        changing.runner.crash()
        changing.runner.start()
        await changing.reading("api")
        back = time.monotonic()
        await served(changing)
    lost = load.result.failures
    figure(
        f"changing: kill -9 under load, keep-alive {keep_alive}: {len(lost)} of {load.result.requests} lost, which"
        f" were inside; back {(back - killed) * 1000:.0f} ms later"
    )
    assert set(load.result.by_error) <= {"closed"}
    assert [] == [record for record in lost if record.sent > back]
    assert 1 == (await look(changing)).reading.value.generation


async def test_who_comes_while_no_router_runs_waits_and_is_served(changing):
    changing.runner.crash()
    clients = [changing.client() for _ in range(100)]
    await asyncio.gather(*(client.send(headers=["Connection: close"]) for client in clients))
    changing.runner.start()
    assert ["blue"] * 100 == [(await client.receive()).body for client in clients]


async def inside(street):
    return (await look(street)).in_flight[Slot.BLUE].value


async def test_a_switch_after_a_succession_reaches_the_process_that_leaves(changing):
    """The reload trap: whoever kept his connection to the process before asks that one, and has to follow as well."""
    clients = [changing.client() for _ in range(20)]
    assert ["blue"] * 20 == [(await client.ask()).body for client in clients]
    await changing.door.succeed()
    await changing.route("api", 100, 2, *changing.both_slots)
    assert (changing.runner.processes[0].pid,) == await changing.runner.leaving()
    assert ["green"] * 20 == [(await client.ask()).body for client in clients]
    assert 1 == (await look(changing)).long_lived[Slot.BLUE].value
    await assert_still_listening(changing)
