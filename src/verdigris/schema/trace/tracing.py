"""From a schema's text and a migration to what each statement of it would hold, on a server that is nobody's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from verdigris.schema.script import Script
from verdigris.schema.shadow.base import load
from verdigris.schema.shadow.database import client
from verdigris.schema.trace.classing import classed
from verdigris.schema.trace.measure import measure
from verdigris.schema.trace.weigh import Weighed, weigh

if TYPE_CHECKING:
    from verdigris.schema.shadow.production import Size
    from verdigris.schema.shadow.server import Server

__all__ = ["Trace", "named", "trace"]

PUBLIC = "public."
UNFILLED = """
SELECT format('REFRESH MATERIALIZED VIEW %I.%I', n.nspname, c.relname)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'm' AND NOT c.relispopulated ORDER BY c.oid
"""


@dataclass(frozen=True, slots=True)
class Trace:
    """Every statement of one migration, on a server of that major version. `sizes` are bytes by relation, if known."""

    name: str
    statements: tuple[Weighed, ...]
    major: int
    sizes: Mapping[str, int]
    notes: tuple[str, ...] = ()

    @property
    def hazards(self) -> int:
        """How many statements would let somebody wait for long."""
        return sum(one.hazard is not None for one in self.statements)


def trace(
    server: Server, base: str, name: str, migrations: Sequence[tuple[Script, tuple[int, ...]]],
    sizes: Mapping[str, int] | None = None,
) -> tuple[Trace, ...]:  # fmt: skip
    """Make the schema `base`, called `name`, on the server, run the migrations there in turn, and drop it again.

    Each migration goes with the lines of its file that its statements begin in, none where they are not known. What an
    earlier one has made is there for a later one: users may have filled it meanwhile.
    """
    database = server.create()
    try:
        notes = load(database, base, name)
        with database.connected() as connection:
            connection.execute("SET client_min_messages = error")
            fill(connection)
            found = [
                (script, tuple(classed(connection, measure(connection, script, lines=lines, own=server.own))))
                for script, lines in migrations
            ]
    finally:
        server.drop(database)
    notes = (*server.notes, *notes)
    return tuple(
        Trace(script.name, weigh(each, sizes), server.major, sizes or {}, notes) for script, each in found
    )


def fill(connection: Any) -> None:
    """A dump leaves materialized views unfilled, and such a one cannot be refreshed beside its readers."""
    for (words,) in connection.execute(UNFILLED).fetchall():
        with suppress(
            client().Error
        ):  # it may need what the shadow does not have, and then nobody refreshes it
            connection.execute(words)


def named(sizes: Mapping[str, Size]) -> dict[str, int]:
    """Production's sizes by the names that a trace has for relations: without the schema public."""
    return {relation.removeprefix(PUBLIC): size.bytes for relation, size in sizes.items()}
