"""Where the command line reads and files: the store's rows through the standard library's sqlite3.

It makes no tables and moves no traffic. Reading never writes; filing is one short transaction, then a poke.
SQLAlchemy must never be imported on the way here: `verdigris status` has 300 ms of CPU.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from verdigris.adapters.stores.files import REVISION, why
from verdigris.adapters.stores.pokes import poke
from verdigris.adapters.stores.records import dump, load, load_saved, plain, unpacked
from verdigris.core.errors import Conflict, ObservationError, StoreUnavailable
from verdigris.core.world import Command
from verdigris.ports import Event, Filed, Saved

__all__ = ["SqliteDesk"]

BUSY_WITHIN = 5.0
ROWS_MOST = 10_000
"""Rows that one question can bring back, whatever is asked for."""

TURNS = "kind IN ('phase', 'step')"
"""As the index says it: SQLite takes one that covers a part only where the same words are asked for."""
SECONDS = f"FROM counts WHERE app = :app AND deployment = :deployment ORDER BY at LIMIT {ROWS_MOST}"
EVENT = "number, wall, app, deployment, generation, phase, kind, sentence, evidence"


class SqliteDesk:
    """`ports.Desk` over the database at `path`, which the controller makes when it first starts."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()

    def ready(self) -> bool:
        """Whether a controller has made the database, in the schema of this version: then filing can succeed."""
        try:
            with self._reading():
                return True
        except (ObservationError, Conflict):
            return False

    def newest(self, app: str | None = None) -> Saved | None:
        """The newest deployment of the app, or of all apps."""
        return next(iter(self.deployments(1, app)), None)

    def deployments(self, limit: int = 50, app: str | None = None) -> tuple[Saved, ...]:
        """The newest deployments, the newest first."""
        which = "" if app is None else "WHERE app = :app"
        question = f"SELECT data, policy FROM deployments {which} ORDER BY row DESC LIMIT :limit"  # noqa: S608 - our own
        return tuple(load_saved(*row) for row in self._ask(question, app=app, limit=min(limit, ROWS_MOST)))

    def deployment(self, deployment: str, app: str) -> Saved | None:
        """The app's deployment with this id, however old it is."""
        question = "SELECT data, policy FROM deployments WHERE app = :app AND id = :id"
        return next((load_saved(*row) for row in self._ask(question, app=app, id=deployment)), None)

    def events(
        self,
        after: int = 0,
        deployment: str | None = None,
        limit: int = 1000,
        *,
        app: str | None = None,
        newest: bool = False,
    ) -> tuple[Event, ...]:
        """Events numbered above `after` in their order: the first `limit` of them, or the last for `newest`.

        A deployment's id is its app's own: give both where there are several apps.
        """
        wanted = {"app": app, "deployment": deployment}
        narrowed = "".join(f" AND {name} = :{name}" for name, value in wanted.items() if value is not None)
        order = "DESC" if newest else "ASC"
        question = (
            f"SELECT {EVENT} FROM events WHERE number > :after{narrowed} ORDER BY number {order} LIMIT :limit"  # noqa: S608 - names of our own
        )
        rows = self._ask(question, after=after, limit=min(limit, ROWS_MOST), **wanted)
        return tuple(sorted(map(event_of, rows), key=lambda event: event.number))

    def turns(self, deployment: str, app: str, after: int = 0) -> tuple[Event, ...]:
        """Every phase and step that the deployment entered, in their order: it does not look at other events."""
        of_it = f"app = :app AND deployment = :deployment AND {TURNS} AND number > :after"
        question = f"SELECT {EVENT} FROM events WHERE {of_it} ORDER BY number LIMIT {ROWS_MOST}"  # noqa: S608 - our own
        return tuple(map(event_of, self._ask(question, app=app, deployment=deployment, after=after)))

    def count(self, deployment: str, app: str, after: int, before: int) -> int:
        """How many events of the deployment have a number between these two."""
        of_it = "app = :app AND deployment = :deployment AND number > :after AND number < :before"
        question = f"SELECT count(*) FROM events WHERE {of_it}"  # noqa: S608 - our own
        ((found,),) = self._ask(question, app=app, deployment=deployment, after=after, before=before)
        return int(found)

    def counts(self, deployment: str, app: str) -> tuple[str, ...]:
        """What its trial was told, as lines that `verdigris judge` reads; none after a while."""
        rows = self._ask(f"SELECT lines {SECONDS}", app=app, deployment=deployment)
        return tuple(line for (lines,) in rows for line in unpacked(lines))

    def evidence(self, deployment: str, app: str) -> tuple[tuple[int, float], ...]:
        """The moments of those seconds, and ln E after each: it does not unpack them."""
        rows = self._ask(f"SELECT at, ln_e {SECONDS}", app=app, deployment=deployment)
        return tuple((at, ln_e) for at, ln_e in rows if isinstance(ln_e, float) and isinstance(at, int))

    def file(self, app: str, command: Command) -> int:
        """File a command and return its id. `StoreUnavailable` says why nothing could be filed."""
        with self._writing() as connection:
            number = connection.execute(
                "INSERT INTO commands (app, verb, actor, reason, deployment, policy, share, filed)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    app,
                    command.verb.value,
                    plain(command.actor),
                    plain(command.reason),
                    command.deployment,
                    dump(command.policy) if command.policy else "",
                    command.share,
                    time.time(),
                ),
            ).lastrowid
        poke(self.path.parent)
        return number or 0

    def answer(self, command: int) -> tuple[bool, str] | None:
        """Whether the command was accepted, and the sentence; None while it waits."""
        found = self._ask("SELECT accepted, sentence FROM commands WHERE id = :id", id=command)
        return (bool(found[0][0]), found[0][1] or "") if found and found[0][0] is not None else None

    def file_deployment(self, filed: Filed) -> int:
        """File a request for a deployment; the same key brings back the same id. One that was refused is made again.

        `Conflict` when the key was used for another release.
        """
        with self._writing() as connection:
            number = (
                same_key(connection, filed)
                or connection.execute(
                    "INSERT INTO filed (app, key, data, filed) VALUES (?, ?, ?, ?)",
                    (filed.app, filed.key, dump(filed), time.time()),
                ).lastrowid
            )
        poke(self.path.parent)
        return number or 0

    def admission(self, filed: int) -> tuple[bool, str, str] | None:
        """Whether the deployment was admitted, the sentence, and its id; None while it waits."""
        found = self._ask("SELECT accepted, sentence, deployment FROM filed WHERE id = :id", id=filed)
        if not found or found[0][0] is None:
            return None
        accepted, sentence, deployment = found[0]
        return bool(accepted), sentence or "", deployment or ""

    def _ask(self, question: str, **values: Any) -> list[Any]:
        with self._reading() as connection:
            return connection.execute(question, values).fetchall()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        if not self.path.exists():
            raise ObservationError(
                f"nothing was ever deployed from {self.path.parent}. Begin with `verdigris deploy`"
            )
        try:
            with closing(self._open("ro")) as connection:
                yield connection
        except sqlite3.Error as error:
            raise ObservationError(why(self.path, error)) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, all or nothing."""
        try:
            with closing(self._open("rw")) as connection:
                connection.execute("BEGIN IMMEDIATE")
                with connection:
                    yield connection
        except sqlite3.Error as error:
            raise StoreUnavailable(why(self.path, error)) from error

    def _open(self, mode: str) -> sqlite3.Connection:
        address = f"{self.path.as_uri()}?mode={mode}"
        connection = sqlite3.connect(address, uri=True, timeout=BUSY_WITHIN, isolation_level=None)
        try:
            connection.execute("PRAGMA synchronous=FULL")
            self._known(connection.execute("SELECT version_num FROM alembic_version").fetchone())
        except BaseException:
            connection.close()
            raise
        return connection

    def _known(self, revision: tuple[str] | None) -> None:
        found = revision[0] if revision else "none"
        if found != REVISION:
            age = "a newer" if found > REVISION else "an older"
            raise Conflict(
                f"{self.path} has the schema {found} of {age} verdigris, this one reads {REVISION}. "
                "Use one version for controller and command line"
            )


def event_of(row: tuple[Any, ...]) -> Event:
    """A row of the log. SQLite lets anything stand in any column, and one spoilt row must not hide the others."""
    number, wall, app, deployment, generation, *words = row
    wall = wall if isinstance(wall, float) else 0.0
    return Event(number, wall, app, deployment, generation, *map(text_of, words))


def text_of(value: object) -> str:
    return value if isinstance(value, str) else ascii(value)


def same_key(connection: sqlite3.Connection, filed: Filed) -> int | None:
    """The id of the request that was filed with this key before. One that was refused is asked anew."""
    question = "SELECT id, data, accepted FROM filed WHERE app = ? AND key = ?"
    found = connection.execute(question, (filed.app, filed.key)).fetchone()
    if found is None:
        return None
    before = load(Filed, found[1]).release
    if (before.version, before.digest) != (filed.release.version, filed.release.digest):
        raise Conflict(
            f"the key {filed.key} was used for {before.version} already. Give {filed.release.version} another"
        )
    if found[2] == 0:  # nothing came of it, and what stood in the way may be gone, or be waited for now
        unanswered = "accepted = NULL, sentence = NULL, deployment = NULL"
        again = f"UPDATE filed SET data = ?, filed = ?, {unanswered} WHERE id = ?"  # noqa: S608 - our own
        connection.execute(again, (dump(filed), time.time(), found[0]))
    return int(found[0])
