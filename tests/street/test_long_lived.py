"""Two hundred WebSockets and twenty event streams: a switch cuts none, and at their deadline they end one by one."""

import asyncio
import time

import pytest

from tests.street.crowd import SSE, UPGRADE, Lasting, crowd, sent_after
from tests.waiting import eventually
from verdigris.adapters.routers.haproxy.closing import APART
from verdigris.core.world import PerSlot, Slot, Weights

SOCKETS, STREAMS = 200, 20
CLOSED = 40
SWITCHES = 6
EACH = 400


async def listen(street, path, headers=()):
    """A client to whom the slot has begun to speak."""
    client = street.client()
    await client.send(path, headers=headers)
    status = (await client.reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
    assert (b"101" if path == "/ws" else b"200") == status
    if path == "/events":
        await client.reader.readuntil(b"data: 1\n\n")
    return client


@pytest.fixture
async def lasting(street):
    """A street with applications whose answers last; blue serves."""
    street.both_slots = [await street.instance(f"{slot}-1", slot, kind=Lasting) for slot in ("blue", "green")]
    await street.route("api", 0, 1, *street.both_slots)
    return street


async def opened(street, sockets, streams):
    """Half of the event streams say in their request that they are some."""
    upgraded = await asyncio.gather(*(listen(street, "/ws", UPGRADE) for _ in range(sockets)))
    told = await asyncio.gather(*(listen(street, "/events", SSE if n % 2 else ()) for n in range(streams)))
    return upgraded, told


async def look(street):
    return await street.routers["api"].observe()


async def counts(street):
    seen = await look(street)
    return tuple(seen.long_lived[slot].value for slot in Slot)


async def idle(street, slot):
    return (await look(street)).in_flight[slot].value == 0


async def assert_all_speak(street, sockets, streams):
    for client in sockets:
        client.writer.write(b"ping")
    for slot in street.both_slots:
        slot.tick()
    assert [b"ping"] * len(sockets) == [await client.reader.readexactly(4) for client in sockets]
    assert [b"data: 2\n\n"] * len(streams) == [await client.reader.readexactly(9) for client in streams]


async def test_f6_f7_a_switch_and_a_rollback_under_load_cut_none_of_them(lasting, figure):
    async with crowd(lasting, 800) as load:
        sockets, streams = await opened(lasting, SOCKETS, STREAMS)
        assert (SOCKETS + STREAMS, 0) == await counts(lasting)
        await lasting.route("api", 100, 2, *lasting.both_slots)
        await busy(lasting.both_slots[1])
        await eventually(lambda: idle(lasting, Slot.BLUE), "blue to have nothing in flight but what lasts")
        assert (SOCKETS + STREAMS, 0) == await counts(lasting)
        more = await opened(lasting, 3, 2)
        assert (SOCKETS + STREAMS, 5) == await counts(lasting)
        await lasting.route("api", 0, 3, *lasting.both_slots)
        await busy(lasting.both_slots[0])
        await eventually(lambda: idle(lasting, Slot.GREEN), "green to have nothing in flight but what lasts")
        assert (SOCKETS + STREAMS, 5) == await counts(lasting)
        await assert_all_speak(lasting, sockets + more[0], streams + more[1])
    figure(f"long-lived: {SOCKETS} WebSockets, {STREAMS} SSE over a switch and back, none cut; {load.result}")
    assert {} == load.result.by_error
    assert PerSlot(0, 0) == (await look(lasting)).cut


async def test_their_clients_leave_and_the_count_follows(lasting):
    sockets, streams = await opened(lasting, 20, 6)
    for client in [*sockets[:15], *streams[:4]]:
        client.close()
    await eventually(lambda: left(lasting, 7), "the router to have seen them leave")


async def left(street, count):
    """A listener is known to have left by the next word that the application has for him, if not before."""
    street.both_slots[0].tick()
    return await counts(street) == (count, 0)


async def test_f6_f7_at_the_deadline_they_end_one_at_a_time_and_are_counted(lasting, figure):
    """Twenty in a second at most, while others go on in the slot that serves."""
    sockets, streams = await opened(lasting, CLOSED - 10, 10)
    async with crowd(lasting, 200) as load:
        await lasting.route("api", 100, 2, *lasting.both_slots)
        stays = await listen(lasting, "/ws", UPGRADE)
        began = time.monotonic()
        await lasting.routers["api"].close_streams(Slot.BLUE, 2)
        assert {Slot.BLUE} == (await look(lasting)).closing
        ends = sorted(await asyncio.gather(*(end_of(client) for client in sockets + streams)))
        await eventually(lambda: closed(lasting), "the closing to be over")
    figure(
        f"long-lived: {CLOSED} closed within {ends[-1] - began:.1f} s, the first after {ends[0] - began:.2f} s"
    )
    assert ends[-1] - began >= (CLOSED - 1) * APART
    assert (PerSlot(CLOSED, 0), (0, 1)) == ((await look(lasting)).cut, await counts(lasting))
    assert {} == load.result.by_error
    await assert_all_speak(lasting, [stays], [])


async def closed(street):
    return not (await look(street)).closing


async def end_of(client):
    """When it ended. For a client it is the plain end of a stream."""
    assert b"" == await client.reader.read()
    return time.monotonic()


async def test_who_keeps_his_connection_never_reaches_the_old_slot_once_the_switch_was_read_back(
    lasting, figure
):
    """No connection that was open at the switch carries a later request to where it went before."""
    begun, read_back = [], []
    async with crowd(lasting, 800, connections=64) as load:
        for generation in range(2, SWITCHES + 2):
            new = Slot.BLUE if generation % 2 else Slot.GREEN
            begun.append(time.monotonic())
            await lasting.route("api", 100 * (new is Slot.GREEN), generation, *lasting.both_slots)
            assert Weights.share(new, 100) == (await look(lasting)).reading.value.routing.weights
            read_back.append((time.monotonic(), new.other))
            await busy(lasting.both_slots[new is Slot.GREEN])
    late = [
        sent_after(at, old, load.result, until)
        for (at, old), until in zip(read_back, [*begun[1:], float("inf")], strict=True)
    ]
    figure(
        f"long-lived: {SWITCHES} switches under {load.result.requests} requests of kept-alive clients,"
        f" {sum(map(len, late))} to the old slot after the switch was read back"
    )
    assert [[]] * SWITCHES == late
    assert {} == load.result.by_error


async def busy(instance):
    """It has got some hundred requests more."""
    before = len(instance.asked)
    await eventually(lambda: len(instance.asked) > before + EACH, f"{EACH} requests")
