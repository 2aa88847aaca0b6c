"""What operators may ask of a deployment, and what becomes of it. A rollback beats everything else that is asked.

Commands go through the same decision as the automatic turns, so that the two can never cross: each is answered
once, accepted or refused with the reason and the next step.
"""

from __future__ import annotations

from dataclasses import replace

from verdigris.core import drills
from verdigris.core.conditions import able, foreign
from verdigris.core.deployment import Answered, Deployment, Note
from verdigris.core.judge import Verdict, VerdictKind
from verdigris.core.policy import Policy
from verdigris.core.routes import SAID
from verdigris.core.turns import claim, enter
from verdigris.core.world import Command, Pause, Verb, World

__all__ = ["obey"]

Outcome = tuple[Deployment, str, tuple[Note, ...]]
"""What the deployment becomes, why it was refused ("" when it was not), and what goes into the event log."""

PAUSES = {
    Verb.PAUSE: Pause.SAFE,
    Verb.PAUSE_ALL: Pause.ALL,
    Verb.MAINTAIN: Pause.MAINTENANCE,
    Verb.UNPAUSE: Pause.NONE,
}
"""What may be asked of the app itself: in every phase, and whichever deployment it has."""
PRIORITY = (Verb.ROLLBACK, Verb.ABORT, Verb.HOLD, Verb.RESUME, Verb.PROMOTE, Verb.APPLY, Verb.DRILL, *PAUSES)
BEFORE = ("preflight", "expand", "provision", "validate", "rehearse", "gate")
WATCHED = ("cutover", "drain", "bake", "stabilize")
SKIPPABLE = ("cutover", "bake", "stabilize")


def obey(
    d: Deployment, w: World, p: Policy, verdict: Verdict | None
) -> tuple[Deployment, tuple[Answered, ...], tuple[Note, ...]]:
    """Answer every command that is waiting, the gravest first."""
    answers: list[Answered] = []
    notes: list[Note] = []
    for command in sorted(w.commands, key=turn):
        d, refusal, more = one(command, d, w, p, verdict)
        answers.append(Answered(command.id, not refusal, refusal or f"{command.verb} accepted"))
        why = f": {command.reason}" if command.reason else ""
        kind = "refused" if refusal else "command"
        notes += [Note(kind, f"{command.verb} by {command.actor}{why}", refusal), *more]
    return d, tuple(answers), tuple(notes)


def turn(command: Command) -> tuple[int, int]:
    """Where it stands in line. Of several pauses the one that was asked for last is the one that stays."""
    return min(PRIORITY.index(command.verb), PRIORITY.index(Verb.PAUSE)), command.id


def one(command: Command, d: Deployment, w: World, p: Policy, verdict: Verdict | None) -> Outcome:
    if command.deployment and command.deployment != d.id and command.verb not in PAUSES:
        return (
            d,
            f"{command.deployment} is over, {d.id} is the present deployment. See `verdigris history`",
            (),
        )
    match command.verb:
        case Verb.ROLLBACK:
            return roll_back(command, d, w, p)
        case Verb.ABORT:
            return abort(command, d, w)
        case Verb.HOLD:
            return hold(command, d)
        case Verb.RESUME:
            return resume(d, w)
        case Verb.PROMOTE:
            return promote(d, verdict)
        case Verb.APPLY:
            return apply(command, d, p)
        case Verb.DRILL:
            return drill(command, d, w, p, verdict)
        case _:
            return pause(PAUSES[command.verb], d)


def apply(command: Command, d: Deployment, p: Policy) -> Outcome:
    """The policy itself is replaced by whoever keeps it; here is decided whether it may be."""
    if command.policy is None:
        return d, "no policy came with it. Use `verdigris config apply --now`", ()
    if len(command.policy.ramp) <= d.step:
        return (
            d,
            f"step {d.step + 1} of the ramp is under way, and the new one has fewer. Keep as many steps",
            (),
        )
    if command.policy.instances != p.instances and d.phase in WATCHED:
        return d, f"run.instances cannot change in {d.phase}: what was validated is what serves", ()
    return d, "", (Note("policy", f"{command.actor} replaced the policy of this deployment"),)


