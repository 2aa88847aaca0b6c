"""The controller's store in one SQLite file: durable (WAL, synchronous=FULL), one writer, bounded waits.

Everything that SQLite or the disk has to complain of becomes `StoreUnavailable`, the transaction is rolled back,
and the next call finds a working store as soon as there is one. It never decides and never repairs.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import URL, Connection, Table, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from verdigris.adapters.stores import rows
from verdigris.adapters.stores.files import made_private, why
from verdigris.adapters.stores.keeping import KEPT, Kept, bunches
from verdigris.adapters.stores.records import load, load_saved, refuse_newer
from verdigris.adapters.stores.tables import COMMANDS, FILED
from verdigris.adapters.stores.upgrade import bring_up_to_date
from verdigris.core.deployment import Answered, Note
from verdigris.core.errors import Conflict, StoreUnavailable, VerdigrisError
from verdigris.core.policy import Policy
from verdigris.core.world import Command, Verb
from verdigris.ports import Counted, Filed, Saved

__all__ = ["SqlStore"]

P = ParamSpec("P")
T = TypeVar("T")

BUSY_WITHIN = 1.0
"""Seconds to wait for somebody else's lock; then this tick goes without the store."""
TURN_WITHIN = 10.0
"""Seconds that one app waits for another to be done with the one connection."""
PRUNED_AT_ONCE = 2000
"""Rows that one transaction forgets: whoever wants to save waits for no more than that."""
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "trusted_schema=OFF", "journal_size_limit=16777216")
GIVES_ROOM_BACK = "auto_vacuum=FULL"
"""Only a new file takes it. In one that was made before, the room of what was forgotten is used again."""
VERBS = frozenset(verb.value for verb in Verb)


class SqlStore:
    """`ports.Store` over `path`. `prepare` comes first, `close` last."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._inode = 0
        self._reads = connect(path)
        self._writes = self._reads.execution_options(begin="IMMEDIATE")
        self._running: set[asyncio.Task[Any]] = set()

    async def prepare(self) -> None:
        """Have the file, private, sound and in the schema of this version: when a controller starts.

        `Conflict` for a newer schema, `Refused` for a file that is not ours alone, `StoreUnavailable` for damage.
        """
        try:
            self._inode = made_private(self.path)
        except OSError as error:
            raise StoreUnavailable(why(self.path, error)) from error
        await self._do(self._writes, bring_up_to_date, self.path)

    async def close(self) -> None:
        """Let what is under way end, and close the file."""
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._reads.dispose()

    async def load(self, app: str) -> Saved | None:
        found = await self._do(self._reads, rows.newest, app)
        return load_saved(found.data, found.policy) if found else None

    async def save(
        self,
        saved: Saved,
        expected: int | None,
        notes: Sequence[Note],
        answers: Sequence[Answered],
        wall: float,
        counted: Sequence[Counted] = (),
    ) -> None:
        refuse_newer(saved.deployment)
        await self._do(self._writes, rows.save, saved, expected, notes, answers, wall, counted)

    async def commands(self, app: str) -> tuple[Command, ...]:
        return await self._readable(COMMANDS, app, command)

    async def filed(self, app: str) -> tuple[Filed, ...]:
        return await self._readable(FILED, app, lambda row: replace(load(Filed, row.data), id=row.id))

    async def _readable(self, table: Table, app: str, read: Callable[[Any], T]) -> tuple[T, ...]:
        """What waits. One row that this version cannot read is turned away: it must not stand before the way back."""
        readable: list[T] = []
        strangers: list[tuple[int, str]] = []
        for row in await self._do(self._reads, rows.waiting, table, app):
            try:
                readable.append(read(row))
            except VerdigrisError as error:
                strangers.append((row.id, str(error)))
        await self._turn_away(table, strangers)
        return tuple(readable)

    async def settle(self, filed: Filed, accepted: bool, sentence: str, deployment: str = "") -> None:
        await self._do(self._writes, rows.settle, (filed.id, accepted, sentence), deployment)

    async def prune(self, kept: Kept = KEPT) -> int:
        """Forget what is older than the newest `kept`, a bounded bunch at a time. Returns how many rows that were.

        What waits for an answer and the newest deployment of an app are never forgotten.
        """
        return sum([await self._prune_all(forget, *what) for forget, *what in bunches(kept)])

    async def _prune_all(self, forget: Callable[..., int], *what: object) -> int:
        gone = 0
        while bunch := await self._do(self._writes, forget, *what, PRUNED_AT_ONCE):
            gone += bunch
        return gone

    async def _turn_away(self, table: Table, strangers: Sequence[tuple[int, str]]) -> None:
        """Answer what this version cannot read: whoever filed it would wait for ever."""
        hint = "The controller is older than the command line: restart it with `verdigris up`"
        if strangers:
            answers = [(number, False, f"{reason}. {hint}") for number, reason in strangers]
            await self._do(self._writes, rows.answer, table, answers)

    async def _do(
        self,
        engine: AsyncEngine,
        work: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Do the work in a transaction of its own, to its end even when the caller is cancelled.

        A cancelled caller would otherwise leave a connection behind that keeps its lock: then nobody can write.
        """
        task = asyncio.create_task(
            self._transaction(engine, lambda connection: work(connection, *args, **kwargs))
        )
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def _transaction(self, engine: AsyncEngine, work: Callable[[Connection], T]) -> T:
        try:
            self._still_there()
            async with engine.begin() as connection:
                return await connection.run_sync(work)
        except (DBAPIError, PoolTimeout, OSError, sqlite3.Error) as error:
            raise StoreUnavailable(why(self.path, getattr(error, "orig", None) or error)) from error

    def _still_there(self) -> None:
        """SQLite would go on writing into a file that somebody deleted, and nobody would ever read it."""
        if self._inode not in (0, self.path.stat().st_ino):
            raise StoreUnavailable(f"{self.path}: it was replaced under the running controller. Restart that")


def command(row: Any) -> Command:
    if row.verb not in VERBS:
        raise Conflict(f"this controller does not know {row.verb!r}")
    policy = load(Policy, row.policy) if row.policy else None
    return Command(row.id, Verb(row.verb), row.actor, row.reason, row.deployment, policy, row.share)


def connect(path: Path) -> AsyncEngine:
    """One connection, opened when it is first needed. Transactions begin as the engine's `begin` option says."""
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(path)),
        connect_args={"timeout": BUSY_WITHIN, "isolation_level": None},
        pool_size=1,
        max_overflow=0,
        pool_timeout=TURN_WITHIN,
        hide_parameters=True,
    )
    event.listen(engine.sync_engine, "connect", set_up)
    event.listen(engine.sync_engine, "begin", begin)
    return engine


def set_up(connection: Any, record: object) -> None:
    try:
        cursor = connection.cursor()
        cursor.execute("PRAGMA page_count")
        new = cursor.fetchone() == (0,)
        for pragma in (GIVES_ROOM_BACK, *PRAGMAS) if new else PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
    except BaseException:
        connection.close()  # the pool forgets what could not be set up, without closing it
        raise


def begin(connection: Connection) -> None:
    # A transaction that first reads and then writes would fail half way when somebody wrote in between.
    connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get('begin', 'DEFERRED')}")
