"""A source of outcomes in memory: sums of somebody's choice, asked once a second, and silent when it is told to be."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from verdigris.core.outcomes import Came, Outcomes, Poll
from verdigris.core.world import SLOTS, Known, PerSlot, Seen, Slot, Unknown
from verdigris.ports import Clock

__all__ = ["FakeSource"]

KEPT = 180
SILENT = Unknown("it does not answer")


def never() -> bool:
    return False


@dataclass
class FakeSource:
    """`ports.Source`. `sums` are good and bad of a slot since its process began."""

    clock: Clock
    sums: Callable[[Slot], tuple[int, int]]
    silent: Callable[[], bool] = never
    apart: float = 30.0
    polls: deque[Poll] = field(default_factory=lambda: deque(maxlen=KEPT))
    seen: PerSlot[Seen[str]] = field(default_factory=lambda: PerSlot(SILENT, SILENT))
    asked: bool = False
    last: dict[Slot, tuple[int, int]] = field(default_factory=dict)
    counted: float = float("-inf")
    base: str = ""

    async def observe(self) -> Outcomes:
        if self.base != self.clock.base():  # whoever asks began anew, and knows nothing of before
            self.base, self.asked = self.clock.base(), False
            self.forget()
        if not self.asked or self.clock.now() >= self.counted + 1.0:
            self.ask()
        return Outcomes(tuple(self.polls), self.seen, self.asked)

    def forget(self) -> None:
        self.polls.clear()
        self.last.clear()
        self.counted = float("-inf")
        self.seen = PerSlot(SILENT, SILENT)

    def ask(self) -> None:
        now, self.asked = self.clock.now(), True
        if self.silent():
            quiet = (
                Known(SILENT.why, s.seen_at) if isinstance(s, Known) else s
                for s in map(self.seen.__getitem__, SLOTS)
            )
            self.seen = PerSlot(*quiet)
            return
        blue, green = (self.came(slot, now) for slot in SLOTS)
        if blue or green:
            self.polls.append(Poll(int(now), PerSlot(blue, green)))
        self.counted, self.seen = now, PerSlot(Known("", now), Known("", now))

    def came(self, slot: Slot, now: float) -> Came | None:
        """What came since the sums before; None where there are none, or they are old, or went back."""
        before, sums = self.last.get(slot), self.sums(slot)
        self.last[slot] = sums
        if before is None or now - self.counted > self.apart:
            return None
        good, bad = sums[0] - before[0], sums[1] - before[1]
        return Came(good, bad) if min(good, bad) >= 0 else None
