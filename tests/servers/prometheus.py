"""A small Prometheus: counters of ours behind its documented HTTP API, and the ways in which an answer can be spoilt.

It understands selectors like `orders_total{slot="blue"}`, `time()`, and `… or vector(0)`; anything else is what it
calls bad data.
"""

import asyncio
import json
import re
import threading
from collections.abc import Callable
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from tests.listening import shut
from tests.waiting import settled

__all__ = ["NOW", "Prometheus", "prometheus", "prometheus_in_a_thread"]

NOW = 1_435_781_451.781
SELECTOR = re.compile(r'(\w+)\{((?:\w+="[^"]*",?)*)\}( or vector\(0\))?')


@dataclass
class Prometheus:
    """`counters` are (labels, value), the value a text as Prometheus writes it."""

    counters: list[tuple[dict[str, str], str]] = field(default_factory=list)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    spoilt: bytes | None = None
    """What is answered in the place of an answer; b"" never answers."""
    warnings: list[str] = field(default_factory=list)
    now: Callable[[], float] = lambda: NOW
    growing: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    """By slot: since when, and how many orders are approved and declined in a second."""
    base: list[tuple[dict[str, str], str]] = field(default_factory=list)
    port: int = 0
    turn: threading.Lock = field(default_factory=threading.Lock)
    """The test tells it what grows in one thread, and it is asked in another."""

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def show(self, slot, good, bad, instance="1"):
        """The counters of one instance, as of now."""
        for result, value in (("approved", good), ("declined", bad)):
            labels = {"__name__": "orders_total", "slot": slot, "result": result, "instance": instance}
            self.hide(instance, result=result, slot=slot)
            self.counters.append((labels, str(value)))

    def grow(self, slot, good, bad):
        """Counters that grow by themselves from now on, by so much in a second."""
        with self.turn:
            self.settle(self.now())
            self.base = list(self.counters)
            self.growing = {other: (self.now(), *rates) for other, (_, *rates) in self.growing.items()}
            self.growing[slot] = (self.now(), good, bad)

    def settle(self, at):
        """Show what has grown until then. Questions are about the past, and may come in any order."""
        for slot, (since, good, bad) in self.growing.items():
            lasted = max(at - since, 0.0)
            before = {m["result"]: int(v) for m, v in self.base if m["slot"] == slot}
            self.show(
                slot,
                before.get("approved", 0) + int(lasted * good),
                before.get("declined", 0) + int(lasted * bad),
            )

    def hide(self, instance, **more):
        wanted = {"instance": instance, **more}
        self.counters = [(m, v) for m, v in self.counters if not wanted.items() <= m.items()]

    async def serve(self, reader, writer):
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                self.heads.append(head)
                await self.reply(head, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def reply(self, head, reader, writer):
        if self.spoilt == b"":
            await reader.read()
            raise ConnectionError
        if self.spoilt is not None:
            writer.write(self.spoilt)
            await writer.drain()
            raise ConnectionError
        url = urlsplit(head.split(" ")[1])
        asked = parse_qs(url.query)
        status, document = 404, {}
        if url.path == "/api/v1/query":
            query, moment = asked["query"][0], asked.get("time", [None])[0]
            self.asked.append((query, moment))
            status, document = self.evaluate(query, float(moment or self.now()))
        body = json.dumps(document).encode()
        writer.write(
            b"HTTP/1.1 %d OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
            % (status, len(body))
        )
        writer.write(body)
        await writer.drain()

    def evaluate(self, query, at):
        with self.turn:
            self.settle(at)
            counters = list(self.counters)
        if query == "time()":
            return 200, self.success("scalar", [at, str(at)])
        found = SELECTOR.fullmatch(query)
        if found is None:
            return 400, {
                "status": "error",
                "errorType": "bad_data",
                "error": 'invalid parameter "query": 1:9: parse error: unexpected end of input',
            }
        wanted = dict(re.findall(r'(\w+)="([^"]*)"', found[2])) | {"__name__": found[1]}
        result = [{"metric": m, "value": [at, v]} for m, v in counters if wanted.items() <= m.items()]
        if found[3]:
            result.append({"metric": {}, "value": [at, "0"]})
        return 200, self.success("vector", result)

    def success(self, kind, result):
        told = {"warnings": self.warnings} if self.warnings else {}
        return {"status": "success", "data": {"resultType": kind, "result": result}, **told}


@asynccontextmanager
async def prometheus():
    made = Prometheus()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        await shut(server)
        await settled()


@contextmanager
def prometheus_in_a_thread():
    """One with a loop of its own, for a test that has none."""
    loop, made, up = asyncio.new_event_loop(), [], threading.Event()
    over = asyncio.Event()

    async def serve():
        async with prometheus() as server:
            made.append(server)
            up.set()
            await over.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), name="prometheus")
    thread.start()
    up.wait()
    try:
        yield made[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()
