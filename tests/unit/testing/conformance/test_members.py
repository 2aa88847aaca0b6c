"""The little applications that a router's scene is made of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.unit.core.worlds import BLUE
from verdigris.testing.conformance.members import App


@pytest.fixture
async def app() -> AsyncIterator[App]:
    one = App("blue-1", BLUE, "1.0")
    await one.start()
    yield one
    one.let_go.set()
    await one.die()


async def asked(app: App, path: str = "/", method: str = "GET") -> str:
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"http://{app.member.address}{path}") as answer,
    ):
        return await answer.text()


async def test_it_says_who_it_is_and_counts_what_reaches_it(app):
    assert '{"status": "healthy", "slot": "blue", "release": "1.0"}' == await asked(app, "/health")
    assert ["blue-1", "blue-1"] == [await asked(app, method=method) for method in ("GET", "POST")]
    assert 2 == app.served


async def test_a_request_is_held_until_it_is_let_go(app):
    held = asyncio.create_task(asked(app, "/held"))
    assert "blue-1" == await asked(app)
    assert not held.done()
    app.let_go.set()
    assert "blue-1" == await held


async def test_it_dies_and_comes_back_at_the_same_address(app):
    before = app.member
    await app.die()
    with pytest.raises(aiohttp.ClientConnectionError):
        await asked(app)
    await app.start()
    assert (before, "blue-1") == (app.member, await asked(app))


async def test_a_stream_stays_open_until_the_member_dies(app):
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"http://{app.member.address}/stream") as socket,
    ):
        assert "blue-1" == await asked(app)
        assert not socket.closed
        await app.die()
        assert (await socket.receive()).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
