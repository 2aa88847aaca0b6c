"""What requests came to for users, good or bad, as a source outside says: put into the seconds that are judged.

A source is asked now and then, and knows only sums: what came since the answer before belongs to the second in which
an answer came. A second without an answer says nothing, which is not the same as nothing bad.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from verdigris.core.world import Check, Known, PerSlot, Second, Seen, Slot, Tally, Unknown

__all__ = ["Came", "Outcomes", "Poll", "checked", "unheard", "with_outcomes"]

NOT_ASKED: PerSlot[Seen[str]] = PerSlot(Unknown("it was not asked yet"), Unknown("it was not asked yet"))


class Came(NamedTuple):
    """How many requests of one slot came to something good, and how many to something bad."""

    good: int
    bad: int


@dataclass(frozen=True, slots=True)
class Poll:
    """What came in each slot since the answer before, None where nobody can say.

    `at` is the second in which the answer came.
    """

    at: int
    slots: PerSlot[Came | None]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """All that a source has said lately, oldest first.

    `slots` says when each was last counted, with what has been in the way since, "" for nothing; Unknown until the
    first count. `asked`: the first answer, or the lack of one, is in.
    """

    polls: tuple[Poll, ...] = ()
    slots: PerSlot[Seen[str]] = NOT_ASKED
    asked: bool = False


def with_outcomes(seconds: Seen[tuple[Second, ...]], outcomes: Outcomes | None) -> Seen[tuple[Second, ...]]:
    """The seconds with what the source says of them, and nothing that anybody else says of it.

    Without a source they stay as they are. A poll whose second is not among them waits for it.
    """
    if outcomes is None or isinstance(seconds, Unknown):
        return seconds
    came = {poll.at: poll.slots for poll in outcomes.polls}
    return Known(tuple(told(second, came.get(int(second.at))) for second in seconds.value), seconds.seen_at)


def told(second: Second, came: PerSlot[Came | None] | None) -> Second:
    before = second.slots
    said = PerSlot(
        of(before.blue, came.blue if came else None), of(before.green, came.green if came else None)
    )
    # Most seconds have nothing to be told, and stay the very ones that they were.
    same = said.blue is before.blue and said.green is before.green
    return second if same else replace(second, slots=said)


def of(tally: Tally, came: Came | None) -> Tally:
    good, bad = came or (None, None)
    return tally if (tally.good, tally.bad) == (good, bad) else replace(tally, good=good, bad=bad)


def unheard(outcomes: PerSlot[Seen[str]], slot: Slot, now: float, within: float) -> str:
    """Why nobody knows what requests to the slot come to; empty where it was counted lately."""
    seen = outcomes[slot]
    if isinstance(seen, Unknown):
        return seen.why
    if now - seen.seen_at <= within:
        return ""
    return seen.value or "it was not asked for longer than signals.stale_after"


def checked(outcomes: Outcomes, live: Slot, now: float, within: float) -> Seen[Check]:
    """The line of the checklist: a source that cannot count the slot that serves will not count the next one either.

    One that did, and was not heard within `within` seconds, is waited for.
    """
    if not outcomes.asked:
        return Unknown("the source of `signals` was not asked yet")
    seen = outcomes.slots[live]
    if isinstance(seen, Unknown):
        return Known(Check("signals", False, f"nobody counts what users get: {seen.why}"), 0.0)
    if why := unheard(outcomes.slots, live, now, within):
        return Unknown(f"nobody counts what users get in {live}: {why}")
    return Known(Check("signals", True, f"what users get is counted in {live}"), seen.seen_at)
