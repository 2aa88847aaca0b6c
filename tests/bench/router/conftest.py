"""Routers to compare: ours with one app, and any HAProxy on a text, both before the `application` of the test."""

import socket
from dataclasses import dataclass

import pytest

from tests.bench.router.closed_loop import Side
from tests.street.streets import StreetOf
from tests.unit.adapters.conftest import Direct
from verdigris.adapters.routers.haproxy.binary import bundled, threads
from verdigris.core.world import Member, Slot

BARE = """\
global
    stats socket unix@haproxy.sock mode 600 level admin
    nbthread {threads}
defaults
    mode http
    timeout connect 2s
    timeout client 60s
    timeout server 60s
    option http-keep-alive
frontend f
    bind fd@${{VERDIGRIS_FD_0}} {how}
    default_backend b
backend b
    server s 127.0.0.1:{port}
"""


@dataclass
class Place:
    """An instance, as far as a router wants to know it."""

    slot: Slot
    port: int

    @property
    def member(self):
        return Member(f"{self.slot}-1", f"127.0.0.1:{self.port}")


@pytest.fixture
async def ours(application, tmp_path):
    """Starts a router of ours with one app, its lines read as a controller does. Both slots have an instance."""
    started = []

    async def start(green=0, fallback=None, cohort=None, kind=StreetOf, **settings):
        street = kind(tmp_path / f"r{len(started)}", bundled(), [{"app": "api", **settings}])
        started.append(street)
        await street.start()
        places = [Place(slot, application) for slot in Slot]
        more = {"fallback": fallback, "cohort": cohort, "versions": ("1.0.0", "1.1.0")}
        await street.route("api", green, 1, *places, **more)
        return street

    yield start
    for street in started:
        await street.close()


@pytest.fixture
async def beside(application, tmp_path):
    """Starts any HAProxy on a text, in a directory that is given or made."""
    runners = []

    async def start(text=BARE, place=None, how=""):
        runner = Direct(socket.create_server(("127.0.0.1", 0), backlog=1024))
        place = place or tmp_path / f"b{len(runners)}"
        runners.append(runner)
        place.mkdir(exist_ok=True)
        bare = text.format(port=application, how=how, threads=threads()) if text is BARE else text
        (place / "haproxy.cfg").write_text(bare)
        await runner.ensure((str(bundled()), "-db", "-f", "haproxy.cfg"), place, ())
        return Side(runner.doors[0].getsockname()[1], runner.current.pid)

    yield start
    for runner in runners:
        runner.close()
