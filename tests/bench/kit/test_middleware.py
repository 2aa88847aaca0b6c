"""What the version headers add to a request, in ASGI and in WSGI, and how long it takes to import the kit."""

import statistics
import subprocess
import sys
import time
import timeit

from tests.bench.results import Figure, show
from verdigris_kit.asgi import VersionHeaders
from verdigris_kit.contract import Identity
from verdigris_kit.wsgi import VersionHeaders as WsgiVersionHeaders

GREEN = Identity(api_version="2.0.0", environment="green")
ROUNDS, REQUESTS, STARTS = 250, 200, 15
HOW = f"the quietest of {ROUNDS} alternating rounds of {REQUESTS} requests with 5 headers, one core"


async def bare_asgi(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"name", b"value")] * 5})
    await send({"type": "http.response.body", "body": b"ok"})


def bare_wsgi(environ, start_response):
    start_response("200 OK", [("Name", "value")] * 5)
    return [b"ok"]


def streaming_wsgi(environ, start_response):
    start_response("200 OK", [("Name", "value")] * 5)
    yield b"ok"


async def send(message):
    pass


def start_response(status, headers, exc_info=None):
    pass


def asked_asgi(app):
    def request():
        coroutine = app({"type": "http", "method": "GET", "path": "/"}, None, send)
        try:
            coroutine.send(None)
        except StopIteration:
            return

    return request


def asked_wsgi(app):
    return lambda: list(app({"REQUEST_METHOD": "GET"}, start_response))


def test_what_the_version_headers_cost():
    show(
        "the kit's middleware, a request",
        [
            figure(
                "VersionHeaders, ASGI", asked_asgi(bare_asgi), asked_asgi(VersionHeaders(bare_asgi, GREEN))
            ),
            figure(
                "VersionHeaders, WSGI",
                asked_wsgi(bare_wsgi),
                asked_wsgi(WsgiVersionHeaders(bare_wsgi, GREEN)),
            ),
            figure(
                "VersionHeaders, WSGI, a generator",
                asked_wsgi(streaming_wsgi),
                asked_wsgi(WsgiVersionHeaders(streaming_wsgi, GREEN)),
            ),
        ],
    )


def figure(name, bare, with_headers, clock=time.perf_counter):
    """Other programs only ever add to a time: the shortest one is the nearest to what the middleware does itself."""
    pairs = [(microseconds(bare, clock), microseconds(with_headers, clock)) for _ in range(ROUNDS)]
    without, value = (min(column) for column in zip(*pairs, strict=True))
    return Figure(name, value, "µs", peer=without, bar="≤ 5 µs more", how=HOW)


def microseconds(request, clock=time.perf_counter):
    return timeit.timeit(request, timer=clock, number=REQUESTS) / REQUESTS * 1e6


def test_how_long_it_takes_to_import_the_kit():
    show(
        "importing the kit",
        [
            imported("import verdigris_kit", "verdigris_kit", "< 20 ms"),
            imported("from verdigris_kit import VersionHeaders", "verdigris_kit.asgi"),
            imported("from verdigris_kit import Health", "verdigris_kit.health"),
            imported(
                "both, where a framework has imported the same",
                "verdigris_kit.asgi, verdigris_kit.health",
                had=HAD,
            ),
        ],
    )


HAD = "import asyncio, dataclasses, json, logging, typing; "


def imported(name, module, bar="", had=""):
    """In a fresh process each, so that nothing is there already."""
    asks = (
        f"{had}import time; began = time.process_time(); "
        f"import {module}; print((time.process_time() - began) * 1e3)"
    )
    took = [
        float(subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True).stdout)
        for _ in range(STARTS)
    ]
    return Figure(
        name, statistics.median(took), "ms", bar=bar, how=f"CPU, median of {STARTS} fresh processes"
    )
