"""What a simulated history has to have come to: one side serves, the other is gone, and everybody was answered."""

from __future__ import annotations

from collections import Counter

from verdigris.core.deployment import Deployment
from verdigris.core.lifecycle import ENDINGS
from verdigris.core.world import Role
from verdigris.engine.loop import Tick
from verdigris.testing.invariants import Violation
from verdigris.testing.stage import APP, Stage

__all__ = ["ended", "judge"]

ALERTS = 12
"""More alerts than one phase can give reason for, however much befalls it."""


def ended(stage: Stage, tick: Tick | None) -> bool:
    """Whether nothing moves any more, or a person has been told that it cannot."""
    d = stage.memory.newest_deployment(APP)
    if d is None or d.phase not in ENDINGS or stage.memory.asked or d.phase == "stuck":
        return d is not None and d.phase == "stuck" and hopelessly_stuck(stage, d)
    if tick is None or tick.decision is None or tick.moving:
        return False
    quiet = not tick.decision.actions and not tick.decision.waiting_for
    return quiet and role_follows(stage, d) and not still_kept(stage, d)


def still_kept(stage: Stage, d: Deployment) -> bool:
    """Whether something is kept still that its contract took away: it is dropped when it has had its day."""
    papers = stage.host.production.papers.get((d.id, d.release.digest))
    return d.phase == "succeeded" and papers is not None and papers.due > 0


def role_follows(stage: Stage, d: Deployment) -> bool:
    """Whether who has the traffic is told so, where somebody runs there, and keeps its clients."""
    place = stage.host.places[d.candidate if d.phase == "succeeded" else d.live]
    sends_away = any(body.leaving for body in place.bodies)
    return not place.bodies or (place.role is Role.LIVE and not sends_away)


def hopelessly_stuck(stage: Stage, d: Deployment) -> bool:
    """The first deployment that is bad, or both sides bad: that is a person's matter, and they were told."""
    return any(a.deployment == d.id and "stuck" in a.sentence for a in stage.notifier.alerts)


def judge(stage: Stage, d: Deployment) -> None:
    """Whether the deployment may have ended so: `Violation` where it may not."""
    nature = stage.shipped[d.release.digest]  # what was repaired since does not excuse anybody
    hopeless = not nature.healthy or nature.never_up
    if hopeless and d.phase == "succeeded":
        raise Violation(f"I2 gate: {d.release.version} never became healthy and succeeded")
    failing = nature.error_rate and not nature.turns_bad_after
    if d.phase == "succeeded" and failing and not urged(stage, d):
        raise Violation(f"I9 evidence: {d.release.version} fails all the time and succeeded")
    everybody_is_answered(stage)
    if d.phase in ("succeeded", "rolled_back", "aborted"):
        one_side_is_left(stage, d)


def urged(stage: Stage, d: Deployment) -> bool:
    """Whether a person took a wait for evidence upon themselves, or there was nothing to go back to."""
    said = {event.sentence for event in stage.memory.log if event.deployment == d.id}
    return d.previous is None or any(sentence.startswith("promote by") for sentence in said)


def everybody_is_answered(stage: Stage) -> None:
    """Nobody waits for an answer, and no answer says that what was begun was refused."""
    memory = stage.memory
    if memory.waiting:
        raise Violation(f"I14 liveness: never answered: {memory.waiting}")
    begun = {saved.deployment.key for saved in memory.rows[APP]}
    for number, filed in enumerate(memory.keys.values(), 1):
        accepted = memory.admitted.get(number, (True,))[0]
        if not accepted and filed.key in begun:
            raise Violation(f"I11 audit: {filed.release.version} was begun and is said to be refused")
    told = Counter((e.deployment, e.phase) for e in memory.log if e.kind == "alert")
    if any(times > ALERTS for times in told.values()):
        raise Violation(f"I8 bounded: alerts for each phase: {told}")


def one_side_is_left(stage: Stage, d: Deployment) -> None:
    """Traffic is where it belongs, as people asked for it, and nothing else runs."""
    host, serving = stage.host, d.candidate if d.phase == "succeeded" else d.live
    if host.routing.pause is not stage.witness.truth.asked_pause():
        raise Violation(f"I6 convergence: {d.phase} and the router has pause {host.routing.pause}")
    if host.routing.weights[serving] != 100 and d.release_in(serving) is not None:
        raise Violation(f"I6 convergence: {d.phase} with {host.routing.weights}")
    if host.places[serving.other].bodies:
        raise Violation(f"I6 convergence: {d.phase} and {serving.other} still runs")
