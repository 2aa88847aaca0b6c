"""A SQLite database in memory: statements are tried in it, nothing stays, and no file of the machine is touched."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from verdigris.schema.dialects.place import Fault
from verdigris.schema.dialects.wording import bound, exact
from verdigris.schema.statement import Parameter

__all__ = ["Scratch"]

WORK, WORK_MAX = 10_000, 2_000
"""Steps of SQLite's machine between two looks, and looks until a statement is stopped: some seconds."""
ROWS_MAX = 10_000
"""Rows that are read of a result."""
FUNCTIONS_MAX = 50
"""Functions of the application's own that one statement may use."""
HARMFUL = {"temp_store_directory", "data_store_directory", "hard_heap_limit", "soft_heap_limit"}
"""Pragmas that are for the whole process and not for the database."""
KEYS_ON = re.compile(r"pragma foreign_keys ?[=(] ?(?:on|1|yes|true)\b", re.IGNORECASE)
UNKNOWN_FUNCTION = re.compile(r"no such function: (\w+)")
IDLE = re.compile(r"(?:vacuum\b|create table [`\"]?sqlite_)", re.IGNORECASE)
"""What a database in memory has no use for, or makes by itself."""


class Scratch:
    """Empty at first. Where the application has functions of its own, they exist here and return NULL."""

    def __init__(self) -> None:
        # Without a cache: with the usual one two of two runs of test_sqlite.py ended by SIGSEGV (Python 3.11.7, SQLite
        # 3.40.1), in `parsed`, where a statement is explained once more after a migration; without it none did. Whose
        # fault it is, and whether other versions have it, was not looked into.
        self._connection = sqlite3.connect(":memory:", isolation_level=None, cached_statements=0)
        self._connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        self._connection.set_authorizer(allowed)
        self._connection.set_progress_handler(self._look, WORK)
        self._looks = 0

    def close(self) -> None:
        """It is gone then."""
        self._connection.close()

    def apply(self, sql: str) -> Fault | None:
        """One statement of a schema or a migration."""
        return None if IDLE.match(sql) else self._run(sql, None)

    def form(self, sql: str) -> str:
        """With names that are nothing but names."""
        return exact(sql)

    def parsed(self, sql: str) -> Fault | None:
        """Whether every name in it is known and every number of values right."""
        return self._run(f"EXPLAIN {sql}", ())

    def executed(self, sql: str, run: Sequence[Parameter]) -> Fault | None:
        """What comes of it. It stays until the surrounding `undone` ends."""
        return self._run(sql, run)

    def columns(self, sql: str) -> tuple[str, ...] | None:
        """The names of its result's columns; None where that cannot be known without its parameters."""
        with self.undone(), suppress(sqlite3.Error, sqlite3.Warning, OverflowError):
            cursor = self._connection.execute(sql, bound(sql, ()))
            return tuple(column[0] for column in cursor.description or ())
        return None

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Whatever is done within is undone at its end."""
        self._connection.execute("SAVEPOINT verdigris")
        try:
            yield
        finally:
            # A statement may have ended the transaction by itself.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK TO verdigris")
                self._connection.execute("RELEASE verdigris")

    def required(self, table: str) -> frozenset[str]:
        """Columns, in lower case, that every INSERT has to give a value."""
        rows = self._connection.execute("SELECT * FROM pragma_table_xinfo(?)", (table,)).fetchall()
        keys = [row for row in rows if row[5]]
        own = {row[1] for row in keys if len(keys) == 1 and str(row[2]).upper() == "INTEGER"}
        return frozenset(
            str(name).lower()
            for _, name, _, required, default, _, hidden in rows
            if required and default is None and not hidden and name not in own
        )

    def keys(self, sent: Sequence[str], replayed: bool) -> None:
        """SQLite does not keep foreign keys unless the application says so."""
        kept = replayed and any(KEYS_ON.search(sql) for sql in sent)
        self._connection.execute(f"PRAGMA foreign_keys = {'ON' if kept else 'OFF'}")

    def _run(self, sql: str, run: Sequence[Parameter] | None) -> Fault | None:
        for _ in range(FUNCTIONS_MAX):
            fault = self._try(sql, run)
            missing = UNKNOWN_FUNCTION.search(fault.message) if fault else None
            if not missing:
                return fault
            self._connection.create_function(missing[1], -1, lambda *_: None, deterministic=True)
        return fault

    def _try(self, sql: str, run: Sequence[Parameter] | None) -> Fault | None:
        self._looks = 0
        try:
            cursor = self._connection.execute(sql, bound(sql, run or ()))
            cursor.fetchmany(ROWS_MAX)
            cursor.close()
        except sqlite3.Error as error:
            return Fault(getattr(error, "sqlite_errorname", "") or type(error).__name__, str(error))
        except (sqlite3.Warning, OverflowError, ValueError, RecursionError, UnicodeError) as error:
            return Fault(type(error).__name__, str(error))
        return None

    def _look(self) -> int:
        self._looks += 1
        return int(self._looks > WORK_MAX)


def allowed(action: int, first: str | None, second: str | None, *_: object) -> int:
    """What could reach beyond the database in memory is denied."""
    beyond = {sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH}
    pragma = action == sqlite3.SQLITE_PRAGMA and (first or "").lower() in HARMFUL
    loads = action == sqlite3.SQLITE_FUNCTION and (second or "").lower() == "load_extension"
    return sqlite3.SQLITE_DENY if action in beyond or pragma or loads else sqlite3.SQLITE_OK
