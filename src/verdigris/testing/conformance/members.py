"""Little HTTP applications behind a router and a client before it, for the scene of a router that is real.

Each application says in its health document which slot and release it is, and counts what reaches it. Who writes
a router adds how it is restarted, cut off and edited by hand, and has a `conformance.router.Scene`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from typing import TYPE_CHECKING

from verdigris.core.world import Member, PerSlot, Slot
from verdigris.testing.conformance.claims import MOMENT, moment

if TYPE_CHECKING:
    import aiohttp
    from aiohttp import web

__all__ = ["App", "Street"]

TOGETHER = 8
"""Requests that the client has under way at a time."""

ANSWERED_WITHIN = 20.0


class App:
    """One member. It answers with its name; /held answers when it is let go, /stream is a WebSocket that stays open."""

    def __init__(self, name: str, slot: Slot, version: str) -> None:
        self.name, self.slot, self.version = name, slot, version
        self.port = 0
        self.served = 0
        self.let_go = asyncio.Event()
        self._runner: web.AppRunner | None = None

    @property
    def member(self) -> Member:
        return Member(self.name, f"127.0.0.1:{self.port}")

    async def start(self) -> None:
        """Serve; at the address of the first time when it served before."""
        from aiohttp import web

        app = web.Application()
        app.router.add_get("/health", self._health)
        app.router.add_get("/held", self._held)
        app.router.add_get("/stream", self._stream)
        app.router.add_route("*", "/", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=MOMENT)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = int(self._runner.addresses[0][1])

    async def die(self) -> None:
        """Refuse and cut everything, at once: to aiohttp no time at all means as much as it likes."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _health(self, request: web.Request) -> web.Response:
        from aiohttp import web

        return web.json_response({"status": "healthy", "slot": self.slot, "release": self.version})

    async def _held(self, request: web.Request) -> web.Response:
        await self.let_go.wait()
        return await self._serve(request)

    async def _stream(self, request: web.Request) -> web.WebSocketResponse:
        from aiohttp import web

        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for _ in socket:
            pass
        return socket

    async def _serve(self, request: web.Request) -> web.Response:
        from aiohttp import web

        await request.read()
        self.served += 1
        return web.Response(text=self.name)


class Street:
    """Two applications in each slot, and a client that knows the router's front door."""

    def __init__(self, front: str) -> None:
        """`front` is the address of the front door, like http://127.0.0.1:8080."""
        self.front = front
        self.versions = PerSlot("1.0.0", "2.0.0")
        self.apps = [App(f"{slot}-{n}", slot, self.versions[slot]) for slot in Slot for n in (1, 2)]
        self._holding: list[asyncio.Task[bool]] = []
        self._streams: list[asyncio.Task[None]] = []
        self._session: aiohttp.ClientSession | None = None

    @property
    def members(self) -> PerSlot[tuple[Member, ...]]:
        blue, green = (tuple(app.member for app in self._in(slot)) for slot in Slot)
        return PerSlot(blue, green)

    async def open(self) -> None:
        import aiohttp

        for app in self.apps:
            await app.start()
        timeout = aiohttp.ClientTimeout(total=ANSWERED_WITHIN)
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout)

    async def close(self) -> None:
        await self.let_go()
        for stream in self._streams:
            stream.cancel()
        await asyncio.gather(*self._streams, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
        for app in self.apps:
            await app.die()

    async def pause(self) -> None:
        await moment()

    async def send(self, count: int) -> Counter[str]:
        """Send that many requests: how many reached each member, by name, and under "" how many failed."""
        before = self._served()
        asking = asyncio.Semaphore(TOGETHER)

        async def one() -> bool:
            async with asking:
                return await self._ask("/")

        went_well = await asyncio.gather(*(one() for _ in range(count)))
        return (self._served() - before) + Counter({"": went_well.count(False)})

    async def hold(self, count: int) -> None:
        """Send requests that are answered when they are let go."""
        for app in self.apps:
            app.let_go.clear()
        self._holding += [asyncio.create_task(self._ask("/held")) for _ in range(count)]

    async def let_go(self) -> int:
        """Have what is held answered; how many of them failed."""
        for app in self.apps:
            app.let_go.set()
        went_well = await asyncio.gather(*self._holding)
        self._holding.clear()
        return went_well.count(False)

    async def stream(self, count: int) -> None:
        """Open that many WebSockets, which stay until somebody ends them."""
        assert self._session is not None, "open comes first"
        opened = await asyncio.gather(
            *(self._session.ws_connect(f"{self.front}/stream") for _ in range(count))
        )
        self._streams += [asyncio.create_task(_listen(socket)) for socket in opened]

    async def streaming(self) -> int:
        """How many of them are still open."""
        return sum(not stream.done() for stream in self._streams)

    async def kill(self, slot: Slot) -> None:
        for app in self._in(slot):
            await app.die()

    async def revive(self, slot: Slot) -> None:
        for app in self._in(slot):
            await app.start()

    async def pose(self, slot: Slot) -> None:
        """From now on what answers in the slot is another release."""
        for app in self._in(slot):
            app.version = "another"

    def _in(self, slot: Slot) -> list[App]:
        return [app for app in self.apps if app.slot is slot]

    def _served(self) -> Counter[str]:
        return Counter({app.name: app.served for app in self.apps})

    async def _ask(self, path: str) -> bool:
        import aiohttp

        assert self._session is not None, "open comes first"
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with self._session.get(f"{self.front}{path}") as answer:
                await answer.read()
                return answer.status == 200
        return False


async def _listen(socket: aiohttp.ClientWebSocketResponse) -> None:
    """Until it is ended from the other side."""
    async with socket:
        async for _ in socket:
            pass
