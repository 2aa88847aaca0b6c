"""What failed inside an application though the router saw no error: a gRPC call that ends with INTERNAL is HTTP 200.

An application counts its calls and says, as often as it is asked, how many there were since it began. What came in
between belongs to the second of the later answer. A second in which somebody who counts was not heard is not known:
nothing seen is not nothing failed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from verdigris.core.world import SLOTS, Known, PerSlot, Second, Seen, Slot, Tally, Unknown
from verdigris.ports import Signals

__all__ = ["APART_MOST", "KEPT", "Calls", "Counting", "Inside"]

KEPT = 180
"""Seconds that are remembered."""

APART_MOST = 3.0
"""Seconds between two answers, above which nobody could say when something failed."""

HEARD_WITHIN = 1.9
"""Seconds after the end of one until whoever counts has to be heard again. The trial takes it a little later."""


@dataclass(frozen=True, slots=True)
class Calls:
    """How many calls an instance has ended since it began, and how many of them with a status of a failure."""

    calls: int
    failed: int


@dataclass(frozen=True, slots=True)
class _Heard:
    slot: Slot
    at: float
    calls: Calls


class Inside:
    """The answers of all instances of one app, counted by second and slot. `now` is the clock of the seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._heard: dict[object, _Heard] = {}
        self._failed: dict[int, dict[Slot, int]] = {}
        self._unknown: set[int] = set()
        self._joined: dict[int, tuple[Second, Second]] = {}

    def note(self, instance: object, slot: Slot, calls: Calls) -> None:
        """Count what came since the answer before. Numbers that fell are those of a process that began again."""
        now, before = self._now(), self._heard.get(instance)
        self._heard[instance] = _Heard(slot, now, calls)
        if before is None:
            return
        since = difference(before.calls, calls)
        if now - before.at > APART_MOST and since.calls:
            self._unknown.update(range(max(int(before.at), int(now) - KEPT), int(now) + 1))
        elif since.failed:
            cell = self._failed.setdefault(int(now), dict.fromkeys(SLOTS, 0))
            cell[slot] += since.failed
        self._forget(int(now) - KEPT)

    def gone(self, instance: object) -> None:
        """Nobody asks this one any more."""
        self._heard.pop(instance, None)

    def beside(self, seconds: tuple[Second, ...]) -> tuple[Second, ...]:
        """These seconds with what failed inside; the same values while there is nothing to say of them."""
        if not (self._heard or self._failed or self._unknown):
            return seconds
        return tuple(map(self._join, seconds))

    def _join(self, second: Second) -> Second:
        at = int(second.at)
        failed, unheard = self._failed.get(at), self._missing(at, second.slots)
        if failed is None and not unheard:
            return second
        before = self._joined.get(at)
        slots = second.slots
        if failed is not None:
            slots = PerSlot(*(inwardly(slots[slot], failed[slot]) for slot in SLOTS))
        joined = replace(second, slots=slots, lost=second.lost or unheard, unheard=unheard)
        if before is not None and before[0] is second and before[1] == joined:
            return before[1]
        self._joined[at] = (second, joined)
        return joined

    def _missing(self, at: int, slots: PerSlot[Tally]) -> bool:
        """Whether somebody who counts was not heard since. In a slot without requests nothing fails."""
        if at in self._unknown:
            return True
        end = at + 1
        late = self._now() - end >= HEARD_WITHIN
        return late and any(
            heard.at < end and heard.calls.calls and slots[heard.slot].requests
            for heard in self._heard.values()
        )

    def _forget(self, oldest: int) -> None:
        self._unknown = {at for at in self._unknown if at >= oldest}
        kept: tuple[dict[int, object], ...] = (self._failed, self._joined)  # type: ignore[assignment]
        for seconds in kept:
            for old in [at for at in seconds if at < oldest]:
                del seconds[old]


@dataclass(frozen=True, slots=True)
class Counting:
    """Signals of users with what failed inside."""

    users: Signals
    inside: Inside

    async def observe(self) -> Seen[tuple[Second, ...]]:
        seen = await self.users.observe()
        return seen if isinstance(seen, Unknown) else Known(self.inside.beside(seen.value), seen.seen_at)


def difference(before: Calls, now: Calls) -> Calls:
    if now.calls < before.calls or now.failed < before.failed:
        return now
    return Calls(now.calls - before.calls, now.failed - before.failed)


def inwardly(tally: Tally, failed: int) -> Tally:
    return replace(tally, failed_inside=failed) if failed else tally
