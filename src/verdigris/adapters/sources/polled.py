"""A source that is asked every so often, without anybody waiting for its answer.

Answers become differences, and a difference belongs to the second in which its answer came: it is there two seconds
before that second is judged, however long the question took. What was not answered, or lay too far apart, accrues
to nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import Protocol

from verdigris.adapters.sources.sums import Account, Sums
from verdigris.core.errors import ObservationError
from verdigris.core.outcomes import Came, Outcomes, Poll
from verdigris.core.world import SLOTS, Known, PerSlot, Seen, Unknown
from verdigris.ports import Clock

__all__ = ["KEPT", "Polled", "Reader", "read_within"]

KEPT = 180
"""Polls that are remembered."""
WITHIN = 5.0
"""Seconds that an answer may take at most."""


NOBODY = PerSlot(Account(), Account())


class Reader(Protocol):
    """Whatever shows the sums of both slots now. `ObservationError` where none of them can be seen."""

    async def read(self) -> PerSlot[Sums | Unknown]: ...


async def read_within(reader: Reader, seconds: float) -> PerSlot[Sums | Unknown]:
    """One reading, or why there is none: every failure is an answer."""
    try:
        async with asyncio.timeout(seconds):
            return await reader.read()
    except TimeoutError:
        why = Unknown(f"no answer within {seconds:g} s")
    except ObservationError as error:
        why = Unknown(str(error))
    return PerSlot(why, why)


class Polled:
    """`ports.Source` over a reader. It asks when it is looked at and `every` seconds have passed, once at a time.

    Two readings further apart than `apart` seconds have a gap between them, and nothing is told of it.
    """

    def __init__(
        self, reader: Reader, clock: Clock, *, every: float, apart: float, within: float = WITHIN
    ) -> None:
        self._reader = reader
        self._clock = clock
        self._every = every
        self._apart = apart
        self._within = within
        self._polls: deque[Poll] = deque(maxlen=KEPT)
        self._accounts = NOBODY
        self._counted: float | None = None
        self._seen: PerSlot[Seen[str]] = Outcomes().slots
        self._asked = False
        self._due = float("-inf")
        self._task: asyncio.Task[None] | None = None

    async def observe(self) -> Outcomes:
        now = self._clock.now()
        if now >= self._due and (self._task is None or self._task.done()):
            self._due = now + self._every
            self._task = asyncio.create_task(self.poll(), name="outcomes")
        return Outcomes(tuple(self._polls), self._seen, self._asked)

    async def poll(self) -> None:
        """Ask once, and note the answer in the second in which it came."""
        found = await read_within(self._reader, self._within)
        self.take(found, self._clock.now())

    def take(self, found: PerSlot[Sums | Unknown], now: float) -> None:
        """Note one answer. What was read of both slots is held against readings of the same moment."""
        self._asked = True
        self._seen = PerSlot(*(sight(self._seen[slot], found[slot], now) for slot in SLOTS))
        if all(isinstance(found[slot], Unknown) for slot in SLOTS):
            return
        afresh = self._counted is None or now - self._counted > self._apart
        before = NOBODY if afresh else self._accounts
        told = PerSlot(*(after(before[slot], found[slot]) for slot in SLOTS))
        self._accounts, self._counted = PerSlot(told.blue[0], told.green[0]), now
        came = PerSlot(told.blue[1], told.green[1])
        if came.blue is not None or came.green is not None:
            self.note(Poll(int(now), came))

    def note(self, poll: Poll) -> None:
        """One more poll; two in the same second are told as one."""
        if self._polls and self._polls[-1].at == poll.at:
            poll = Poll(poll.at, merged(self._polls.pop().slots, poll.slots))
        self._polls.append(poll)

    async def close(self) -> None:
        """Stop asking."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await close(self._reader)


def after(account: Account, found: Sums | Unknown) -> tuple[Account, Came | None]:
    """A slot that was missing begins anew: its next difference has to be of the same time as the other's."""
    return (Account(), None) if isinstance(found, Unknown) else account.after(found)


def merged(a: PerSlot[Came | None], b: PerSlot[Came | None]) -> PerSlot[Came | None]:
    return PerSlot(both(a.blue, b.blue), both(a.green, b.green))


def both(a: Came | None, b: Came | None) -> Came | None:
    return Came(a.good + b.good, a.bad + b.bad) if a and b else a or b


async def close(reader: object) -> None:
    """Close what a reader keeps open, if it keeps anything open."""
    closing = getattr(reader, "close", None)
    if closing is not None:
        await closing()


def sight(before: Seen[str], found: Sums | Unknown, now: float) -> Seen[str]:
    """When a slot was last counted, and what is in the way since."""
    if not isinstance(found, Unknown):
        return Known("", now)
    return Known(found.why, before.seen_at) if isinstance(before, Known) else found
