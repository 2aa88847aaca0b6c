"""What the corpus is made of: an application's schema, the statements of its running version, and migrations.

A migration either breaks a statement that works on the base, or it does not. Who made it says which, and by which
layer it can be seen first; nothing here is computed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from verdigris.schema.finding import Layer
from verdigris.schema.statement import Statement

__all__ = ["Application", "Scenario", "migrations", "sends"]

HEADING = re.compile(r"^--- (.+) \[(.+)\]$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Scenario:
    """`first` is the cheapest layer that can see the break; `disproven` whether a proof must say so.

    Only one kind of migration is rightly disproven though nothing raises an error: rows that vanish.
    """

    name: str
    sql: str
    first: Layer | None = None
    sqlstate: str = ""
    disproven: bool = False


@dataclass(frozen=True, slots=True)
class Application:
    """`schema` is the base as a file would hold it, with a role `app` that owns nothing."""

    name: str
    schema: str
    statements: tuple[Statement, ...]
    scenarios: tuple[Scenario, ...]


def migrations(name: str) -> tuple[Scenario, ...]:
    """Those that stand in a file beside this one, each under a heading: `--- drop a column [L1 42703]`."""
    text = Path(__file__).with_name(name).read_text("utf-8")
    _, *pieces = HEADING.split(text)
    return tuple(scenario(*piece) for piece in zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True))


def scenario(name: str, mark: str, sql: str) -> Scenario:
    """`mark` is the layer and the SQLSTATE of a break, `vanished` where rows are gone, or `ok`."""
    layer, _, sqlstate = mark.partition(" ")
    return Scenario(name, sql.strip(), Layer(layer) if sqlstate else None, sqlstate, disproven=mark != "ok")


def sends(sql: str, *runs: tuple[str | None, ...], types: tuple[str, ...] = ()) -> Statement:
    """A statement with the parameters of each time it was seen; without any it was sent once."""
    return Statement(sql, runs or ((),), types)
