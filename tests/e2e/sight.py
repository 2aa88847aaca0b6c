"""What there is to see of a project: event log, lease, keeper, front door, logs. Looking changes nothing."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import os
import sqlite3
from collections.abc import Iterator
from email.message import Message
from pathlib import Path
from typing import Any, NamedTuple

from tests.waiting import eventually_sync
from verdigris.adapters.stores.desk import SqliteDesk
from verdigris.adapters.stores.lease import Lease
from verdigris.adapters.stores.pokes import poke
from verdigris.core.errors import Conflict, ObservationError
from verdigris.keeper.client import KeeperClient, KeeperError
from verdigris.keeper.names import local
from verdigris.keeper.observed import Observed
from verdigris.ports import Event

__all__ = ["WITHIN", "Answer", "Document", "Sight", "alive", "state_of"]

Document = dict[str, Any]

WITHIN = 60.0
"""Seconds that one command or one phase may take."""
TAIL = 6000
"""Bytes of each log that are shown when a test fails."""


class Answer(NamedTuple):
    """One answer of the API."""

    status: int
    headers: Message
    body: Document


class Sight:
    """One state directory and one front door, as they are."""

    state: Path
    port: int
    begun_log: Path

    @property
    def desk(self) -> SqliteDesk:
        return SqliteDesk(self.state / "verdigris.db")

    def events(self, after: int = 0) -> tuple[Event, ...]:
        """The event log; empty while there is none."""
        try:
            return self.desk.events(after=after, limit=10_000)
        except (ObservationError, Conflict):
            return ()

    def asked(self, queued: bool = True) -> int:
        """How many deployments were asked for, with or without those that were not answered yet."""
        question = f"SELECT count(*) FROM filed WHERE {int(queued)} OR accepted IS NOT NULL"
        try:
            with contextlib.closing(
                sqlite3.connect(f"{self.desk.path.as_uri()}?mode=ro", uri=True)
            ) as database:
                return int(database.execute(question).fetchone()[0])
        except sqlite3.Error:
            return 0

    def phase(self) -> str:
        """Where the newest deployment stands; empty while there is none."""
        try:
            newest = self.desk.newest()
        except (ObservationError, Conflict):
            return ""
        return newest.deployment.phase if newest else ""

    @property
    def candidate(self) -> str:
        """The slot of the newest deployment."""
        newest = self.desk.newest()
        assert newest is not None
        return str(newest.deployment.candidate)

    def until(self, phase: str, within: float = WITHIN) -> None:
        """Wait until the newest deployment stands in `phase`."""
        eventually_sync(lambda: self.phase() == phase, f"the phase {phase}", within)

    def seen(self) -> Observed:
        """What the keeper sees."""
        return asyncio.run(KeeperClient(self.state).observe())

    @property
    def keeper(self) -> int:
        return self.seen().keeper.pid

    @property
    def haproxy(self) -> int:
        router = self.seen().router
        assert router is not None and router.pid is not None
        return router.pid

    @property
    def controller(self) -> int | None:
        """The pid of whoever has the lease."""
        holder = Lease(self.state).holder()
        return holder.identity.pid if holder else None

    def at_work(self) -> bool:
        """Whether a controller is in charge and listens, and a keeper answers."""
        try:
            return self.controller is not None and poke(self.state) and self.keeper > 0
        except KeeperError:
            return False

    def instances(self, slot: str | None = None) -> dict[str, int]:
        """Names at the keeper and pids of the instances that live."""
        slots = self.seen().slots
        found = (i for name in slots if slot in (None, local(name)) for i in slots[name].instances)
        return {i.name: i.pid for i in found if i.alive and i.pid}

    @property
    def serves(self) -> str:
        """The version that answers at the front door."""
        return self.ask().headers["X-API-Version"] or ""

    def answers(self) -> bool:
        """Whether the front door answers, and well."""
        try:
            return self.ask().status == 200
        except (OSError, ValueError):
            return False

    def ask(self, target: str = "/", port: int | None = None) -> Answer:
        """One request through the front door, or past it: the answer, whatever its status."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=10)
        try:
            connection.request("GET", target)
            response = connection.getresponse()
            return Answer(response.status, response.headers, json.loads(response.read()))
        finally:
            connection.close()

    def ask_instance(self, name: str) -> Document | None:
        """What an instance says when it is asked directly; None while it does not answer."""
        found = {i.name: i.port for slot in self.seen().slots.values() for i in slot.instances}
        try:
            return self.ask("/", found[name]).body
        except OSError:
            return None

    def left(self) -> dict[int, str]:
        """Processes that have the state directory in their command line or work in it."""
        return dict(processes_of(self.state))

    def logs(self) -> str:
        """The ends of everything that was written down, for whoever has to find out why a test failed."""
        files = [self.state / name for name in ("controller.log", "keeper.log", "router/haproxy.log")]
        files.append(self.begun_log)
        parts = [
            f"--- {file.name}\n{tail(file)}" for file in (*files, *sorted(self.state.glob("logs/*.log")))
        ]
        events = "\n".join(
            f"{e.wall:.3f} {e.deployment} g{e.generation} {e.phase} {e.kind}: {e.sentence} {e.evidence}"
            for e in self.events()[-120:]
        )
        return "\n".join([*parts, "--- events", events])


def processes_of(state: Path) -> Iterator[tuple[int, str]]:
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if command and (str(state) in command or os.readlink(entry / "cwd").startswith(str(state))):
                yield int(entry.name), command


def alive(pid: int) -> bool:
    """Whether there is such a process that has not ended; one that nobody collected has."""
    return state_of(pid) not in "ZX"


def state_of(pid: int) -> str:
    """The letter that the kernel has for it, T when it was stopped; X when there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "X"


def tail(path: Path) -> str:
    try:
        return path.read_bytes()[-TAIL:].decode(errors="replace")
    except OSError as error:
        return f"({error.strerror})"
