"""Deep health: is what this process needs really there, as one JSON document.

Every check runs under one deadline and a hanging one is never started a second time beside itself, so that
being asked often can overload neither a database nor this process. It never tells a reason to a client.
"""

import asyncio
import inspect
import json
import logging
import threading
import time
from collections.abc import Awaitable, Mapping
from typing import Any, Callable, Optional, Union

from .asgi import Receive, Scope, Send
from .contract import CONTRACT_VERSION, HealthReport, Identity

__all__ = ["Check", "Health"]

Check = Callable[[], Union[bool, Awaitable[bool]]]
"""True when the thing is there. A plain function runs in a thread of its own, a coroutine in the loop."""

log = logging.getLogger(__name__)


class Health:
    """The health of one process: call `report`, or mount it as an ASGI application.

    A check counts as false when it answers anything but True, raises, or is not done `within` seconds.
    """

    def __init__(
        self, checks: Mapping[str, Check], *, within: float = 2.0, identity: Optional[Identity] = None
    ) -> None:
        """`uptime` is a name of the contract and cannot be a check's."""
        if "uptime" in checks:
            raise ValueError("checks: 'uptime' is filled in by the kit. Give the check another name.")
        self._checks = dict(checks)
        self._within = within
        self._identity = identity or Identity.of()
        self._born = time.monotonic()
        self._running: dict[str, asyncio.Future[bool]] = {}

    async def report(self) -> HealthReport:
        """Run every check and say how it went, at the latest after `within` seconds."""
        passed = await self._look()
        return {
            "status": "healthy" if all(passed.values()) else "degraded",
            "checks": {**passed, "uptime": round(time.monotonic() - self._born, 3)},
            "environment": self._identity.environment,
            "release": self._identity.release,
            "slot": self._identity.slot,
            "version": CONTRACT_VERSION,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer GET and HEAD with the report: 200 when healthy, 503 when degraded."""
        if scope["type"] != "http":
            raise RuntimeError(f"Health serves http, not {scope['type']}: mount it on a path of its own.")
        status, body = await self._answer(scope["method"])
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        headers.append((b"cache-control", b"no-store"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    async def _answer(self, method: str) -> tuple[int, bytes]:
        if method not in ("GET", "HEAD"):
            return 405, b'{"error": "health is read with GET"}'
        report = await self.report()
        return (200 if report["status"] == "healthy" else 503), json.dumps(report).encode()

    async def _look(self) -> dict[str, bool]:
        for name, check in self._checks.items():
            if name not in self._running:
                self._running[name] = asyncio.ensure_future(_ask(name, check))
        running = {name: self._running[name] for name in self._checks}
        if running:
            await asyncio.wait(running.values(), timeout=self._within)
        for name, answer in running.items():
            if answer.done() and self._running.get(name) is answer:
                del self._running[name]
        return {name: _passed(answer) for name, answer in running.items()}


def _passed(answer: "asyncio.Future[bool]") -> bool:
    return answer.done() and not answer.cancelled() and answer.result()


async def _ask(name: str, check: Check) -> bool:
    answer: Any
    try:
        answer = check() if inspect.iscoroutinefunction(check) else await _in_thread(check)
        answer = await answer if inspect.isawaitable(answer) else answer
    except Exception as error:
        log.warning("health check %s failed: %s: %s", name, type(error).__name__, error)
        return False
    return answer is True


async def _in_thread(check: Check) -> Any:
    # A daemon thread and not an executor: the interpreter waits for an executor's threads at its end, and a
    # check that hangs must not keep a process alive that was told to go.
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()

    def settle(answer: Any, error: Optional[Exception]) -> None:
        if not future.done():
            future.set_exception(error) if error else future.set_result(answer)

    def run() -> None:
        answer, error = None, None
        try:
            answer = check()
        except Exception as raised:
            error = raised
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, answer, error)

    threading.Thread(target=run, name="verdigris-health", daemon=True).start()
    return await future
