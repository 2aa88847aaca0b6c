"""Requests that the router gave up without an answer and without a line of its log, found by its counters.

HAProxy does that when a connection which both sides kept alive dies under a request: it means that the client asks
again, which is the client's to decide. Readings in, losses out; nothing here knows a clock or a socket.

One reading may be off by requests that were just moving, so a loss is told when two readings in a row show it: a
second late and never too many. What cannot be compared makes its seconds unknown and is never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass

from verdigris.core.counters import Counters, Passage
from verdigris.core.world import Slot

__all__ = ["APART_MOST", "Loss", "Silence"]

APART_MOST = 3.0
"""Seconds between two readings, above which nobody could say when something was lost."""

Key = tuple[int, str, Slot]
"""Process, app and slot."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Requests of one app and slot that went silently before `at`, at most one reading earlier."""

    app: str
    slot: Slot
    count: int
    at: float


@dataclass(frozen=True, slots=True)
class _Account:
    """What was read last. `sure` is how many silent ones are accounted for, told or from before; None at first."""

    begun: int
    silent: int
    sure: int | None = None


class Silence:
    """The readings so far, of every router process that was read the last time.

    `torn` is since when nothing is known up to the last reading: a process is new, its counters began again, or too
    long a time has passed. None when all could be compared.
    """

    def __init__(self) -> None:
        self.torn: float | None = None
        self._accounts: dict[Key, _Account] = {}
        self._taken: float | None = None

    def take(self, counters: tuple[Counters, ...], taken: float) -> tuple[Loss, ...]:
        """The losses that this reading makes sure. They were seen first in the one before."""
        since, known = self._taken, self._accounts
        if since is None or taken - since > APART_MOST:
            known = {}
        read = {(c.process, p.app, p.slot): p for c in counters for p in c.passages}
        followed = {key: _follow(known.get(key), passage) for key, passage in read.items()}
        self._accounts = {key: account for key, (account, _) in followed.items()}
        self._taken = taken
        self.torn = since if any(lost is None for _, lost in followed.values()) else None
        return tuple(
            Loss(app, slot, lost, since)
            for (_, app, slot), (_, lost) in followed.items()
            if lost and since is not None
        )


def _follow(before: _Account | None, passage: Passage) -> tuple[_Account, int | None]:
    """The account after one more reading, and how many were lost; None when that cannot be said."""
    begun, silent = passage.begun, passage.silent
    if before is None or begun < before.begun:
        return _Account(begun, silent), None
    if before.sure is None:  # the first two must agree, else one of them was off or something was lost
        return _Account(begun, silent, max(before.silent, silent)), 0 if before.silent == silent else None
    sure = max(before.sure, min(before.silent, silent))
    return _Account(begun, silent, sure), sure - before.sure
