"""Loads an HTTP API at a steady rate and counts, by itself, every request that failed.

Open loop: requests become due by the clock, whether or not earlier ones were answered. A request failed when
its connection could not be made or was closed while it was in flight, when it was not answered in time, or
answered with anything but 2xx. A kept-alive connection that the server closed *between* two requests is
opened anew without a failure, as every client does; once the first byte is sent, nothing is tried twice.

In an event loop: `load = Load(plan)`, `await load.start()`, `result = await load.stop()`. From code without
one, on a core of its own: `LoadProcess(plan)`, same verbs. By hand: `python examples/load.py --help`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import signal
import subprocess
import sys
import time
from collections import deque
from urllib.parse import urlsplit

from load_plan import Call, Plan, Record, Result
from load_wire import Connection, Request

__all__ = ["Call", "Load", "LoadProcess", "Plan", "Record", "Result"]

TICK = 0.004
"""How often the pace looks at the clock: at 1,000 requests a second four leave together."""

RUNNING = b"running\n"


class Load:
    """A load inside the running event loop."""

    def __init__(self, plan: Plan) -> None:
        """Nothing is sent before `start`."""
        self.plan = plan
        self.records: list[Record] = []
        self.first_end = asyncio.Event()
        url = urlsplit(plan.url)
        self._address = (url.hostname or "127.0.0.1", url.port or 80)
        requests = [Request.of(call, plan, url.netloc) for call in plan.calls]
        self._deck = random.Random(1).choices(requests, [call.share for call in plan.calls], k=997)
        self._waiting: deque[Request] = deque()
        self._idle: deque[Connection] = deque()
        self._busy: dict[Connection, None] = {}  # in the order of sending
        self._opening: set[asyncio.Task[None]] = set()
        self._pace: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to send; returns at once."""
        self._pace = asyncio.create_task(self._keep_pace())

    async def stop(self) -> Result:
        """Send nothing more, wait at most `timeout` seconds for the answers, and close every connection."""
        if self._pace is not None:
            self._pace.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._pace
        unsent = len(self._waiting)
        self._waiting.clear()
        while self._busy or self._opening:
            self._give_up_on_the_late()
            await asyncio.sleep(TICK)
        for connection in self._idle:
            connection.close()
        await asyncio.sleep(TICK)  # the loop closes an aborted socket on its next turn
        return Result(tuple(self.records), unsent)

    async def _keep_pace(self) -> None:
        began, done = time.monotonic(), 0
        while True:
            due = int((time.monotonic() - began) * self.plan.rate)
            self._waiting += (self._deck[number % len(self._deck)] for number in range(done, due))
            done = due
            self._send_what_waits()
            self._give_up_on_the_late()
            await asyncio.sleep(TICK)

    def _send_what_waits(self) -> None:
        while self._waiting:
            if connection := self._free():
                self._send(connection, self._waiting.popleft())
            elif len(self._busy) + len(self._opening) < self.plan.connections:
                task = asyncio.create_task(self._open_and_send(self._waiting.popleft()))
                self._opening.add(task)
                task.add_done_callback(self._opening.discard)
            else:
                return

    def _free(self) -> Connection | None:
        while self._idle:
            connection = self._idle.popleft()
            if connection.usable:
                return connection
            connection.close()
        return None

    def _send(self, connection: Connection, request: Request) -> None:
        self._busy[connection] = None
        connection.send(request)

    async def _open_and_send(self, request: Request) -> None:
        began = time.monotonic()
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self.plan.timeout):
                _, connection = await loop.create_connection(lambda: Connection(self._ended), *self._address)
        except OSError:  # a TimeoutError is one, too
            self._note(Record(request.name, began, time.monotonic(), error="connect"))
        else:
            self._send(connection, request)

    def _give_up_on_the_late(self) -> None:
        horizon = time.monotonic() - self.plan.timeout
        while self._busy and (oldest := next(iter(self._busy))).sent < horizon:
            oldest.finish("timeout")

    def _ended(self, connection: Connection, record: Record) -> None:
        self._note(record)
        del self._busy[connection]
        if self.plan.keep_alive and not connection.spoilt:
            self._idle.append(connection)
        else:
            connection.close()
        self._send_what_waits()

    def _note(self, record: Record) -> None:
        self.records.append(record)
        self.first_end.set()


class LoadProcess:
    """The same load in a process of its own, which ends after `seconds` should its parent be gone."""

    def __init__(self, plan: Plan, seconds: float = 3600.0) -> None:
        """Nothing is sent before `start`."""
        self._plan = plan
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin to send, and return when the first request has come to its end."""
        arguments = [
            sys.executable,
            __file__,
            "--json",
            f"--seconds={self._seconds}",
            *_arguments(self._plan),
        ]
        self._process = subprocess.Popen(arguments, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        if self._process.stdout.readline() != RUNNING:
            self._process.communicate()
            code = self._process.returncode
            raise RuntimeError(f"the load did not start, exit code {code}: {' '.join(arguments)}")

    @property
    def running(self) -> bool:
        """Whether it is still sending."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> Result:
        """Send nothing more, wait for the answers, and return what happened. `RuntimeError`: it had ended before."""
        assert self._process is not None, "start comes before stop"
        if not self.running:
            self._process.communicate()
            raise RuntimeError(
                f"the load ended before it was told to, after {self._seconds:g} s at the latest"
            )
        self._process.send_signal(signal.SIGTERM)
        output, _ = self._process.communicate(timeout=self._plan.timeout + 60)
        return Result.from_json(output)


def _arguments(plan: Plan) -> list[str]:
    names = ("url", "rate", "connections", "timeout", "host")
    arguments = [f"--{name}={getattr(plan, name)}" for name in names]
    return arguments + [f"--call={call}" for call in plan.calls] + ["--no-keep-alive"] * (not plan.keep_alive)


def main() -> int:
    """Run a load from the command line; exit 1 when a request failed."""
    parser = argparse.ArgumentParser(description="Load an HTTP API at a steady rate and count what failed.")
    parser.add_argument("--url", required=True)
    parser.add_argument("--rate", type=float, default=Plan.rate, help="requests a second")
    parser.add_argument("--seconds", type=float, default=3600.0, help="SIGTERM and Ctrl-C end it earlier")
    parser.add_argument("--connections", type=int, default=Plan.connections)
    parser.add_argument("--timeout", type=float, default=Plan.timeout, help="seconds to the last byte")
    parser.add_argument("--host", default="", help="Host header; by default that of the address")
    parser.add_argument("--no-keep-alive", action="store_true")
    parser.add_argument("--call", action="append", help='"SHARE METHOD TARGET [BYTES|BODY]", repeatable')
    parser.add_argument("--json", action="store_true", help="print every request, as JSON")
    options = vars(parser.parse_args())
    seconds, announce = options.pop("seconds"), options.pop("json")
    calls = tuple(Call.parse(text) for text in options.pop("call") or ["1 GET /"])
    plan = Plan(calls=calls, keep_alive=not options.pop("no_keep_alive"), **options)
    result = asyncio.run(_run(plan, seconds, announce))
    print(result.to_json() if announce else result)
    return 1 if result.failed else 0


async def _run(plan: Plan, seconds: float, announce: bool) -> Result:
    told_to_stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told_to_stop.set)
    load = Load(plan)
    await load.start()
    if announce:
        await load.first_end.wait()
        sys.stdout.buffer.write(RUNNING)
        sys.stdout.buffer.flush()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(told_to_stop.wait(), seconds)
    return await load.stop()


if __name__ == "__main__":
    sys.exit(main())
