"""What is compared: the users of both slots, or, where they are all in one, requests that were sent to both again.

Requests of the one kind never wait together with those of the other: that would be a difference that no release made.
"""

from __future__ import annotations

from verdigris.core.judging.counts import Arm, Control, Counts
from verdigris.core.judging.dispersion import Bin, add
from verdigris.core.judging.state import State

__all__ = ["among", "compared_in", "counted", "failed", "sent_again"]

STRATA_MOST = 16
FEW = 0.01
"""A slot with less of the traffic than this has almost no users: it would take many minutes to say anything."""


def sent_again(counts: Counts, before: bool) -> bool:
    """Whether requests that were sent to both again are compared. Once they are, seconds without any are no reason to
    go back to users, as long as these are all in one slot."""
    return (before or counts.control is not None) and in_one(counts)


def compared_in(counts: Counts, again: bool) -> Control:
    """Both sides of this second's comparison."""
    return (counts.control or Control(Arm(), Arm())) if again else Control(counts.live, counts.candidate)


def in_one(counts: Counts) -> bool:
    """Whether one slot has almost all users: by what the router was told, where that is known."""
    share = counts.share
    if share is None:
        both = counts.live.requests + counts.candidate.requests
        share = counts.candidate.requests / both if both else 1.0
    return not FEW <= share <= 1.0 - FEW


def among(state: State, again: bool) -> State:
    """The state for a comparison among users, or among requests that are sent `again`: what waits of others is left."""
    if state.again is again:
        return state
    pairs = None if state.pairs is None else tuple([p._replace(batch=p.batch.without()) for p in state.pairs])
    return state._replace(
        again=again, errors=state.errors.without(), users=state.users.without(), pairs=pairs
    )


def counted(state: State, counts: Counts, both: Control) -> State:
    """The totals with a second more; another share begins another stage. What is sent again is counted apart."""
    second, strata, same = failed(both), state.strata, counts.share == state.stage
    if state.again:
        return state._replace(sent=add(state.sent, second))
    if strata and (same or len(strata) == STRATA_MOST):
        return state._replace(strata=(*strata[:-1], add(strata[-1], second)), stage=counts.share)
    return state._replace(strata=(*strata, second), stage=counts.share)


def failed(both: Control) -> Bin:
    b, g = both
    return g.errors, b.errors, g.requests, b.requests
