"""The person of a simulated history: types commands, helps where they are asked, and rolls back by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace

from verdigris.core.deployment import Deployment
from verdigris.core.intake import Direct
from verdigris.core.lifecycle import ENDINGS
from verdigris.core.world import Command, Verb, Weights
from verdigris.engine.loop import Tick
from verdigris.testing.host import Nature
from verdigris.testing.invariants import WATCHED
from verdigris.testing.stage import APP, Stage

__all__ = ["Person"]


@dataclass
class Person:
    """Somebody who is called when it goes neither forward nor back."""

    stage: Stage

    def help_out(self, tick: Tick | None) -> None:
        """What a person does when asked: read the sentence and type the next command."""
        if tick is None or tick.decision is None or self.stage.rng.random() > 0.2:
            return
        d, waiting = tick.decision.deployment, tick.decision.waiting_for
        if "verdigris resume" in waiting:
            self.command(Verb.RESUME)
        elif "verdigris unpause" in waiting:
            self.command(Verb.UNPAUSE)
        elif d.phase == "gate":
            self.command(Verb.PROMOTE)
        elif self.stage.steps % 7 == 0:
            self.repair(d)

    def repair(self, d: Deployment) -> None:
        """A person mends the program that everything rests on; what runs of it is still ours to bring back."""
        rests_on = d.release if d.phase == "succeeded" else d.previous
        if rests_on is not None and d.phase in (*WATCHED, *ENDINGS):
            self.stage.host.natures[rests_on.digest] = Nature()

    def command(self, verb: Verb, share: int = 0) -> None:
        """Somebody asks for something. Who promotes or replaces the policy answers for what is not waited for."""
        stage, witness, policy = self.stage, self.stage.witness, None
        if verb is Verb.APPLY:
            waits = stage.rng.choice((10.0, 25.0))
            policy = replace(stage.policy, bake=waits, stabilize=waits)
        witness.course.promoted |= verb in (Verb.PROMOTE, Verb.APPLY)
        number = stage.memory.file(APP, Command(0, verb, "somebody", policy=policy, share=share))
        witness.truth.filed[number] = verb

    def roll_back_directly(self) -> None:
        """Somebody rolls back at the router while the controller is dead."""
        stage, host = self.stage, self.stage.host
        d = stage.memory.newest_deployment(APP)
        if d is None or not d.moved or d.phase in ENDINGS or host.places[d.live].release != d.previous:
            return
        if not host.up(d.live):
            return
        generation = max(host.generation or 0, stage.rng.choice((0, d.generation))) + 1
        weights = Weights.share(d.live, 100)
        host.route(replace(host.routing, weights=weights, fallback=None), generation)
        stage.witness.course.backward.add(d.id)
        stage.directs.record = Direct(d.live, generation, "somebody", 0.0)
        stage.engine = stage.new_engine()
