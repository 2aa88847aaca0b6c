"""The proof for MariaDB and MySQL, on scratch databases of a server that is nobody's.

`PREPARE` tells of names and ambiguity only; a value that is refused, a column that is left out and a lost unique key
are found by execution. Nothing of it is planned or run on production.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from verdigris.core.errors import ActionError, ConfigError
from verdigris.schema.dialects import matrix
from verdigris.schema.dialects.place import Dialect, Fault
from verdigris.schema.dialects.wording import number
from verdigris.schema.finding import Proof
from verdigris.schema.script import Script
from verdigris.schema.statement import Parameter, Statement

__all__ = ["Server", "prove", "split"]

PREFIX = "verdigris_shadow_"
STATEMENT_WITHIN = 10
"""Seconds that a statement which is tried may take."""
TOKEN = re.compile(
    r"""'[^'\\]*(?:(?:\\.|'')[^'\\]*)*'?|"[^"\\]*(?:(?:\\.|"")[^"\\]*)*"?|`[^`]*`?"""
    r"""|/\*.*?(?:\*/|\Z)|(?:--(?=\s|\Z)|\#)[^\n]*|;|\$\d+|\?""",
    re.DOTALL,
)
NUMBERED = ("information_schema.INNODB_SYS_TABLES", "information_schema.INNODB_TABLES")
"""MariaDB's name for them, and MySQL's."""
GONE = {0, 2006, 2013, 2055}
"""The client's errors for a connection that is no more."""
VALUE = re.compile(r"(Duplicate entry|value:?) '.*'(?= for | at |$)", re.IGNORECASE | re.DOTALL)
DELIMITER = re.compile(r"^\s*delimiter\s", re.IGNORECASE | re.MULTILINE)
COMMENT = re.compile(r"/\*(?!!).*?\*/|(?:--(?=\s|\Z)|\#)[^\n]*", re.DOTALL)


@dataclass
class Server:
    """`where` is how it is reached, as PyMySQL names it: `unix_socket` or `host` and `port`, `user`, `password`.

    Its `sql_mode`, version and character set have to be production's: what is refused depends on them.
    """

    where: Mapping[str, Any] = field(repr=False)

    def __post_init__(self) -> None:
        self._numbers = count(1)

    def connected(self, database: str | None = None) -> Any:
        """A connection in autocommit. ActionError where there is no such server."""
        driver = client()
        try:
            return driver.connect(
                **self.where, database=database, autocommit=True, connect_timeout=10, charset="utf8mb4"
            )
        except driver.MySQLError as error:
            raise ActionError(f"the scratch server cannot be reached: {words(error)}") from error

    def scratch(self) -> Scratch:
        """A new, empty database."""
        return Scratch(self, f"{PREFIX}{next(self._numbers)}")


class Scratch:
    """One database with one schema, dropped when it is closed."""

    def __init__(self, server: Server, name: str) -> None:
        self.name = name
        self._connection = server.connected()
        self._required: dict[str, frozenset[str]] = {}
        for sql in (f"DROP DATABASE IF EXISTS `{name}`", f"CREATE DATABASE `{name}`", f"USE `{name}`",
                    f"SET max_statement_time = {STATEMENT_WITHIN}"):  # fmt: skip
            if (fault := self.apply(sql)) and not sql.startswith("SET"):  # MySQL has another name for it
                raise ActionError(f"a scratch database cannot be made: {fault.message}")

    def close(self) -> None:
        """Dropped, with whatever is in it."""
        with suppress(ActionError):
            self.apply(f"DROP DATABASE IF EXISTS `{self.name}`")
        if self._connection.open:
            self._connection.close()

    def apply(self, sql: str) -> Fault | None:
        """One statement of a schema or a migration."""
        self._required.clear()
        return self._try(sql, None)

    def form(self, sql: str) -> str:
        """With `?` where parameters go, in their order."""
        return TOKEN.sub(lambda found: "?" if found[0].startswith("$") else found[0], sql)

    def parsed(self, sql: str) -> Fault | None:
        """By the server's PREPARE."""
        return self._try("PREPARE verdigris FROM %s", (sql,))

    def executed(self, sql: str, run: Sequence[Parameter]) -> Fault | None:
        """Prepared and executed with these parameters."""
        values = [number(value) for value in run][: (places := len(numbers(sql)))]
        values += [None] * (places - len(values))
        marks = ", ".join(["%s"] * places)
        return self.parsed(sql) or self._try(
            "EXECUTE verdigris" + (f" USING {marks}" if marks else ""), values or None
        )

    @contextmanager
    def undone(self) -> Iterator[None]:
        """In a transaction that is rolled back; what is not transactional stays, in a database that is nobody's."""
        self._connection.begin()
        try:
            yield
        finally:
            self._connection.rollback()

    def columns(self, sql: str) -> tuple[str, ...] | None:
        """The names of the result's columns, asked with NULL for each parameter."""
        marks = ", ".join(["NULL"] * len(numbers(sql)))
        with self.undone(), suppress(client().MySQLError), self._connection.cursor() as cursor:
            cursor.execute("PREPARE verdigris FROM %s", (sql,))
            cursor.execute("EXECUTE verdigris" + (f" USING {marks}" if marks else ""))
            return tuple(column[0] for column in cursor.description or ())
        return None

    def required(self, table: str) -> frozenset[str]:
        """Columns that every INSERT has to give a value, in strict mode."""
        if table not in self._required:
            with self._connection.cursor() as cursor:
                cursor.execute(REQUIRED, (table,))
                self._required[table] = frozenset(str(name).lower() for (name,) in cursor.fetchall())
        return self._required[table]

    def tables(self) -> frozenset[int]:
        """InnoDB's numbers of its tables: one that is made anew gets another. Empty where they cannot be seen."""
        for name in NUMBERED:
            with suppress(client().MySQLError), self._connection.cursor() as cursor:
                cursor.execute(f"SELECT TABLE_ID FROM {name} WHERE NAME LIKE %s", (f"{self.name}/%",))  # noqa: S608
                return frozenset(int(number) for (number,) in cursor.fetchall())
        return frozenset()

    def keys(self, sent: Sequence[str], replayed: bool) -> None:
        """Kept in what is replayed; a statement by itself finds no row of another table."""
        self.apply(f"SET foreign_key_checks = {int(replayed)}")

    def _try(self, sql: str, values: Sequence[Any] | None) -> Fault | None:
        driver = client()
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(sql, values)
        except driver.MySQLError as error:
            if not self._connection.open or (error.args and error.args[0] in GONE):
                raise ActionError(
                    "the scratch server went away, so nothing is known; see its log and ask again"
                ) from error
            return Fault(str(error.args[0]) if error.args else type(error).__name__, words(error))
        except (ValueError, UnicodeError) as error:
            return Fault(type(error).__name__, "it cannot be sent as it is")
        return None


REQUIRED = """
    SELECT COLUMN_NAME FROM information_schema.COLUMNS
    WHERE TABLE_SCHEMA = database() AND LOWER(TABLE_NAME) = %s AND IS_NULLABLE = 'NO' AND COLUMN_DEFAULT IS NULL
    AND EXTRA NOT LIKE '%%auto_increment%%' AND COALESCE(GENERATION_EXPRESSION, '') = ''
"""


def prove(
    server: Server,
    base_sql: str,
    expand: Sequence[Script],
    contract: Sequence[Script],
    old: Sequence[Statement],
    new: Sequence[Statement] | None = None,
) -> Proof:
    """The matrix as `matrix.prove` makes it. `base_sql` is what `mariadb-dump --no-data --skip-triggers` prints."""
    return matrix.prove(Dialect(server.scratch, split), base_sql, expand, contract, old, new)


def split(sql: str) -> tuple[str, ...]:
    """The statements in order. ConfigError where another delimiter is set: that is the client's, not the server's."""
    if DELIMITER.search(COMMENT.sub("", sql)):
        raise ConfigError("DELIMITER is a command of the client and not SQL; leave routines and triggers out")
    ends = [found.start() for found in TOKEN.finditer(sql) if found[0] == ";"]
    parts = (
        sql[start:end].strip()
        for start, end in zip([0, *(end + 1 for end in ends)], [*ends, None], strict=True)
    )
    return tuple(part for part in parts if COMMENT.sub("", part).strip())


def numbers(sql: str) -> list[str]:
    """Its places for parameters."""
    return [found[0] for found in TOKEN.finditer(sql) if found[0] == "?"]


def words(error: Any) -> str:
    """What the server says, without the values that it quotes: they are somebody's."""
    said = str(error.args[1]) if len(error.args) > 1 else str(error)
    return VALUE.sub(r"\1 '…'", said)


def client() -> Any:
    """PyMySQL, which the extra `mariadb` brings."""
    try:
        return importlib.import_module("pymysql")
    except ImportError as error:
        raise ConfigError("the proof for MariaDB needs PyMySQL: install verdigris[mariadb]") from error
