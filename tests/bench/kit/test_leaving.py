"""What counting what is in flight, and all of the kit, add to a request; and what it costs to ask for the role."""

import time

from tests.bench.kit.test_middleware import asked_asgi, asked_wsgi, bare_asgi, bare_wsgi, figure, microseconds
from tests.bench.results import Figure, show
from verdigris_kit import Kit, WsgiKit
from verdigris_kit.contract import Identity
from verdigris_kit.leaving import Leaving, LeavingWSGI
from verdigris_kit.role import role

GREEN = Identity(api_version="2.0.0", environment="green")


async def test_what_leaving_costs_a_request_that_nobody_asked_to_leave():
    leaving, kit = Leaving(bare_asgi), Kit(bare_asgi, identity=GREEN)
    for app in (leaving, kit):  # the first request takes up the signal, and needs the loop
        await app({"type": "http", "method": "GET", "path": "/"}, None, nothing)
    figures = [
        figure("Leaving, ASGI", asked_asgi(bare_asgi), asked_asgi(leaving)),
        figure("Leaving, WSGI", asked_wsgi(bare_wsgi), asked_wsgi(LeavingWSGI(bare_wsgi))),
    ]
    wsgi_kit = WsgiKit(bare_wsgi, identity=GREEN)
    whole = [
        each
        for name, clock in (("", time.perf_counter), (", CPU", time.thread_time))
        for each in (
            figure(f"Kit, ASGI{name}", asked_asgi(bare_asgi), asked_asgi(kit), clock),
            figure(f"Kit, WSGI{name}", asked_wsgi(bare_wsgi), asked_wsgi(wsgi_kit), clock),
        )
    ]
    leaving._sigterm.remove()
    kit.leaving._sigterm.remove()
    show("the kit's leaving, and all of the kit, a request", figures + whole)


async def nothing(message):
    pass


def test_what_it_costs_to_ask_for_the_role(tmp_path, monkeypatch):
    path = tmp_path / "role"
    path.write_text("live")
    monkeypatch.setenv("VERDIGRIS_ROLE_FILE", str(path))
    best = min(microseconds(role) for _ in range(10))
    show(
        "asking for the role", [Figure("role()", best, "µs", how="the quietest of 10 rounds, a file on disk")]
    )
