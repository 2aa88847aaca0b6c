"""Renames one table or column to a tombstone, within the transaction that is open.

The server itself tells what depends on it: the real drop is tried, and rolled back to before it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

from verdigris.core.errors import ActionError, Refused
from verdigris.schema.running.drops import Drop
from verdigris.schema.running.indexes import quoted
from verdigris.schema.running.session import one
from verdigris.schema.running.syncing import FIRST
from verdigris.schema.shadow.database import client

__all__ = ["GONE", "Grave", "bury", "find", "tombstone_name"]

GONE = "_verdigris_gone_"
LONGEST = 63
"""Bytes of a name that PostgreSQL keeps."""

TABLE = """
    SELECT c.oid, n.nspname, c.relname, c.relkind = 'p' FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = pg_catalog.to_regclass(%s) AND c.relkind IN ('r', 'p', 'f')
"""
COLUMN = """
    SELECT attnum, attnotnull AND NOT atthasdef AND attidentity = '',
           EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = attrelid AND i.indisprimary
                   AND attnum = ANY (i.indkey::int2[]))
    FROM pg_catalog.pg_attribute WHERE attrelid = %s AND attname = %s AND attnum > 0 AND NOT attisdropped
"""
HOLDING = """
    SELECT conname::text, contype, pg_catalog.pg_get_constraintdef(oid) FROM pg_catalog.pg_constraint
    WHERE conrelid = %s AND conparentid = 0 AND (contype = 'f' OR contype = 'c' AND %s <> 0)
    AND (%s = 0 OR %s = ANY (conkey)) ORDER BY conname
"""
UNIQUE = """
    SELECT c.relname::text FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = %s AND i.indisunique AND %s = ANY (i.indkey::int2[]) AND i.indnkeyatts > 1 ORDER BY 1
"""
SYNCED = """
    SELECT t.tgname::text, pg_catalog.pg_get_triggerdef(t.oid) FROM pg_catalog.pg_trigger t
    WHERE t.tgrelid = %s AND t.tgfoid IN (
        SELECT s.tgfoid FROM pg_catalog.pg_trigger s JOIN pg_catalog.pg_depend d
        ON d.classid = 'pg_catalog.pg_trigger'::regclass AND d.objid = s.oid
        WHERE s.tgrelid = %s AND d.refobjid = s.tgrelid AND d.refobjsubid = %s AND s.tgname LIKE %s)
    ORDER BY t.tgname
"""
OPEN = """
    SELECT count(*) FROM verdigris_schema.tombstones
    WHERE ended IS NULL AND (schema_name = %s OR %s = '') AND table_name = %s AND column_name = %s
"""
NOTE = """
    INSERT INTO verdigris_schema.tombstones
        (relation, attribute, schema_name, table_name, column_name, gone, restoring, notes, due)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, pg_catalog.clock_timestamp() + %s)
"""
BY_NUMBER = """
    SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = %s AND CASE WHEN %s = 0 THEN c.relname = %s ELSE EXISTS (SELECT FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum = %s AND a.attname = %s AND NOT a.attisdropped) END
