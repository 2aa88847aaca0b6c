"""After a rollback that rests on no comparison: whether the old release fails as well, now that it serves again.

What the candidate was held against then was a time before, and both may have met the same trouble since. It cannot be
told before traffic is back, and nothing depends on it: it is said to whoever looks for the reason.
"""

from __future__ import annotations

from verdigris.core import trials
from verdigris.core.deployment import Deployment
from verdigris.core.judging.bounds import upper
from verdigris.core.judging.telling import percent
from verdigris.core.policy import Policy
from verdigris.core.tallies import total
from verdigris.core.world import Unknown, World

__all__ = ["attributed"]

SURE = 0.01
ENOUGH = 20
"""Failures of the old release that are no coincidence."""


def attributed(d: Deployment, w: World, p: Policy) -> str:
    """Whose it was, as a sentence; empty where the two were compared, or nothing was found."""
    state = d.trial
    if state is None or state.decided is None or not trials.finding(state, p).alone:
        return ""
    failed, requests = since_back(d, w)
    rate = state.seen[0] / state.seen[2] if state.seen[2] else 0.0
    seen = (
        f"back on {d.live} {failed:,} of {requests:,} requests failed; in {d.candidate} {percent(rate)} had"
    )
    if failed >= ENOUGH and failed >= rate * requests / 2.0:
        return f"{seen}: a shared incident, not this release"
    if requests and upper(failed, requests, SURE) <= max(state.guards.x, rate / 2.0):
        return f"{seen}: it was this release"
    return f"{seen}: whether it was this release cannot be told"


def since_back(d: Deployment, w: World) -> tuple[int, int]:
    """Failed and all requests of users in the old slot since traffic was sent back, as far as they are remembered."""
    if isinstance(w.signals, Unknown) or d.routed is None:
        return 0, 0
    back = d.routed.at + 1.0
    seen = total((s for s in w.signals.value if s.at >= back and not s.lost), d.live)
    requests = max(seen.requests - seen.own, 0)
    return min(max(seen.failures - seen.own_failed, 0) + max(seen.failed_inside, 0), requests), requests
