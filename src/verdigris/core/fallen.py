"""Whether far fewer requests come than before the candidate had any: clients may not understand what it answers.

Only the time before can be held against that, and it is no judge: an evening, a campaign that ended and a load test
that is over look the same. So it is told to whoever watches, and nobody is sent back for it.
"""

from __future__ import annotations

from verdigris.core.deployment import Deployment
from verdigris.core.world import SLOTS, Second

__all__ = ["fallen"]

FALL = 0.5
"""What part of the rate of before is a fall."""
REQUESTS_LEAST, SECONDS_LEAST = 1000, 60
"""What a time before has to have been to be held against anything."""
LATELY_LEAST = 10
"""Seconds of now that are needed."""


def fallen(d: Deployment, seconds: tuple[Second, ...]) -> str:
    """How far the users' requests of both slots fell, as a sentence's end; empty where they did not."""
    base = d.trial.base if d.trial is not None else None
    if base is None or base.requests < REQUESTS_LEAST or base.seconds < SECONDS_LEAST:
        return ""
    if len(seconds) < LATELY_LEAST:
        return ""
    tallies = [second.slots[slot] for second in seconds for slot in SLOTS]
    now = sum(tally.requests - tally.own for tally in tallies) / len(seconds)
    before = base.requests / base.seconds
    if now >= FALL * before:
        return ""
    return f"; requests fell from {before:.3g} a second, before {d.candidate} had any, to {now:.3g}"
