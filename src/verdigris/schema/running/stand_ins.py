"""Empty stand-ins for what somebody's own tool is about to drop: the real thing lies under a tombstone's name by then.

The tool drops a stand-in as if nothing were. Those of one step are made in one transaction, so that a kill leaves all
or none. The mark is a comment of the stand-in itself, which goes with it: what is marked is never buried.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from verdigris.core.errors import Refused
from verdigris.schema.running.blocking import InTheWay, beside
from verdigris.schema.running.burying import Grave, bury, find
from verdigris.schema.running.drops import Drop
from verdigris.schema.running.retry import Patience, whole
from verdigris.schema.running.session import Connect, one, opened
from verdigris.schema.running.trouble import reached
from verdigris.schema.running.waiting import Pace, Tell, Waiting, quietly
from verdigris.schema.shadow.database import client

__all__ = ["MARK", "clear", "stand_in", "standing"]

MARK = "verdigris: an empty stand-in for what is kept under the name of a tombstone"
THERE = """
    SELECT c.oid, a.attnum, pg_catalog.format_type(a.atttypid, a.atttypmod),
           pg_catalog.col_description(c.oid, a.attnum) IS NOT DISTINCT FROM %(mark)s,
           c.relkind = 'r' AND NOT c.relispartition AND t.typtype <> 'd'
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE c.oid IN (i.inhrelid, i.inhparent))
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    WHERE n.nspname = %(schema)s AND c.relname = %(table)s AND a.attname = %(column)s AND NOT a.attisdropped
"""
TABLE_THERE = """
    SELECT c.oid, 0, '', pg_catalog.obj_description(c.oid, 'pg_class') IS NOT DISTINCT FROM %(mark)s,
           c.relkind = 'r' AND NOT c.relispartition
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE c.oid IN (i.inhrelid, i.inhparent))
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %(schema)s AND c.relname = %(table)s
"""
CONSTRAINTS = """
    SELECT conname::text FROM pg_catalog.pg_constraint
    WHERE conrelid = %s AND contype IN ('c', 'f', 'p', 'u', 'x') ORDER BY 1
"""
RENEWED = """
    UPDATE verdigris_schema.tombstones SET due = greatest(due, pg_catalog.clock_timestamp() + %s)
    WHERE ended IS NULL AND schema_name = %s AND table_name = %s AND column_name = %s
"""
STANDING = """
    SELECT CASE WHEN %(column)s = ''
        THEN pg_catalog.obj_description(pg_catalog.to_regclass(pg_catalog.format('%%I.%%I', %(schema)s::text,
             %(table)s::text)), 'pg_class')
        ELSE (SELECT pg_catalog.col_description(attrelid, attnum) FROM pg_catalog.pg_attribute
              WHERE attrelid = %(relation)s AND attname = %(column)s AND NOT attisdropped)
    END IS NOT DISTINCT FROM %(mark)s
