"""The life of a deployment, as a table and one pure function.

Each row says what the world has to look like and what is waited for; the actions are derived from what is seen,
never recorded, so that a crash, an upgrade, a router that came back with an old configuration are one case: the
next look sees and repairs. There are two tracks and one way across: forward may turn back, back never turns
forward. Rolling back is considered first in every look. This module must never act, and never guess.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from verdigris.core import drills, looks, schema, trials, waits
from verdigris.core.aftermath import attributed
from verdigris.core.commands import obey
from verdigris.core.conditions import Waiting, able, foreign
from verdigris.core.deployment import FORMAT, Answered, Deployment, Note
from verdigris.core.evidence import count
from verdigris.core.judge import Verdict, VerdictKind, judge
from verdigris.core.policy import OnUnknown, Policy
from verdigris.core.safety import Action, Desired, broken, changes, remember
from verdigris.core.streams import count_cut
from verdigris.core.turns import Turn, alarm, claim, enter, next_step, stick
from verdigris.core.words import span
from verdigris.core.world import World

__all__ = ["BACKWARD", "ENDINGS", "FORWARD", "ROWS", "Decision", "Row", "decide"]

Look = Callable[[Deployment, World, Policy], Desired]
Wait = Callable[[Deployment, World, Policy], Waiting | None]


@dataclass(frozen=True, slots=True)
class Row:
    """One phase of the life cycle.

    `within` limits the seconds spent waiting, None never ends. `watched`: a bad verdict turns back here.
    `counts` names seconds of good verdicts as this phase's evidence. `reversible`: traffic can be taken back.
    """

    name: str
    look: Look
    waiting_for: Wait
    within: Callable[[Policy], float] | None = None
    watched: bool = False
    counts: bool = False
    reversible: bool = False
    hopeless: Callable[[Deployment, World, Policy], str] = lambda d, w, p: ""
    configured: Callable[[Policy, Deployment], bool] = lambda p, d: True


# fmt: off
FORWARD = (
    #   name            the world looks like   we wait for            at most
    Row("preflight",    looks.as_it_is,        waits.preflight,       waits.preflight_at_most,
        hopeless=waits.preflight_failed),
    Row("expand",       looks.expanding,       schema.expanded,       lambda p: p.expand_within,
        configured=lambda p, d: p.expand),
    Row("provision",    looks.beside,          waits.running,         lambda p: p.provision_within,
        hopeless=waits.given_up),
    Row("validate",     looks.beside,          waits.validated,       lambda p: p.validate_within,
        hopeless=waits.given_up),
    Row("rehearse",     looks.rehearsing,      waits.rehearsed,       lambda p: p.rehearse_within,
        configured=lambda p, d: p.rehearse > 0 and d.previous is not None),
    Row("gate",         looks.at_the_gate,     waits.let_through,     lambda p: p.gate_within,
        hopeless=schema.breaks_the_candidate, configured=lambda p, d: p.gate or p.expand),
    Row("cutover",      looks.shifting,        waits.step_done,       lambda p: p.cutover_within,
        watched=True, counts=True, reversible=True),
    Row("drain",        looks.moved,           waits.drained,
        watched=True, reversible=True, configured=lambda p, d: p.holdback == 0 and d.previous is not None),
    Row("bake",         looks.moved,           waits.baked,
        watched=True, counts=True, reversible=True),
    Row("stabilize",    looks.settled,         waits.stabilized,
        watched=True, counts=True, reversible=True, configured=lambda p, d: d.previous is not None),
    Row("decommission", looks.only_candidate,  waits.previous_gone,   lambda p: p.drain + p.discard_within),
    Row("contract",     looks.contracting,     schema.contracted,
        configured=lambda p, d: p.contract and d.owes and d.previous is not None),
    Row("succeeded",    looks.finished,        waits.all_is_well_after),
)
"""The way forward, in order."""

BACKWARD = (
    Row("restore",      looks.restored,        waits.restored,        lambda p: p.restore_within),
    Row("settle",       looks.restored,        waits.settled),
    Row("abort",        looks.restored,        waits.untouched,       lambda p: p.restore_within),
    Row("discard",      looks.only_live,       waits.candidate_gone,  lambda p: p.drain + p.discard_within),
    Row("rolled_back",  looks.only_live,       waits.all_is_well_back),
    Row("aborted",      looks.only_live,       waits.all_is_well_back),
    Row("stuck",        looks.only_live,       waits.a_person,        reversible=True),
)
"""The way back, and where a deployment stands that can go neither way."""
# fmt: on

ROWS = {row.name: row for row in (*FORWARD, *BACKWARD)}
ENDINGS = frozenset({"succeeded", "rolled_back", "aborted", "stuck"})
_ORDER = [row.name for row in FORWARD]


@dataclass(frozen=True, slots=True)
class Decision:
    """What to write down, what to do, and what is waited for. `waiting_for` is the sentence that people read.

    `counted` is the deployment before anything was decided, its evidence brought up to this look: all that remains
    of a decision that cannot be written down. Not `understood` is what a newer version wrote: it is not even written
    back. `taken` are the seconds that its trial took in this look.
    """

    deployment: Deployment
    counted: Deployment
    actions: tuple[Action, ...]
    waiting_for: str
    verdict: Verdict | None = None
    notes: tuple[Note, ...] = ()
    answers: tuple[Answered, ...] = ()
    understood: bool = True
    taken: tuple[trials.Taken, ...] = ()


def decide(d: Deployment, w: World, p: Policy) -> Decision:
    """One decision: where the deployment stands now, and the effects that are wanted and safe."""
    if d.format > FORMAT or d.phase not in ROWS:
        strange = f"a verdigris that knows the phase {d.phase!r}: nothing is touched until then"
        return Decision(d, d, (), strange, understood=False)
    before = d
    d, taken = trials.take(schema.noted(d.rebase(w), w, p), w, p)
    verdict = judge(d, w, p) if ROWS[d.phase].watched else None
    counted = count(ROWS[d.phase], d, w, p, verdict)
    d, answers, notes = obey(counted, w, p, verdict)
    d, tried = drills.go_on(d, w, p, verdict)
    d, more = advance(d, w, p, verdict)
    d, ended = count_cut(d, w, p)
    actions = changes(desired(d, w, p), d, w, p)
    # An instance that was just asked for once more gets its full time before it is asked for again.
    d = remember(d.forget(*(broken(a.slot) for a in actions if a.slot and a.release)), actions, w)
    verdict = verdict if d.phase == before.phase else None
    said = (*notes, *tried, *more, *ended)
    return Decision(d, counted, actions, sentence(d, w, p, verdict), verdict, said, answers, taken=taken)


def desired(d: Deployment, w: World, p: Policy) -> Desired:
    """What the world has to look like now. A stuck deployment goes on wanting what it got stuck in."""
    return ROWS[d.stuck_in if d.phase == "stuck" else d.phase].look(d, w, p)


def sentence(d: Deployment, w: World, p: Policy, verdict: Verdict | None) -> str:
    """What the deployment waits for, as status and dashboard show it."""
    if d.held:
        return f"`verdigris resume`: held because {d.held}"
    stranger = foreign(d, w)
    if stranger:
        return f"a person: {stranger}. Change it back, or `verdigris resume` to replace it with ours"
    if verdict and verdict.kind is VerdictKind.BAD:
        return f"{d.live} to be able to serve: {verdict.sentence}, and there is nowhere to go back to"
    if d.drill is not None:
        return f"the drill: {drills.waiting(d, w, p)}"
    waiting = ROWS[d.phase].waiting_for(d, w, p)
    if verdict and verdict.kind is VerdictKind.UNKNOWN and waits.in_place(d, w, p) is None:
        return f"a verdict: {verdict.sentence}" + (f"; then {waiting.sentence}" if waiting else "")
    return waiting.sentence if waiting else ""


# --- where it goes --------------------------------------------------------------------------------------------


def advance(d: Deployment, w: World, p: Policy, verdict: Verdict | None) -> Turn:
    """Turn back if there is reason to, else go on if there is nothing left to wait for."""
    row = ROWS[d.phase]
    turned = turn_back(row, d, w, p, verdict)
    if turned:
        return turned
    if d.held or foreign(d, w):
        return alarm(d, "foreign", foreign(d, w)) if foreign(d, w) else (d, ())
    if row.name in ENDINGS:
        return reopen(d, w, p)
    if row.waiting_for(d, w, p) is None:
        return go_on(d, w, p, verdict)
    return late(row, d, w, p, verdict)


def turn_back(row: Row, d: Deployment, w: World, p: Policy, verdict: Verdict | None) -> Turn | None:
    """The first question of every look. Its only precondition is that the old slot can serve."""
    hopeless = row.hopeless(d, w, p)
    if hopeless:
        return enter(d, back(d), hopeless)
    if verdict is None or verdict.kind is not VerdictKind.BAD:
        return None
    if not d.moved:
        return enter(d, "abort", verdict.sentence, verdict.evidence)
    if able(d.live, d.previous, w, p):
        return enter(claim(d, w), "restore", verdict.sentence, verdict.evidence)
    if d.previous is None:
        return stick(
            d, f"{verdict.sentence}, and this is the first deployment: there is nothing to go back to"
        )
    return alarm(
        d, "no way back", f"{verdict.sentence}, but {d.live} cannot serve: traffic stays where it is"
    )


def go_on(d: Deployment, w: World, p: Policy, verdict: Verdict | None = None) -> Turn:
    """The next step of the ramp, or the next phase that is configured; the verdict is what it was left on."""
    if d.phase == "cutover" and d.step + 1 < len(waits.ramp(d, p)):
        return next_step(d, p.ramp[d.step + 1].to)
    following = {"restore": "settle", "settle": "discard", "abort": "discard"}
    if d.phase in following:
        return enter(d, following[d.phase], d.cause, attributed(d, w, p) if d.phase == "settle" else "")
    if d.phase == "discard":
        return enter(d, "rolled_back" if d.moved else "aborted", d.cause)
    d, owed = left_owed(d, w, p)
    entered, notes = forward(d, p, seen(d, p, verdict))
    return entered, (*owed, *notes)


def left_owed(d: Deployment, w: World, p: Policy) -> Turn:
    """A schema that must not be contracted stays as it is: both releases are served by it, and a person is told."""
    why = schema.breaks_contracted(d, w, p) if d.phase == "contract" else ""
    return alarm(d, "contract", why) if why else (d, ())


def seen(d: Deployment, p: Policy, verdict: Verdict | None) -> str:
    """What a phase was left on: at the end of the bake the trial's finding as well."""
    found = " ".join(trials.told(d, p)) if d.phase == "bake" else ""
    return ". ".join(filter(None, (verdict.evidence if verdict else "", found.rstrip("."))))


