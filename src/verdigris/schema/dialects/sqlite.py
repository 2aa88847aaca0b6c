"""The proof for SQLite, on copies of the schema in memory: it costs nothing and needs no server."""

from __future__ import annotations

from collections.abc import Sequence

from verdigris.schema.dialects import matrix
from verdigris.schema.dialects.place import Dialect
from verdigris.schema.dialects.scratch import Scratch
from verdigris.schema.dialects.wording import split
from verdigris.schema.finding import Proof
from verdigris.schema.script import Script
from verdigris.schema.statement import Statement

__all__ = ["prove", "split"]

DIALECT = Dialect(Scratch, split)


def prove(
    base_sql: str,
    expand: Sequence[Script],
    contract: Sequence[Script],
    old: Sequence[Statement],
    new: Sequence[Statement] | None = None,
) -> Proof:
    """The matrix as `matrix.prove` makes it. `base_sql` is what `sqlite3 production.db .schema` prints.

    Scripts are read with this dialect's `split`.
    """
    return matrix.prove(DIALECT, base_sql, expand, contract, old, new)
