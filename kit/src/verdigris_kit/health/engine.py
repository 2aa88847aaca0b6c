"""One look at all checks, and its result for everybody who asks while it is fresh.

Whoever comes while a look is under way waits for its result; nobody starts a second one. It is the same look whether
a coroutine or a thread asks.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Callable, Optional, Union

from .runner import Check, Outcome, Runner

__all__ = ["Engine", "Reading"]

log = logging.getLogger("verdigris_kit.health")


@dataclass(frozen=True)
class Reading:
    """What a look found. `taken` is when it was over, by the monotonic clock."""

    outcomes: Mapping[str, Outcome]
    taken: float

    @property
    def age(self) -> float:
        """In seconds."""
        return time.monotonic() - self.taken

    @property
    def called_off(self) -> bool:
        """Whether a check went away with whoever had asked it, so that nobody knows."""
        return any(outcome.called_off for outcome in self.outcomes.values())


class Engine:
    """Looks at `checks` together, at the most `within` seconds, and not again before `fresh_for` seconds are over."""

    def __init__(self, checks: Mapping[str, Check], within: float, fresh_for: float) -> None:
        """Nothing is looked at yet."""
        self._runners = {name: Runner(check) for name, check in checks.items()}
        self._within, self._fresh_for = within, fresh_for
        self._lock = threading.Lock()
        self._last: Optional[Reading] = None
        self._look: Optional[_Look] = None

    async def read(self) -> Reading:
        """What was found, for a coroutine: checks that are coroutines run in its loop."""
        reading = await self._read()
        return await self._read() if reading.called_off else reading

    def read_blocking(self) -> Reading:
        """The same for a thread."""
        reading = self._read_blocking()
        return self._read_blocking() if reading.called_off else reading

    async def _read(self) -> Reading:
        found = self._fresh_or_under_way(asyncio.get_running_loop())
        if isinstance(found, Reading):
            return found
        await found.settled_async()
        return self._ended(found)

    def _read_blocking(self) -> Reading:
        found = self._fresh_or_under_way(None)
        if isinstance(found, Reading):
            return found
        found.settled()
        return self._ended(found)

    def _fresh_or_under_way(self, loop: Optional[asyncio.AbstractEventLoop]) -> Union[Reading, "_Look"]:
        with self._lock:
            if self._look is not None and self._look.over:
                self._conclude(self._look)  # whoever waited for it was called off
            if self._look is not None:
                return self._look
            if self._last is not None and self._last.age < self._fresh_for:
                return self._last
            self._look = look = _Look(self._runners, self._within)
            for name, runner in self._runners.items():
                runner.start(look.settling(name), self._within, loop)
            return look

    def _ended(self, look: "_Look") -> Reading:
        """The reading of a look that is over; the first of those who waited for it makes it known."""
        with self._lock:
            return look.reading or self._conclude(look)

    def _conclude(self, look: "_Look") -> Reading:
        look.reading, self._look = (reading := look.close()), None
        if not reading.called_off:
            _tell(self._last, reading)
            self._last = reading
        return reading


class _Look:
    """The outcomes as they come in. What comes after the end is of no account."""

    def __init__(self, names: Iterable[str], within: float) -> None:
        self._missing = set(names)
        self._outcomes: dict[str, Outcome] = {}
        self._within, self._began = within, time.monotonic()
        self._ends = self._began + (within if self._missing else 0.0)
        self._lock = threading.Lock()
        self._settled = threading.Event()
        self._wake: list[Callable[[], None]] = []
        self.reading: Optional[Reading] = None
        if not self._missing:
            self._settled.set()

    def settling(self, name: str) -> Callable[[Outcome], None]:
        """Where the outcome of a check goes."""

        def settle(outcome: Outcome) -> None:
            with self._lock:
                if name not in self._missing:
                    return
                self._missing.remove(name)
                self._outcomes[name] = outcome
                if self._missing:
                    return
                self._ends = min(self._ends, time.monotonic())
                self._settled.set()
            for wake in self._wake:
                wake()

        return settle

    def settled(self) -> None:
        """Wait until nothing is missing, or the time is over."""
        self._settled.wait(self._left())

    async def settled_async(self) -> None:
        """The same, for a coroutine."""
        loop, event = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the loop of one who waited may be gone
                loop.call_soon_threadsafe(event.set)

        with self._lock:
            if self._settled.is_set():
                return
            self._wake.append(wake)
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(event.wait(), self._left())

    @property
    def over(self) -> bool:
        """Whether nothing is missing, or the time is over."""
        return self._settled.is_set() or not self._left()

    def close(self) -> Reading:
        """What came, and that the rest did not."""
        with self._lock:
            spent = round((time.monotonic() - self._began) * 1000, 3)
            late = Outcome(False, spent, f"it was not done within {self._within:g} s")
            self._outcomes.update(dict.fromkeys(self._missing, late))
            self._missing.clear()
            return Reading(dict(self._outcomes), self._ends)

    def _left(self) -> float:
        return max(0.0, self._ends - time.monotonic())


def _tell(before: Optional[Reading], now: Reading) -> None:
    """Log what has changed, and not that it is still so: a database that is away is one line and not one a second."""
    for name, outcome in now.outcomes.items():
        passed = before is None or before.outcomes[name].passed
        if passed and not outcome.passed:
            log.warning("health check %s failed: %s", name, outcome.reason)
        elif outcome.passed and not passed:
            log.info("health check %s passes again", name)
