"""The statements that production counted in pg_stat_statements, of one role, whole but without their constants.

Read within a read-only transaction with bounds. What it cannot have seen is said in notes: the proof sees no further.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from verdigris.core.errors import ObservationError
from verdigris.core.words import shown
from verdigris.schema.shadow.database import client
from verdigris.schema.shadow.production import reading
from verdigris.schema.sources.recording import Recording
from verdigris.schema.sources.tokens import first_word, of_session
from verdigris.schema.statement import Statement

__all__ = ["Counted", "Marks", "observe"]

SOURCE = "pg_stat_statements"
MOST = 50_000
"""Entries that are read; the extension keeps 5000 unless somebody raised that."""
HOUSEKEEPING = """
alter analyze cluster comment create drop explain grant import load reassign refresh reindex revoke security vacuum
"""
UTILITY = frozenset(HOUSEKEEPING.split())
"""What begins with one of these is an administrator's or a migration's, and not what an application serves with."""
HIDDEN = "<insufficient privilege>"
HOW_TO_GET_IT = (
    "add it to shared_preload_libraries, restart, and run CREATE EXTENSION pg_stat_statements there"
)

Marks = Mapping[str, str]
"""How far each entry had been counted at one moment, by a name of its own: to be kept, and compared with later."""


@dataclass(frozen=True, slots=True)
class Counted:
    """One look. `marks` are what a later look can be compared with; `since` is when the server began to count."""

    recording: Recording
    marks: Marks = field(default_factory=dict, repr=False)
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    name: str
    sql: str | None
    calls: int
    since: str

    def mark(self, reset: datetime | None) -> str:
        """An entry that was thrown away and came again counts from nothing, perhaps as far as it had come before."""
        return f"{self.calls} {self.since or reset or ''}"


def observe(url: str, role: str, after: Marks | None = None) -> Counted:
    """What `role` sent to the database of the URL, as far as it was counted.

    With `after`, the marks of an earlier look, only what was called since then. An ObservationError when production
    cannot be looked at; what is missing or incomplete is a note, and without statements nobody knows of any.
    """
    with reading(url) as connection:
        schema, columns = found(connection)
        if not schema:
            return nothing(f"{SOURCE} is not in this database: {HOW_TO_GET_IT}")
        number = role_number(connection, role)
        if number is None:
            return nothing(f"production has no role {shown(role)}, so nothing that it sent was counted")
        try:
            entries = list(entries_of(connection, schema, columns, number))
        except client().errors.ObjectNotInPrerequisiteState:
            return nothing(f"{SOURCE} is not loaded: {HOW_TO_GET_IT}")
        notes = (*blind(connection), *evicted(connection, schema), *unread(entries, role))
        reset = began(connection, schema)
    marks = {entry.name: entry.mark(reset) for entry in entries}
    kept = [entry for entry in entries if after is None or after.get(entry.name) != marks[entry.name]]
    statements = tuple(
        Statement(sql, normalised=True, source=SOURCE)
        for sql in dict.fromkeys(entry.sql for entry in kept if entry.sql)
        if sql != HIDDEN and served(sql)
    )
    if not statements and not notes:
        notes = (f"{SOURCE} has no statement of {shown(role)} yet",)
    return Counted(Recording(statements, notes=notes), marks, reset)


def nothing(note: str) -> Counted:
    return Counted(Recording(notes=(note,)))


def served(sql: str) -> bool:
    """Whether an application may have sent it to serve somebody."""
    return bool(sql.strip()) and not of_session(sql) and first_word(sql) not in UTILITY and SOURCE not in sql


# --- what is asked of production ------------------------------------------------------------------------------


def found(connection: Any) -> tuple[str, frozenset[str]]:
    """The schema that it was installed in, and the columns of its view; nothing where there is none."""
    row = connection.execute(
        "SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = %s",
        (SOURCE,),
    ).fetchone()
    if row is None:
        return "", frozenset()
    columns = connection.execute(
        "SELECT a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
        "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relname = %s AND n.nspname = %s AND a.attnum > 0",
        (SOURCE, row[0]),
    ).fetchall()
    return row[0], frozenset(name for (name,) in columns)


def role_number(connection: Any, role: str) -> int | None:
    row = connection.execute("SELECT oid FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
    return None if row is None else int(row[0])


def entries_of(connection: Any, schema: str, columns: frozenset[str], role: int) -> Iterator[Entry]:
    """Of the role and of this database. What ran within functions (track = all) was sent by nobody."""
    sql = client().sql
    words = sql.SQL(
        "SELECT queryid::text, query, calls, {since} FROM {view} WHERE userid = {role} "
        "AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) {sent} LIMIT {most}"
    ).format(
        since=sql.SQL("stats_since::text" if "stats_since" in columns else "''"),
        view=sql.Identifier(schema, SOURCE),
        role=sql.Literal(role),
        sent=sql.SQL("AND toplevel" if "toplevel" in columns else ""),
        most=sql.Literal(MOST),
    )
    with connection.transaction():
        rows = connection.execute(words).fetchall()
    for number, query, calls, since in rows:
        yield Entry(f"{role}:{number}", query, calls, since)


def blind(connection: Any) -> Iterator[str]:
    """Settings by which it counts nothing, or not all."""
    rows = connection.execute(
        "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)",
        ([f"{SOURCE}.track", f"{SOURCE}.max", "compute_query_id"],),
    ).fetchall()
    settings = dict(rows)
    if settings.get(f"{SOURCE}.track") == "none":
        yield f"{SOURCE}.track is none: nothing is counted; set it to top"
    if settings.get("compute_query_id") == "off":
        yield f"compute_query_id is off, so {SOURCE} counts nothing; set it to auto"


def evicted(connection: Any, schema: str) -> Iterator[str]:
    """Whether it had to throw entries away, which 1.9 and newer know."""
    row = info(connection, schema, "dealloc")
    if row and row[0]:
        yield (
            f"{SOURCE} threw away the statements that are seldom called, {row[0]} times: coverage is incomplete; "
            f"raise {SOURCE}.max"
        )


def unread(entries: list[Entry], role: str) -> Iterator[str]:
    hidden = sum(entry.sql == HIDDEN for entry in entries)
    lost = sum(entry.sql is None for entry in entries)
    if hidden:
        yield f"{hidden} statements of {shown(role)} are hidden from us: grant pg_read_all_stats to whoever looks"
    if lost:
        yield f"the texts of {lost} statements of {shown(role)} were lost by the server: coverage is incomplete"
    if len(entries) >= MOST:
        yield f"{SOURCE} has more than {MOST} statements of {shown(role)}: coverage is incomplete"


def began(connection: Any, schema: str) -> datetime | None:
    row = info(connection, schema, "stats_reset")
    return row[0] if row and isinstance(row[0], datetime) else None


def info(connection: Any, schema: str, column: str) -> Any:
    """A value of pg_stat_statements_info, None where the extension has no such thing."""
    psycopg = client()
    where = psycopg.sql.Identifier(schema, f"{SOURCE}_info")
    try:
        with connection.transaction():
            return connection.execute(
                psycopg.sql.SQL("SELECT {} FROM {}").format(psycopg.sql.Identifier(column), where)
            ).fetchone()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege):
        return None
    except psycopg.Error as error:
        raise ObservationError(f"{SOURCE} cannot be looked at: {error.diag.message_primary}") from None
