"""What a switch cost, found in two records that know nothing of each other: our event log, and the client's.

The decision is the moment that its event bears, taken before it was durable. The switch is over when the last request
had been *sent* that the old slot answered.
"""

from __future__ import annotations

import re
import time
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from load import Result
from verdigris.ports import Event

__all__ = ["Switch", "percentile", "switches_in", "took"]

MOVED = re.compile(r"route: traffic goes from blue (\d+) % green \d+ % to blue (\d+) % green \d+ %")


@dataclass(frozen=True, slots=True)
class Switch:
    """All traffic was told to leave the slot `old`. `at` is a moment of this machine's monotonic clock."""

    at: float
    old: str


def switches_in(events: Iterable[Event]) -> list[Switch]:
    """The decisions that moved all traffic from one slot to the other."""
    behind = time.time() - time.monotonic()
    found = ((event, MOVED.fullmatch(event.sentence)) for event in events)
    whole = ((event.wall - behind, move.groups()) for event, move in found if move)
    return [
        Switch(at, "blue" if before == "100" else "green")
        for at, (before, after) in whole
        if {before, after} == {"0", "100"}
    ]


def took(switches: list[Switch], load: Result) -> list[float]:
    """For each switch the seconds until the old slot got its last request; 0 where it got none any more."""
    ends = [switch.at for switch in switches[1:]] + [float("inf")]
    sent = {slot: sorted(r.sent for r in load.answered if r.slot == slot) for slot in load.by_slot}
    return [
        max(last_before(end, sent.get(switch.old, [])) - switch.at, 0.0)
        for switch, end in zip(switches, ends, strict=True)
    ]


def last_before(end: float, moments: list[float]) -> float:
    number = bisect_left(moments, end)
    return moments[number - 1] if number else float("-inf")


def percentile(values: Iterable[float], share: float) -> float:
    """The value that `share` of the values do not exceed."""
    found = sorted(values)
    return found[min(len(found) - 1, int(len(found) * share))]