"""


@dataclass(frozen=True, slots=True)
class Grave:
    """Where it lies: by the numbers that the catalog gave, which outlive a renamed table, and by its names."""

    relation: int
    attribute: int
    schema: str
    table: str
    column: str
    gone: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.table}" + (f".{self.column}" if self.column else "")


def find(connection: Any, grave: Grave) -> Any:
    """The table that is the tombstone, or has it as a column, as an identifier; None where there is none."""
    row = connection.execute(
        BY_NUMBER, (grave.relation, grave.attribute, grave.gone, grave.attribute, grave.gone)
    ).fetchone()
    return client().sql.Identifier(*row) if row else None


def bury(connection: Any, drop: Drop, keep: timedelta) -> None:
    """Refused, with what depends on it, where the real drop would be. Nothing where it is a tombstone already."""
    row = connection.execute(TABLE, (quoted(connection, drop.table),)).fetchone()
    column = connection.execute(COLUMN, (row[0], drop.column)).fetchone() if row and drop.column else None
    if row is None or (drop.column and column is None):
        return missing(connection, drop)
    oid, schema, table, partitioned = row
    relation = client().sql.Identifier(schema, table)
    if column and column[2]:
        raise Refused(
            f"{drop}: a column of the primary key is no tombstone: give the table another key first"
        )
    number = column[0] if column else 0
    # In this transaction: without the trigger nobody fills what must not be NULL, and it must be able to be NULL then.
    triggers = unsynced(connection, relation, oid, number)
    insist(connection, drop, relation)
    restoring, notes = lifted(connection, relation, oid, number, partitioned=partitioned)
    restoring += triggers
    if column and column[1]:
        notes += relaxed(connection, relation, drop)
    gone = renamed(connection, relation, oid, schema, table, drop.column)
    connection.execute(NOTE, (oid, number, schema, table, drop.column, gone, restoring, notes, keep))


def unsynced(connection: Any, relation: Any, oid: int, number: int) -> list[str]:
    """Take the triggers off that keep this column and another one equal, and say how to put them on again."""
    sql = client().sql
    found = connection.execute(SYNCED, (oid, oid, number, f"{FIRST}%")).fetchall() if number else []
    for name, _ in found:
        connection.execute(sql.SQL("DROP TRIGGER {} ON {}").format(sql.Identifier(name), relation))
    return [definition for _, definition in found]


def missing(connection: Any, drop: Drop) -> None:
    schema = drop.table.schema
    if drop.if_exists or one(connection, OPEN, (schema, schema, drop.table.name, drop.column)):
        return
    raise ActionError(f"{drop}: it is not there: take it out of the script, or write IF EXISTS")


def insist(connection: Any, drop: Drop, relation: Any) -> None:
    """Whether the real drop would work, as the server says."""
    psycopg = client()
    sql = psycopg.sql
    statement = sql.SQL("DROP TABLE {}").format(relation)
    if drop.column:
        statement = sql.SQL("ALTER TABLE {} DROP COLUMN {}").format(relation, sql.Identifier(drop.column))
    try:
        with connection.transaction():
            connection.execute(statement)
            raise psycopg.Rollback
    except psycopg.errors.DependentObjectsStillExist as error:
        depends = " ".join((error.diag.message_detail or "something depends on it").split())
        raise Refused(
            f"{drop} cannot be dropped: {depends}: drop or replace that in the script before"
        ) from None


def lifted(
    connection: Any, relation: Any, oid: int, number: int, *, partitioned: bool
) -> tuple[list[str], list[str]]:
    """Drop what it demands of other rows and tables, and say how to have that back: NOT VALID, so that it is quick."""
    sql, restoring, notes = client().sql, list[str](), list[str]()
    with qualified(connection):
        held = connection.execute(HOLDING, (oid, number, number, number)).fetchall()
    for name, kind, definition in held:
        connection.execute(
            sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(relation, sql.Identifier(name))
        )
        quick = not definition.endswith(("NOT VALID", "NOT ENFORCED")) and not (kind == "f" and partitioned)
        demands = kind == "c" and "IS NOT NULL" in definition
        quick = quick and not demands
        # The definition comes from the server, quoted by it.
        words = sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}").format(
            relation, sql.Identifier(name), sql.SQL(definition)
        )
        if demands:
            # What serves by then may leave the column out, and each of its rows would be refused.
            notes.append(f"{name} is not demanded again: {words.as_string(connection)} NOT VALID")
            continue
        restoring.append(words.as_string(connection) + (" NOT VALID" if quick else ""))
        if quick:
            valid = sql.SQL("ALTER TABLE {} VALIDATE CONSTRAINT {}").format(relation, sql.Identifier(name))
            notes.append(
                f"{name} holds for new rows only until it is validated: {valid.as_string(connection)}"
            )
    for (name,) in connection.execute(UNIQUE, (oid, number)).fetchall() if number else ():
        notes.append(f"the unique index {name} held on for the rows that were there")
    return restoring, notes


def relaxed(connection: Any, relation: Any, drop: Drop) -> list[str]:
    """Whoever does not know the column leaves it out of an INSERT."""
    sql = client().sql
    alter = sql.SQL("ALTER TABLE {} ALTER COLUMN {} ").format(relation, sql.Identifier(drop.column))
    connection.execute(alter + sql.SQL("DROP NOT NULL"))
    again = (alter + sql.SQL("SET NOT NULL")).as_string(connection)
    return [f"{drop} may be NULL in rows that were written meanwhile: fill those, then {again}"]


def renamed(connection: Any, relation: Any, oid: int, schema: str, table: str, column: str) -> str:
    sql = client().sql
    if column:
        query, place = (
            "SELECT count(*) FROM pg_catalog.pg_attribute WHERE attrelid = %s AND attname = %s",
            str(oid),
        )
        words = sql.SQL("ALTER TABLE {} RENAME COLUMN {} TO {}")
    else:
        query = (
            "SELECT count(*) FROM pg_catalog.pg_class WHERE relnamespace = %s::regnamespace AND relname = %s"
        )
        place, words = sql.Identifier(schema).as_string(connection), sql.SQL("ALTER TABLE {} RENAME TO {}")
    gone = tombstone_name(column or table, lambda name: one(connection, query, (place, name)) > 0)
    names = [sql.Identifier(name) for name in ((column, gone) if column else (gone,))]
    connection.execute(words.format(relation, *names))
    return gone


def tombstone_name(name: str, taken: Callable[[str], bool]) -> str:
    """`_verdigris_gone_name`, shortened to what PostgreSQL keeps, and with a mark where that is taken."""
    if len((GONE + name).encode()) <= LONGEST and not taken(GONE + name):
        return GONE + name
    for number in count():
        mark = "_" + hashlib.sha256(f"{name}{number}".encode()).hexdigest()[:8]
        room = LONGEST - len(GONE) - len(mark)
        found = GONE + name.encode()[:room].decode(errors="ignore") + mark
        if not taken(found):
            return found
    raise AssertionError("count() never ends")


@contextmanager
def qualified(connection: Any) -> Iterator[None]:
    """In the block the server writes every name with its schema."""
    was = one(connection, "SELECT pg_catalog.current_setting('search_path')")
    setting = "SELECT pg_catalog.set_config('search_path', %s, true)"
    connection.execute(setting, ("pg_catalog",))
    yield
    connection.execute(setting, (was,))
