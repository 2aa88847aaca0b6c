"""The schema of a simulated host, moved by jobs as the real one is: they outlive controllers and die with the machine.

One at a time; one that fails is tried again, the later the more have failed. A contract looks once more itself whether
anybody of the old slot is left, and keeps them out meanwhile; one that cannot be carried out is given up. What it took
away is put aside, and dropped later.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from verdigris.core.deployment import Deployment
from verdigris.core.world import Known, Proven, SchemaState, Seen
from verdigris.testing.changes import KEPT, Asked
from verdigris.testing.chaos import Chaos
from verdigris.testing.fakes import Hooks
from verdigris.testing.host import Host, Job

__all__ = ["TRIES_MOST", "FakeSchema"]

COUNT_EVERY = 5.0
"""Seconds for which a count of sessions is told again."""
PAUSE_MOST = 60.0
TRIES_MOST = 5
"""Tries of a contract: fewer than the real jobs make, so that histories end."""
ASKED = {"preflight": "keeps", "gate": "serves", "contract": "contracts"}
LONG_AGO = float("-inf")


@dataclass
class FakeSchema:
    """`begun` and `counted` are what one controller remembers: the next one knows nothing of them."""

    host: Host
    chaos: Chaos
    hooks: Hooks = field(default_factory=Hooks)
    begun: float = LONG_AGO
    counted: tuple[str, float, int] = ("", LONG_AGO, 0)

    async def observe(self, d: Deployment) -> Seen[SchemaState]:
        self.chaos.look("the schema")
        return Known(self.state(d), self.host.now)

    def state(self, d: Deployment) -> SchemaState:
        papers = self.papers(d)
        return SchemaState(
            papers.expanded,
            papers.contracted,
            papers.told["keeps"],
            papers.told["serves"],
            papers.told["contracts"],
            self.left(d, papers),
            "it failed and is tried again" if papers.failures else "",
            self.host.job is not None or self.resting(papers),
            0 < papers.due <= self.host.now,
        )

    async def prove(self, d: Deployment) -> None:
        question = ASKED.get(d.phase, "keeps")
        self.chaos.effect("prove", lambda: self.begin("prove", d, done, lambda: self.proved(d, question)))

    async def expand(self, d: Deployment) -> None:
        self.chaos.effect(
            "expand", lambda: self.begin("expand", d, lambda: self.widens(d), lambda: self.widened(d))
        )

    async def contract(self, d: Deployment) -> None:
        self.chaos.effect("contract", lambda: self.asked_to_contract(d))

    async def drop(self, d: Deployment) -> None:
        self.chaos.effect("drop", lambda: self.asked_to_drop(d))

    def asked_to_drop(self, d: Deployment) -> None:
        self.hooks.dropping(d)
        self.begin("drop", d, lambda: self.drops(d), lambda: self.dropped(d))

    def asked_to_contract(self, d: Deployment) -> None:
        self.hooks.contracting(d, self.counted[2])
        self.begin("contract", d, lambda: self.narrows(d), lambda: self.narrowed(d))

    def forget(self) -> None:
        """Another controller begins."""
        self.begun, self.counted = LONG_AGO, ("", LONG_AGO, 0)

    # --- what is seen ---------------------------------------------------------------------------------------

    def papers(self, d: Deployment) -> Asked:
        return self.host.production.asked(d.id, d.release.digest)

    def resting(self, papers: Asked) -> bool:
        pause = min(2.0**papers.failures, PAUSE_MOST) if papers.failures else 0.0
        return self.begun <= self.host.now < self.begun + pause

    def left(self, d: Deployment, papers: Asked) -> int:
        """Nobody asks before the contract; and each count is told for a while."""
        if papers.contracted or d.phase != "contract":
            return 0
        of, at, count = self.counted
        if of != d.id or not 0 <= self.host.now - at < COUNT_EVERY:
            count = self.host.sessions(d.live)
            self.counted = (d.id, self.host.now, count)
        return count

    # --- what jobs do ---------------------------------------------------------------------------------------

    def begin(self, deed: str, d: Deployment, works: Callable[[], bool], notes: Callable[[], None]) -> None:
        """A job that `works`, False where it cannot, and `notes` that it did; it may die before either."""
        host = self.host
        if host.job is not None or self.resting(self.papers(d)):
            return
        self.begun = host.now
        until = host.now + host.production.change(d.release.digest).seconds
        if deed == "contract" and self.somebody_left(d):
            self.failed(deed, d)
            return
        dies = self.chaos.strikes("lost_before")
        untold = dies and self.chaos.strikes("lost_after")
        told, lives = never if dies else notes, not dies or untold
        shuts = d.live if deed == "contract" else None
        host.job = Job(until, lambda: self.ended(deed, d, works, told, lives), shuts, host.now)

    def ended(
        self, deed: str, d: Deployment, works: Callable[[], bool], notes: Callable[[], None], lives: bool
    ) -> None:
        """What is in the way of a deed is gone after some tries."""
        fails = self.host.production.change(d.release.digest).fails
        if fails.get(deed, 0) > 0:
            fails[deed] -= 1
            self.failed(deed, d)
        elif lives and works():
            notes()

    def failed(self, deed: str, d: Deployment, hopeless: bool = False) -> None:
        """It is tried again; but a contract that cannot be carried out is given up, and stays owed."""
        papers = self.papers(d)
        papers.failures += 1
        if deed == "contract" and (hopeless or papers.failures >= TRIES_MOST):
            papers.answer("contracts", Proven.DISPROVEN)

    def proved(self, d: Deployment, question: str) -> None:
        papers, owes, digest = self.papers(d), self.host.production.owes, d.release.digest
        if papers.told[question] is not Proven.OWED:
            return
        expand, contract = owes(digest, "expand"), owes(digest, "contract")
        first = question == "keeps" and d.previous is None
        papers.expanded = not (expand or (first and contract))
        papers.contracted = first or not contract
        safe = first or (question == "keeps" and not (expand or contract))
        papers.answer(question, Proven.PROVEN if safe else papers.truth[question])

    def widens(self, d: Deployment) -> bool:
        """Before anybody is served, all that the first release brings is done at once."""
        self.hooks.expanded(d)
        self.carry_out(d, "expand")
        if d.previous is None:
            self.carry_out(d, "contract")
        return True

    def widened(self, d: Deployment) -> None:
        papers = self.papers(d)
        papers.expanded, papers.failures = True, 0

    def somebody_left(self, d: Deployment) -> bool:
        """What the job of a contract looks at first. Nobody comes in before it is over."""
        return self.host.sessions(d.live) > 0

    def narrows(self, d: Deployment) -> bool:
        """All that is left, and that is less than it was."""
        if self.host.production.change(d.release.digest).hopeless:
            self.failed("contract", d, hopeless=True)
            return False
        self.hooks.contracted(d)
        self.carry_out(d, "expand")
        self.carry_out(d, "contract")
        return True

    def narrowed(self, d: Deployment) -> None:
        papers = self.papers(d)
        papers.contracted, papers.failures = True, 0
        papers.due = due(papers)

    def drops(self, d: Deployment) -> bool:
        """What this release took away and has been kept long enough, and nothing else."""
        for change in self.papers(d).buried:
            if change.due <= self.host.now and not change.dropped:
                self.hooks.dropped(change)
                change.dropped = True
        return True

    def dropped(self, d: Deployment) -> None:
        papers = self.papers(d)
        papers.due, papers.failures = due(papers), 0

    def carry_out(self, d: Deployment, step: str) -> None:
        """Before anybody is served nothing is worth keeping."""
        for change in self.host.production.owes(d.release.digest, step):
            setattr(change, f"{step}ed", True)
            if step == "contract" and d.previous is not None:
                change.due = self.host.now + KEPT
                self.papers(d).buried.append(change)


def due(papers: Asked) -> float:
    """When the next of it is to be dropped."""
    return min((change.due for change in papers.buried if not change.dropped), default=0.0)


def never() -> None:
    """A job that died writes nothing down."""


def done() -> bool:
    """A proof touches nothing of production."""
    return True
