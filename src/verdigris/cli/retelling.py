"""A trial told anew from its counts: the same seconds, by the same settings, through the same pure judge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import StringIO

from verdigris.cli.counting import seconds
from verdigris.core.deployment import Deployment
from verdigris.core.judging.counts import Counts
from verdigris.core.judging.lines import Heading
from verdigris.core.judging.settings import Settings
from verdigris.core.judging.state import State, begin
from verdigris.core.judging.trial import step

__all__ = ["Tick", "complete", "retold", "ticks_of"]

NEAR = 1e-6


@dataclass(frozen=True, slots=True)
class Tick:
    """One second: what was counted, what it was judged by, and where the trial stood before and after."""

    counts: Counts
    heading: Heading
    before: State
    after: State

    @property
    def told(self) -> bool:
        """Whether it changed what is known of a candidate that has traffic."""
        fresh = self.after is not self.before and self.before.decided is None
        return fresh and self.after.exposed_at is not None


def ticks_of(entries: Iterable[Counts | Heading], heading: Heading) -> Iterator[Tick]:
    """Every second in its order; `heading` is for those that have none above them."""
    state = begin(heading.settings)
    for one in entries:
        if isinstance(one, Heading):
            heading, state = one, state if one.goes_on else begun(one)
            continue
        before, state = state, step(state, one, heading.settings)
        yield Tick(one, heading, before, state)


def begun(heading: Heading) -> State:
    state = begin(heading.settings)
    return state if heading.baseline is None else state._replace(base=heading.baseline)


def retold(lines: Iterable[str], name: str) -> tuple[Tick, ...]:
    """The trial of a deployment from the counts that are stored with it."""
    text = StringIO("\n".join(lines))
    return tuple(ticks_of(seconds(text, f"the counts of {name}"), Heading(Settings())))


def complete(ticks: tuple[Tick, ...], d: Deployment) -> bool:
    """Whether they come to what the deployment came to: what it has seen, and its decision if there was one."""
    kept = d.trial
    if not ticks or kept is None:
        return False
    state = ticks[-1].after
    if (state.seen, state.settled) != (kept.seen, kept.settled):
        return False
    if state.decided is None or kept.decided is None:
        return state.decided is kept.decided
    here, there = state.decided, kept.decided
    return here.after == there.after and abs(here.ln_e - there.ln_e) <= NEAR
