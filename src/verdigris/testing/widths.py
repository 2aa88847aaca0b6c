"""The promises about how wide the schema is (I13): whoever serves is served by it, whatever was asked for when.

It is widened only with a proof, and narrowed only with one, when no way back is on offer and nobody of the old slot is
left: when that is asked for, when it is done, and in every round after it. What was taken away can be had back for its
day.
"""

from __future__ import annotations

from dataclasses import dataclass

from verdigris.core.deployment import Deployment
from verdigris.core.world import SLOTS, Proven
from verdigris.testing.changes import Change
from verdigris.testing.invariants import require
from verdigris.testing.truth import Truth

__all__ = ["Widths"]

PROMISE = "I13 schema"


@dataclass
class Widths:
    """Sees what is asked of the schema, what becomes of it, and who has to live with it."""

    truth: Truth

    def step(self) -> None:
        """In every round: nobody runs on a schema from which a later release took away what it may use."""
        host = self.truth.host
        for slot in SLOTS:
            place = host.places[slot]
            if place.bodies and place.release is not None:
                narrow = host.production.too_narrow_for(place.release.digest)
                require(not narrow, PROMISE, f"{slot} runs {place.release.version} on a contracted schema")

    def serves(self, d: Deployment, what: str) -> None:
        """The candidate is given traffic: its schema is there, and proven to serve it."""
        self.answered(d, "serves", what)
        left = self.truth.host.production.owes(d.release.digest, "expand")
        require(not left, PROMISE, f"{what}, and {len(left)} steps of the schema before it")

    def expanded(self, d: Deployment) -> None:
        self.answered(d, "keeps", "the schema is expanded")

    def contracting(self, d: Deployment, told: int) -> None:
        """It is asked for: `told` sessions of the old slot were counted last."""
        self.not_on_offer(d, "a contract is asked for")
        self.answered(d, "contracts", "a contract is asked for")
        require(not told, PROMISE, f"a contract is asked for under {told} sessions of {d.live}")
        now = self.truth.deployment()
        assert now is not None
        require(now.phase == "contract", PROMISE, f"a contract is asked for in {now.phase}")

    def contracted(self, d: Deployment) -> None:
        """It is done, perhaps long after."""
        self.not_on_offer(d, "the schema contracts")
        self.answered(d, "contracts", "the schema contracts")
        left = self.truth.host.sessions(d.live)
        require(not left, PROMISE, f"the schema contracts under {left} sessions of {d.live}")

    def dropping(self, d: Deployment) -> None:
        """It is asked for what was taken away to be dropped for good: by who took it away, a day later."""
        host, now = self.truth.host, self.truth.deployment()
        assert now is not None
        require(now.phase == "succeeded", PROMISE, f"a drop is asked for in {now.phase}")
        papers = host.production.asked(d.id, d.release.digest)
        require(papers.due > 0, PROMISE, "a drop is asked for, and nothing is kept")
        early = papers.due - host.now
        require(early <= 0, PROMISE, f"a drop is asked for {early:.0f} s too early")

    def dropped(self, change: Change) -> None:
        """It is gone for good, perhaps long after."""
        early = change.due - self.truth.host.now
        require(early <= 0, PROMISE, f"what can be had back for {early:.0f} s more is dropped")

    def not_on_offer(self, d: Deployment, what: str) -> None:
        alive = len(self.truth.host.places[d.live].bodies)
        require(not alive, PROMISE, f"{what} while {alive} instances of {d.live} are the way back")

    def answered(self, d: Deployment, question: str, what: str) -> None:
        """Nothing is done about the schema, or because of it, before the question is answered, and well."""
        answer = self.truth.host.production.asked(d.id, d.release.digest).told[question]
        passes = self.truth.policy.unproven_passes
        good = answer is Proven.PROVEN or (answer is Proven.UNPROVEN and passes)
        require(good, PROMISE, f"{what}, and whether it {question} is {answer}")
