"""Where the sequences of a database stand. A rollback does not take them back, so whoever executes does it by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from verdigris.schema.shadow.database import Database, client

__all__ = ["Position", "Positions", "positions", "put", "standing"]

Position = tuple[int, bool]
"""The last value, and whether it was given out."""
Positions = dict[tuple[str, str], Position]
"""By schema and name."""
AT_ONCE = 200

ALL = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' AND c.relpersistence <> 't' ORDER BY 1, 2
"""


def positions(connection: Any) -> Positions:
    """Of all sequences."""
    sql = client().sql
    found: Positions = {}
    names = connection.execute(ALL).fetchall()
    for start in range(0, len(names), AT_ONCE):
        some = names[start : start + AT_ONCE]
        asks = [
            sql.SQL("SELECT last_value, is_called FROM {}").format(sql.Identifier(*name)) for name in some
        ]
        rows = connection.execute(sql.SQL(" UNION ALL ").join(asks)).fetchall()
        found |= {tuple(name): (last, called) for name, (last, called) in zip(some, rows, strict=True)}
    return found


def put(connection: Any, wanted: Positions) -> None:
    """Set those that stand elsewhere. What is wanted of sequences that are not there is nobody's."""
    sql = client().sql
    now = positions(connection)
    for name, (last, called) in wanted.items():
        if name in now and now[name] != (last, called):
            which = sql.Identifier(*name).as_string(connection)
            connection.execute("SELECT setval(%s::regclass, %s, %s)", (which, last, called))


@contextmanager
def standing(database: Database) -> Iterator[Any]:
    """They stand afterwards where they stood before. Meanwhile there is a connection of the owner to look with."""
    with database.connected() as connection:
        before = positions(connection)
        try:
            yield connection
        finally:
            put(connection, before)
