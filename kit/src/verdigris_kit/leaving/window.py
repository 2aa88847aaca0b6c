"""When each open stream is ended: spread over a window, so that those who come back do not come all at once."""

import asyncio
import logging
import random
from typing import Callable

from .streams import Stream

__all__ = ["Window", "moments"]

log = logging.getLogger("verdigris_kit.leaving")


def moments(number: int, seconds: float, chance: Callable[[], float] = random.random) -> "list[float]":
    """Return one moment in each of `number` equal parts of `seconds`, by chance within its part."""
    return [seconds * (part + chance()) / number for part in range(number)]


class Window:
    """The open streams of one event loop, and the moment of each while the process leaves."""

    def __init__(self) -> None:
        self._streams: dict[Stream, None] = {}
        self._timers: dict[Stream, asyncio.TimerHandle] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._none = asyncio.Event()
        self._none.set()
        self._seconds = -1.0
        self._closes = 0.0

    def began(self, stream: Stream) -> None:
        """Take up a stream. One that comes while the process leaves gets a moment within what is left of the window.

        Where the window is over and the process does not end, that is the length of a whole window from now on.
        """
        self._streams[stream] = None
        self._none.clear()
        if self._seconds >= 0:
            left = self._closes - asyncio.get_running_loop().time()
            self._end_after(stream, random.random() * (left if left > 0 else self._seconds))  # noqa: S311

    def ended(self, stream: Stream) -> None:
        """Forget a stream: its application is done with it."""
        self._streams.pop(stream, None)
        timer = self._timers.pop(stream, None)
        if timer is not None:
            timer.cancel()
        if not self._streams:
            self._none.set()

    def open(self, seconds: float) -> None:
        """End every stream within `seconds`. Asked again, the last word counts."""
        self.close()
        self._seconds = seconds
        self._closes = asyncio.get_running_loop().time() + seconds
        for stream, after in zip(list(self._streams), moments(len(self._streams), seconds)):
            self._end_after(stream, after)

    def close(self) -> None:
        """Let those live on that are still there."""
        self._seconds = -1.0
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    async def emptied(self) -> None:
        """Wait until there is no stream, or the window is over."""
        left = self._closes - asyncio.get_running_loop().time()
        try:
            await asyncio.wait_for(self._none.wait(), max(0.0, left))
        except asyncio.TimeoutError:
            log.info("%d streams are left to the server at the end of the window", len(self._streams))

    def _end_after(self, stream: Stream, seconds: float) -> None:
        self._timers[stream] = asyncio.get_running_loop().call_later(seconds, self._end, stream)

    def _end(self, stream: Stream) -> None:
        self._timers.pop(stream, None)
        ending = asyncio.get_running_loop().create_task(stream.end())
        self._ending.add(ending)
        ending.add_done_callback(self._say_how_it_ended)

    def _say_how_it_ended(self, ending: "asyncio.Task[None]") -> None:
        self._ending.discard(ending)
        if not ending.cancelled() and ending.exception() is not None:
            log.warning("a stream could not be ended: %s", ending.exception())
