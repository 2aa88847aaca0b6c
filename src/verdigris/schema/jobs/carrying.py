"""The steps of a release carried out on production, one after the other, each of them never twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from time import time
from typing import Any

from verdigris.core.errors import ActionError, ConfigError, VerdigrisError
from verdigris.core.world import Proven, Slot
from verdigris.schema.jobs.debts import Debt
from verdigris.schema.jobs.failing import AGAIN
from verdigris.schema.jobs.order import Order
from verdigris.schema.jobs.papers import Papers, Question
from verdigris.schema.jobs.recycling import Recycling
from verdigris.schema.jobs.release import role_name, tool_of
from verdigris.schema.running.drops import Drop
from verdigris.schema.running.prechecks import prechecks
from verdigris.schema.running.retry import Patience
from verdigris.schema.running.session import connecting, one
from verdigris.schema.running.sessions import ended_by, let_in, sessions_of, shut_out
from verdigris.schema.running.stand_ins import stand_in, standing
from verdigris.schema.running.tombstone import KEEP, Tombstone, drop_due, owed
from verdigris.schema.running.trouble import reached
from verdigris.schema.running.waiting import Pace, Waiting
from verdigris.schema.running.words import Name
from verdigris.schema.script import Kind
from verdigris.schema.tools.tool import Step

__all__ = ["Carrying"]

CLEAR_WITHIN, LOOK_EVERY = 300.0, 5.0
"""Seconds that a step waits for what is in its way, and between two looks at it."""
BRIEFLY = Patience(budget=30.0)
"""For what can as well be done an hour later: meanwhile no deployment goes on, and nothing is given back."""


@dataclass
class Carrying:
    """One job on production."""

    order: Order
    url: str
    tell: Callable[[str], None]
    waiting: Waiting = field(default_factory=Pace)
    wall: Callable[[], float] = time

    def __post_init__(self) -> None:
        self.recycling = Recycling(self.order, self.url, self.tell, self.waiting)

    def settle(self) -> None:
        """Make good what a job that was killed has left undone, of whichever release it was. Before anything else."""
        desk = self.order.desk()
        for role in desk.debtors():
            try:
                if desk.debt(role).shut_out:
                    self.let_in(role)
                self.recycling.make_good(role)
            except ConfigError as error:  # there is no such role any more
                self.tell(f"nothing is owed: {error}")
                desk.owe(role, Debt())
            except VerdigrisError as error:
                if role in (role_name(self.order, slot) for slot in Slot):
                    raise
                self.tell(f"it is still owed: {error}")  # to a role that this order has nothing to do with

    def expanded(self, papers: Papers) -> Papers:
        """All steps but those that contract, which the proof has named; and what was taken away is dropped when due."""
        serving = role_name(self.order, Slot(self.order.slot).other)
        self.drop_due(serving)
        steps = [step for step in self.pending() if str(step) not in papers.owed]
        papers = self.carry_out(steps, papers, serving)
        return replace(papers.noted(*self.recycling.notes), expanded=True, doing="")

    def contracted(self, papers: Papers) -> Papers:
        """The rest. Nobody of the old slot comes back meanwhile: its role cannot log in before it is over.

        One that was given up stays so.
        """
        if papers.outcome(Question.CONTRACTS) is Proven.DISPROVEN:
            return papers
        serving = role_name(self.order, Slot(self.order.slot))
        self.drop_due(serving)
        with self.shut_out():
            papers = self.carry_out(self.pending(), papers, serving)
        # Results of what serves never change while nobody looks: that is left to the next step.
        due = self.wall() + KEEP.total_seconds() if papers.buried and not papers.reshaped else 0.0
        return replace(papers.noted(*self.recycling.notes), contracted=True, doing="", due=due)

    def dropped(self, papers: Papers) -> Papers:
        """What the contract took away, for good. An ActionError where something is in the way: it waits for nobody."""
        if trouble := self.trouble():
            raise ActionError(trouble)
        connect = connecting(self.url)
        drop_due(connect, only=papers.buried, patience=BRIEFLY, tell=self.tell)
        with reached("what is left of it could not be looked up"), connect() as connection:
            now = one(connection, "SELECT pg_catalog.clock_timestamp()")
            left = [stone.due - now for stone in self.kept(connection, papers)]
        due = self.wall() + max(min(left).total_seconds(), AGAIN) if left else 0.0
        return replace(papers.noted(*self.recycling.notes), doing="", due=due)

    def kept(self, connection: Any, papers: Papers) -> list[Tombstone]:
        """What this release took away and can be had back; not what only has not been dropped by its tool."""
        stones = [stone for stone in owed(connection) if stone.number in papers.buried]
        return [stone for stone in stones if not standing(connection, stone.grave)]

    def drop_due(self, serving: str) -> None:
        """What was taken away a day ago or more. What holds on to it is told, and holds up nothing else."""
        try:
            with self.recycled(serving, self.recycling.wanted and self.columns_due()):
                drop_due(connecting(self.url), tell=self.tell)
        except VerdigrisError as error:
            self.tell(f"what was taken away before is still there: {error}")

    def columns_due(self) -> bool:
        """Until they are dropped they come with `SELECT *`, under the name that they have as tombstones."""
        with connecting(self.url)() as connection:
            columns = [stone for stone in owed(connection) if stone.is_due and stone.grave.column]
            return any(not standing(connection, stone.grave) for stone in columns)

    @contextmanager
    def shut_out(self) -> Iterator[None]:
        """The next release in that slot has the same role, so it is let in again, however this ends."""
        role = role_name(self.order, Slot(self.order.slot).other)
        if not role:
            yield
            return
        self.recycling.owe(role, shut_out=True)
        try:
            shut_out(connecting(self.url), role)
            self.nobody_left(role)
            yield
        finally:
            self.let_in(role)

    def let_in(self, role: str) -> None:
        if let_in(connecting(self.url), role):
            self.tell(f"{role} may log in again")
        self.recycling.owe(role, shut_out=False)

    def nobody_left(self, role: str) -> None:
        with connecting(self.url)() as connection:
            left = sessions_of(connection, role)
        if left:
            are = "1 session" if len(left) == 1 else f"{len(left)} sessions"
            verb = "is" if len(left) == 1 else "are"
            raise ActionError(f"{are} of {role} {verb} left, so nothing is contracted: {left[0].told()}")

    def pending(self) -> Sequence[Step]:
        return tool_of(self.order, self.tell).pending(self.url)

    def carry_out(self, steps: Sequence[Step], papers: Papers, serving: str) -> Papers:
        """One after the other. A backfill may take hours, and gives no result other columns."""
        tool = tool_of(self.order, self.tell, tombstones=True)
        for number, step in enumerate(steps, 1):
            self.wait_until_clear()
            self.tell(f"{step} is carried out, step {number} of {len(steps)}")
            reshapes = self.recycling.wanted and papers.reshaped and step.declared is not Kind.BACKFILL
            before = self.stones()
            with self.recycled(serving, reshapes):
                self.stand_in(papers, step)
                tool.run(self.url, step)
            papers = papers.noted(*self.recycling.notes)
            buried = (*papers.buried, *(number for number in self.stones() if number not in before))
            papers = replace(papers, done=(*papers.done, str(step)), buried=buried)
            self.order.desk().write(papers)
        return papers

    def stones(self) -> list[int]:
        """The numbers of what can be had back."""
        with connecting(self.url)() as connection:
            return [stone.number for stone in owed(connection)]

    def stand_in(self, papers: Papers, step: Step) -> None:
        """What another tool than ours is about to drop can be had back for a day: it drops something empty."""
        drops = [Drop(Name(*table), column) for name, *table, column in papers.stood if name == step.name]
        if drops:
            stand_in(connecting(self.url), drops, KEEP, tell=self.tell)

    def recycled(self, serving: str, changing: bool) -> AbstractContextManager[None]:
        """A block that changes results of what serves, or none. Refused where its sessions are not ours to end."""
        if not (changing and serving):
            return nullcontext()
        ended_by(self.url, serving)
        return self.recycling.around(serving)

    def wait_until_clear(self) -> None:
        """Old transactions and replicas that are behind: a step would stand in a line, and everybody behind it."""
        until = self.waiting.now() + CLEAR_WITHIN
        while trouble := self.trouble():
            if self.waiting.now() > until:
                raise ActionError(f"the schema cannot be changed now: {trouble}")
            self.tell(f"waits: {trouble}")
            self.waiting.sleep(LOOK_EVERY)

    def trouble(self) -> str:
        with connecting(self.url)() as connection:
            return "; ".join(check.sentence for check in prechecks(connection) if check.passed is False)
