"""What releases change of the schema of a simulated host: what they bring, what is done of it, what is asked of it.

Steps are production's, and stay whatever becomes of a deployment. Answers are of one deployment: a release that is
deployed again is asked anew. A release brings its own steps, and those before them that nobody has carried out yet.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from verdigris.core.world import Proven

__all__ = ["KEPT", "QUESTIONS", "Asked", "Change", "Production", "some_change", "some_truth"]

QUESTIONS = ("keeps", "serves", "contracts")
KEPT = 20.0
"""Seconds for which what a contract took away can be had back: far less than a day, so that histories see its end."""
TRIES = (0, 0, 0, 0, 1, 3)
ODDS = (*(Proven.PROVEN,) * 8, Proven.UNPROVEN, Proven.DISPROVEN)


@dataclass
class Change:
    """The steps of one release, and which of them production has. `seconds` is how long a job takes with them.

    `fails` is how often each deed fails before it works. `hopeless`: its contract never can be carried out. What a
    contract took away is kept until `due`, and then `dropped` when somebody does it.
    """

    expands: bool = True
    contracts: bool = True
    seconds: float = 0.0
    fails: dict[str, int] = field(default_factory=dict)
    hopeless: bool = False
    expanded: bool = False
    contracted: bool = False
    due: float = 0.0
    dropped: bool = False


@dataclass
class Asked:
    """The papers of one deployment. `truth` is what each proof will come to, `told` what they came to so far, `buried`
    what its contract took away, and `due` when that is to be dropped, 0 for never."""

    truth: dict[str, Proven] = field(default_factory=lambda: dict.fromkeys(QUESTIONS, Proven.PROVEN))
    told: dict[str, Proven] = field(default_factory=lambda: dict.fromkeys(QUESTIONS, Proven.OWED))
    expanded: bool = False
    contracted: bool = False
    failures: int = 0
    buried: list[Change] = field(default_factory=list)
    due: float = 0.0

    def answer(self, question: str, answer: Proven) -> None:
        self.told[question], self.failures = answer, 0


@dataclass
class Production:
    """One database: what releases brought, in the order in which they came, and the papers of each deployment."""

    salt: object = 0
    changes: dict[str, Change] = field(default_factory=dict)
    papers: dict[tuple[str, str], Asked] = field(default_factory=dict)

    def change(self, digest: str) -> Change:
        """Decided for good when somebody looks for the first time."""
        if digest not in self.changes:
            self.changes[digest] = some_change(random.Random(f"{self.salt} {digest}"))
        return self.changes[digest]

    def brought(self, digest: str) -> list[Change]:
        """What the directory of a release holds: its own, and what came before it."""
        self.change(digest)
        order = list(self.changes)
        return [self.changes[one] for one in order[: order.index(digest) + 1]]

    def owes(self, digest: str, step: str) -> list[Change]:
        """Those with a step that is not done: `step` is "expand" or "contract"."""
        brought = self.brought(digest)
        return [one for one in brought if getattr(one, f"{step}s") and not getattr(one, f"{step}ed")]

    def kept(self) -> list[Change]:
        """Those whose contract took something away that can still be had back."""
        return [one for one in self.changes.values() if one.due and not one.dropped]

    def asked(self, deployment: str, digest: str) -> Asked:
        if (deployment, digest) not in self.papers:
            before = sum(of == digest for _, of in self.papers)
            self.change(digest)
            self.papers[deployment, digest] = Asked(some_truth(self.salt, digest, before))
        return self.papers[deployment, digest]

    def too_narrow_for(self, digest: str) -> bool:
        """Whether something was taken away by a later release, which this one may use."""
        order = list(self.changes)
        later = order[order.index(digest) + 1 :] if digest in order else ()
        return any(self.changes[one].contracted for one in later)


def some_change(dice: random.Random) -> Change:
    """Most work at once; some fail a few times, and some contracts never work."""
    fails = {deed: dice.choice(TRIES) for deed in ("prove", "expand", "contract")}
    change = Change(
        expands=dice.random() < 0.8,
        contracts=dice.random() < 0.7,
        seconds=dice.choice((0.0, 2.0, 12.0)),
        fails=fails,
        hopeless=dice.random() < 0.1,
    )
    fails["drop"] = dice.choice(TRIES)
    return change


def some_truth(salt: object, digest: str, before: int = 0) -> dict[str, Proven]:
    """Most is proven; of some too little can be seen, and some break one side or the other."""
    dice = random.Random(f"{salt} {digest} {before} truth")
    return {question: dice.choice(ODDS) for question in QUESTIONS}
