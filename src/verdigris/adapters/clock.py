"""The machine's clocks: one that runs through suspend for decisions, the wall's for people."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path

__all__ = ["MachineClock"]


@cache
def boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


class MachineClock:
    """`Clock` over CLOCK_BOOTTIME, which no adjustment of the wall clock moves."""

    def now(self) -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def base(self) -> str:
        return boot_id()

    def wall(self) -> float:
        return time.time()
