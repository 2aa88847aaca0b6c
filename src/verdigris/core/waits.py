"""What each phase waits for: None when there is nothing left, else the sentence that people are shown."""

from __future__ import annotations

from verdigris.core import schema, trials
from verdigris.core.conditions import Waiting, answers, confirmed, instances, quiet, unhealthy, unready
from verdigris.core.deployment import Deployment
from verdigris.core.judge import VerdictKind, judge
from verdigris.core.judging.finding import Kind
from verdigris.core.policy import Policy, Step
from verdigris.core.streams import lingering, remaining
from verdigris.core.words import span
from verdigris.core.world import Known, Slot, Unknown, Weights, World

__all__ = [
    "a_person",
    "all_is_well_after",
    "all_is_well_back",
    "baked",
    "candidate_gone",
    "checklist_failed",
    "checklist_passed",
    "drained",
    "given_up",
    "in_place",
    "let_through",
    "preflight",
    "preflight_at_most",
    "preflight_failed",
    "previous_gone",
    "ramp",
    "rehearsed",
    "rehearsing",
    "restored",
    "running",
    "settled",
    "share",
    "stabilized",
    "step_done",
    "untouched",
    "validated",
]


def all_is_well_after(d: Deployment, w: World, p: Policy) -> Waiting | None:
    """An ended deployment waits for nothing, unless what it left behind is not as it should be."""
    return in_place(d, w, p) or unready(d.candidate, d.release, w, p)


def all_is_well_back(d: Deployment, w: World, p: Policy) -> Waiting | None:
    """The same where the old release went on serving, if there was one."""
    live = unready(d.live, d.previous, w, p) if d.previous is not None else None
    return untouched(d, w, p) or live or occupied(d, d.candidate, w, p)


def a_person(d: Deployment, w: World, p: Policy) -> Waiting | None:
    return Waiting(f"a person: {d.cause}. Traffic stays where it is; `verdigris explain` says more")


# --- before any traffic moves ---------------------------------------------------------------------------------


def preflight(d: Deployment, w: World, p: Policy) -> Waiting | None:
    """Router and slots as believed, the checklist passed, and room in the candidate's slot."""
    if isinstance(w.checklist, Unknown):
        return Waiting(f"the checklist: {w.checklist.why}", unknown=True)
    return not_as_believed(d, w) or schema.keeps(d, w, p) or occupied(d, d.candidate, w, p)


def preflight_at_most(p: Policy) -> float:
    return p.drain + p.preflight_within + p.prove_within * p.expand


def preflight_failed(d: Deployment, w: World, p: Policy) -> str:
    return checklist_failed(d, w, p) or schema.breaks_live(d, w, p)


def not_as_believed(d: Deployment, w: World) -> Waiting | None:
    reading, slot = w.router.reading, w.slots[d.live]
    if isinstance(reading, Unknown):
        return Waiting(f"the router's answer: {reading.why}", unknown=True)
    if isinstance(slot, Unknown):
        return Waiting(f"a look at {d.live}: {slot.why}", unknown=True)
    if reading.value.routing.weights[d.live] != 100:
        return Waiting(f"all traffic to be on {d.live}, the router says {reading.value.routing.weights}")
    if d.previous is not None and slot.value.digest != d.previous.digest:
        return Waiting(f"{d.previous.version} to run in {d.live}, {slot.value.version or 'nothing'} does")
    return None


def occupied(d: Deployment, slot: Slot, w: World, p: Policy) -> Waiting | None:
    seen = w.slots[slot]
    if isinstance(seen, Unknown):
        return Waiting(f"a look at {slot}: {seen.why}", unknown=True)
    if seen.value.empty:
        return None
    torn_down = f"{slot} to be empty, {seen.value.version or 'an earlier release'} is being torn down"
    return lingering(d, slot, w, p) or Waiting(torn_down)


def checklist_failed(d: Deployment, w: World, p: Policy) -> str:
    checks = w.checklist.value if isinstance(w.checklist, Known) else ()
    return "; ".join(check.sentence for check in checks if not check.passed)


def checklist_passed(w: World) -> bool:
    return isinstance(w.checklist, Known) and all(check.passed for check in w.checklist.value)


def given_up(d: Deployment, w: World, p: Policy) -> str:
    """Why waiting on is pointless: an instance that the environment no longer tries to start."""
    return "; ".join(
        f"{i.name} does not come up: {i.sentence}" for i in instances(d.candidate, w) if i.broken
    )


def running(d: Deployment, w: World, p: Policy) -> Waiting | None:
    """Every instance runs; before, whatever else is left in the slot has gone."""
    seen = w.slots[d.candidate]
    strange = isinstance(seen, Known) and seen.value.digest not in (None, d.release.digest)
    return (strange and lingering(d, d.candidate, w, p)) or unready(d.candidate, d.release, w, p)


def validated(d: Deployment, w: World, p: Policy) -> Waiting | None:
    """Every instance passes, and so does a request through the router, so that what was proven is what serves."""
    return unhealthy(d.candidate, d.release, w, p) or answers(d.candidate, d.release, w, p)


