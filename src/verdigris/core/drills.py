"""The way back, tried: a share of the traffic goes to the old slot and comes back, during `stabilize` and only then.

A drill is evidence like any other: it has arrived, and has come back, when the router and its front door say so. It
must never make anything worse: whatever goes wrong turns it, a limit turns it, and all that it wants once it has
turned is traffic where it was. What nobody could see says nothing of the way back; what was seen to fail is the most
valuable news there is.
"""

from __future__ import annotations

from dataclasses import replace

from verdigris.core import unanswered, waits
from verdigris.core.conditions import (
    HANGING,
    PROVEN,
    Waiting,
    confirmed,
    foreign,
    paused,
)
from verdigris.core.deployment import Deployment, Drill, Note, Outcome
from verdigris.core.drilled import finish, old, recorded
from verdigris.core.judge import Verdict, VerdictKind, judge
from verdigris.core.occasions import PHASE, refusal, unfit
from verdigris.core.policy import Policy
from verdigris.core.turns import Turn, alarm
from verdigris.core.words import brief, span
from verdigris.core.world import Known, Pause, Unknown, Weights, World

__all__ = ["SINCE", "begin", "go_on", "homeward", "lasts", "orphaned", "refusal", "schedule_runs", "waiting"]

SINCE = "since the last drill"
"""The name under which are counted the watched seconds since a drill was over, whatever became of it."""


def homeward(d: Deployment) -> bool:
    """Whether all that is wanted of the traffic is that it comes back from a drill."""
    return d.drill is not None and d.drill.turned is not None


def orphaned(d: Deployment, now: float) -> Deployment:
    """What another controller was trying is not carried on: only the traffic is brought home."""
    if d.drill is None or d.drill.turned is not None:
        return d
    return replace(d, drill=d.drill.turn(now, Outcome.BROKEN_OFF, "the controller that tried it is gone"))


def schedule_runs(d: Deployment) -> bool:
    """Whether the time since a drill is being counted."""
    return any(entry.name == SINCE for entry in d.evidence)


def lasts(d: Deployment, w: World, p: Policy) -> dict[str, bool | None]:
    """What is counted: how long the last drill is past, how long this one has seen the old slot serve well, or hang."""
    # Not in a drill: else one that lasts as long as it is far from the next would leave no time for the wait.
    found: dict[str, bool | None] = {SINCE: None if d.drill else True} if schedule_runs(d) else {}
    if d.drill is not None and d.drill.turned is None:
        found[HANGING] = unanswered.hangs(d, d.drill, w, p)
        if d.drill.there is not None:
            found[PROVEN] = serves_well(d, w, p)
    return found


# --- from where ----------------------------------------------------------------------------------


def begin(d: Deployment, share: int, actor: str, w: World, p: Policy) -> Turn:
    """Send the share. What lasted since the last one begins again when it is over."""
    d = d.forget(PROVEN, HANGING, SINCE).count(SINCE, None, w, p)
    seen = w.router.in_flight[d.live]
    inside = seen.value if isinstance(seen, Known) else None
    begun = replace(d, drill=Drill(share, actor, w.now, inside=inside))
    return begun, (Note("drill", f"{share} % of the traffic is sent to {old(d)} and back, for {actor}"),)


def due(d: Deployment, p: Policy) -> bool:
    """Whether the schedule asks for one: none was ever begun, or none for long enough."""
    if p.drill_every is None or d.phase != PHASE:
        return False
    return not schedule_runs(d) or d.lasted(SINCE) >= p.drill_every


# --- there, and back ------------------------------------------------------------------------------------------


def go_on(d: Deployment, w: World, p: Policy, verdict: Verdict | None) -> Turn:
    """One look at the drill that is under way; or the beginning of one that is due."""
    if d.drill is not None:
        return out(d, d.drill, w, p) if d.drill.turned is None else home(d, d.drill, w, p)
    if due(d, p) and not refusal(d, w, p, verdict):
        return begin(d, p.drill_share, "the schedule", w, p)
    return d, ()


def out(d: Deployment, drill: Drill, w: World, p: Policy) -> Turn:
    """On the way there, or arrived: whatever speaks against it is asked for first."""
    stopped = in_the_way(d, w)
    if stopped:
        return turn(d, w, Outcome.BROKEN_OFF, stopped)
    why, evidence = failure(d, drill, w, p)
    if why:
        return turn(d, w, Outcome.FAILED, why, evidence)
    if drill.there is None and not late(drill, w, p) and not arriving(d, w, p):
        there = w.now - drill.began
        arrived = replace(d, drill=replace(drill, there=there))
        return arrived, (Note("drill", f"{d.live} answers after {brief(there)}: traffic is {wanted(d)}"),)
    if d.lasted(PROVEN) >= p.drill_for:
        return turn(d, w, Outcome.WORKS)
    return overdue(d, drill, w, p)


