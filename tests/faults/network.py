"""Another machine, and the cable to it, on which the kernel itself drops, refuses and loses packets.

A proxy always ends a connection somehow. Here nothing comes back: no reset, no end, half of a connection stays open
and is sent again and again. Where the kernel does not allow it, the same is done by the proxy, aloud; in CI never.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, AsyncExitStack
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Protocol

from tests.faults.ground import Ground
from tests.faults.namespaces import inside, run, two_machines
from tests.faults.proxy import FINE, Proxy, Weather
from tests.unit.adapters.conftest import Client

__all__ = ["Cable", "Fault", "Proxied", "cabled", "in_the_kernel"]

NEAR, FAR = "10.86.68.1", "10.86.68.2"
EVERY_TENTH = "-m statistic --mode nth --every 10 --packet 5"
NEEDED = {"iproute2", "iptables"}
"""The Debian packages of the tools."""


class Fault(Enum):
    """What becomes of the packets of one port, seen from the machine that listens there.

    The kernel's rules for what comes in and what goes out, and what the proxy does about the same.
    """

    DROPPED = ("-j DROP", "-j DROP", Weather(swallows=True, deaf=True))
    DEAF = ("", "-j DROP", Weather(deaf=True))
    """In one direction only: what is asked arrives, and no answer does."""
    REFUSED = ("-j REJECT --reject-with tcp-reset", "", Weather(resets=True))
    UNREACHABLE = ("-j REJECT --reject-with icmp-host-unreachable", "-j DROP", Weather(resets=True))
    LOSSY = (f"{EVERY_TENTH} -j DROP", f"{EVERY_TENTH} -j DROP", Weather(latency=0.05))

    def __init__(self, incoming: str, outgoing: str, weather: Weather) -> None:
        self.rules = tuple(
            filter(
                None,
                (
                    incoming and f"INPUT -p tcp --dport {{}} {incoming}",
                    outgoing and f"OUTPUT -p tcp --sport {{}} {outgoing}",
                ),
            )
        )
        self.weather = weather


class Cable(Protocol):
    """Between this machine and the other one."""

    def listen(self) -> socket.socket:
        """A listening socket on the other machine."""

    async def address(self, listening: socket.socket) -> str:
        """Where it is reached from here."""

    async def strike(self, fault: Fault, address: str) -> None:
        """From now on, also for connections that are open."""

    async def mend(self) -> None:
        """All is well again."""

    async def client(self, port: int) -> Client:
        """Somebody who has connected to a port of this machine, and can be lost."""

    async def lose(self, client: Client) -> None:
        """He is gone, and nothing of him arrives any more: not even that."""


@contextlib.asynccontextmanager
async def cabled(
    ground: Ground,
    opens: Callable[[], AbstractContextManager[Cable]] | None = None,
    environ: Mapping[str, str] = os.environ,
) -> AsyncIterator[tuple[Ground, Cable]]:
    """A cable, and a ground of its own: what is built on it is taken down before this thread comes home."""
    own = replace(ground, stack=AsyncExitStack())
    async with own.stack:
        try:
            cable = own.stack.enter_context((opens or in_the_kernel)())
        except OSError as error:
            # A package that the runner could not install is named by it.
            lacking = NEEDED & {*environ.get("VERDIGRIS_LACKING", "").split()}
            assert lacking or not environ.get("CI"), f"in CI the kernel has to do it: {error}"
            ground.say(f"faults of the network are brought about by proxy, not by the kernel: {error}")
            cable = Proxied(own.stack)
        yield own, cable


# --- in the kernel --------------------------------------------------------------------------------------------


@dataclass
class Kernel:
    """`far` is the namespace of the other machine; this thread is in one of its own as well."""

    far: int

    def listen(self) -> socket.socket:
        with inside(self.far):
            return socket.create_server((FAR, 0), backlog=128)

    async def address(self, listening: socket.socket) -> str:
        return f"{FAR}:{listening.getsockname()[1]}"

    async def strike(self, fault: Fault, address: str) -> None:
        with inside(self.far):
            for rule in fault.rules:
                run(f"iptables -A {rule.format(address.rpartition(':')[2])}")

    async def mend(self) -> None:
        with inside(self.far):
            run("iptables -F")

    async def client(self, port: int) -> Client:
        client = Client(port)
        client.reader, client.writer = await asyncio.open_connection("127.0.0.1", port)
        return client

    async def lose(self, client: Client) -> None:
        """Dropped where they come in: what is dropped where it goes out is told to whoever sends it."""
        port = client.writer.get_extra_info("sockname")[1]
        for end in ("--sport", "--dport"):
            run(f"iptables -A INPUT -i lo -p tcp {end} {port} -j DROP")
        client.writer.transport.abort()


@contextlib.contextmanager
def in_the_kernel() -> Iterator[Cable]:
    """`OSError` where that is not allowed."""
    with two_machines(NEAR, FAR) as far:
        run("iptables -L")  # the tool, and the kernel's part of it
        yield Kernel(far)


# --- where that is not allowed --------------------------------------------------------------------------------


@dataclass
class Proxied:
    """The same by proxies on one machine. Whoever connects to a port that is dropped is taken up all the same."""

    stack: AsyncExitStack
    proxies: dict[str, Proxy] = field(default_factory=dict)
    clients: dict[Client, Proxy] = field(default_factory=dict)

    def listen(self) -> socket.socket:
        return socket.create_server(("127.0.0.1", 0), backlog=128)

    async def address(self, listening: socket.socket) -> str:
        proxy = await self.before(listening.getsockname()[1])
        return f"127.0.0.1:{proxy.at}"

    async def before(self, port: int) -> Proxy:
        proxy = await Proxy(port).start()
        self.stack.push_async_callback(proxy.close)
        self.proxies[f"127.0.0.1:{proxy.at}"] = proxy
        return proxy

    async def strike(self, fault: Fault, address: str) -> None:
        self.proxies[address].weather = fault.weather
        if fault.weather.resets:
            self.proxies[address].reset()

    async def mend(self) -> None:
        """Connections that have lost something end: here nobody sends it again."""
        for proxy in self.proxies.values():
            if proxy.weather != FINE:
                proxy.weather = FINE
                proxy.reset()

    async def client(self, port: int) -> Client:
        proxy = await self.before(port)
        client = Client(port)
        client.reader, client.writer = await asyncio.open_connection("127.0.0.1", proxy.at)
        self.clients[client] = proxy
        return client

    async def lose(self, client: Client) -> None:
        proxy = self.clients[client]
        proxy.weather = Fault.DROPPED.weather
        for task in proxy.tasks:  # nobody takes what is sent to him
            task.cancel()
        client.writer.transport.abort()
