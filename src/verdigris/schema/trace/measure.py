"""Run a migration on a copy of the shadow and note of each statement what it locks, rewrites, scans and changes.

The copy is spent afterwards. Each statement is run in a transaction of its own, so that its own locks are seen and not
those of the statements before it; what is held together is reckoned from the transactions that the migration has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from verdigris.core.errors import ActionError, ConfigError
from verdigris.schema import parsing
from verdigris.schema.script import Script
from verdigris.schema.shadow.database import client, first_line, unwell
from verdigris.schema.trace import outside
from verdigris.schema.trace.facts import Touch, Traced
from verdigris.schema.trace.relations import Known, Reading, kept, known, moved, read, touches
from verdigris.schema.trace.transactions import Step, steps

__all__ = ["EACH_WITHIN", "OLDEST", "STATEMENTS_MAX", "measure"]

EACH_WITHIN = 10.0
"""Seconds that one statement may take on a copy that is nearly empty."""
STATEMENTS_MAX = 50_000
"""Statements that one migration may have."""
OLDEST = 15
"""The major version from which on a server tells the scans of a single transaction."""
ONE_WAY_TO_JOIN = "SET LOCAL enable_nestloop = off; SET LOCAL enable_mergejoin = off"
"""An empty table may be read in any way; with these a join reads one side at least from end to end."""
FLUSH = "SELECT pg_stat_force_next_flush()"
NO_TRANSACTION = {"25001", "2D000"}
"""It cannot run in a transaction, or ends one itself."""
ROLES = re.compile(r"\s*(CREATE|ALTER|DROP|REASSIGN)\s+(ROLE|USER|GROUP|OWNED)\b", re.IGNORECASE)
SERVER_WIDE = re.compile(
    r"\s*(CREATE|ALTER|DROP)\s+(DATABASE|TABLESPACE|SYSTEM|SUBSCRIPTION)\b", re.IGNORECASE
)


def measure(
    connection: Any, script: Script, within: float = EACH_WITHIN, lines: Sequence[int] = (), own: bool = True
) -> Iterator[Traced]:
    """What each statement does, one by one; whoever wants to look at the catalog in between does so by `connection`.

    It is a superuser's connection to a copy, in autocommit. `lines` are those of the file that statements begin in, and
    `own` is whether nobody else uses the server: else what reaches beyond the database is not run. BEGIN and COMMIT
    are followed, and are no statements. Raises `ConfigError` for a statement that fails, hangs or is no SQL, with its
    number and place, and `ActionError` when the server is gone.
    """
    checked(connection, script)
    connection.execute(FLUSH)  # scans of what was done before by this connection are not the migration's
    run = Run(connection, script, known(connection), within, lines, own)
    planned = run.planned()
    number = 0
    for at, step in enumerate(planned):
        if not step.control:
            number += 1
            yield run.one(number, at, step)
        last = at + 1 == len(planned) or planned[at + 1].transaction != step.transaction
        if step.together and last:
            run.end("ROLLBACK" if step.word == "ROLLBACK" else "COMMIT")


def checked(connection: Any, script: Script) -> None:
    """Raise for what cannot be measured at all."""
    major = connection.info.server_version // 10_000
    if major < OLDEST:
        raise ConfigError(f"the trace needs PostgreSQL {OLDEST} or later on the shadow, and it is {major}")
    if len(script.statements) > STATEMENTS_MAX:
        raise ConfigError(
            f"{script.name}: {len(script.statements):,} statements are more than the {STATEMENTS_MAX:,} that are "
            "traced: split it"
        )


@dataclass
class Run:
    """A run on its way: what was there and where it is now, what the open transaction has been seen to hold."""

    connection: Any
    script: Script
    there: dict[int, Known]
    within: float
    lines: Sequence[int]
    own: bool
    transaction: int = -1
    settings: list[str] = field(default_factory=list)
    seen: dict[int, Reading] = field(default_factory=dict)
    open: bool = False

    def planned(self) -> tuple[Step, ...]:
        """The statements with their transactions."""
        try:
            return steps(self.script, self.connection.info.server_version // 10_000)
        except ConfigError as error:
            raise ConfigError(f"{self.script.name}: {error}") from None

    def one(self, number: int, at: int, step: Step) -> Traced:
        """Run one statement and say what it did: the `number`th, which stands at `at` among all."""
        if step.transaction != self.transaction:
            self.transaction, self.settings, self.seen = step.transaction, [], {}
        told = Traced(step.sql, transaction=step.transaction, bounded=step.bounded, wide=step.wide)
        if SERVER_WIDE.match(step.sql) or (not self.own and ROLES.match(step.sql)):
            return replace(told, inside=False, note="it reaches beyond the database, and was not run")
        try:
            if step.alone:
                return self.alone(told)
            found = self.inside(told, step)
        except client().Error as error:
            self.failed(error)
            if error.sqlstate in NO_TRANSACTION and not step.together:
                return self.again(number, at, told)
            raise self.complaint(number, at, error) from None
        self.settings += [step.sql] if step.local else []
        return found

    def again(self, number: int, at: int, told: Traced) -> Traced:
        """Once more without a transaction, for what the server refused in one."""
        try:
            return self.alone(told)
        except client().Error as error:
            raise self.complaint(number, at, error) from None

    def inside(self, told: Traced, step: Step) -> Traced:
        """In a transaction of its own, or in the one that is open where that has to be whole."""
        self.begin()
        done = self.connection.execute(step.sql)
        after = read(self.connection)
        named = names(step.sql) if self.seen else frozenset()
        found = touches(self.there, self.seen, after, named)
        self.there = moved(self.there, after)
        if step.together:
            self.seen = kept(self.seen, after)
        else:
            self.end("COMMIT")
        return replace(told, tag=tag_of(done), touches=emptied(tag_of(done), found))

    def alone(self, told: Traced) -> Traced:
        """Outside any transaction: what it does is read from the catalog before and after it."""
        self.connection.execute(limit(self.within, "SET"))
        before = outside.files(self.connection)
        done = self.connection.execute(told.sql)
        found = outside.touches(told.sql, before, outside.files(self.connection), self.there)
        self.there |= {oid: one for oid, one in known(self.connection).items() if oid in self.there}
        return replace(told, tag=tag_of(done), inside=False, touches=found)

    def begin(self) -> None:
        """Open a transaction unless one is open; what an earlier statement set for all of it is set again."""
        if not self.open:
            settings = "".join(f"{setting};\n" for setting in self.settings)
            self.connection.execute(
                f"BEGIN; {FLUSH}; {settings}{ONE_WAY_TO_JOIN}; {limit(self.within, 'SET LOCAL')}"
            )
            self.open = True

    def end(self, word: str) -> None:
        """Close the transaction that is open."""
        if self.open:
            self.open = False
            self.connection.execute(word)

    def failed(self, error: Exception) -> None:
        """Leave a transaction that failed. Raises `ActionError` when the server is gone."""
        if self.connection.closed or self.connection.broken:
            raise ActionError(
                f"{self.script.name}: the shadow went away while it was traced: {one_line(error)}"
            )
        with suppress(client().Error):
            self.end("ROLLBACK")

    def complaint(self, number: int, at: int, error: Any) -> ActionError | ConfigError:
        """A statement's failure as a sentence with its place; of a shadow that has no room it says nothing."""
        if unwell(error):
            return ActionError(f"{self.script.name}: the shadow does not do its work: {first_line(error)}")
        where = place(self.script.statements[at], error, self.lines[at] if at < len(self.lines) else None)
        if error.sqlstate == "57014":
            reason = (
                f"ran longer than {self.within:g} s on a copy that is nearly empty, and was ended: does it wait for "
                "something?"
            )
        else:
            reason = f"fails on the shadow: {one_line(error)}"
        return ConfigError(f"{self.script.name}: statement {number}{where} {reason}")


