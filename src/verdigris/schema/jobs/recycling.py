"""The sessions of what serves are ended once its results have other columns: what they have prepared would fail.

Each is ended once and only while it is idle, and only such as began before the step was over. That they are to be ended
is written down before the step, so that whoever comes after a job that was killed ends those that are left. What is
never idle is left, and told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from verdigris.core.errors import VerdigrisError
from verdigris.schema.jobs.debts import Debt
from verdigris.schema.jobs.order import Order
from verdigris.schema.jobs.shapes import RECYCLED
from verdigris.schema.running.session import connecting, one
from verdigris.schema.running.sessions import Recycled, recycle
from verdigris.schema.running.trouble import reached
from verdigris.schema.running.waiting import Pace, Waiting

__all__ = ["Recycling"]

WITHIN = 60.0
"""Seconds that all of them may take."""
IDLE, EACH = 0.02, 0.05
"""Seconds that one is to be idle, and from one to the next: each fails with every request until it is ended, so that
hurry costs less than patience, and a pool opens a new one for each."""
NOW = "SELECT pg_catalog.clock_timestamp()"


@dataclass
class Recycling:
    """Of one job. Whose sessions they are is said each time: an expand step has another role served than a contract."""

    order: Order
    url: str
    tell: Callable[[str], None]
    waiting: Waiting = field(default_factory=Pace)
    within: float = WITHIN
    notes: list[str] = field(default_factory=list, init=False)
    """What became of them."""

    @property
    def wanted(self) -> bool:
        return self.order.plan.shapes == RECYCLED

    @contextmanager
    def around(self, role: str) -> Iterator[None]:
        """A block that may change what the role's sessions have prepared, also where it fails half way."""
        self.owe(role, stale=True, since="")
        try:
            yield
        except VerdigrisError:
            with suppress(VerdigrisError):  # it stays owed, and why the block has failed is what counts
                self.make_good(role)
            raise
        self.make_good(role)

    def make_good(self, role: str) -> None:
        """End those that are to be ended. Nothing happens where none is, or where all have been already."""
        debt = self.debt(role)
        if not debt.stale:
            return
        connect = connecting(self.url)
        if not debt.since:
            with reached("production could not be asked for its time"), connect() as connection:
                debt = self.owe(role, since=one(connection, NOW).isoformat())
        found = recycle(
            connect, role, begun=datetime.fromisoformat(debt.since), idle=IDLE, pause=EACH, within=self.within,
            waiting=self.waiting, tell=self.tell,
        )  # fmt: skip
        self.owe(role, stale=False, since="")
        if found.ended or found.left:
            self.note(told(found, role))

    def debt(self, role: str) -> Debt:
        return self.order.desk().debt(role)

    def owe(self, role: str, **what: object) -> Debt:
        debt = replace(self.debt(role), **what)  # type: ignore[arg-type]
        self.order.desk().owe(role, debt)
        return debt

    def note(self, sentence: str) -> None:
        """Kept by whoever ends the job, and written down at once for a job that does not come to its end."""
        self.notes.append(sentence)
        desk = self.order.desk()
        desk.write(desk.read().noted(sentence))


def told(found: Recycled, role: str) -> str:
    sessions = "1 session" if found.ended == 1 else f"{found.ended} sessions"
    was = "was" if found.ended == 1 else "were"
    ended = f"{sessions} of {role} {was} ended, since its results may have other columns now"
    if not found.left:
        return ended
    left = f"1 session of {role} was" if found.left == 1 else f"{found.left} sessions of {role} were"
    return f"{left} never idle and {'is' if found.left == 1 else 'are'} left; {ended}"
