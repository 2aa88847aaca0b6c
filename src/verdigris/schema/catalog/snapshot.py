"""The catalog of a database, read in one go: what stands there now. It never changes anything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from verdigris.core.errors import ConfigError
from verdigris.schema.catalog.objects import (
    Domain,
    Extension,
    Function,
    Label,
    Labels,
    Relation,
    RelationKind,
    Schema,
    Snapshot,
    Type,
)
from verdigris.schema.catalog.parts import Column, Constraint, Grant, Index, Policy, Rule, Sequence, Trigger
from verdigris.schema.catalog.queries import SETTINGS, STATE, queries
from verdigris.schema.shadow.database import Database

__all__ = ["Snapshot", "read", "snapshot"]

OLDEST = 140_000
"""The oldest server whose catalog these questions fit, as `server_version_num`."""

REMEMBERED_MAX = 8
"""Snapshots that are kept: a proof looks at three databases, several times each."""
REMEMBERED: dict[str, Snapshot] = {}

Rows = list[tuple[Any, ...]]
Names = dict[tuple[int, int], str]
Parts = dict[int, list[Any]]
"""What belongs to a relation, a domain or a function, by its number."""


def snapshot(database: Database) -> Snapshot:
    """All that stands in a database, as of one moment. What is as it was when last read is not read again."""
    with database.connected() as connection, connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        settings, state = (connection.execute(each).fetchall() for each in (SETTINGS, STATE))
        key = repr((database.where, database.name, settings, state))
        if key not in REMEMBERED:
            while len(REMEMBERED) >= REMEMBERED_MAX:
                REMEMBERED.pop(next(iter(REMEMBERED)), None)
            REMEMBERED[key] = read(connection)
        return REMEMBERED[key]


def read(connection: Any) -> Snapshot:
    """The same through a connection that is open: inside its transaction it sees what was done there."""
    if connection.info.server_version < OLDEST:
        raise ConfigError(
            f"PostgreSQL {connection.info.server_version // 10_000} is older than 14: its catalog is not read"
        )
    with connection.transaction(), unqualified(connection) as (path, timezone):
        rows = {
            name: connection.execute(query).fetchall()
            for name, query in queries(connection.info.server_version).items()
        }
    return assembled(rows, tuple(path), timezone)


@contextmanager
def unqualified(connection: Any) -> Iterator[tuple[list[str], str]]:
    """With an empty search_path, so that the server prints every name with its schema; afterwards as it was."""
    path, timezone, before = connection.execute(SETTINGS).fetchone()
    connection.execute("SELECT set_config('search_path', '', true)")
    yield path, timezone
    connection.execute("SELECT set_config('search_path', %s, true)", (before,))


def assembled(rows: dict[str, Rows], path: tuple[str, ...], timezone: str) -> Snapshot:
    """Everything at its place."""
    domains = constraints_of(rows["constraint"], 1, {})
    return Snapshot(
        relations=tuple(relations(rows)),
        enums=tuple(make(Labels, *row[:3], tuple(map(Label, row[3], row[4]))) for row in rows["enum"]),
        domains=tuple(make(Domain, *row, tuple(domains[row[0]])) for row in rows["domain"]),
        types=tuple(Type(*row) for row in rows["type"]),
        functions=granted(Function, rows["function"], rows["function_grant"]),
        schemas=granted(Schema, rows["schema"], rows["schema_grant"]),
        extensions=tuple(Extension(*row) for row in rows["extension"]),
        path=path,
        timezone=timezone,
    )


def relations(rows: dict[str, Rows]) -> Iterator[Relation]:
    """Each with all that belongs to it."""
    columns = grouped(rows["column"], lambda row: Column(*row[1:]))
    names = {(row[0], row[1]): row[2] for row in rows["column"]}
    constraints = constraints_of(rows["constraint"], 0, names)
    indexes = grouped(
        rows["index"], lambda row: make(Index, *row[1:4], named(row[0], row[4], names), *row[5:])
    )
    triggers = grouped(rows["trigger"], trigger)
    rules = grouped(rows["rule"], lambda row: Rule(*row[1:]))
    policies = grouped(rows["policy"], lambda row: make(Policy, *row[1:5], tuple(row[5]), *row[6:]))
    sequences = {row[0]: Sequence(*row[1:]) for row in rows["sequence"]}
    grants = grants_of(rows["relation_grant"])
    for oid, schema, name, kind, owner, body, secured, forced, unlogged, options, parents, bound, key in rows[
        "relation"
    ]:
        yield Relation(
            oid, schema, name, RelationKind(kind), owner,
            columns=tuple(columns[oid]), constraints=tuple(constraints[oid]), indexes=tuple(indexes[oid]),
            triggers=tuple(triggers[oid]), rules=tuple(rules[oid]), policies=tuple(policies[oid]),
            grants=frozenset(grants[oid]), body=body, secured=secured, forced=forced, unlogged=unlogged,
            options=tuple(options), parents=tuple(parents), bound=bound, key=key, sequence=sequences.get(oid),
        )  # fmt: skip


def trigger(row: tuple[Any, ...]) -> Trigger:
    """One row of them."""
    _relation, oid, name, definition, enabled, inserts, updates, instead = row
    fills = frozenset(verb for verb, does in (("insert", inserts), ("update", updates)) if does)
    return Trigger(oid, name, definition, enabled, fills, instead)


def constraints_of(rows: Rows, at: int, names: Names) -> Parts:
    """Of relations (their number stands at 0) or of domains (at 1)."""
    found: Parts = defaultdict(list)
    for row in rows:
        if row[at]:
            found[row[at]].append(make(Constraint, *row[2:8], named(row[0], row[8], names), *row[9:]))
    return found


def named(relation: int, numbers: list[int], names: Names) -> tuple[str, ...]:
    """Columns by their numbers; "" for what is none."""
    return tuple(names.get((relation, number), "") for number in numbers)


def grants_of(rows: Rows) -> Parts:
    """Rights by what they are rights of."""
    return grouped(rows, lambda row: Grant(row[2], row[3], row[1]))


def granted(of: Any, rows: Rows, grants: Rows) -> tuple[Any, ...]:
    """Things whose last field is who may use them."""
    rights = grants_of(grants)
    return tuple(make(of, *row, frozenset(rights[row[0]])) for row in rows)


def make(of: Any, *values: Any) -> Any:
    """One of them, from the columns of a row in their order: as many as the query has, which no type can tell."""
    return of(*values)


def grouped(rows: Rows, each: Any) -> Parts:
    """By the number that each row begins with."""
    found: Parts = defaultdict(list)
    for row in rows:
        found[row[0]].append(each(row))
    return found
