"""The tables in which migration tools keep what they have applied: rows of those few go along to the shadow.

A base is a schema without rows; a tool that found its table empty there would begin from its very first migration.
Production is looked at in a read-only transaction.
"""

from __future__ import annotations

from typing import Any

from verdigris.core.errors import ObservationError
from verdigris.schema.shadow.database import Database, client
from verdigris.schema.shadow.production import reading

__all__ = ["TABLES", "copied"]

TABLES = (
    "alembic_version", "django_migrations", "schema_migrations", "flyway_schema_history", "_sqlx_migrations",
    "_prisma_migrations", "__diesel_schema_migrations", "goose_db_version",
)  # fmt: skip
JOURNAL = "verdigris_schema"
ROWS_MOST = 100_000
WHERE = """
    SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND (c.relname = ANY(%s) OR n.nspname = %s)
"""

NUMBERED = """
    SELECT attname::text, pg_catalog.pg_get_serial_sequence(attrelid::regclass::text, attname::text)
    FROM pg_catalog.pg_attribute WHERE attrelid = pg_catalog.to_regclass(%s) AND attnum > 0 AND NOT attisdropped
    AND pg_catalog.pg_get_serial_sequence(attrelid::regclass::text, attname::text) IS NOT NULL
"""


def copied(url: str, database: Database) -> tuple[str, ...]:
    """The tables of which rows were copied."""
    with reading(url) as production, database.connected() as shadow:
        return tuple(
            copy(production, shadow, *where)
            for where in production.execute(WHERE, (list(TABLES), JOURNAL)).fetchall()
        )


def copy(production: Any, shadow: Any, schema: str, name: str) -> str:
    sql = client().sql
    where = sql.Identifier(schema, name)
    found = production.execute(sql.SQL("SELECT * FROM {} LIMIT {}").format(where, ROWS_MOST + 1))
    columns = [column.name for column in found.description]
    rows = found.fetchall()
    if len(rows) > ROWS_MOST:
        raise ObservationError(
            f"{schema}.{name} has more than {ROWS_MOST:,} rows: it is no table of a migration tool"
        )
    insert = sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})").format(
        where,
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join([sql.Placeholder()] * len(columns)),
    )
    with shadow.cursor() as cursor:
        cursor.executemany(insert, rows)
    go_on(shadow, where)
    return f"{schema}.{name}"


def go_on(shadow: Any, table: Any) -> None:
    """Whatever numbers its rows goes on behind them, as it would in production."""
    sql = client().sql
    for column, sequence in shadow.execute(NUMBERED, (table.as_string(shadow),)).fetchall():
        last = sql.SQL("SELECT pg_catalog.setval(%s, max({})) FROM {}").format(sql.Identifier(column), table)
        shadow.execute(last, (sequence,))