def rehearsed(d: Deployment, w: World, p: Policy) -> Waiting | None:
    if isinstance(w.rehearsal, Unknown):
        return Waiting(f"the rehearsal: {w.rehearsal.why}", unknown=True)
    seen = w.rehearsal.value
    if seen.samples < p.rehearse:
        return Waiting(f"{p.rehearse} comparable samples, {seen.samples} so far")
    if seen.differences:
        return Waiting(f"a clean comparison: {seen.differences} of {seen.samples} answers differ")
    if not seen.memory_flat:
        return Waiting("a candidate whose memory stays flat under the rehearsal: it grows")
    return validated(d, w, p)


def rehearsing(w: World) -> bool:
    return isinstance(w.rehearsal, Known) and w.rehearsal.value.running


def let_through(d: Deployment, w: World, p: Policy) -> Waiting | None:
    """The gate: the database serves it, a person says yes where one is to, and what was validated is still so."""
    return validated(d, w, p) or schema.serves(d, w, p) or promoted(d, p)


def promoted(d: Deployment, p: Policy) -> Waiting | None:
    return None if d.promoted or not p.gate else Waiting("`verdigris promote`")


# --- traffic --------------------------------------------------------------------------------------------------


def ramp(d: Deployment, p: Policy) -> tuple[Step, ...]:
    """The steps of this deployment. The first one has nothing to be compared with and takes all at once."""
    return p.ramp if d.previous is not None else (Step(100, 0.0),)


def share(d: Deployment, p: Policy) -> int:
    """The weight that the candidate is to have in this phase."""
    if d.phase == "cutover":
        return ramp(d, p)[d.step].to
    return ramp(d, p)[-1].to if d.phase in ("drain", "bake") else 100


def in_place(d: Deployment, w: World, p: Policy) -> Waiting | None:
    """Whether traffic is where this forward phase wants it."""
    return confirmed(d, Weights.share(d.candidate, share(d, p)), w, p)


def step_done(d: Deployment, w: World, p: Policy) -> Waiting | None:
    """A step of the ramp: in place, and, but for the last, good for as long as it has to last."""
    last = d.step + 1 == len(ramp(d, p))
    return in_place(d, w, p) or (None if last else evidence(d, p.ramp[d.step].lasts))


def drained(d: Deployment, w: World, p: Policy) -> Waiting | None:
    return in_place(d, w, p) or quiet(d, d.live, w, p)


def baked(d: Deployment, w: World, p: Policy) -> Waiting | None:
    """Good for as long as was asked for; or sooner, or not before, it is proven that errors do no harm.

    Sooner only while it can be seen that all is well: a proof is of what was, and nobody waits any more.
    """
    place = in_place(d, w, p)
    if place or (p.early and proven(d, p) and judge(d, w, p).kind is VerdictKind.GOOD):
        return place
    return evidence(d, p.bake) or unproven(d, p)


def unproven(d: Deployment, p: Policy) -> Waiting | None:
    """The first deployment has nothing that its proof could be held against."""
    if not p.require_proof or d.promoted or d.previous is None or proven(d, p):
        return None
    return Waiting(f"a proof that {d.candidate} does no harm; `verdigris promote` goes on without it")


def proven(d: Deployment, p: Policy) -> bool:
    return trials.kind(d, p) is Kind.NO_HARM_PROVEN


def stabilized(d: Deployment, w: World, p: Policy) -> Waiting | None:
    """The old slot has been hot long enough, and its long-lived connections have ended or had their time.

    Nor is a drill cut off that is home and has its last requests to count: it may be the one that found something.
    """
    hot = in_place(d, w, p) or drilling(d) or evidence(d, p.stabilize)
    return hot or quiet(d, d.live, w, p) or remaining(d, d.live, w, p)


def drilling(d: Deployment) -> Waiting | None:
    return Waiting("the drill to end") if d.drill is not None else None


def evidence(d: Deployment, seconds: float) -> Waiting | None:
    """Good evidence, not elapsed time: an hour in which nobody could look counts for nothing."""
    if d.promoted:
        return None
    left = seconds - d.lasted("good")
    return Waiting(f"{span(left)} more of good evidence (of {span(seconds)})") if left > 0 else None


# --- afterwards -----------------------------------------------------------------------------------------------


def previous_gone(d: Deployment, w: World, p: Policy) -> Waiting | None:
    return in_place(d, w, p) or occupied(d, d.live, w, p)


def restored(d: Deployment, w: World, p: Policy) -> Waiting | None:
    return confirmed(d, Weights.share(d.live, 100), w, p)


def settled(d: Deployment, w: World, p: Policy) -> Waiting | None:
    return restored(d, w, p) or quiet(d, d.candidate, w, p)


def untouched(d: Deployment, w: World, p: Policy) -> Waiting | None:
    """Before anything is taken away: the router still sends everything to the old slot."""
    reading = w.router.reading
    if isinstance(reading, Unknown):
        return Waiting(f"the router's answer: {reading.why}", unknown=True)
    if reading.value.routing.weights[d.live] != 100:
        return Waiting(f"all traffic to be on {d.live}, the router says {reading.value.routing.weights}")
    if d.routed and reading.value.generation != d.routed.generation:
        return Waiting(
            f"the router to bear generation {d.routed.generation}, it bears {reading.value.generation}"
        )
    return None


def candidate_gone(d: Deployment, w: World, p: Policy) -> Waiting | None:
    """It has gone, or nothing but long-lived connections keeps it: the end does not wait for those."""
    if lingering(d, d.candidate, w, p):
        return untouched(d, w, p)
    return untouched(d, w, p) or occupied(d, d.candidate, w, p)
