"""The key by which a table is walked through: columns that are unique, never NULL, and have an index in their order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from verdigris.core.errors import ConfigError
from verdigris.schema.shadow.database import client

__all__ = ["Key", "Position", "key_of"]

Position = tuple[str, ...]
"""A row's key, each column as text; it survives in the journal whatever its types are."""

TABLE = """
    SELECT c.oid, n.nspname, c.relname, c.relkind FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = pg_catalog.to_regclass(%s)
"""
UNIQUE = """
    SELECT array_agg(a.attname::text ORDER BY k.n), i.indisprimary, bool_and(a.attnotnull)
    FROM pg_catalog.pg_index i, unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attribute, n),
         pg_catalog.pg_attribute a
    WHERE i.indrelid = %s AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
    AND k.n <= i.indnkeyatts AND a.attrelid = i.indrelid AND a.attnum = k.attribute
    GROUP BY i.indexrelid, i.indisprimary ORDER BY i.indisprimary DESC, count(*), i.indexrelid
"""
TYPES = """
    SELECT attname::text, pg_catalog.format_type(atttypid, atttypmod) FROM pg_catalog.pg_attribute
    WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped
"""
TABLES = ("r", "p")


@dataclass(frozen=True, slots=True)
class Key:
    """`columns` with `types` as the server writes them, of the table `schema.table`."""

    schema: str
    table: str
    columns: tuple[str, ...]
    types: tuple[str, ...]

    def of(self, alias: str) -> Any:
        """`(a.x, a.y)`, as a row that is compared."""
        sql = client().sql
        return sql.SQL("({})").format(
            sql.SQL(", ").join(sql.Identifier(alias, name) for name in self.columns)
        )

    def at(self, position: Position) -> Any:
        """`('1'::integer, 'x'::text)`: literals quoted by psycopg, so that any statement can hold them."""
        sql = client().sql
        # The types come from the server, quoted by it.
        parts = [
            sql.SQL("CAST({} AS {})").format(sql.Literal(value), sql.SQL(type_))
            for value, type_ in zip(position, self.types, strict=True)
        ]
        return sql.SQL("({})").format(sql.SQL(", ").join(parts))

    def between(self, alias: str, first: Position | None, last: Position) -> Any:
        """Rows behind `first`, up to `last`."""
        sql = client().sql
        upper = sql.SQL("{} <= {}").format(self.of(alias), self.at(last))
        if first is None:
            return sql.SQL("({})").format(upper)
        return sql.SQL("({} > {} AND {})").format(self.of(alias), self.at(first), upper)

    def end_of_batch(self, connection: Any, first: Position | None, rows: int) -> Position | None:
        """The key that is `rows` rows behind `first`, or else the last one; None where no row follows."""
        sql = client().sql
        name = sql.Identifier
        texts = sql.SQL(", ").join(sql.SQL("b.{}::text").format(name(column)) for column in self.columns)
        order = sql.SQL(", ").join(sql.SQL("b.{}").format(name(column)) for column in self.columns)
        down = sql.SQL(", ").join(sql.SQL("b.{} DESC").format(name(column)) for column in self.columns)
        behind = sql.SQL("true") if first is None else sql.SQL("{} > {}").format(self.of("b"), self.at(first))
        inner = sql.SQL("SELECT {} FROM {} AS b WHERE {} ORDER BY {} LIMIT {}").format(
            order, name(self.schema, self.table), behind, order, sql.Literal(rows)
        )
        row = connection.execute(
            sql.SQL("SELECT {} FROM ({}) AS b ORDER BY {} LIMIT 1").format(texts, inner, down)
        ).fetchone()
        return tuple(row) if row else None


def key_of(connection: Any, table: str, declared: tuple[str, ...] = ()) -> Key:
    """Of the table as SQL writes it: the declared columns, or else the primary key, or else what is unique.

    ConfigError when there is none, or when what is declared has no unique index or may be NULL.
    """
    row = connection.execute(TABLE, (table,)).fetchone()
    if row is None or row[3] not in TABLES:
        raise ConfigError(
            f"{table}: there is no such table here: correct its name, or put its schema before it"
        )
    oid, schema, name, _ = row
    unique = [
        (tuple(columns), never_null)
        for columns, _, never_null in connection.execute(UNIQUE, (oid,)).fetchall()
    ]
    usable = [columns for columns, never_null in unique if never_null]
    columns = declared or (usable[0] if usable else ())
    if not columns or columns not in usable:
        which = f"the key {', '.join(declared)}" if declared else "it"
        raise ConfigError(
            f"{table}: {which} has no unique index on columns"
            " that are NOT NULL: add one concurrently, or declare another with `-- key: …`"
        )
    types = dict(connection.execute(TYPES, (oid,)).fetchall())
    return Key(schema, name, columns, tuple(types[column] for column in columns))
