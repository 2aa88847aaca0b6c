"""What a plan says of the comparison: what runs beside a release that has all traffic, and what that cannot show."""

from __future__ import annotations

from verdigris.core.judging.settings import Settings
from verdigris.core.policy import Policy
from verdigris.core.tallies import total
from verdigris.core.world import Second, Slot

__all__ = ["compared", "compares", "replayed_of", "replays", "unseen", "useless"]

NOTHING = (
    "without a holdback a slow hour looks like a slow release: nothing old runs beside it (bake.holdback)"
)
GUARDED = (
    f"once all traffic is moved, up to {Settings().baseline_factor:g} times the failures of before are not told "
    "from a bad hour, and no slowness is (bake.replay)"
)
UNGUARDED = "once all traffic is moved, only the limits of `bake` are looked at (bake.replay, judge.baseline)"
REPLAYED = (
    "once all traffic is moved, only failures are compared, and only of what GET and HEAD read without a login and a "
    "query: live is idle by then, and quicker for it"
)


def compares(p: Policy) -> bool:
    """Whether both slots ever have users in the same second."""
    return len(p.ramp) > 1 or p.holdback > 0


def compared(p: Policy) -> bool:
    """Whether both ever have requests in the same second, of users or replayed."""
    return compares(p) or p.replay > 0


def replays(p: Policy, slot: Slot) -> str:
    """What the bake does besides, as the end of its line."""
    if not p.replay:
        return ""
    return f", up to {p.replay} GETs of users a second go to {slot.other} and {slot} once more"


def unseen(p: Policy) -> list[str]:
    """What cannot be noticed once all traffic is moved."""
    if p.holdback:
        return []
    return [REPLAYED] if p.replay else [NOTHING, GUARDED if p.baseline else UNGUARDED]


def replayed_of(seconds: tuple[Second, ...]) -> tuple[int, int]:
    """How many requests were replayed in these seconds, and how many of them could be compared."""
    found = total([Second(s.at, s.control) for s in seconds if s.control is not None], Slot.BLUE)
    return found.requests + found.asked, found.requests


def useless(replayed: int, compared: int) -> list[str]:
    """That replaying shows little, by what was replayed last."""
    if not replayed or 2 * compared > replayed:
        return []
    few = f"{compared} of the {replayed} requests" if compared else f"none of the {replayed} requests"
    return [f"{few} that were replayed last could be compared: both slots refused the others (bake.replay)"]
