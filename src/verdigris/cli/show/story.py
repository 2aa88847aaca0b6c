"""The story of one deployment: phase after phase with its time and numbers, told from events and snapshots.

A fold: what was heard (events) and seen (snapshots) goes in, a new story comes out. Begin and end of a phase are the
event log's; the numbers are of what was seen, so a story that was not followed from its start has fewer of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

from verdigris.core.lifecycle import ENDINGS
from verdigris.core.world import Instance, Known, PerSlot, Second, Tally
from verdigris.ports import Event, Snapshot

__all__ = ["Chapter", "Numbers", "Story", "phase_of", "told"]

TURNS = ("restore", "abort", "stuck")
GAP = 1.9
"""Seconds between two counted seconds from which on one is missing."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Requests that a slot answered, and how many of them failed."""

    requests: int = 0
    failed: int = 0

    def plus(self, tally: Tally) -> Numbers:
        return Numbers(self.requests + tally.requests, self.failed + tally.failures)


@dataclass(frozen=True, slots=True)
class Chapter:
    """One phase: when it began and ended on the wall clock, what was counted in it, and the last look at it.

    `turned`: it did not end well, the deployment turned back or got stuck in it.
    `first` and `last` are snapshots of this phase's world; the last one is the look that ended it.
    """

    phase: str
    began: float
    ended: float | None = None
    cause: str = ""
    evidence: str = ""
    steps: int = 0
    turned: bool = False
    counts: PerSlot[Numbers] = field(default_factory=lambda: PerSlot(Numbers(), Numbers()))
    first: Snapshot | None = None
    last: Snapshot | None = None

    def took(self, now: float) -> float:
        return max((self.ended if self.ended is not None else now) - self.began, 0.0)


@dataclass(frozen=True, slots=True)
class Story:
    """What is known of a deployment so far. `torn`: seconds are missing from the counts."""

    id: str
    app: str
    chapters: tuple[Chapter, ...] = ()
    counts: PerSlot[Numbers] = field(default_factory=lambda: PerSlot(Numbers(), Numbers()))
    counted_to: tuple[str, float] = ("", float("-inf"))
    torn: bool = False
    ailing: tuple[Instance, ...] = ()
    snapshot: Snapshot | None = None

    @property
    def began(self) -> float | None:
        return self.chapters[0].began if self.chapters else None

    @property
    def counted_until(self) -> float:
        """The moment on the wall clock up to which requests were counted."""
        s, (_, second) = self.snapshot, self.counted_to
        return second + 1 + s.wall - s.world.now if s is not None else float("-inf")

    @property
    def visited(self) -> tuple[str, ...]:
        return tuple(chapter.phase for chapter in self.chapters)

    @property
    def evidence(self) -> str:
        """What it turned back or was promoted on; what was seen before that is of less interest."""
        turned = [c.evidence for c in self.chapters if c.phase in TURNS]
        return next(filter(None, turned or [c.evidence for c in reversed(self.chapters)]), "")

    @property
    def afterwards(self) -> str:
        """Whose it was, as it was told when traffic was back."""
        return next((c.evidence for c in reversed(self.chapters) if c.phase == "discard"), "")

    def hear(self, event: Event) -> Story:
        """Take in one event: a phase that was entered ends the chapter before it."""
        if (event.deployment, event.app) != (self.id, self.app):
            return self
        if event.kind == "step":
            stepped = (replace(c, steps=c.steps + 1) for c in self.chapters[-1:])
            return replace(self, chapters=(*self.chapters[:-1], *stepped))
        return self.begin(event) if event.kind == "phase" else self

    def begin(self, event: Event) -> Story:
        phase, cause = phase_of(event)
        turned = phase in TURNS
        before = tuple(
            replace(c, ended=event.wall, turned=turned) if c.ended is None else c for c in self.chapters
        )
        ended = event.wall if phase in ENDINGS else None
        return replace(self, chapters=(*before, Chapter(phase, event.wall, ended, cause, event.evidence)))

    def see(self, s: Snapshot) -> Story:
        """Take in one look. The look that ended a phase belongs to the phase before as well."""
        if (s.deployment.id, s.deployment.app) != (self.id, self.app) or s == self.snapshot:
            return self
        return replace(self.count(s), snapshot=s, ailing=remembered(self.ailing, ailing(s))).turn_to(s)

    def turn_to(self, s: Snapshot) -> Story:
        index = next(
            (
                n
                for n in range(len(self.chapters) - 1, -1, -1)
                if self.chapters[n].phase == s.deployment.phase
            ),
            None,
        )
        if index is None:
            return self
        chapters = list(self.chapters)
        if chapters[index].first is None and index:
            chapters[index - 1] = replace(chapters[index - 1], last=s)
        chapters[index] = replace(chapters[index], first=chapters[index].first or s, last=s)
        return replace(self, chapters=tuple(chapters))

    def count(self, s: Snapshot) -> Story:
        """Add the seconds that are newer than the newest counted one."""
        base, to = self.counted_to
        seen = s.world.signals.value if isinstance(s.world.signals, Known) else ()
        fresh = [second for second in seen if s.world.base != base or second.at > to]
        wall = s.wall - s.world.now
        fresh = [second for second in fresh if self.began is not None and second.at + wall >= self.began]
        if not fresh:
            return self
        return replace(
            self,
            counts=reduce(add, fresh, self.counts),
            chapters=tuple(assigned(self.chapters, fresh, wall)),
            counted_to=(s.world.base, fresh[-1].at),
            torn=self.torn or (base == s.world.base and fresh[0].at - to > GAP) or any(x.lost for x in fresh),
        )


