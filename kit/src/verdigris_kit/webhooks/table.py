"""The notes of an inbox in a table of your own database, through any DB-API 2.0 driver.

The unique key decides between two deliveries at once, so that no isolation level and no lock is needed. Each verb is
one short transaction on a connection of its own.
"""

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any, Callable

from verdigris_kit.lending import lent

from .stores import DONE, Claim

__all__ = ["TableStore"]

SWEEP_EVERY = 256
"""After so many claims of this process what has run out is deleted."""

MARKS = {"qmark": "?", "format": "%s", "pyformat": "%s"}

# What every database understands; `$table` and the marks are put in for each.
CREATE = (
    "CREATE TABLE IF NOT EXISTS $table "
    "(id VARCHAR(255) PRIMARY KEY, owner VARCHAR(40) NOT NULL, until_at DOUBLE PRECISION NOT NULL)"
)
INSERT = "INSERT INTO $table (id, owner, until_at) VALUES (?, ?, ?)"
TAKE_OVER = "UPDATE $table SET owner = ?, until_at = ? WHERE id = ? AND until_at <= ?"
OWNER = "SELECT owner FROM $table WHERE id = ?"
NOTE = "UPDATE $table SET owner = ?, until_at = ? WHERE id = ?"
RELEASE = "DELETE FROM $table WHERE id = ? AND owner = ?"
SWEEP = "DELETE FROM $table WHERE until_at <= ?"


class TableStore:
    """Notes deliveries in `table`. `connect` is a pool, or a function that gives a DB-API connection.

    What a pool has lent goes back to it after each verb; what a function gave is closed.

    Ends of claims are compared with this machine's clock: let the machines of both slots keep the same time.
    """

    def __init__(
        self,
        connect: Any,
        table: str = "webhook_deliveries",
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Raise `ValueError` for a table's name that is no plain word: it becomes part of the SQL."""
        if not all(part.isidentifier() and part.isascii() for part in table.split(".")):
            raise ValueError(f"table: {table!r} is no plain name. Give one as 'webhook_deliveries'.")
        self._connect = connect
        self._table = table
        self._clock = clock
        self._lock = threading.Lock()
        self._claims = 0

    @property
    def schema(self) -> str:
        """The statement that makes the table, for your migrations."""
        return CREATE.replace("$table", self._table)

    def create(self) -> None:
        """Make the table if it is not there."""
        with self._transaction() as do:
            do(CREATE)

    def claim(self, key: str, owner: str, within: float) -> Claim:
        """Take the delivery."""
        now = self._clock()
        self._sweep(now)
        try:
            with self._transaction() as do:
                do(INSERT, key, owner, now + within)
        except Exception as error:
            if not _already_there(error):
                raise
            return self._take_over(key, owner, now, within)
        return Claim.MINE

    def done(self, key: str, owner: str, keep: float) -> None:
        """Note that it was handled."""
        until = self._clock() + keep
        with self._transaction() as do:
            # No row: handling took so long that the claim ran out and was swept away.
            if do(NOTE, DONE, until, key).rowcount == 0:
                do(INSERT, key, DONE, until)

    def release(self, key: str, owner: str) -> None:
        """Give it back."""
        with self._transaction() as do:
            do(RELEASE, key, owner)

    def _take_over(self, key: str, owner: str, now: float, within: float) -> Claim:
        with self._transaction() as do:
            if do(TAKE_OVER, owner, now + within, key, now).rowcount == 1:
                return Claim.MINE
            row = do(OWNER, key).fetchone()
        # No row: it was given back a moment ago. The sender's next try will get it.
        return Claim.DONE if row is not None and row[0] == DONE else Claim.BUSY

    def _sweep(self, now: float) -> None:
        with self._lock:
            self._claims += 1
            due = self._claims % SWEEP_EVERY == 0
        if due:
            with self._transaction() as do:
                do(SWEEP, now)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[Callable[..., Any]]:
        """Give a function that executes a statement with its values and returns the cursor."""
        with lent(self._connect) as connection:
            try:
                cursor = connection.cursor()
                mark = _mark(cursor)

                def do(statement: str, *values: Any) -> Any:
                    cursor.execute(statement.replace("$table", self._table).replace("?", mark), values)
                    return cursor

                yield do
                connection.commit()
            except BaseException:
                with contextlib.suppress(Exception):  # a lost connection has said so by what it raised
                    connection.rollback()
                raise


def _mark(cursor: Any) -> str:
    """How this driver marks a value: each driver says so in its module, and pools wrap their cursors."""
    for kind in type(getattr(cursor, "cursor", cursor)).__mro__:
        style = getattr(sys.modules.get(kind.__module__.partition(".")[0]), "paramstyle", None)
        if style in MARKS:
            return MARKS[style]
    raise ValueError(
        f"connect: {type(cursor)} marks values in a way that TableStore does not know: use a Store."
    )


def _already_there(error: BaseException) -> bool:
    # PEP 249 names the class; where it lives is each driver's business.
    return any(kind.__name__ == "IntegrityError" for kind in type(error).__mro__)
