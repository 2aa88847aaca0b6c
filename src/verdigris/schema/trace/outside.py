"""What a statement did that cannot run in a transaction: its locks cannot be read, so they are told by what it is.

That is CONCURRENTLY, VACUUM, and what ends transactions itself. What was changed is read from the catalog.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from verdigris.core.errors import ConfigError
from verdigris.schema import parsing
from verdigris.schema.trace.facts import Touch
from verdigris.schema.trace.locks import Lock
from verdigris.schema.trace.relations import HEAPS, TABLES, Known

__all__ = ["Files", "files", "touches"]

FILES = """
SELECT c.oid::int8, c.relfilenode::int8, coalesce(i.indrelid, c.oid)::int8, pg_stat_get_numscans(c.oid),
       (SELECT array_agg(h.inhparent::int8) FROM pg_inherits h WHERE h.inhrelid = c.oid)
  FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
 WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'm', 'i', 'I')
"""


@dataclass(frozen=True, slots=True)
class Files:
    """One relation: its file, the table that it belongs to, how often it was scanned, what it is a part of."""

    file: int
    table: int
    scans: int
    parents: tuple[int, ...]


def files(connection: Any) -> dict[int, Files]:
    """Every relation of the database by its oid."""
    connection.execute("SELECT pg_stat_force_next_flush()")
    return {
        oid: Files(file, table, scans or 0, tuple(parents or ()))
        for oid, file, table, scans, parents in connection.execute(FILES)
    }


def touches(
    sql: str, before: dict[int, Files], after: dict[int, Files], there: dict[int, Known]
) -> tuple[Touch, ...]:
    """The relations that it changed or read from end to end, or else those that it names, with the lock of its kind."""
    changed = {oid for oid in before.keys() | after.keys() if before.get(oid) != after.get(oid)}
    tables = {each.table for oid in changed for each in (before.get(oid), after.get(oid)) if each}
    parents = {up for oid in changed for side in (before, after) if oid in side for up in side[oid].parents}
    found = sorted((tables | parents) & there.keys())
    if not found:
        named = names(sql)
        found = sorted(oid for oid, one in there.items() if one.name in named and one.kind in TABLES)
    return tuple(touch(sql, oid, before, after, there[oid]) for oid in found)


def touch(sql: str, oid: int, before: dict[int, Files], after: dict[int, Files], one: Known) -> Touch:
    was, now = before.get(oid), after.get(oid)
    rewritten = bool(was and now and one.kind in HEAPS and was.file != now.file)
    scanned = bool(was and now and one.kind in HEAPS and now.scans > was.scans)
    return Touch(one.name, one.kind, lock(sql, rewritten), rewritten, scanned)


def lock(sql: str, rewritten: bool) -> Lock | None:
    """By the manual: what goes on beside writers takes this one; VACUUM FULL and CLUSTER keep everybody out."""
    if rewritten:
        return Lock.ACCESS_EXCLUSIVE
    why = parsing.alone(sql)
    if why in {"CONCURRENTLY", "VACUUM"}:
        return Lock.SHARE_UPDATE_EXCLUSIVE
    return Lock.SHARE if why.startswith("REINDEX") else Lock.ROW_EXCLUSIVE


def names(sql: str) -> frozenset[str]:
    try:
        return frozenset(str(table) for table in parsing.mentions(sql).tables)
    except ConfigError:
        return frozenset()
