"""One check, and how it is run: a plain function in a thread of its own, a coroutine in the loop of whoever asks.

A thread cannot be ended from outside. So a check that hangs is false without being started again, and after a time
is given up; of those that were given up there are never more than a few.
"""

import asyncio
import inspect
import threading
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, Callable, Optional, Union

__all__ = ["GIVEN_UP_AFTER", "HANGING_MOST", "Check", "Finding", "Outcome", "Runner", "Settle"]

GIVEN_UP_AFTER = 30.0
"""Seconds after which a check that hangs may be started once more beside itself. The network may have lost it."""

HANGING_MOST = 3
"""How often one check may hang at the same time. From then on it is false until one of them comes back."""

REASON_LONGEST = 300


@dataclass(frozen=True)
class Finding:
    """What a check may answer in place of True and False, when it has more to say.

    `schema` is the revision of the database's schema, where the check has seen it.
    """

    passed: bool
    reason: str = ""
    schema: str = ""


Answer = Union[bool, Finding]
Check = Callable[[], Union[Answer, Awaitable[Answer]]]
"""True, or a `Finding`, when the thing is there. A plain function runs in a thread of its own."""


@dataclass(frozen=True)
class Outcome:
    """How a check went. `reason` is one line and empty where there is nothing to say.

    `called_off`: whoever asked went away before there was an answer, which says nothing about the thing.
    """

    passed: bool
    milliseconds: float
    reason: str = ""
    schema: str = ""
    called_off: bool = False


Settle = Callable[[Outcome], None]


class Runner:
    """Runs one check again and again. Not safe between threads: whoever has it calls `start` under a lock."""

    def __init__(self, check: Check, now: Callable[[], float] = time.monotonic) -> None:
        """Nothing is run yet. `now` says how long something hangs."""
        self._check, self._now = check, now
        self._runs: list[_Run] = []

    def start(self, settle: Settle, within: float, loop: Optional[asyncio.AbstractEventLoop]) -> None:
        """Run the check and hand its outcome to `settle`, from whichever thread; or at once while it still hangs.

        A coroutine is cancelled after `within` seconds. Without a running `loop` it gets one in its thread.
        """
        self._runs = [run for run in self._runs if run.lasts]
        if self._hangs():
            seconds = self._now() - self._runs[-1].began
            settle(Outcome(False, _ms(seconds), f"it was asked {seconds:.1f} s ago and has not answered yet"))
            return
        run = _Run(self._check, settle, within, loop, self._now)
        self._runs.append(run)
        run.begin()

    def _hangs(self) -> bool:
        if not self._runs or len(self._runs) >= HANGING_MOST:
            return bool(self._runs)
        return self._now() - self._runs[-1].began < GIVEN_UP_AFTER


class _Run:
    """One time that a check was asked."""

    def __init__(
        self,
        check: Check,
        settle: Settle,
        within: float,
        loop: Optional[asyncio.AbstractEventLoop],
        now: Callable[[], float],
    ) -> None:
        self._check, self._settle, self._within, self._loop, self._now = check, settle, within, loop, now
        self._over = False
        self._task: Optional[asyncio.Task[None]] = None  # the loop holds its tasks weakly
        self.began = now()

    @property
    def lasts(self) -> bool:
        """Whether it is still being answered. What a closed loop was asked will never be."""
        lost = self._task is not None and self._loop is not None and self._loop.is_closed()
        return not (self._over or lost)

    def begin(self) -> None:
        if self._loop is not None and _is_async(self._check):
            self._task = self._loop.create_task(self._asked(self._check))
            return
        # A daemon thread and not an executor: the interpreter waits for an executor's threads at its end, and a
        # check that hangs must not keep a process alive that was told to go.
        try:
            threading.Thread(target=self._in_thread, name="verdigris-health", daemon=True).start()
        except RuntimeError as error:  # the machine gives no more threads
            self._say(_raised(error))

    def _in_thread(self) -> None:
        try:
            answer: Any = self._check()
            if not inspect.isawaitable(answer):
                self._say(judged(answer))
            elif self._loop is None:
                asyncio.run(self._asked(lambda: answer))
            else:
                self._loop.call_soon_threadsafe(self._take_over, self._loop, answer)
        except BaseException as error:  # even an exit: nobody above this thread would hear of it
            self._say(_raised(error))

    def _take_over(self, loop: asyncio.AbstractEventLoop, answer: Awaitable[Any]) -> None:
        self._task = loop.create_task(self._asked(lambda: answer))

    async def _asked(self, check: Callable[[], Any]) -> None:
        asked = asyncio.ensure_future(_found(check))
        try:
            await asyncio.wait([asked], timeout=self._within)
            late = asked.cancel()  # false for one that is done
            await asyncio.wait([asked])
            self._say(_raised(asyncio.TimeoutError()) if late else asked.result())
        except asyncio.CancelledError:  # not the check's own: `_found` has seen to that
            asked.cancel()
            self._say(Finding(False, "whoever asked went away"), called_off=True)
            raise

    def _say(self, finding: Finding, called_off: bool = False) -> None:
        self._over = True
        spent = _ms(self._now() - self.began)
        reason, schema = _line(finding.reason), _line(finding.schema)
        self._settle(Outcome(finding.passed, spent, reason, schema, called_off))


async def _found(check: Callable[[], Any]) -> Finding:
    """What a coroutine finds, with whatever it raises; even an exit must not get out of its task and end the loop."""
    try:
        return judged(await check())
    except asyncio.CancelledError:
        return Finding(False, "it was cancelled")
    except (Exception, SystemExit) as error:
        return _raised(error)


def judged(answer: Any) -> Finding:
    """True, False and a `Finding` mean what they say; everything else is false, with what it was."""
    if isinstance(answer, bool):
        return Finding(answer, "" if answer else "it answered False")
    if isinstance(answer, Finding) and isinstance(answer.passed, bool):
        return answer
    return Finding(False, f"it answered neither True nor False but a {type(answer).__name__}")


def _raised(error: BaseException) -> Finding:
    name = type(error).__name__
    try:
        said = str(error)
    except Exception:  # an error whose text is an error of its own
        said = ""
    return Finding(False, f"{name}: {said}" if said else name)


def _is_async(check: Check) -> bool:
    return inspect.iscoroutinefunction(check) or inspect.iscoroutinefunction(type(check).__call__)


def _line(text: Any) -> str:
    """One line of bounded length: a reason is a stranger's text on its way into a log."""
    return " ".join(str(text).split())[:REASON_LONGEST]


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
