"""Requests wait at the router while their app is paused, and go on as soon as it is not."""

import asyncio

import pytest

from tests.waiting import eventually
from verdigris.adapters.routers.haproxy import Maintenance, Patience
from verdigris.core.world import Pause


@pytest.fixture
async def paused(make_house):
    """A house whose app is paused, with both slots behind it."""

    async def make(pause=Pause.ALL, **site):
        house = await make_house(**site)
        blue, green = await house.both()
        await house.route(0, 1, blue, green)
        await house.route(0, 2, blue, green, pause=pause)
        return house, blue, green

    return make


async def waiting(house):
    return (await house.router.observe()).waiting.value


async def test_a_request_waits_and_is_served_by_the_slot_that_has_the_weight_by_then(paused):
    house, blue, green = await paused()
    asked = [asyncio.create_task(house.ask(method="POST", body=b"x")) for _ in range(5)]
    await eventually(lambda: still(house, 5), "five requests to wait")
    assert "POST" not in {method for method, *_ in blue.asked}

    await house.route(100, 3, blue, green, pause=Pause.ALL)
    assert await still(house, 5)
    await house.route(100, 4, blue, green)

    assert {(200, "green")} == {(reply.status, reply.body) for reply in await asyncio.gather(*asked)}
    assert await still(house, 0)


async def still(house, count):
    return await waiting(house) == count


async def test_the_application_hears_when_a_request_arrived_not_when_its_wait_was_over(paused):
    house, blue, green = await paused()
    asked = asyncio.create_task(house.ask())
    await eventually(lambda: still(house, 1), "one request to wait")
    ended = house.clock.wall() * 1000
    await house.route(0, 3, blue, green)
    await asked
    assert int(blue.asked[-1][2]["x-request-start"].removeprefix("t=")) <= ended


async def test_the_pause_is_read_back(paused):
    house, *_ = await paused(Pause.SAFE)
    assert Pause.SAFE is (await house.reading()).routing.pause


async def test_health_and_previews_are_answered_meanwhile(paused):
    house, *_ = await paused()
    assert 200 == (await house.ask("/health")).status
    assert "green" == (await house.ask(headers=[house.preview("green")])).body


async def test_with_safe_methods_held_the_others_are_refused_at_once(paused):
    house, blue, _ = await paused(Pause.SAFE)
    held = asyncio.create_task(house.ask())
    await eventually(lambda: still(house, 1), "one request to wait")
    reply = await house.ask(method="POST", body=b"x")
    assert (503, "paused", "5") == (
        reply.status,
        reply.headers["x-verdigris-error"],
        reply.headers["retry-after"],
    )
    await house.route(0, 3, blue)
    assert 200 == (await held).status


async def test_who_has_waited_for_the_longest_time_is_told_to_come_back(paused):
    house, *_ = await paused(patience=Patience(longest=0.3))
    assert 503 == (await house.ask()).status
    assert await still(house, 0)


async def test_no_more_than_the_most_wait_together(paused):
    house, blue, _ = await paused(patience=Patience(most=2))
    held = [asyncio.create_task(house.ask()) for _ in range(2)]
    await eventually(lambda: still(house, 2), "two requests to wait")
    assert 503 == (await house.ask()).status
    await house.route(0, 3, blue)
    assert {200} == {reply.status for reply in await asyncio.gather(*held)}


async def test_maintenance_answers_with_a_page_and_lets_previews_through(paused):
    house, *_ = await paused(Pause.MAINTENANCE)
    reply = await house.ask()
    assert (503, "60", "maintenance") == (
        reply.status,
        reply.headers["retry-after"],
        reply.headers["x-verdigris-error"],
    )
    assert "api is under maintenance" in reply.body
    assert "blue" == (await house.ask(headers=[house.preview("blue")])).body


async def test_a_page_that_changes_is_shown_without_a_successor(paused, tmp_path):
    page = tmp_path / "page.html"
    page.write_text("back at eight")
    house, blue, _ = await paused(maintenance=Maintenance(page, 5.0))
    page.write_text('back at nine: %[src] "\\n')
    await house.route(0, 3, blue, pause=Pause.MAINTENANCE)
    assert 'back at nine: %[src] "\\n' == (await house.ask()).body
    page.write_text("back at ten")
    await house.reading()
    reply = await house.ask()
    assert ("back at ten", "5") == (reply.body, reply.headers["retry-after"])
    page.unlink()
    await house.reading()
    assert "back at ten" == (await house.ask()).body
    assert 0 == house.runner.reloads


async def test_a_restart_comes_up_paused(paused):
    house, blue, _ = await paused()
    house.runner.crash()
    house.runner.start()
    await house.reading()
    held = asyncio.create_task(house.ask())
    await eventually(lambda: still(house, 1), "one request to wait")
    await house.route(0, 3, blue)
    assert 200 == (await held).status
