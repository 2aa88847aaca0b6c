"""Runs migrations on a shadow, as a runner would on production: what belongs together in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from verdigris.core.errors import ConfigError
from verdigris.schema.running.parts import Part, parts_of
from verdigris.schema.script import Script
from verdigris.schema.shadow.database import Database, client, first_line, unwell

__all__ = ["NOWHERE", "Way", "apply", "way_of"]

WITHIN = "60s"
"""What one statement may take on a schema without rows: what takes longer waits for something that never comes."""
HANGING = "57014"


def apply(database: Database, scripts: Sequence[Script]) -> None:
    """All of them, in order. `ConfigError` names the script and the statement that the server refuses."""
    for script in scripts:
        with database.connected() as connection:
            connection.execute(f"SET statement_timeout = '{WITHIN}'")
            for part in parts_of(script):
                carry_out(connection, script, part)


def carry_out(connection: Any, script: Script, part: Part) -> None:
    number = part.first
    psycopg = client()
    try:
        if part.alone or script.alone:
            connection.execute(part.statements[0].encode())
            return
        with connection.transaction():
            for statement in part.statements:
                connection.execute(statement.encode())
                number += 1
            number = part.last  # what is deferred fails at the end
    except psycopg.Error as error:
        if unwell(error):
            raise
        raise ConfigError(f"{script.name}: statement {number} fails on the shadow: {why(error)}") from error


def why(error: Any) -> str:
    """What the server says, and what to do where it says little."""
    if error.sqlstate == HANGING:
        return f"it takes more than {WITHIN} on a schema without rows, so it waits for what never comes"
    return f"{first_line(error)} (SQLSTATE {error.sqlstate or 'unknown'})"


@dataclass(frozen=True, slots=True)
class Way:
    """What leads from one schema to the next, in so many parts. `go` carries them out on a database, one after the
    other, and says each one's name, and of what it was the last part, "" where there is more of it."""

    parts: int
    go: Callable[[Database], Iterator[tuple[str, str]]]


NOWHERE = Way(0, lambda database: iter(()))
"""Where nobody knows what leads there."""


def way_of(scripts: Sequence[Script]) -> Way:
    """Statement by statement."""
    return Way(sum(len(script.statements) for script in scripts), partial(one_by_one, scripts=scripts))


def one_by_one(database: Database, scripts: Sequence[Script]) -> Iterator[tuple[str, str]]:
    """Each statement of all scripts, run by itself.

    What fails without the transaction that it belongs to is passed over: this is for finding out, not for proving.
    """
    for script in scripts:
        for number, statement in enumerate(script.statements, 1):
            with database.connected() as connection:
                try:
                    connection.execute(f"SET statement_timeout = '{WITHIN}'")
                    connection.execute(statement.encode())
                except client().Error as error:
                    if unwell(error):
                        raise
            yield (
                f"{script.name}: statement {number}",
                script.name if number == len(script.statements) else "",
            )
