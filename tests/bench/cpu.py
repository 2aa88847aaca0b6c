"""CPU time of other processes: all threads, those that have ended too, in nanoseconds as the kernel counts it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Spent", "spent_by"]


@dataclass
class Spent:
    """Seconds of CPU, known when the block that measures them has ended."""

    seconds: float = 0.0


@contextlib.contextmanager
def spent_by(pid: int) -> Iterator[Spent]:
    """What a process spends in the block."""
    spent, before = Spent(), time.clock_gettime(clock_of(pid))
    yield spent
    spent.seconds = time.clock_gettime(clock_of(pid)) - before


def clock_of(pid: int) -> int:
    """The clock of a process, as clock_getcpuclockid(3) makes it: Python has no name for that."""
    return ~pid << 3 | 2
