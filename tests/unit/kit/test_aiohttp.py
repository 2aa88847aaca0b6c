"""Errors and WebSockets of a real server are in tests/kit/headers."""

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from verdigris_kit.aiohttp import version_headers
from verdigris_kit.contract import Identity


async def test_what_an_application_below_answers_is_marked_and_its_own_claim_replaced():
    async def page(request):
        return web.Response(headers={"X-Environment": "blue"})

    app, below = web.Application(), web.Application()
    below.router.add_get("/page", page)
    app.add_subapp("/below", below)
    version_headers(app, Identity(api_version="2.0.0", environment="green"))
    async with TestClient(TestServer(app)) as client:
        answer = await client.get("/below/page")
        assert ["green"] == answer.headers.getall("X-Environment")
        assert ["2.0.0"] == answer.headers.getall("X-API-Version")
