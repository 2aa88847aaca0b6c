"""The promises about where a deployment goes: on evidence, the right way, and never forward again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from verdigris.core.deployment import Deployment
from verdigris.core.lifecycle import ENDINGS
from verdigris.core.world import Verb
from verdigris.testing.invariants import WATCHED, Violation, require
from verdigris.testing.truth import Truth

__all__ = ["Course"]

SLACK = 0.5
"""Seconds by which counted evidence may exceed the truth: rounding, and nothing else."""


@dataclass
class Course:
    """Sees what is stored after every round. `good` is the time that was really good since the phase was entered.

    `promoted`: somebody took the waits of this phase upon themselves. `asked` is how many requests the candidate's slot
    had had when the deployment began. `backward` are deployments that turned back.
    """

    truth: Truth
    good: float = 0.0
    clear_at: tuple[str, float] = ("", 0.0)
    phase: str = ""
    on_the_way: str = ""
    stored: int = -1
    last: Deployment | None = None
    promoted: bool = False
    asked: int = 0
    backward: set[str] = field(default_factory=set)
    phases: Counter[str] = field(default_factory=Counter)

    def step(self, clear: bool) -> None:
        """After every round. `clear`: it could have counted as evidence, for the counts of requests were there."""
        truth, d = self.truth, self.truth.deployment()
        if d is None:
            return
        if d.generation < self.stored:
            raise Violation(f"I3 single writer: {d.generation} stored over {self.stored}")
        self.stored = d.generation
        # The first one takes over what the router says under a stamp of ours: nobody was there to be asked.
        truth.pause = d.pause if self.last is None else truth.pause
        pause = truth.asked_pause()
        if d.pause is not pause:
            raise Violation(f"I6 convergence: {d.id} has pause {d.pause}, {pause} was asked for")
        self.lived_through(clear and truth.lets_through)
        if f"{d.id}{d.phase}{d.step}" != self.on_the_way:
            self.entered(d)
        self.tried(d)
        self.last = d
        counted = d.lasted("good") if d.phase in WATCHED else 0.0
        if counted > self.good + SLACK:
            what = f"{counted:.1f} s counted in {d.phase}, {self.good:.1f} s were good"
            raise Violation(f"I9 evidence: {what}")

    def tried(self, d: Deployment) -> None:
        """No request is held against the candidate twice, and what was found is acted upon."""
        if self.last is None or self.last.id != d.id:
            self.asked = self.truth.host.asked[d.candidate]
        if d.trial is None:
            return
        had = self.truth.host.asked[d.candidate] - self.asked
        if d.trial.seen[2] > had:
            raise Violation(
                f"I9 evidence: {d.trial.seen[2]} requests are in the trial, {d.candidate} had {had}"
            )
        went_on = d.trial.decided is not None and self.last is not None and d.phase in ("bake", "stabilize")
        if went_on and self.last is not None and self.last.phase not in (d.phase, "stuck"):
            raise Violation(f"I4 way back: {d.id} is found to be worse and went on to {d.phase}")

    def lived_through(self, clear: bool) -> None:
        """Add the time since the last clear round, if it was good for the phase that the deployment was in."""
        d, moment = self.last, (self.truth.host.base, self.truth.host.now)
        if not clear or d is None or d.phase not in WATCHED or not self.truth.in_place(d):
            return
        if moment[0] == self.clear_at[0]:
            self.good += min(moment[1] - self.clear_at[1], self.truth.policy.fresh_within)
        self.clear_at = moment

    def entered(self, d: Deployment) -> None:
        """A phase was entered: was there the evidence for it, and is it the right way?"""
        before, self.phase = self.phase, d.phase
        self.phases[d.phase] += 1
        if not self.on_the_way.startswith(f"{d.id}{before}"):
            self.begun(d, before)
        elif not self.promoted:
            self.earned(d, before)
        truth = self.truth
        what = f"{before} is over, the router says {truth.says}, and {truth.serves} serves"
        if before in ("cutover", "drain") and d.phase in ("drain", "bake"):
            require(truth.in_place(d), "I9 evidence", what)
        if before == "restore" and d.phase == "settle":
            back = truth.says[d.live] == 100 and truth.serves is d.live
            require(back, "I9 evidence", what)
        if d.phase in ("restore", "abort"):
            self.backward.add(d.id)
        if d.phase in ("restore", "abort", "stuck"):
            require(d.cause != "", "I11 audit", f"{d.phase} without a cause")
        forward = d.phase in (*WATCHED, "decommission", "contract", "succeeded")
        again = forward and d.id in self.backward
        require(not again, "I6 convergence", f"{d.id} went forward again to {d.phase}")
        # A promote that nobody could read yet is obeyed in the phase that has just begun.
        waiting = any(c.verb in (Verb.PROMOTE, Verb.APPLY) for _, c in truth.store.waiting.values())
        self.on_the_way, self.good, self.promoted = f"{d.id}{d.phase}{d.step}", 0.0, waiting

    def begun(self, d: Deployment, before: str) -> None:
        """Another deployment took over: the one before was over, or had nothing left but to be kept hot."""
        over = before in (*ENDINGS, "stabilize", "")
        require(over, "I3 single writer", f"{d.id} begins while another is in {before}")
        owed = before == "stabilize" and self.truth.policy.contract and d.phase != "stuck"
        if self.last is not None and self.last.previous is not None:
            papers = self.truth.host.production.asked(self.last.id, self.last.release.digest)
            owed = owed and not papers.contracted
        require(not owed, "I13 schema", f"{d.id} begins while a contract is owed")

    def earned(self, d: Deployment, before: str) -> None:
        """What nobody took upon themselves has to have been waited for."""
        good, p = self.good, self.truth.policy
        if before == "bake" and d.phase == "stabilize":
            require(good >= p.bake - SLACK, "I9 evidence", f"baked on {good:.0f} s")
        if before == "stabilize" and d.phase == "decommission":
            require(good >= p.stabilize - SLACK, "I10 time", f"stabilized on {good:.0f} s")
        if before == "gate" and d.phase == "cutover" and p.gate:
            raise Violation("I2 gate: nobody said yes")
