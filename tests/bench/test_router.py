"""What a request costs in our router, beside a bare HAProxy that forwards to the same application without a log."""

import asyncio
import socket
import statistics
import subprocess
import sys

import pytest

from tests.bench.cpu import spent_by
from tests.unit.adapters.conftest import Direct, House
from tests.waiting import eventually
from verdigris.adapters.routers.haproxy.binary import bundled
from verdigris.adapters.signals.router_lines import RouterLines
from verdigris.core.world import Member, Slot

pytestmark = pytest.mark.timeout(300)

ROUNDS, REQUESTS, CONNECTIONS = 5, 10_000, 32
BARE = """\
global
    stats socket unix@haproxy.sock mode 600 level admin
defaults
    mode http
    timeout connect 2s
    timeout client 60s
    timeout server 60s
    option http-keep-alive
frontend f
    bind fd@${{VERDIGRIS_FD_0}}
    default_backend b
backend b
    server s 127.0.0.1:{port}
"""
BACKEND = """
import asyncio, sys
ANSWER = b"HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\nhello"
class Backend(asyncio.Protocol):
    def connection_made(self, transport): self.transport, self.seen = transport, b""
    def data_received(self, data):
        self.seen += data
        if asked := self.seen.count(b"\\r\\n\\r\\n"):
            self.transport.write(ANSWER * asked)
            self.seen = b""
async def main():
    server = await asyncio.get_running_loop().create_server(Backend, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""
REQUEST = (
    b"GET /orders/17?page=2 HTTP/1.1\r\nHost: api.example.com\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"
)


class Caller(asyncio.Protocol):
    """One connection that asks again as soon as it was answered."""

    answered = 0

    def connection_made(self, transport):
        self.transport = transport
        transport.write(REQUEST)

    def data_received(self, data):
        if data.endswith(b"hello"):
            Caller.answered += 1
            self.transport.write(REQUEST)


class Place:
    """An instance, as far as the router's fixture wants to know it."""

    def __init__(self, port):
        self.slot, self.member = Slot.BLUE, Member("blue-1", f"127.0.0.1:{port}")


async def cost(port, pid):
    """Microseconds of the router's CPU for one request, in a closed loop."""
    loop = asyncio.get_running_loop()
    calls = [(await loop.create_connection(Caller, "127.0.0.1", port))[0] for _ in range(CONNECTIONS)]
    before = Caller.answered
    with spent_by(pid) as spent:
        await eventually(lambda: Caller.answered - before >= REQUESTS, f"{REQUESTS} requests")
        answered = Caller.answered - before
    for call in calls:
        call.abort()
    return spent.seconds / answered * 1e6


@pytest.fixture
def application():
    """The port of an application that answers as fast as it is asked."""
    with subprocess.Popen([sys.executable, "-c", BACKEND], stdout=subprocess.PIPE) as process:
        yield int(process.stdout.readline())
        process.kill()


@pytest.fixture
async def ours(application, tmp_path):
    """Pid and port of our router, its lines read as a controller does."""
    house = House(tmp_path / "router")
    await house.start()
    await house.route(0, 1, Place(application), fallback=None, versions=("1.0.0", ""))
    lines = RouterLines(tmp_path / "router", house.clock, house.router.door.requests)
    lines.of("api")
    await lines.start()
    yield house.port, house.runner.current.pid
    await lines.close()
    await house.close()


@pytest.fixture
async def bare(application, tmp_path):
    """Pid and port of the bare one."""
    place = tmp_path / "bare"
    place.mkdir()
    (place / "haproxy.cfg").write_text(BARE.format(port=application))
    runner = Direct(socket.create_server(("127.0.0.1", 0), backlog=1024))
    await runner.ensure((str(bundled()), "-db", "-f", "haproxy.cfg"), place, ())
    yield runner.doors[0].getsockname()[1], runner.current.pid
    runner.close()


async def test_a_request_through_our_router_beside_one_through_a_bare_one(ours, bare, say):
    pairs = [(await cost(*ours), await cost(*bare)) for _ in range(ROUNDS)]
    mine, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
    say("CPU of a proxied request, with share, headers, id and full log", mine, "µs")
    say("the same through a bare forward without a log", theirs, "µs")
    say("ratio", statistics.median(one / other for one, other in pairs), "×", "≤ 1.3")
