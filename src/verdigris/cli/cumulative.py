"""Counters that only grow, as an exporter shows them, as counts of seconds: what came between one line and the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import sub

from verdigris.core.errors import ConfigError
from verdigris.core.judging.counts import Arm, Counts
from verdigris.core.judging.lines import Heading

__all__ = ["differences"]


def differences(entries: Iterable[Counts | Heading], name: str) -> Iterator[Counts]:
    """What came since the line before, as of the later one; the first line says only where counting begins.

    A slot in which any counter is lower than before was started again: all of its counters began at 0 then, so what
    they show is what came since.
    """
    last: Counts | None = None
    for found in entries:
        if isinstance(found, Heading) or found.routes or found.control is not None:
            raise ConfigError(
                f"{name}: --cumulative takes plain seconds: no settings, routes or control. Leave it out, for what "
                "verdigris wrote are counts of one second each"
            )
        if last is not None and found.at > last.at:
            yield difference(last, found, name)
        last = found


def difference(last: Counts, now: Counts, name: str) -> Counts:
    try:
        if last.edges != now.edges:
            raise ValueError("other edges in slow than in the line before")
        arms = (since("live", last.live, now.live), since("candidate", last.candidate, now.candidate))
        return Counts(now.at, *arms, now.edges, now.share)
    except ValueError as error:
        raise ConfigError(f"{name}, t {now.at}, since t {last.at}: {error}") from None


def since(slot: str, last: Arm, now: Arm) -> Arm:
    """The difference of two readings of a slot's counters."""
    if (last.good is None, last.bad is None) != (now.good is None, now.bad is None):
        raise ValueError(f"{slot}: good and bad are there in one line and not in the other")
    before, after = counters(last), counters(now)
    if len(before) != len(after):
        raise ValueError(f"{slot}: slow is there in one line and not in the other")
    if any(b > a for b, a in zip(before, after, strict=True)):
        return now
    try:
        return grown(last, now)
    except ValueError as error:
        raise ValueError(f"{slot}: {error}; are these counts since the start of each slot?") from None


def grown(last: Arm, now: Arm) -> Arm:
    return Arm(
        now.requests - last.requests,
        now.errors - last.errors,
        tuple(map(sub, now.slow, last.slow)),
        None if now.good is None else now.good - (last.good or 0),
        None if now.bad is None else now.bad - (last.bad or 0),
        now.again - last.again,
    )


def counters(arm: Arm) -> tuple[int, ...]:
    return (arm.requests, arm.errors, *arm.slow, arm.good or 0, arm.bad or 0, arm.again)
