"""`rehearsing()` where real frameworks ask it: in coroutines, thread pools, streams and background tasks."""

import subprocess
import sys

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer, make_mocked_request
from fastapi import BackgroundTasks, FastAPI
from fastapi.responses import StreamingResponse
from flask import Flask, request, stream_with_context

from verdigris_kit import counts
from verdigris_kit.rehearsal import Rehearsal, RehearsalWSGI, rehearsal_aiohttp, rehearsing

MARK = "X-Verdigris-Rehearsal"
LATER: list[bool] = []


@pytest.fixture
def marks(mark):
    """Headers by what they are to make of a request."""
    return {True: {MARK: mark}, False: {MARK: "0" * 64}}


def fast_app():
    app = FastAPI()

    @app.get("/coroutine")
    async def coroutine():
        return rehearsing()

    @app.get("/thread")
    def thread():
        return rehearsing()

    @app.get("/stream")
    def stream():
        def parts():
            yield str(rehearsing()).lower()

        return StreamingResponse(parts())

    @app.get("/later")
    def later(background: BackgroundTasks):
        background.add_task(lambda: LATER.append(rehearsing()))
        return rehearsing()

    return Rehearsal(app)


@pytest.mark.parametrize("real", [True, False])
@pytest.mark.parametrize("path", ["/coroutine", "/thread", "/stream", "/later"])
async def test_fastapi_knows_it_everywhere(path, real, marks):
    LATER.clear()
    transport = httpx.ASGITransport(fast_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        assert real is (await client.get(path, headers=marks[real])).json()
        assert (await client.get(path)).json() is False
    assert LATER == ([real, False] if path == "/later" else [])


@pytest.mark.parametrize("real", [True, False])
def test_flask_knows_it_and_never_sees_the_mark(real, marks):
    app = Flask("shop")

    @app.get("/")
    def index():
        return f"{rehearsing()} {MARK in request.headers}"

    @app.get("/stream")
    def stream():
        def parts():
            yield f"{rehearsing()} {MARK in request.headers}"

        return app.response_class(stream_with_context(parts()))

    app.wsgi_app = RehearsalWSGI(app.wsgi_app)
    client = app.test_client()
    for path in ("/", "/stream"):
        assert f"{real} False" == client.get(path, headers=marks[real]).text
        assert "False False" == client.get(path).text


@pytest.mark.parametrize("real", [True, False])
async def test_aiohttp_knows_it_on_a_kept_connection_and_never_sees_the_mark(real, marks):
    async def index(request):
        return web.json_response([rehearsing(), MARK in request.headers, request.match_info["id"]])

    async def boom(request):
        raise web.HTTPBadRequest

    app = web.Application(middlewares=[rehearsal_aiohttp])
    app.add_routes([web.get("/orders/{id}", index), web.get("/boom", boom)])
    before = counts.read().get("rehearsal.refused", 0)
    async with TestClient(TestServer(app)) as client:
        assert 400 == (await client.get("/boom", headers=marks[real])).status
        assert [real, False, "7"] == await (await client.get("/orders/7", headers=marks[real])).json()
        assert [False, False, "7"] == await (await client.get("/orders/7")).json()
    assert before + (0 if real else 2) == counts.read().get("rehearsal.refused", 0)


async def test_aiohttp_s_middleware_leaves_nothing_behind_in_its_context(mark):
    """aiohttp makes a task of each request; that is not promised."""

    async def handler(request):
        return rehearsing()

    request = make_mocked_request("GET", "/", headers={MARK: mark})
    assert (True, False) == (await rehearsal_aiohttp(request, handler), rehearsing())


async def test_aiohttp_takes_marked_websockets(marks):
    async def socket(request):
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        await ws.send_str(str(rehearsing()))
        await ws.close()
        return ws

    app = web.Application(middlewares=[rehearsal_aiohttp])
    app.add_routes([web.get("/", socket)])
    async with TestClient(TestServer(app)) as client, client.ws_connect("/", headers=marks[True]) as ws:
        assert "True" == await ws.receive_str()


DJANGO = """
import asyncio, sys
from django.conf import settings
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="x", MIDDLEWARE=[])
import django; django.setup()
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path
from verdigris_kit.rehearsal import Rehearsal, RehearsalWSGI, rehearsing

def plain(request): return HttpResponse(f"{rehearsing()} {'X-Verdigris-Rehearsal' in request.headers}")
async def coroutine(request): return plain(request)
urlpatterns = [path("plain", plain), path("coroutine", coroutine)]

async def main(marked):
    import httpx
    transport = httpx.ASGITransport(Rehearsal(get_asgi_application()))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        for where in ("plain", "coroutine"):
            print((await client.get(where, headers=marked)).text)
            print((await client.get(where)).text)
    transport = httpx.WSGITransport(RehearsalWSGI(get_wsgi_application()))
    with httpx.Client(transport=transport, base_url="http://shop") as client:
        print(client.get("plain", headers=marked).text)

asyncio.run(main({"X-Verdigris-Rehearsal": sys.argv[1]}))
"""


def test_django_knows_it_in_views_of_both_kinds(mark):
    """In a process of its own: Django's settings are one for a process."""
    command = [sys.executable, "-c", DJANGO, mark]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    expected = ["True False", "False False"] * 2 + ["True False"]
    assert (expected, "") == (done.stdout.splitlines(), done.stderr)
