"""In what two schemas are alike before a run is executed on both: where sequences stand, rows, foreign keys.

It looks through connections of the owner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from verdigris.schema.proof.sequences import Positions, positions
from verdigris.schema.shadow.database import client

__all__ = ["Key", "changed", "furthest", "shared_keys"]

Key = tuple[str, str, str]
"""A foreign key: schema, table, and its own name."""
WITHIN = "5s"
"""What it may take to look at the rows of one table."""

TABLES = """
SELECT n.nspname, c.relname, array_agg(a.attname::text), pg_relation_size(c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND a.attnum > 0 AND NOT a.attisdropped
  AND n.nspname NOT IN ('pg_catalog', 'information_schema')
GROUP BY 1, 2, c.oid
"""
KEYS = """
SELECT n.nspname, c.relname, k.conname, pg_get_constraintdef(k.oid)
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype = 'f' AND k.conparentid = 0 ORDER BY 1, 2, 3
"""


def furthest(*connections: Any) -> Positions:
    """For each sequence the furthest position that it has anywhere: keys from there on are new everywhere."""
    found: Positions = {}
    for connection in connections:
        for name, position in positions(connection).items():
            found[name] = max(position, found.get(name, position))
    return found


def shared_keys(before: Any, after: Any) -> list[Key]:
    """The foreign keys that are the same in both."""
    there = set(after.execute(KEYS).fetchall())
    return [key[:3] for key in before.execute(KEYS).fetchall() if key in there]


def changed(before: Any, after: Any) -> list[tuple[str, str]]:
    """The tables that both have and whose rows differ: a migration may have brought some, or changed them."""
    filled, there = tables(before), tables(after)
    return [
        name
        for name in sorted(filled.keys() & there.keys())
        if (filled[name].filled or there[name].filled)
        and not same(before, after, name, sorted(filled[name].columns & there[name].columns))
    ]


@dataclass(frozen=True, slots=True)
class Table:
    """`filled` is whether its file has pages: rows are in it, or were."""

    columns: frozenset[str]
    filled: bool


def tables(connection: Any) -> dict[tuple[str, str], Table]:
    """By schema and name."""
    return {
        (schema, table): Table(frozenset(columns), size > 0)
        for schema, table, columns, size in connection.execute(TABLES).fetchall()
    }


def same(before: Any, after: Any, name: tuple[str, str], columns: Sequence[str]) -> bool:
    """Whether a table holds the same values in both. What cannot be looked at in time is taken for different."""
    try:
        return contents(before, name, columns) == contents(after, name, columns)
    except client().errors.QueryCanceled:
        return False


def contents(connection: Any, name: tuple[str, str], columns: Sequence[str]) -> tuple[int, ...]:
    """How many rows a table holds, and a sum over their values."""
    sql = client().sql
    counting = sql.SQL(
        "SELECT count(*), coalesce(sum(hashtextextended(row({})::text, 0)), 0) FROM {}"
    ).format(sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(*name))
    with connection.transaction():
        connection.execute(f"SET LOCAL statement_timeout = '{WITHIN}'")
        return tuple(map(int, connection.execute(counting).fetchone()))