"""


def stand_in(
    connect: Connect,
    drops: Iterable[Drop],
    keep: timedelta,
    *,
    waiting: Waiting | None = None,
    patience: Patience | None = None,
    tell: Tell = quietly,
) -> None:
    """Bury all of them, and put something empty of the same name in the place of each.

    Refused where that cannot be. What is not there, or a stand-in already, is left: a run that was killed goes on.
    """
    waiting, drops = waiting or Pace(), tuple(drops)
    with opened(connect, waiting) as connection, reached("no stand-in could be made"):
        in_the_way = InTheWay(connection.info.backend_pid)
        with beside(connect, in_the_way.look):
            whole(
                connection, lambda _: every(connection, drops, keep), waiting, what="making stand-ins",
                in_the_way=in_the_way, patience=patience, tell=tell,
            )  # fmt: skip


def every(connection: Any, drops: tuple[Drop, ...], keep: timedelta) -> None:
    """One may refer to another, so whatever is refused is tried again once others are buried."""
    left: tuple[Drop, ...] = drops
    while left:
        refused = dict[Drop, Refused]()
        for drop in left:
            try:
                with connection.transaction():
                    replace(connection, drop, keep)
            except Refused as error:
                refused[drop] = error
        if len(refused) == len(left):
            raise refused[left[0]]
        left = tuple(refused)


def replace(connection: Any, drop: Drop, keep: timedelta) -> None:
    words = {"schema": drop.table.schema, "table": drop.table.name, "column": drop.column, "mark": MARK}
    row = connection.execute(THERE if drop.column else TABLE_THERE, words).fetchone()
    if row is None:
        return
    oid, _, kind, marked, possible = row
    if marked:
        renewed(connection, drop, keep)
        return
    if not possible:
        raise Refused(
            f"{drop}: nothing can stand in for it: it is inherited or partitioned, foreign, or of a domain"
        )
    before = constraints(connection, oid)
    bury(connection, drop, keep)
    if drop.column:
        put_column(
            connection, drop, kind, [name for name in before if name not in constraints(connection, oid)]
        )
    else:
        put_table(connection, drop, oid, before)


def renewed(connection: Any, drop: Drop, keep: timedelta) -> None:
    """Its day begins when it is really dropped. Refused where somebody has used the stand-in: that would be lost."""
    refuse_used(connection, client().sql.Identifier(drop.table.schema, drop.table.name), drop.column)
    connection.execute(RENEWED, (keep, drop.table.schema, drop.table.name, drop.column))


def put_column(connection: Any, drop: Drop, kind: str, lifted: Iterable[str]) -> None:
    """With constraints that are called as those that were lifted and demand nothing: a tool may drop them by name."""
    sql = client().sql
    table, column = sql.Identifier(drop.table.schema, drop.table.name), sql.Identifier(drop.column)
    # The type comes from the server, quoted by it.
    connection.execute(sql.SQL("ALTER TABLE {} ADD COLUMN {} {}").format(table, column, sql.SQL(kind)))
    place = sql.Identifier(drop.table.schema, drop.table.name, drop.column)
    connection.execute(sql.SQL("COMMENT ON COLUMN {} IS {}").format(place, sql.Literal(MARK)))
    for name in lifted:
        words = sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} CHECK ({} IS NULL OR true) NOT VALID")
        connection.execute(words.format(table, sql.Identifier(name), column))


def put_table(connection: Any, drop: Drop, oid: int, constrained: Iterable[str]) -> None:
    sql = client().sql
    table = sql.Identifier(drop.table.schema, drop.table.name)
    gone = one(connection, "SELECT relname FROM pg_catalog.pg_class WHERE oid = %s", (oid,))
    like = sql.Identifier(drop.table.schema, gone)
    connection.execute(sql.SQL("CREATE TABLE {} (LIKE {})").format(table, like))
    connection.execute(sql.SQL("COMMENT ON TABLE {} IS {}").format(table, sql.Literal(MARK)))
    for name in constrained:
        words = sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} CHECK (true)")
        connection.execute(words.format(table, sql.Identifier(name)))


def constraints(connection: Any, oid: int) -> list[str]:
    return [name for (name,) in connection.execute(CONSTRAINTS, (oid,)).fetchall()]


def standing(connection: Any, grave: Grave) -> bool:
    """Whether the stand-in for what lies there has not been dropped yet."""
    words = {"relation": grave.relation, "schema": grave.schema, "table": grave.table, "column": grave.column}
    return bool(connection.execute(STANDING, words | {"mark": MARK}).fetchone()[0])


def clear(connection: Any, grave: Grave) -> None:
    """Take the stand-in away, where there is one: the name is free then."""
    if not standing(connection, grave):
        return
    sql = client().sql
    table = find(connection, grave) if grave.column else sql.Identifier(grave.schema, grave.table)
    refuse_used(connection, table, grave.column)
    words = sql.SQL("ALTER TABLE {} DROP COLUMN {}" if grave.column else "DROP TABLE {}")
    connection.execute(words.format(table, *([sql.Identifier(grave.column)] if grave.column else ())))


def refuse_used(connection: Any, table: Any, column: str) -> None:
    sql = client().sql
    has = sql.SQL(" WHERE {} IS NOT NULL").format(sql.Identifier(column)) if column else sql.SQL("")
    if one(connection, sql.SQL("SELECT EXISTS (SELECT FROM {}{})").format(table, has)):
        what = (
            f"the column {column} of {table.as_string(connection)}" if column else table.as_string(connection)
        )
        raise Refused(
            f"{what} only stands in for what is kept under another name, and somebody has written something there: "
            "save that and empty it, then run this again"
        )