def forward(d: Deployment, p: Policy, evidence: str) -> Turn:
    rest = FORWARD[_ORDER.index(d.phase) + 1 :]
    following = next(row for row in rest if row.configured(p, d))
    passed = [row.name for row in rest[: rest.index(following)]]
    entered, notes = enter(d, following.name, evidence=evidence)
    skipped = tuple(Note("passed over", f"{name} is not configured") for name in passed)
    return entered, (*skipped, *notes)


def late(row: Row, d: Deployment, w: World, p: Policy, verdict: Verdict | None) -> Turn:
    """What becomes of a phase that takes too long, or in which nothing can be seen for too long."""
    waiting = row.waiting_for(d, w, p)
    reason = waiting.sentence if waiting else ""
    if row.within and d.lasted("attended") >= row.within(p):
        return overdue(
            row, d, f"{row.name} took longer than {span(row.within(p))}, still waiting for {reason}"
        )
    if verdict and verdict.kind is VerdictKind.UNKNOWN:
        reason = verdict.sentence
    if d.lasted("blind") >= p.unknown_for and row in FORWARD:
        if d.moved and p.after_cutover is OnUnknown.ROLLBACK and able(d.live, d.previous, w, p):
            return enter(claim(d, w), "restore", f"unknown for {span(p.unknown_for)}: {reason}")
        if not d.moved and p.before_cutover is OnUnknown.ABORT:
            return enter(d, "abort", f"unknown for {span(p.unknown_for)}: {reason}")
    if row.name in ("restore", "abort") and d.lasted("blind") >= p.restore_within + p.alert_after:
        return stick(d, f"nobody can see whether traffic is back: {reason}")
    if d.lasted("blind") >= p.alert_after:
        return alarm(d, "blind", f"{row.name} stands still, waiting for {reason}")
    return d, ()


def overdue(row: Row, d: Deployment, reason: str) -> Turn:
    if row in BACKWARD or row.name == "decommission":
        return stick(d, reason)
    return stick(d, reason) if d.moved and d.previous is None else enter(d, back(d), reason)


def back(d: Deployment) -> str:
    """The way back from here: nothing needs restoring while no traffic has moved."""
    return "restore" if d.moved else "abort"


def reopen(d: Deployment, w: World, p: Policy) -> Turn:
    """A stuck deployment goes on by itself when what it was stuck in has come about after all."""
    if d.phase == "stuck" and ROWS[d.stuck_in].waiting_for(d, w, p) is None:
        return go_on(replace(d, phase=d.stuck_in, stuck_in=""), w, p)
    return d, ()