def roll_back(command: Command, d: Deployment, w: World, p: Policy) -> Outcome:
    if d.phase in BEFORE or (d.phase == "cutover" and not d.moved):
        return abort(command, d, w)
    if d.phase in ("restore", "settle", "discard", "abort", "rolled_back", "aborted"):
        return d, "", ()
    if d.phase not in WATCHED and d.phase != "stuck":
        gone = d.previous.version if d.previous else "an earlier release"
        return (
            d,
            f"{gone} is torn down, there is no slot to go back to. Deploy {gone} again to have it back",
            (),
        )
    if not able(d.live, d.previous, w, p):
        return d, f"{d.live} cannot serve, so traffic stays on {d.candidate}. See `verdigris explain`", ()
    cause = f"{command.actor} asked for it" + (f": {command.reason}" if command.reason else "")
    turned, notes = enter(claim(d, w), "restore", cause)
    return turned, "", notes


def abort(command: Command, d: Deployment, w: World) -> Outcome:
    if d.phase in ("abort", "aborted") or (d.phase == "discard" and not d.moved):
        return d, "", ()
    if d.moved or d.phase not in (*BEFORE, "cutover"):
        return d, f"traffic has moved, so {d.phase} cannot be aborted. Use `verdigris rollback`", ()
    cause = f"{command.actor} asked for it" + (f": {command.reason}" if command.reason else "")
    turned, notes = enter(claim(d, w), "abort", cause)
    return turned, "", notes


def hold(command: Command, d: Deployment) -> Outcome:
    if d.phase not in (*BEFORE, *WATCHED):
        return d, f"nothing to hold in {d.phase}. See `verdigris status`", ()
    return replace(d, held=command.reason or f"{command.actor} asked for it"), "", ()


def resume(d: Deployment, w: World) -> Outcome:
    """Go on: a held one from where it stands, a stuck one with another try, a foreign routing by replacing it."""
    if foreign(d, w):
        return claim(d, w), "", (Note("resumed", f"the router is taken back: {foreign(d, w)}"),)
    if d.held:
        return replace(d, held=""), "", ()
    if d.phase == "stuck" and d.stuck_in:
        again, notes = enter(replace(d, stuck_in=""), d.stuck_in)
        return again, "", notes
    return d, f"nothing is held in {d.phase}. See `verdigris status`", ()


def promote(d: Deployment, verdict: Verdict | None) -> Outcome:
    """Open the gate, or take what is left of a wait for evidence upon oneself: never against a bad verdict."""
    if d.phase == "gate":
        return replace(d, promoted=True), "", ()
    if d.phase not in SKIPPABLE:
        return d, f"nothing waits for a yes in {d.phase}. See `verdigris status`", ()
    if verdict is None or verdict.kind is not VerdictKind.GOOD:
        said = verdict.sentence if verdict else "there is no verdict"
        refusal = f"the verdict is not good now ({said}), so the wait is not cut short. Try again when it is"
        return d, refusal, ()
    return replace(d, promoted=True), "", ()


def drill(command: Command, d: Deployment, w: World, p: Policy, verdict: Verdict | None) -> Outcome:
    """Try the way back, where nothing speaks against it."""
    refusal = drills.refusal(d, w, p, verdict)
    if refusal:
        return d, refusal, ()
    begun, notes = drills.begin(d, command.share or p.drill_share, command.actor, w, p)
    return begun, "", notes


def pause(wanted: Pause, d: Deployment) -> Outcome:
    """Only remembered here: the wanted routing carries it, whatever else becomes of the deployment."""
    if d.pause is not wanted:
        return replace(d, pause=wanted), "", ()
    if wanted is Pause.NONE:
        return d, "nothing is paused, requests are let through. See `verdigris status`", ()
    return d, f"it is paused already: {SAID[wanted]}. Use `verdigris unpause` to let them through", ()