def in_the_way(d: Deployment, w: World) -> str:
    """What somebody wants that a drill has to stand back for."""
    if d.held:
        return f"held because {d.held}"
    if paused(d, w) or d.pause is not Pause.NONE:
        return "the app is paused"
    return foreign(d, w)


def failure(d: Deployment, drill: Drill, w: World, p: Policy) -> tuple[str, str]:
    """Why the way back does not work, with what was seen: the old slot is not well, serves badly, or nobody."""
    ill = unfit(d, d.live, w, p)
    verdict = of_the_old(d, w, p)
    if verdict.kind is VerdictKind.BAD:
        return verdict.sentence, verdict.evidence
    if ill is not None and not ill.unknown:
        return f"{old(d)} is not well, it still waits for {ill.sentence}", ""
    return unanswered.hanging(d, drill, w), ""


def of_the_old(d: Deployment, w: World, p: Policy) -> Verdict:
    """The judge's verdict over the old slot: to it, that one is the candidate for as long as the drill lasts."""
    assert d.previous is not None
    return judge(replace(d, candidate=d.live, release=d.previous, previous=d.release), w, p)


def arriving(d: Deployment, w: World, p: Policy) -> Waiting | None:
    """What the router and its front door do not show yet of the share."""
    return confirmed(d, wanted(d), w, p)


def wanted(d: Deployment) -> Weights:
    assert d.drill is not None
    return Weights.share(d.live, d.drill.share)


def serves_well(d: Deployment, w: World, p: Policy) -> bool | None:
    """Whether this is time that the old slot is seen to serve well in: None when that cannot be seen."""
    place, verdict = arriving(d, w, p), of_the_old(d, w, p)
    if verdict.kind is VerdictKind.UNKNOWN or (place and place.unknown):
        return None
    return place is None and verdict.kind is VerdictKind.GOOD


def late(drill: Drill, w: World, p: Policy) -> bool:
    """A drill is over after so long, whatever was seen. The clock of the machine ends it, looked at or not."""
    return w.now - drill.began >= p.drill_for + p.cutover_within


def overdue(d: Deployment, drill: Drill, w: World, p: Policy) -> Turn:
    if not late(drill, w, p):
        return d, ()
    place = arriving(d, w, p)
    silence = unanswered.silent(d, drill, w)
    seen = silence or (place is not None and not place.unknown)
    said = silence or f"it still waited for {waiting(d, w, p)}"
    said = f"no proof within {span(p.drill_for + p.cutover_within)}, {said}"
    return turn(d, w, Outcome.FAILED if seen else Outcome.BROKEN_OFF, said)


def turn(d: Deployment, w: World, outcome: Outcome, why: str = "", evidence: str = "") -> Turn:
    """Bring traffic home. That the way back does not work is told, and remembered, at once: it may be cut off."""
    assert d.drill is not None
    drill = d.drill.turn(w.now, outcome, why, evidence)
    turned = replace(d.forget(PROVEN, HANGING), drill=drill)
    if outcome is not Outcome.FAILED:
        return turned, (Note("drill", f"traffic goes back to {d.candidate}{f': {why}' if why else ''}"),)
    text = f"the way back does not work: {why}. Traffic goes back to {d.candidate} ({d.release.version})"
    return replace(turned, drilled=recorded(d, drill, w)), (Note("alert", text, evidence),)


def home(d: Deployment, drill: Drill, w: World, p: Policy) -> Turn:
    """On the way home: over when traffic is seen there, and its last requests have come back and are counted."""
    assert drill.turned is not None
    place = waits.in_place(d, w, p)
    if place is not None:
        late = w.now - drill.turned >= p.alert_after
        text = f"the drill does not get home from {d.live}, waiting for {place.sentence}"
        return alarm(d, "drill", text) if late else (d, ())
    if drill.home is None:
        drill = replace(drill, home=w.now, back=w.now - drill.turned)
    if drill.over is None and unanswered.awaited(d, drill, w, p) is None:
        drill = replace(drill, over=w.now)
    d = replace(d, drill=drill)
    if drill.over is None or (uncounted(drill.over, w) and w.now - drill.over < p.fresh_within):
        return d, ()
    return finish(d, drill, w, p)


def uncounted(until: float, w: World) -> bool:
    return isinstance(w.signals, Unknown) or not any(s.at + 1.0 >= until for s in w.signals.value)


def waiting(d: Deployment, w: World, p: Policy) -> str:
    """What the drill waits for, as the end of the sentence "waiting for"."""
    drill = d.drill
    assert drill is not None
    if drill.turned is not None:
        missing = waits.in_place(d, w, p) or unanswered.awaited(d, drill, w, p)
        return missing.sentence if missing else "its last requests to be counted"
    place, verdict = arriving(d, w, p), of_the_old(d, w, p)
    if place is not None:
        return place.sentence
    if verdict.kind is VerdictKind.UNKNOWN:
        return f"a verdict over {d.live}: {verdict.sentence}"
    left = span(max(p.drill_for - d.lasted(PROVEN), 0.0))
    return f"{left} more of good evidence on {d.live} (of {span(p.drill_for)})"
