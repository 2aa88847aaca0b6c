"""Keeps two columns of one table equal while two versions write one each: the twin for a rename or a change of type.

INSERT fills the twin that is NULL; UPDATE follows the one that changed. Where one write gives both and they disagree,
the new column wins, and that is counted. It never reads or writes another row, and never touches what did not change.
"""

from __future__ import annotations

from typing import Any

from verdigris.core.errors import ConfigError
from verdigris.schema.running.backfill import Backfill
from verdigris.schema.running.blocking import InTheWay, beside
from verdigris.schema.running.retry import Patience, whole
from verdigris.schema.running.session import Connect, one, opened
from verdigris.schema.running.syncing import Facts, backfill_sql, disagreeing_sql, function_sql, triggers_of
from verdigris.schema.running.trouble import reached, said
from verdigris.schema.running.twins import Twins
from verdigris.schema.running.waiting import Pace, Tell, Waiting, quietly
from verdigris.schema.shadow.database import client

__all__ = ["backfill_for", "conflicts", "disagreeing", "install", "installed", "remove"]

TABLE = """
    SELECT c.oid, n.nspname, c.relname, c.relkind, c.relispartition,
           EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid) AND c.relkind = 'r'
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = pg_catalog.to_regclass(%s)
"""
COLUMN = """
    SELECT pg_catalog.format_type(a.atttypid, a.atttypmod), pg_catalog.format_type(a.atttypid, -1),
           a.attgenerated <> '', a.attidentity <> '', a.atthasdef AND a.attgenerated = '',
           EXISTS (SELECT FROM pg_catalog.pg_partitioned_table p WHERE p.partrelid = a.attrelid
                   AND a.attnum = ANY (p.partattrs::int2[])),
           a.attnum
    FROM pg_catalog.pg_attribute a WHERE a.attrelid = %s AND a.attname = %s AND a.attnum > 0 AND NOT a.attisdropped
"""
LATER = """
    SELECT tgname::text FROM pg_catalog.pg_trigger WHERE tgrelid = %s AND NOT tgisinternal AND tgname > %s::name
    AND tgtype & 3 = 3 AND tgname NOT LIKE '~verdigris\\_sync\\_%%' AND tgenabled <> 'D'
"""
THERE = "SELECT count(*) FROM pg_catalog.pg_trigger WHERE tgrelid = %s AND tgname = ANY (%s::name[])"


def install(
    connect: Connect,
    twins: Twins,
    *,
    waiting: Waiting | None = None,
    patience: Patience | None = None,
    tell: Tell = quietly,
) -> tuple[str, ...]:
    """Whether it was there or not: afterwards both are kept equal, for rows that are written from now on.

    Notes are returned as sentences. ConfigError for columns that cannot be twins, or mappings that do not hold.
    """
    waiting = waiting or Pace()
    with opened(connect, waiting) as connection, reached(f"the sync trigger for {twins}"):
        facts = facts_of(connection, twins)
        check_mapping(connection, twins, facts)
        in_the_way = InTheWay(connection.info.backend_pid)
        with beside(connect, in_the_way.look):
            whole(
                connection, lambda _: put(connection, facts), waiting, what=f"the sync trigger for {twins}",
                in_the_way=in_the_way, patience=patience, tell=tell,
            )  # fmt: skip
        return notes(connection, twins, facts)


def put(connection: Any, facts: Facts) -> None:
    """The function anew, which waits for nobody; the triggers only where they are missing, as they take a lock."""
    sql = client().sql
    connection.execute(sql.SQL("CREATE SEQUENCE IF NOT EXISTS {}").format(facts.counter))
    connection.execute("GRANT USAGE ON SCHEMA verdigris_schema TO PUBLIC")
    connection.execute(sql.SQL("GRANT USAGE ON SEQUENCE {} TO PUBLIC").format(facts.counter))
    connection.execute(function_sql(facts))
    for name, statement in triggers_of(facts).items():
        if not one(connection, THERE, (facts.oid, [name])):
            connection.execute(statement)


def remove(
    connect: Connect,
    twins: Twins,
    *,
    waiting: Waiting | None = None,
    patience: Patience | None = None,
    tell: Tell = quietly,
) -> None:
    """Whether it was there or not: afterwards each column is by itself. A contract that drops the old one needs no such
    call: there the trigger goes in the same moment, and nobody's INSERT fails in between.
    """
    waiting, sql = waiting or Pace(), client().sql
    with opened(connect, waiting) as connection, reached(f"the sync trigger for {twins}"):
        oid, schema, table = table_of(connection, twins)
        facts = Facts.named(oid, schema, table, twins.old, twins.new)
        in_the_way = InTheWay(connection.info.backend_pid)

        def take(_: Any) -> None:
            for name in triggers_of(facts):
                if one(connection, THERE, (oid, [name])):
                    connection.execute(
                        sql.SQL("DROP TRIGGER IF EXISTS {} ON {}").format(
                            sql.Identifier(name), facts.relation
                        )
                    )
            connection.execute(sql.SQL("DROP FUNCTION IF EXISTS {}()").format(facts.function))
            connection.execute(sql.SQL("DROP SEQUENCE IF EXISTS {}").format(facts.counter))

        with beside(connect, in_the_way.look):
            whole(
                connection, take, waiting, what=f"the sync trigger for {twins}", in_the_way=in_the_way,
                patience=patience, tell=tell,
            )  # fmt: skip


