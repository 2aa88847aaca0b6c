"""What a request costs in our router, against a bare HAProxy that forwards to the same instances without a log."""

import contextlib
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from load import Call, LoadProcess, Plan
from tests.bench.cpu import spent_by
from tests.e2e.project import free_port
from tests.waiting import eventually_sync
from verdigris.adapters.routers.haproxy.binary import bundled

RATE = 1000.0
ROUNDS = 3
LASTS = 4.0

BARE = """\
global
    fd-hard-limit 65536
defaults
    mode http
    option http-keep-alive
    http-reuse safe
    timeout connect 2s
    timeout client 60s
    timeout server 60s
frontend door
    bind 127.0.0.1:{port}
    default_backend instances
backend instances
    balance roundrobin
{servers}
"""


@pytest.fixture
def bare(serving, tmp_path: Path) -> Iterator[tuple[int, int]]:
    """The pid and port of the bare one."""
    live = serving.ask().headers["X-Environment"]
    found = serving.seen().slots[live].instances
    port = free_port()
    servers = "\n".join(f"    server {i.name} 127.0.0.1:{i.port}" for i in found)
    (tmp_path / "bare.cfg").write_text(BARE.format(port=port, servers=servers))
    with subprocess.Popen(
        [bundled(), "-db", "-f", "bare.cfg"], cwd=tmp_path, stderr=subprocess.DEVNULL
    ) as process:
        try:
            eventually_sync(lambda: answers(serving, port), "the bare one to listen")
            yield process.pid, port
        finally:
            process.kill()


def answers(serving, port: int) -> bool:
    with contextlib.suppress(OSError):
        return serving.ask("/", port).status == 200
    return False


def cost(pid: int, port: int) -> float:
    """Seconds of CPU that a request costs, at a pace that is the same for both."""
    load = LoadProcess(Plan(url=f"http://127.0.0.1:{port}", rate=RATE, connections=32, calls=(Call(),)))
    with spent_by(pid) as spent:
        load.start()
        until = time.monotonic() + LASTS
        eventually_sync(lambda: time.monotonic() > until, "requests")
        result = load.stop()
    assert 0 == result.failed
    return spent.seconds / result.requests


def test_a_request_through_our_router_costs_little_more_than_through_a_bare_one(serving, bare, say):
    pairs = [(cost(serving.haproxy, serving.port), cost(*bare)) for _ in range(ROUNDS)]
    ours, theirs = (sorted(column)[ROUNDS // 2] for column in zip(*pairs, strict=True))
    say("CPU of a request through our router", ours * 1e6, "µs")
    say("CPU of a request through a bare HAProxy, no log", theirs * 1e6, "µs")
    say("ratio, with share, headers, request id, full log", ours / theirs, "×", "≤ 1.3")
