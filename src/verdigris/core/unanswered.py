"""Requests that a drill sent to the old slot and that do not come back.

One that hangs leaves no line and no count until somebody gives it up, so a slot that answers nobody looks well. What
gives it away is what stays inside. It must never take long requests for hanging ones, nor what cannot be counted
for nothing.
"""

from __future__ import annotations

from verdigris.core.conditions import HANGING, Waiting
from verdigris.core.deployment import Deployment, Drill, Outcome
from verdigris.core.judge import failing, since_routed
from verdigris.core.policy import Policy
from verdigris.core.tallies import percentile, total
from verdigris.core.words import span
from verdigris.core.world import Second, Tally, Unknown, World, known

__all__ = ["LINGER", "awaited", "hanging", "hangs", "left", "silent", "too_many"]

LINGER = 65.0
"""Seconds that requests have to come back once traffic is home: as a rule the router gives one up after 60."""

WINDOW = 5
"""Seconds in which as many have to come out as are inside."""
HANGING_FOR = 3.0
"""Seconds for which that must not be so. Answers are counted up to two seconds late."""


def left(d: Deployment, drill: Drill, w: World) -> int | None:
    """How many requests of the drill are inside the old slot; None where nobody can tell."""
    inside = w.router.in_flight[d.live]
    if isinstance(inside, Unknown):
        return None
    if inside.value == 0 or drill.inside is None:
        return 0 if inside.value == 0 else None
    return max(inside.value - drill.inside, 0)


# --- while it is there ----------------------------------------------------------------------------------------


def hangs(d: Deployment, drill: Drill, w: World, p: Policy) -> bool | None:
    """Whether more are inside than came out within some seconds; None where nobody can tell.

    A request then takes longer than that on the whole, by Little's law; for a moment a crowd may look the same.
    """
    inside, seconds = left(d, drill, w), lately(d, drill, w)
    if inside is None:
        return None
    crowded = inside >= p.dead_streak and inside > total(seconds, d.live).requests
    return crowded and len(seconds) == WINDOW and quick(d, drill, w, p)


def hanging(d: Deployment, drill: Drill, w: World) -> str:
    """Why the old slot is said to hang; empty while that has not been so for longer than a crowd lasts."""
    if d.lasted(HANGING) < HANGING_FOR:
        return ""
    answered = total(lately(d, drill, w), d.live).requests
    return (
        f"{left(d, drill, w)} requests are inside {d.live}, which answered {answered} in the last {WINDOW} s"
    )


def lately(d: Deployment, drill: Drill, w: World) -> tuple[Second, ...]:
    return out_there(d, drill, w)[-WINDOW:]


def silent(d: Deployment, drill: Drill, w: World) -> str:
    """That the old slot has had requests for all of the drill and answered none; empty when it has, or had none."""
    inside, seen = left(d, drill, w), total(out_there(d, drill, w), d.live)
    if not inside or seen.requests > seen.failures:
        return ""
    return f"{inside} requests are inside {d.live}, which answered none"


def out_there(d: Deployment, drill: Drill, w: World) -> tuple[Second, ...]:
    """The whole seconds since the share was sent."""
    return tuple(second for second in since_routed(d, w) if second.at >= drill.began)


def quick(d: Deployment, drill: Drill, w: World, p: Policy) -> bool:
    """Whether the slot that serves answers nearly all of its requests sooner: where they last, staying says nothing."""
    seconds = (s for s in known(w.signals, ()) if s.at >= drill.began - p.judge_over)
    return 0 < percentile(total(seconds, d.candidate).latency, 0.99) <= WINDOW * 1000


# --- when traffic is home -------------------------------------------------------------------------------------


def awaited(d: Deployment, drill: Drill, w: World, p: Policy) -> Waiting | None:
    """The requests that stayed behind when traffic went home: None when there are none, or they had their time."""
    count = left(d, drill, w)
    if drill.home is None or drill.outcome is Outcome.BROKEN_OFF or count == 0:
        return None
    rest = min(p.drain, LINGER) - (w.now - drill.home)
    if rest <= 0:
        return None
    if count is None:
        return Waiting(f"a count of the requests inside {d.live}, at most {span(rest)} more", unknown=True)
    return Waiting(
        f"{count} request{'s' if count > 1 else ''} to come back from {d.live}, at most {span(rest)} more"
    )


def too_many(d: Deployment, w: World, p: Policy, seconds: tuple[Second, ...], unanswered: int) -> str:
    """Why the way back does not work after all; empty where those that did not come back are few.

    By the judge's own limit, or where no user was answered. What failed otherwise the judge has seen meanwhile.
    """
    seen = total(seconds, d.live)
    late = seen.timeouts + unanswered
    sent, bad = seen.requests + unanswered, seen.failures + unanswered
    users = sent - seen.own
    worse = failing(Tally(sent, bad), p) and not failing(total(seconds, d.candidate), p)
    if not late or not (worse or 0 < users <= bad):
        return ""
    return f"{late} of {users} requests to {d.live} did not come back"
