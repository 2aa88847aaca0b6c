"""Who is in the way: the sessions that hold what somebody waits for, without a word of what they were asked.

Texts of queries and their parameters are somebody's data; pid, name, state and age are enough to find the culprit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

__all__ = ["InTheWay", "Session", "beside", "blockers", "held_up", "sessions"]

EVERY = 0.03
"""Seconds between two looks: of the 100 ms for which we wait for a lock, one has to fall in."""
JOINED_WITHIN = 5.0
MOST_NAMED = 3

ACTIVITY = """
    SELECT pid, coalesce(application_name, ''), coalesce(usename::text, ''),
           coalesce(state, backend_type, 'not shown to this role'),
           coalesce(extract(epoch FROM pg_catalog.clock_timestamp() - coalesce(xact_start, backend_start)), 0)::float8,
           xact_start IS NOT NULL
    FROM pg_catalog.pg_stat_activity
"""


@dataclass(frozen=True, slots=True)
class Session:
    """One session of a server. `age` is seconds since its transaction began, or else since it came."""

    pid: int
    application: str
    role: str
    state: str
    age: float
    in_transaction: bool = False

    def told(self) -> str:
        """`pid 4711 (reports, role app, idle in transaction for 312 s)`."""
        names = [
            self.application,
            self.role and f"role {self.role}",
            f"{self.state} for {self.age:.0f} s".strip(),
        ]
        return f"pid {self.pid} ({', '.join(name for name in names if name)})"


def sessions(connection: Any, pids: Sequence[int]) -> tuple[Session, ...]:
    """Those of them that are still there, the oldest first. A prepared transaction has no session: its pid is 0."""
    rows = connection.execute(ACTIVITY + " WHERE pid = ANY (%s) ORDER BY 5 DESC", (list(pids),)).fetchall()
    gone = (Session(0, "a prepared transaction", "", "prepared", 0.0, True),) if 0 in pids else ()
    return tuple(Session(*row) for row in rows) + gone


def blockers(connection: Any, pid: int) -> tuple[Session, ...]:
    """Who holds, or waits before us for, what the session `pid` waits for just now."""
    (pids,) = connection.execute("SELECT pg_catalog.pg_blocking_pids(%s)", (pid,)).fetchone()
    return sessions(connection, pids) if pids else ()


def held_up(connection: Any, pid: int) -> int:
    """How many sessions wait for something that the session `pid` holds."""
    waiting = "SELECT pid FROM pg_catalog.pg_locks WHERE NOT granted GROUP BY pid"
    row = connection.execute(
        f"SELECT count(*) FROM ({waiting}) AS w WHERE %s = ANY (pg_catalog.pg_blocking_pids(w.pid))",  # noqa: S608
        (pid,),
    ).fetchone()
    return int(row[0])


@dataclass(slots=True)
class InTheWay:
    """Remembers who was last seen in the way of the session `pid`."""

    pid: int
    seen: tuple[Session, ...] = field(default=())

    def look(self, connection: Any) -> None:
        self.seen = blockers(connection, self.pid) or self.seen

    def told(self) -> str:
        if not self.seen:
            return "who holds it was not seen"
        names = [session.told() for session in self.seen[:MOST_NAMED]]
        more = len(self.seen) - len(names)
        return "in the way: " + "; ".join(names) + (f"; and {more} more" if more else "")


@contextmanager
def beside(
    connect: Callable[[], AbstractContextManager[Any]], look: Callable[[Any], None], every: float = EVERY
) -> Iterator[None]:
    """While the block lasts, `look` is called again and again with a connection of its own, in a thread.

    What it cannot see it does not see: no trouble of it reaches the block.
    """
    over = Event()
    thread = Thread(target=keep_looking, args=(connect, look, every, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(JOINED_WITHIN)


def keep_looking(
    connect: Callable[[], AbstractContextManager[Any]], look: Callable[[Any], None], every: float, over: Event
) -> None:
    # Whatever goes wrong here, also in `look`, is no trouble of the block.
    with suppress(Exception), connect() as connection:
        while not over.wait(every):
            look(connection)