def limit(within: float, word: str) -> str:
    """The time that a statement gets, whatever the migration has set itself."""
    return f"{word} statement_timeout = {int(within * 1000)}"


def tag_of(done: Any) -> str:
    """What the server called it, without numbers: `UPDATE`, `ALTER TABLE`."""
    return re.sub(r"[\d\s]+$", "", done.statusmessage or "")


def emptied(tag: str, found: tuple[Touch, ...]) -> tuple[Touch, ...]:
    """TRUNCATE gives a table a new file as well, but does not write it anew."""
    if tag != "TRUNCATE TABLE":
        return found
    return tuple(replace(touch, rewritten=False, scanned=False, emptied=touch.rewritten) for touch in found)


def names(sql: str) -> frozenset[str]:
    """The relations that a statement names, as `relations.known` spells them; none where its text does not tell."""
    try:
        return frozenset(str(table) for table in parsing.mentions(sql).tables)
    except ConfigError:
        return frozenset()


def one_line(error: Any) -> str:
    """The server's words, with its SQLSTATE."""
    words = error.diag.message_primary or " ".join(str(error).split())
    return f"{words} ({error.sqlstate})" if error.sqlstate else words


def place(sql: str, error: Any, begins: int | None) -> str:
    """Where that is, in brackets: the line of the file, or of the statement, and the column if the server says so."""
    at = int(error.diag.statement_position or 0) - 1
    if at < 0:
        return f" (line {begins})" if begins else ""
    line, column = sql.count("\n", 0, at) + 1, at - sql.rfind("\n", 0, at)
    if not begins:
        return f" (line {line}, column {column} of it)"
    return f" (line {begins + line - 1}{f', column {column}' if line > 1 else ''})"
