"""What a version sends, looked at on the schema that it is measured by: each text once, and all of it in its order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from verdigris.schema.dialects.place import Fault, Place
from verdigris.schema.dialects.wording import places
from verdigris.schema.statement import Parameter, Statement
from verdigris.schema.tools.pieces import bare

__all__ = ["Known", "Seen", "seen_on", "tried"]

TRIED = re.compile(r"(?:select|insert|update|delete|replace|with|values)\b", re.IGNORECASE)
QUOTED = "a name in double quotes is no column, so SQLite reads it as a text; write texts in single quotes"
RUNS_MAX, REPLAYED = 20, 20_000
"""Sets of parameters that one statement is executed with by itself, and statements of a run that is replayed."""


@dataclass(frozen=True, slots=True)
class Known:
    """A statement on the schema that it is measured by: whether it works there, and what its result has."""

    statement: Statement
    sql: str
    fault: Fault | None = None
    columns: tuple[str, ...] | None = None

    @property
    def runs(self) -> tuple[tuple[Parameter, ...], ...]:
        """With the parameters that were seen; a statement without any is run as it is."""
        return self.statement.runs or (() if places(self.sql) else ((),))


@dataclass(frozen=True, slots=True)
class Seen:
    """The different statements of a version, and which of them was sent when, with which parameters."""

    each: tuple[Known, ...]
    order: tuple[tuple[int, tuple[Parameter, ...] | None], ...]


def seen_on(home: Place, sent: Sequence[Statement]) -> Seen:
    """Each different text once, with some of the parameters that it was sent with, and all of it in its order."""
    texts: dict[str, dict[tuple[Parameter, ...], None]] = {}
    for statement in sent:
        texts.setdefault(statement.sql, {}).update(dict.fromkeys(statement.runs))
    first = {statement.sql: statement for statement in reversed(sent)}
    each = [known(replace(first[sql], runs=tuple(runs)[:RUNS_MAX]), home) for sql, runs in texts.items()]
    places = {sql: n for n, sql in enumerate(texts)}
    order = [(places[statement.sql], run) for statement in sent for run in statement.runs or (None,)]
    return Seen(tuple(each), tuple(order[:REPLAYED]))


def known(statement: Statement, home: Place) -> Known:
    """It in the form in which names are names. Where only the loose form works, nobody knows what it means."""
    sql = home.form(statement.sql)
    fault = home.parsed(sql)
    if fault and sql != statement.sql and home.parsed(statement.sql) is None:
        fault = Fault("", QUOTED)
    return Known(statement, sql, fault, None if fault else home.columns(sql) if tried(sql) else ())


def tried(sql: str) -> bool:
    """Whether it is about rows; a pragma or a transaction's end is not executed."""
    return TRIED.match(bare(sql)) is not None
