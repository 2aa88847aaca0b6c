"""Time, chance and patience of what runs on production, as arguments: a test hands in its own and sleeps never."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from secrets import SystemRandom
from typing import Protocol

__all__ = ["Pace", "Tell", "Waiting", "quietly"]

Tell = Callable[[str], None]
"""Takes a sentence on how it goes, at times from another thread. What it raises may stop the work."""


class Waiting(Protocol):
    """How time passes."""

    def now(self) -> float:
        """Seconds that only grow."""
        ...

    def sleep(self, seconds: float) -> None: ...

    def between(self, least: float, most: float) -> float:
        """By chance, so that two who wait for each other do not meet again."""
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How time passes outside tests."""

    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def between(self, least: float, most: float) -> float:
        return SystemRandom().uniform(least, most)


def quietly(sentence: str) -> None:
    """Nobody is told."""
