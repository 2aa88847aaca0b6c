"""How many requests a second our router forwards at most, beside a bare HAProxy before the same server, in turns."""

import asyncio
import re
import shutil
import socket
import subprocess

import pytest

from tests.bench.results import Figure, middle, show
from tests.e2e.project import free_port
from tests.waiting import eventually_sync
from verdigris.adapters.routers.haproxy.binary import threads

pytestmark = pytest.mark.timeout(120)

ROUNDS, SECONDS, CONNECTIONS = 5, 2, 64
SERVER = """\
daemon off;
worker_processes 1;
pid nginx.pid;
error_log error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    keepalive_requests 100000000;
    server {{ listen 127.0.0.1:{port} backlog=1024; location / {{ return 200 "hello"; }} }}
}}
"""


@pytest.fixture(scope="module")
def application(tmp_path_factory):
    """The port of a server that is faster than any router: nginx with an answer of its own."""
    for tool in ("nginx", "wrk"):
        if not shutil.which(tool):
            pytest.skip(f"needs the Debian package {tool}")
    place, port = tmp_path_factory.mktemp("server"), free_port()
    (place / "nginx.conf").write_text(SERVER.format(port=port))
    with subprocess.Popen(["nginx", "-p", str(place), "-c", "nginx.conf", "-e", "error.log"]) as process:
        eventually_sync(lambda: listens(port), "the server to listen")
        yield port
        process.terminate()


def listens(port):
    with socket.socket() as probe:
        return 0 == probe.connect_ex(("127.0.0.1", port))


async def test_throughput_beside_a_bare_one(ours, beside):
    sides = {"ours": (await ours()).port, "bare": (await beside()).port}
    rates = {name: [] for name in sides}
    for _ in range(ROUNDS):
        for name, port in sides.items():
            rates[name].append(await forwarded(port))
    mine, bare = middle(rates["ours"], rates["bare"])
    how = (
        f"wrk, {CONNECTIONS} connections, {ROUNDS} rounds of {SECONDS} s in turns, of which the one with the middle "
        f"ratio; {threads()} thread(s) of HAProxy"
    )
    show("Throughput", [Figure("throughput of the router", mine, "/s", bare, how=how)])


async def forwarded(port):
    """Requests a second that came back well."""
    command = (
        "wrk",
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{SECONDS}s",
        "-H",
        "Host: api",
        f"http://127.0.0.1:{port}/",
    )
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    said = (await process.communicate())[0].decode()
    assert "Non-2xx" not in said, said
    return float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])
