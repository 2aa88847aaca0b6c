"""Whether the way back may be tried now: only between two slots that are well, while traffic is in place and good."""

from __future__ import annotations

from verdigris.core import waits
from verdigris.core.conditions import Waiting, foreign, instances, paused, probe_sentence, sound, unready
from verdigris.core.deployment import Deployment
from verdigris.core.judge import Verdict, VerdictKind
from verdigris.core.policy import Policy
from verdigris.core.world import Pause, Slot, Unknown, World

__all__ = ["PHASE", "refusal", "unfit"]

PHASE = "stabilize"


def refusal(d: Deployment, w: World, p: Policy, verdict: Verdict | None) -> str:
    """Why the way back is not tried now, with the next step; empty when nothing speaks against it."""
    if d.phase != PHASE or d.previous is None:
        return f"{missing(d)}, so no way back can be tried in {d.phase}. See `verdigris status`"
    if d.drill is not None:
        return "a drill is under way already. Follow it with `verdigris watch`"
    if d.held:
        return f"it is held because {d.held}. Use `verdigris resume` first"
    if paused(d, w) or d.pause is not Pause.NONE:
        return "the app is paused, and a drill would see nothing. Use `verdigris unpause` first"
    if foreign(d, w):
        return f"{foreign(d, w)}. Change it back, or use `verdigris resume` first"
    ill = unfit(d, d.live, w, p) or unfit(d, d.candidate, w, p) or waits.in_place(d, w, p)
    if ill:
        return f"it still waits for {ill.sentence}, so no traffic is sent to {d.live}. See `verdigris status`"
    if verdict is None or verdict.kind is not VerdictKind.GOOD:
        said = verdict.sentence if verdict else "there is no verdict"
        return f"the verdict is not good ({said}), so nothing is tried now. See `verdigris explain`"
    return ""


def missing(d: Deployment) -> str:
    """What there is to be tried comes with `stabilize` and goes with it."""
    if d.previous is None:
        return "this is the first deployment and there is no second slot"
    return "only stabilize has two slots that are both good"


def unfit(d: Deployment, slot: Slot, w: World, p: Policy) -> Waiting | None:
    """What a slot lacks: None when every instance of it runs and is well."""
    release = d.release_in(slot)
    assert release is not None
    lacking = unready(slot, release, w, p)
    ill = [i for i in instances(slot, w) if not sound(i, w, p)]
    if lacking or not ill:
        return lacking
    unknown = all(isinstance(i.health, Unknown) or not i.health.value.failures for i in ill)
    return Waiting("; ".join(f"{i.name}: {probe_sentence(i, p)}" for i in ill), unknown=unknown)
