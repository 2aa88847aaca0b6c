"""Labelled points of a controller: before and after everything that it does to the world and to its store.

Nobody lists them. Each verb of a port that is no mere look is wrapped as it is handed to the engine, and so is each
message that the adapters send for it: words to HAProxy, requests to the keeper, files of the router. A label is the
phase that was written down last, the verb, how often it came in that phase, and the side. Whoever reaches a point
writes it down before anything else happens; at the chosen one the process kills itself, or whom it was told to kill.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, NamedTuple

from verdigris.adapters.routers.haproxy.files import Files
from verdigris.adapters.routers.haproxy.socket import Conversation
from verdigris.engine.parts import Parts
from verdigris.keeper.client import KeeperClient
from verdigris.ports import Saved
from verdigris.testing.planting import all_of, attribute

__all__ = ["STRUCK", "Point", "Points", "kill", "labelled", "points_in", "wires"]

STRUCK = "struck"
"""The line that follows a point at which somebody else was struck: the pid is theirs, the verb is the point's label."""
START = "start"
"""The phase of a controller that has not read its store yet."""
WITHIN: ContextVar[str] = ContextVar("the verb under way", default="")

ONLY_LOOKED_AT = ("signals", "source", "replayer", "clock", "board")
"""Ports that leave nothing half done: what is told them at every look, or looked at, is told anew by the next."""
LOOKS = ("observe", "load", "commands", "filed", "check", "orphans", "read")
QUESTIONS = ("show", "prompt")
"""What HAProxy is asked without being told anything."""


class Point(NamedTuple):
    """One point that was reached: its label, when, the verb behind it, and the generation that the verb bore."""

    label: str
    at: float
    verb: str
    generation: int | None
    pid: int


@dataclass
class Points:
    """What one controller reaches, in the file `log`. At the points `fatal`, the first time, `strike` is done."""

    log: Path
    fatal: set[str]
    strike: Callable[[], int] = lambda: kill(os.getpid())
    """Returns the pid that it struck, if anybody is left to hear it."""

    def __post_init__(self) -> None:
        self.phase = START
        self._seen: Counter[tuple[str, str]] = Counter()
        self._turn = threading.Lock()
        self._file = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def name(self, verb: str) -> str:
        """The name of what is about to be done: the phase, the verb, and how often it came."""
        with self._turn:
            self._seen[self.phase, verb] += 1
            return f"{self.phase}/{verb}.{self._seen[self.phase, verb]}"

    def reach(self, side: str, name: str, verb: str, generation: int | None = None) -> None:
        """Write the point down; here ends who was to end here."""
        label = f"{side} {name}"
        self._write(Point(label, time.monotonic(), verb, generation, os.getpid()))
        if label in self.fatal:
            self.fatal.remove(label)
            pid = self.strike()
            self._write(Point(STRUCK, time.monotonic(), label, None, pid))

    def _write(self, point: Point) -> None:
        os.write(self._file, f"{json.dumps(point)}\n".encode())

    @contextlib.contextmanager
    def around(self, verb: str, generation: int | None = None) -> Iterator[None]:
        """The two points of one verb. One that fails has no second."""
        name = self.name(verb)
        self.reach("before", name, verb, generation)
        under_way = WITHIN.set(name)
        try:
            yield
        finally:
            WITHIN.reset(under_way)
        self.reach("after", name, verb, generation)

    def message(self, what: str) -> None:
        """The point before a message of a verb. After it is before the next one, or after the verb."""
        verb = WITHIN.get() or (self.phase if self.phase == START else "")
        if verb:  # else it belongs to a look, which changes nothing
            self.reach("before", f"{verb}, {self.name(what).partition('/')[2]}", what)


def kill(pid: int) -> int:
    os.kill(pid, signal.SIGKILL)
    return pid


def points_in(log: Path) -> list[Point]:
    """What was reached, in its order."""
    return [Point(*json.loads(line)) for line in log.read_text().splitlines()] if log.exists() else []


# --- the ports ----------------------------------------------------------------------------------------------------


def labelled(parts: Parts, points: Points) -> Parts:
    """The same parts, with points around each verb."""
    names = [field.name for field in fields(parts) if field.name not in ONLY_LOOKED_AT]
    held = {name: getattr(parts, name) for name in names}
    return replace(
        parts, **{name: Port(name, port, points) for name, port in held.items() if port is not None}
    )


class Port:
    """Passes everything on; what is no look has its points."""

    def __init__(self, name: str, port: Any, points: Points) -> None:
        self._name, self._port, self._points = name, port, points

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if not callable(found):
            return found
        if name == "load":
            return self._loading(found)
        verb = f"{self._name}.{name}"
        return found if name in LOOKS else self._sooner_or_later(verb, found)

    def _loading(
        self, load: Callable[..., Awaitable[Saved | None]]
    ) -> Callable[..., Awaitable[Saved | None]]:
        async def loading(*args: Any) -> Saved | None:
            found = await load(*args)
            self._points.phase = found.deployment.phase if found else "nothing"
            return found

        return loading

    def _sooner_or_later(self, verb: str, work: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(work)
        def doing(*args: Any, **kwargs: Any) -> Any:
            done = self._points.around(verb, self._told(args))
            with contextlib.ExitStack() as stack:
                stack.enter_context(done)
                result = work(*args, **kwargs)
                return finished(result, stack.pop_all()) if isinstance(result, Awaitable) else result

        return doing

    def _told(self, args: tuple[Any, ...]) -> int | None:
        """The generation that the verb bears. A save says where the deployment stands from now on."""
        deployments = [arg.deployment for arg in args if isinstance(arg, Saved)]
        if deployments:
            superseded = deployments[0].superseded_by
            self._points.phase = "superseded" if superseded else deployments[0].phase
            return deployments[0].generation
        return next((arg for arg in reversed(args) if isinstance(arg, int)), None)


async def finished(result: Awaitable[Any], stack: contextlib.ExitStack) -> Any:
    with stack:
        return await result


# --- the wires ----------------------------------------------------------------------------------------------------


def wires(points: Points) -> contextlib.AbstractContextManager[None]:
    """A point before each message that an adapter sends to have something done."""
    return all_of(
        attribute(Conversation, "ask", told_to_haproxy(points, Conversation.ask)),
        attribute(Files, "write", written(points, Files.write)),
        *(
            attribute(KeeperClient, name, asked_of_the_keeper(points, name, getattr(KeeperClient, name)))
            for name in ("start", "stop", "router", "reload", "hand")
        ),
    )


def told_to_haproxy(points: Points, ask: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def told(self: Conversation, *commands: str) -> Any:
        if all(command.split(" ")[0] in QUESTIONS for command in commands):
            return await ask(self, *commands)
        points.message("haproxy")
        return await ask(self, *commands)

    return told


def asked_of_the_keeper(
    points: Points, name: str, ask: Callable[..., Awaitable[Any]]
) -> Callable[..., Awaitable[Any]]:
    async def asked(self: KeeperClient, *args: Any, **kwargs: Any) -> Any:
        points.message(f"keeper.{name}")
        return await ask(self, *args, **kwargs)

    return asked


def written(points: Points, write: Callable[..., None]) -> Callable[..., None]:
    def writing(self: Files, name: str, text: str) -> None:
        points.message(f"file.{name}")
        write(self, name, text)

    return writing