def assigned(chapters: Sequence[Chapter], fresh: Sequence[Second], wall: float) -> Iterator[Chapter]:
    """The chapters with each second added to the one in which it began. `wall` makes a moment one of the wall clock."""
    ends = [*(chapter.began for chapter in chapters[1:]), float("inf")]
    for chapter, end in zip(chapters, ends, strict=True):
        inside = [second for second in fresh if chapter.began <= second.at + wall < end]
        yield replace(chapter, counts=reduce(add, inside, chapter.counts)) if inside else chapter


def add(counts: PerSlot[Numbers], second: Second) -> PerSlot[Numbers]:
    return PerSlot(counts.blue.plus(second.slots.blue), counts.green.plus(second.slots.green))


def told(deployment: str, app: str, events: Iterable[Event]) -> Story:
    """The story as far as the event log alone tells it."""
    story = Story(deployment, app)
    for event in events:
        story = story.hear(event)
    return story


def phase_of(event: Event) -> tuple[str, str]:
    """The phase that an event of the kind `phase` enters, and why."""
    phase, _, cause = event.sentence.partition(": ")
    return phase, cause


def ailing(s: Snapshot) -> tuple[Instance, ...]:
    """The candidate's instances that were not well when last seen. When they were told to go, to be gone is well."""
    seen = s.world.slots[s.deployment.candidate]
    found = seen.value.instances if isinstance(seen, Known) else ()
    if s.deployment.phase in ("discard", *ENDINGS):
        return tuple(i for i in found if i.broken)
    return tuple(i for i in found if not i.alive or i.broken or failing(i))


def remembered(before: tuple[Instance, ...], now: tuple[Instance, ...]) -> tuple[Instance, ...]:
    """The newest look at those that ail. One that was started again keeps how it ended before, and its last words."""
    if not now:
        return before
    ended = {i.name: i for i in before if i.log_tail}
    return tuple(
        i
        if i.log_tail or i.name not in ended
        else replace(i, exit_code=ended[i.name].exit_code, log_tail=ended[i.name].log_tail)
        for i in now
    )


def failing(instance: Instance) -> bool:
    return isinstance(instance.health, Known) and instance.health.value.failures > 0
