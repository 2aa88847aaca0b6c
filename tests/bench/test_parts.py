"""What the parts cost by themselves: a proxied request, a line of the log, a simulated step."""

import asyncio
import os
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.unit.adapters.conftest import Direct, House
from verdigris.adapters.routers.haproxy.binary import bundled
from verdigris.adapters.signals.router_lines import RouterLines
from verdigris.core.world import Member, Slot
from verdigris.testing.simulation import simulate

pytestmark = pytest.mark.timeout(300)

ROUNDS, SECONDS = 5, 2.0
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


def cpu(pid):
    """Seconds of CPU that a process has used, to the nanosecond."""
    tasks = os.listdir(f"/proc/{pid}/task")
    return sum(int(Path(f"/proc/{pid}/task/{t}/schedstat").read_text().split()[0]) for t in tasks) / 1e9


async def cost(port, pid):
    """Microseconds of the router's CPU for one request, 32 connections in a closed loop."""
    loop = asyncio.get_running_loop()
    calls = [(await loop.create_connection(Caller, "127.0.0.1", port))[0] for _ in range(32)]
    answered, used = Caller.answered, cpu(pid)
    until = loop.time() + SECONDS
    while loop.time() < until:
        await asyncio.sleep(0.05)
    result = (cpu(pid) - used) / (Caller.answered - answered) * 1e6
    for call in calls:
        call.abort()
    return result


async def test_cpu_of_a_proxied_request_beside_a_bare_forward(tmp_path, measured):
    backend = subprocess.Popen([sys.executable, "-c", BACKEND], stdout=subprocess.PIPE)
    port = int(backend.stdout.readline())
    house = House(tmp_path / "router")
    await house.start()
    await house.route(0, 1, Place(port), fallback=None, versions=("1.0.0", ""))
    signals = RouterLines(tmp_path / "router", house.clock, "api", house.router.requests)
    await signals.start()
    door = socket.create_server(("127.0.0.1", 0), backlog=1024)
    bare = Direct(door)
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "haproxy.cfg").write_text(BARE.format(port=port))
    await bare.ensure((str(bundled()), "-db", "-f", "haproxy.cfg"), tmp_path / "bare", (), 0)
    try:
        pairs = [
            (
                await cost(door.getsockname()[1], bare.current.pid),
                await cost(house.port, house.runner.current.pid),
            )
            for _ in range(ROUNDS)
        ]
    finally:
        await signals.close()
        await house.close()
        bare.close()
        backend.kill()
        backend.communicate()
    ratio = statistics.median(ours / forward for forward, ours in pairs)
    forward, ours = (statistics.median(side) for side in zip(*pairs, strict=True))
    measured("CPU per proxied request, with share, headers, id and full log", f"{ours:.1f} us")
    measured("  beside a bare forward without a log, in the same run", f"{forward:.1f} us: ratio {ratio:.2f}")
    assert ratio > 0


def test_simulated_steps_a_second(measured):
    began, steps, seed = time.process_time(), 0, 0
    while steps < 20_000:
        history = simulate(seed)
        assert "" == history.violation
        steps, seed = steps + history.steps, seed + 1
    measured(
        "simulated steps, every promise checked at each", f"{steps / (time.process_time() - began):,.0f}/s"
    )
