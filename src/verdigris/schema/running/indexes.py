"""Indexes built beside the traffic: no transaction holds them, so what was killed leaves an INVALID index behind.

Such a leftover costs every write and serves no read, and `IF NOT EXISTS` takes it for the real one. It is dropped
before the statement is tried, whoever left it; an index that is valid, or that somebody builds right now, never is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from verdigris.core.errors import ConfigError, Refused
from verdigris.schema.running.blocking import Session, sessions
from verdigris.schema.running.words import Name, Sentence
from verdigris.schema.shadow.database import client

__all__ = ["Concurrent", "State", "clear", "concurrent", "progress", "state"]

FOUND = """
    SELECT i.indexrelid, pg_catalog.format('%%I.%%I', n.nspname, c.relname), i.indisvalid AND i.indisready, c.relkind
    FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
"""
NAMED = FOUND + " WHERE c.relname = %s::name AND i.indrelid = pg_catalog.to_regclass(%s)"
DROPPED = FOUND + " WHERE c.oid = pg_catalog.to_regclass(%s)"
REBUILT = (
    FOUND  # noqa: S608 - all of it is ours
    + r" WHERE NOT i.indisvalid AND c.relname ~ '_cc(new|old)\d*$' AND (i.indrelid = pg_catalog.to_regclass(%s)"
    " OR i.indrelid = (SELECT x.indrelid FROM pg_catalog.pg_index x WHERE x.indexrelid = pg_catalog.to_regclass(%s)))"
)
BUILDING = "SELECT pid FROM pg_catalog.pg_stat_progress_create_index WHERE index_relid = %s AND pid <> %s"
PROGRESS = """
    SELECT phase, blocks_done, blocks_total, lockers_done, lockers_total, current_locker_pid
    FROM pg_catalog.pg_stat_progress_create_index WHERE pid = %s
"""
PARTITIONED = "I"


@dataclass(frozen=True, slots=True)
class Concurrent:
    """What of an index statement matters here: what it does, to which index, and on which table for a new one."""

    verb: str
    index: Name
    table: Name | None = None


@dataclass(frozen=True, slots=True)
class State:
    """An index as it is; `quoted` is its name for a statement."""

    oid: int
    quoted: str
    valid: bool
    kind: str


def concurrent(statement: str) -> Concurrent | None:
    """None for anything but CREATE INDEX, DROP INDEX and REINDEX with CONCURRENTLY. ConfigError for a new one that
    has no name: after a failure nobody could tell its leftover from another index.
    """
    sentence = Sentence(statement)
    if sentence.take("CREATE"):
        sentence.take("UNIQUE")
        return created(sentence) if sentence.take("INDEX", "CONCURRENTLY") else None
    if sentence.take("DROP", "INDEX", "CONCURRENTLY"):
        sentence.take("IF", "EXISTS")
        name = sentence.name()
        return Concurrent("drop", name) if name else None
    if Sentence(statement).comes("REINDEX") and sentence.has("CONCURRENTLY"):
        while not sentence.over and not sentence.take("CONCURRENTLY"):
            sentence.at += 1
        name = sentence.name()
        return Concurrent("reindex", name) if name else None
    return None


def created(sentence: Sentence) -> Concurrent:
    sentence.take("IF", "NOT", "EXISTS")
    index = None if sentence.comes("ON") else sentence.name()
    if index is None or not sentence.take("ON"):
        raise ConfigError(
            "CREATE INDEX CONCURRENTLY has to name its index, so that what a failed try leaves can be found:"
            " write CREATE INDEX CONCURRENTLY name ON …"
        )
    sentence.take("ONLY")
    return Concurrent("create", index, sentence.name())


def state(connection: Any, what: Concurrent) -> State | None:
    """The index that the statement creates or drops, None where there is none."""
    if what.verb == "create" and what.table:
        row = connection.execute(NAMED, (what.index.name, quoted(connection, what.table))).fetchone()
    else:
        row = connection.execute(DROPPED, (quoted(connection, what.index),)).fetchone()
    return State(*row) if row else None


def clear(connection: Any, what: Concurrent) -> tuple[str, ...]:
    """Drop what earlier tries left INVALID, and say which. Refused while somebody is building that very index."""
    if what.verb == "create":
        found = [state(connection, what)]
    elif what.verb == "reindex":
        name = quoted(connection, what.index)
        found = [State(*row) for row in connection.execute(REBUILT, (name, name)).fetchall()]
    else:
        return ()
    left = [each for each in found if each and not each.valid and each.kind != PARTITIONED]
    for each in left:
        refuse_if_built(connection, each)
        # The name comes from the server, quoted by it.
        connection.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {each.quoted}")
    return tuple(each.quoted for each in left)


def refuse_if_built(connection: Any, index: State) -> None:
    rows = connection.execute(BUILDING, (index.oid, connection.info.backend_pid)).fetchall()
    if rows:
        names = "; ".join(map(Session.told, sessions(connection, [pid for (pid,) in rows])))
        raise Refused(
            f"the index {index.quoted} is being built right now by {names}: wait until that is over"
        )


def progress(connection: Any, pid: int) -> str:
    """How far the session `pid` has come with its index, "" while it builds none."""
    row = connection.execute(PROGRESS, (pid,)).fetchone()
    if row is None:
        return ""
    phase, done, total, lockers_done, lockers, locker = row
    if locker:
        old = "; ".join(map(Session.told, sessions(connection, [locker])))
        return f"{phase}: {lockers_done} of {lockers}, now {old}"
    return f"{phase}: {100 * done // total} %" if total else str(phase)


def quoted(connection: Any, name: Name) -> str:
    """As `to_regclass` reads it, shortened by the server as it shortens names."""
    sql = client().sql
    parts = [part for part in (name.schema, name.name) if part]
    return str(sql.Identifier(*parts).as_string(connection))
