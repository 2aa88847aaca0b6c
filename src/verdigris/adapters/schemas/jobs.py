"""The schema of an app, moved by jobs: processes of their own that outlive the controller and leave papers.

Nothing is decided here. A look reads the papers and counts sessions; a verb starts a job, and one that is at work
already is left alone. The URL of a database is in no argument, no message and no file.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from verdigris.core.deployment import Deployment
from verdigris.core.errors import ActionError, ObservationError, VerdigrisError
from verdigris.core.world import Known, SchemaState, Seen, Unknown
from verdigris.ports import Clock
from verdigris.schema.jobs.failing import TOLD, failed
from verdigris.schema.jobs.order import DATABASE_URL, Deed, Order, Plan
from verdigris.schema.jobs.papers import Desk, Papers, Question

__all__ = ["SchemaJobs", "desk_of"]

COUNT_EVERY = 5.0
"""Seconds between two counts of sessions: each costs production a connection."""
JOB = (sys.executable, "-P", "-m", "verdigris.schema.jobs")
"""Without the place where it runs on its path: a release may have modules that are called as ours are."""
ASKED = {"preflight": Question.KEEPS, "gate": Question.SERVES, "contract": Question.CONTRACTS}
PAUSE_MOST = 60.0
"""Seconds between two tries of what fails again and again."""
DOUBLED_MOST = 10
"""How often a pause is doubled: whoever fails for a day has a number of failures that no pause can be made of."""
QUIET = {"PYTHONDONTWRITEBYTECODE": "1"}
"""A release that something was written into is not the one that was proven."""
Sessions = Callable[[str, str], int]
"""From a URL and a role to how many sessions it has."""


class SchemaJobs:
    """`ports.SchemaTool`. `urls` are looked up anew each time: a password may have been changed meanwhile.

    `variables` for the user's tool are looked up where a job begins.
    """

    def __init__(
        self,
        plan: Plan,
        home: Path,
        urls: Callable[[], Mapping[str, str]],
        sessions: Sessions,
        clock: Clock,
        command: tuple[str, ...] = JOB,
        variables: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self._command, self._variables = command, variables
        self._plan, self._home, self._urls, self._sessions, self._clock = plan, home, urls, sessions, clock
        self._job: subprocess.Popen[str] | None = None
        self._order: Order | None = None
        self._counted = ("", -COUNT_EVERY, 0)
        self._begun = -PAUSE_MOST

    async def observe(self, d: Deployment) -> Seen[SchemaState]:
        try:
            return Known(await asyncio.to_thread(self._look, d), self._clock.now())
        except ObservationError as error:
            return Unknown(str(error))

    async def prove(self, d: Deployment) -> None:
        await asyncio.to_thread(self._begin, Deed.PROVE, d)

    async def expand(self, d: Deployment) -> None:
        await asyncio.to_thread(self._begin, Deed.EXPAND, d)

    async def contract(self, d: Deployment) -> None:
        await asyncio.to_thread(self._begin, Deed.CONTRACT, d)

    async def drop(self, d: Deployment) -> None:
        await asyncio.to_thread(self._begin, Deed.DROP, d)

    def _look(self, d: Deployment) -> SchemaState:
        desk = self._desk(d)
        busy, papers = desk.busy(), desk.read()
        return SchemaState(
            papers.expanded,
            papers.contracted,
            papers.outcome(Question.KEEPS),
            papers.outcome(Question.SERVES),
            papers.outcome(Question.CONTRACTS),
            self._left(d, papers),
            papers.sentence(),
            busy or self._running() or self._resting(papers),
            0 < papers.due <= self._clock.wall(),
        )

    def _left(self, d: Deployment, papers: Papers) -> int:
        """Sessions of the old slot's role. Nobody asks before the contract, and it costs production a connection."""
        if papers.contracted or d.phase != "contract":
            return 0
        role = f"{self._plan.role}_{d.live}"
        of, at, count = self._counted
        if of != role or self._clock.now() - at >= COUNT_EVERY:
            count = self._sessions(self._urls()[DATABASE_URL], role)
            self._counted = (role, self._clock.now(), count)
        return count

    def _running(self) -> bool:
        return self._job is not None and self._job.poll() is None

    def _resting(self, papers: Papers) -> bool:
        """Whether the last try failed, and the next is not due yet."""
        return self._clock.now() < self._begun + pause(papers)

    def _bury(self) -> None:
        """One that died without a word has failed as any other has: what comes next is later, and not for ever.

        A contract that is given up by it is begun once more all the same: only a job makes good what one has left.
        """
        job, order = self._job, self._order
        if job is not None and order is not None and job.poll() not in (0, TOLD):
            died = ActionError(f"the job ended with {job.returncode} and left no word")
            self._failed(order, died)
        self._order = None

    def _failed(self, order: Order, error: Exception) -> None:
        desk = order.desk()
        desk.write(failed(order, desk.read(), error, self._clock.wall()))

    def _begin(self, deed: Deed, d: Deployment) -> None:
        """Start the job in a session of its own: what ends the controller does not end it."""
        desk = self._desk(d)
        if desk.busy() or self._running():
            return
        self._bury()
        if self._resting(desk.read()):
            return
        self._begun = self._clock.now()
        order = Order(
            deed, self._plan, str(self._home), desk.name, d.release.directory,
            d.previous.directory if d.previous else "", d.candidate, ASKED.get(d.phase, Question.KEEPS),
        )  # fmt: skip
        try:
            self._job = self._started(d)
        except VerdigrisError as error:
            # It is tried again as any other that failed, though it may look as if that were hopeless: who mends what
            # is configured does not begin anew.
            self._failed(order, ActionError(str(error)))
            raise
        self._order = order
        assert self._job.stdin is not None
        # A broken pipe: it is dead already, and what comes next buries it.
        with contextlib.suppress(BrokenPipeError), self._job.stdin as told:
            told.write(order.text())

    def _started(self, d: Deployment) -> subprocess.Popen[str]:
        try:
            return subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True,
                env={**os.environ, **QUIET, **self._urls(), **self._variables()},
                cwd=d.release.directory, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise ActionError(f"a job of the schema cannot be started: {error.strerror}") from error

    def _desk(self, d: Deployment) -> Desk:
        return desk_of(self._home, d)


def desk_of(home: Path, d: Deployment) -> Desk:
    """Where its papers are, in the home of its app. A store that was built anew may count from the beginning."""
    return Desk(home, f"{d.id}-{d.release.digest.rpartition(':')[2][:16]}")


def pause(papers: Papers) -> float:
    """Seconds from one try to the next, the longer the more have failed."""
    return min(2.0 ** min(papers.failures, DOUBLED_MOST), PAUSE_MOST) if papers.failures else 0.0