def installed(connection: Any, twins: Twins) -> bool:
    """Whether both triggers are there."""
    oid, schema, table = table_of(connection, twins)
    names = list(triggers_of(Facts.named(oid, schema, table, twins.old, twins.new)))
    return bool(one(connection, THERE, (oid, names)) == len(names))


def disagreeing(connection: Any, twins: Twins) -> int:
    """How many rows there are whose twins are not each other's: the counter-example query of a rename."""
    facts = facts_of(connection, twins)
    check_mapping(connection, twins, facts)
    return int(one(connection, disagreeing_sql(facts)))


def conflicts(connection: Any, twins: Twins) -> int:
    """How often one write gave both and they disagreed: somebody writes both, and loses what it gave as the old one.

    Writes that were rolled back are counted too.
    """
    oid, schema, table = table_of(connection, twins)
    counter = Facts.named(oid, schema, table, twins.old, twins.new).counter
    query = client().sql.SQL("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {}").format(counter)
    return int(one(connection, query))


def backfill_for(connection: Any, twins: Twins, rows: int = 1000) -> Backfill:
    """Fills the new twin of the rows that were there before."""
    facts = facts_of(connection, twins)
    check_mapping(connection, twins, facts)
    before, after = backfill_sql(facts)
    left = disagreeing_sql(facts).as_string(connection)
    table = facts.relation.as_string(connection)
    return Backfill(
        f"sync {facts.schema}.{facts.table}: {twins.old}, {twins.new}", before.as_string(connection),
        after.as_string(connection), table, "new", rows=rows, left=left,
    )  # fmt: skip


def table_of(connection: Any, twins: Twins) -> tuple[int, str, str]:
    row = connection.execute(TABLE, (twins.table,)).fetchone()
    if row is None:
        raise ConfigError(
            f"{twins.table}: there is no such table here: correct its name, or put its schema before it"
        )
    oid, schema, table, kind, partition, inherited = row
    if kind not in ("r", "p"):
        raise ConfigError(f"{twins.table} is no table: only tables have triggers that change what is written")
    if partition:
        raise ConfigError(f"{twins.table} is a partition: name the partitioned table that it belongs to")
    if inherited:
        raise ConfigError(
            f"{twins.table} has tables that inherit from it, to which a trigger does not go down"
        )
    return oid, schema, table


def facts_of(connection: Any, twins: Twins) -> Facts:
    """What the catalog says of both. ConfigError where they cannot be twins."""
    oid, schema, table = table_of(connection, twins)
    with connection.transaction():
        # Types are written with their schema, so that they mean the same to whoever writes the row.
        connection.execute("SET LOCAL search_path = pg_catalog")
        found = {name: connection.execute(COLUMN, (oid, name)).fetchone() for name in (twins.old, twins.new)}
    for name, column in found.items():
        if column is None:
            raise ConfigError(
                f"{twins.table}.{name}: there is no such column: add it in expand, then sync it"
            )
        if column[2] or column[3]:
            kind = "a generated" if column[2] else "an identity"
            raise ConfigError(
                f"{twins.table}.{name}: {kind} column is no twin: the database itself writes it"
            )
        if column[5]:
            raise ConfigError(f"{twins.table}.{name}: a column that chooses the partition is no twin")
    old, new = found[twins.old], found[twins.new]
    if twins.old == twins.new:
        raise ConfigError(f"{twins.table}.{twins.old}: a column is no twin of itself")
    if new[4]:
        raise ConfigError(
            f"{twins.table}.{twins.new}: leave its DEFAULT out until contract: a default looks as if version 2 had"
            f" written it, and would win over what version 1 writes into {twins.old}"
        )
    named = Facts.named(oid, schema, table, twins.old, twins.new)
    return named.with_types(old[0], old[1], new[0], new[1], twins.up, twins.down, old_default=bool(old[4]))


def check_mapping(connection: Any, twins: Twins, facts: Facts) -> None:
    """Both expressions are read by the server, and run over no row: in a trigger they would break every write."""
    sql = client().sql
    for which, expression in (("up", facts.up), ("down", facts.down)):
        query = sql.SQL("SELECT {} FROM {} AS new LIMIT 0").format(expression, facts.relation)
        try:
            with connection.transaction():
                # In the extended protocol, in which it is one statement and no more.
                connection.execute(query, binary=True)
        except client().Error as error:
            raise ConfigError(f"{twins}: {which}: {said(error)}: correct the expression") from None


def notes(connection: Any, twins: Twins, facts: Facts) -> tuple[str, ...]:
    last = max(triggers_of(facts))
    later = [name for (name,) in connection.execute(LATER, (facts.oid, last)).fetchall()]
    return tuple(
        f"{twins}: the trigger {name} comes after ours, and what it changes in one of them is not followed: rename it"
        for name in later
    )
