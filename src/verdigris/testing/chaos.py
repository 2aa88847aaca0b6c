"""Faults by seed: which calls get lost, before or after their effect, and where the controller dies.

Every run switches each kind of fault on or off for itself, so that some runs are thick with one fault. In calm
nothing is injected. Whatever happens follows from the seed.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from verdigris.core.errors import ActionError, ObservationError, StoreUnavailable

__all__ = ["KINDS", "LATER", "Chaos", "Crash"]

KINDS = (
    *("lost_before", "lost_after", "crash_before", "crash_after", "slow", "late", "blind", "dying", "absent"),
    *("restart", "edit", "direct", "reboot", "suspend", "store_full", "commands", "stale", "newer"),
    *("no_probe", "lag", "impostor", "ship", "no_room", "pause"),
)
"""Every kind of fault there is; what each does stands where it is asked for."""
LATER = ("drill", "ill", "orphan", "cut")
"""Kinds with dice of their own: what a seed does without them it goes on doing."""


class Crash(BaseException):
    """The controller was killed: nothing that it holds in memory survives."""


@dataclass
class Chaos:
    """The dice of one run."""

    rng: random.Random
    on: bool = False
    struck: Counter[str] = field(default_factory=Counter)
    later: random.Random | None = None

    def __post_init__(self) -> None:
        self.odds = {kind: self.rng.choice((0.0, 0.02, 0.08)) for kind in KINDS}
        if self.later is not None:
            self.odds |= {kind: self.later.choice((0.0, 0.05, 0.2)) for kind in LATER}

    def strikes(self, kind: str, scale: float = 1.0) -> bool:
        odds = self.odds.get(kind) if self.on else None
        if not odds:
            return False
        dice = self.later if kind in LATER and self.later is not None else self.rng
        if dice.random() >= odds * scale:
            return False
        self.struck[kind] += 1
        return True

    def effect(self, name: str, work: Callable[[], None], store: bool = False) -> None:
        """Perform an effect through an unreliable wire."""
        error = StoreUnavailable if store else ActionError
        if self.strikes("crash_before", 0.3):
            raise Crash(f"before {name}")
        if self.strikes("lost_before"):
            raise error(f"{name} got lost")
        work()
        if not store and self.strikes("lost_after"):
            raise error(f"{name} was done, but the answer got lost")
        if self.strikes("crash_after", 0.3):
            raise Crash(f"after {name}")

    def look(self, name: str) -> None:
        """Look at something through an unreliable wire."""
        if not self.on:
            return
        if self.strikes("crash_before", 0.05):
            raise Crash(f"while looking at {name}")
        if self.strikes("lost_before"):
            raise ObservationError(f"{name} does not answer")
