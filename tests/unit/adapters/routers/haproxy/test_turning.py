"""What the router does by itself when instances die: nobody is watching in these tests."""

import asyncio
import signal

import pytest

from tests.waiting import eventually
from verdigris.core.world import Slot, Weights


async def pour(house, until, replies):
    """Requests one after the other over eight connections until `until` is set: replies, or what went wrong."""

    async def one():
        client = house.client()
        while not until.is_set():
            try:
                async with asyncio.timeout(10):
                    replies.append(await client.ask())
            except (OSError, asyncio.IncompleteReadError) as error:
                replies.append(error)
                client.close()
                client = house.client()

    await asyncio.gather(*(one() for _ in range(8)))


async def test_a_dead_green_costs_no_safe_request_and_everything_turns_to_blue(house, victim):
    blue, green = await house.instance("blue-1", "blue"), victim()
    await house.route(100, 1, blue, green, fallback=Slot.BLUE)
    over, replies = asyncio.Event(), []
    pouring = asyncio.create_task(pour(house, over, replies))
    await eventually(lambda: len(replies) > 100, "requests on their way")
    green.process.kill()
    await answered_by(house, "blue")
    await eventually(lambda: fell_back(house, Slot.BLUE), "the latch")
    over.set()
    await pouring
    assert [] == [reply for reply in replies if getattr(reply, "status", 0) != 200]
    assert {"green", "blue"} == {reply.body for reply in replies}


async def test_the_turn_holds_when_green_comes_back_until_it_is_told_anew(house, victim):
    blue, green = await house.instance("blue-1", "blue"), victim()
    wanted = await house.route(100, 1, blue, green, fallback=Slot.BLUE)
    green.process.kill()
    await eventually(lambda: turned(house), "the turn")
    again = victim(green.port)
    await eventually(lambda: up(house, "api-green", "green-1"), "green to be usable again")
    assert {(await house.ask()).body for _ in range(20)} == {"blue"}
    reading = await house.reading()
    assert (wanted, Slot.BLUE) == (reading.routing, reading.fell_back_to)
    await house.route(100, 2, blue, again, fallback=Slot.BLUE)
    assert (await house.reading()).fell_back_to is None
    assert (await house.ask()).body == "green"


async def test_the_turn_is_cleared_by_the_same_routing_in_the_same_generation(house, victim):
    blue, green = await house.instance("blue-1", "blue"), victim()
    await house.route(100, 1, blue, green, fallback=Slot.BLUE)
    green.process.kill()
    await eventually(lambda: turned(house), "the turn")
    victim(green.port)
    await eventually(lambda: up(house, "api-green", "green-1"), "green to be usable again")
    await house.route(100, 1, blue, green, fallback=Slot.BLUE)
    assert (await house.reading()).fell_back_to is None


async def test_the_turn_outlives_a_restart_of_the_router_once_it_was_seen(house, victim):
    blue, green = await house.instance("blue-1", "blue"), victim()
    await house.route(100, 1, blue, green, fallback=Slot.BLUE)
    green.process.kill()
    await eventually(lambda: turned(house), "the turn")
    assert (await house.reading()).fell_back_to is Slot.BLUE
    victim(green.port)
    house.runner.crash()
    house.runner.start()
    assert (await house.reading()).fell_back_to is Slot.BLUE
    assert (await house.ask()).body == "blue"


async def test_nothing_turns_where_falling_back_is_not_allowed(house, victim):
    blue, green = await house.instance("blue-1", "blue"), victim()
    await house.route(100, 1, blue, green)
    green.process.kill()
    reply = await house.ask()
    assert (503, "unreached") == (reply.status, reply.headers["x-verdigris-error"])
    assert [] == blue.asked
    assert (await house.reading()).fell_back_to is None


async def test_falling_back_ends_when_it_is_no_longer_allowed(house, victim):
    blue, green = await house.instance("blue-1", "blue"), victim()
    await house.route(100, 1, blue, green, fallback=Slot.BLUE)
    wanted = await house.route(100, 2, blue, green)
    assert wanted == (await house.reading()).routing
    green.process.kill()
    assert (await house.ask()).status == 503


async def test_a_green_that_hangs_is_turned_from(house, victim):
    blue, green = await house.instance("blue-1", "blue"), victim()
    await house.route(100, 1, blue, green, fallback=Slot.BLUE)
    await answered_by(house, "green")
    green.process.send_signal(signal.SIGSTOP)
    await eventually(lambda: up(house, "api-green", "green-1", "0"), "the check to fail")
    assert (await house.ask()).body == "blue"
    assert await fell_back(house, Slot.BLUE)


async def test_a_share_falls_back_as_a_whole(house, victim):
    blue, green = await house.instance("blue-1", "blue"), victim()
    await house.route(10, 1, blue, green, fallback=Slot.BLUE)
    green.process.kill()
    await eventually(lambda: turned(house), "the turn")
    assert Weights(90, 10) == (await house.reading()).routing.weights


async def test_one_dead_instance_of_two_costs_no_request_of_any_method(house):
    one, two = [await house.instance(f"green-{i}", "green") for i in (1, 2)]
    await house.route(100, 1, one, two)
    await one.die()
    replies = [await house.ask(method=method) for method in ("GET", "POST") * 10]
    assert {200} == {reply.status for reply in replies}
    assert len(two.asked) == 20


async def test_who_asks_once_an_instance_is_started_again_is_answered_whether_or_not_that_was_seen(
    house, victim
):
    green = victim()
    await house.route(100, 1, green)
    green.process.kill()
    green.process.wait()
    victim(green.port)
    assert (await house.ask(method="POST")).body == "green"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_a_request_that_arrived_is_never_sent_again_unless_it_is_safe(house, method):
    one, two = [await house.instance(f"green-{i}", "green") for i in (1, 2)]
    await house.route(100, 1, one, two)
    assert (await house.ask("/cut", method=method)).status == 502
    assert len(one.asked) + len(two.asked) == 1


async def test_a_safe_request_that_arrived_and_was_cut_is_sent_again(house, victim):
    green, cutting = victim(), await house.instance("green-2", "green")
    await house.route(100, 1, green, cutting)
    assert {200} == {(await house.ask("/cut")).status for _ in range(4)}
    assert cutting.asked


async def test_slow_instances_are_tried_anyway_when_there_is_no_other_side(house, victim):
    green = victim()
    await house.route(100, 1, green)
    green.process.send_signal(signal.SIGSTOP)
    await eventually(lambda: up(house, "api-green", "green-1", "0"), "the check to fail")
    waiting = asyncio.create_task(house.ask())
    await eventually(lambda: waiting_in(house, 1), "the request inside green")
    green.process.send_signal(signal.SIGCONT)
    assert (await waiting).body == "green"


async def waiting_in(house, count):
    return (await house.router.observe()).in_flight.green.value >= count


async def answered_by(house, slot):
    async def look():
        return (await house.ask()).body == slot

    await eventually(look, f"{slot} to answer")


async def turned(house):
    """A request, and whether the router has turned by now."""
    await house.ask()
    return await fell_back(house, Slot.BLUE)


async def fell_back(house, slot):
    return (await house.reading()).fell_back_to is slot


async def up(house, backend, server, state="2"):
    lines = (await house.tell(f"show servers state {backend}")).splitlines()
    return next(line.split()[5] == state for line in lines if f" {server} " in line)
