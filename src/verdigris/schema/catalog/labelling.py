"""What a script is, found by running it on a copy; if it is both, which of its statements belong to which step.

It runs on copies of a shadow only, and leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from verdigris.core.errors import ActionError, ConfigError
from verdigris.schema.catalog.difference import Change, difference, kind_of
from verdigris.schema.catalog.objects import Snapshot
from verdigris.schema.catalog.snapshot import read
from verdigris.schema.parsing import Refusal, Sort, Write, alone, kind, writes
from verdigris.schema.script import Kind, Script
from verdigris.schema.shadow.database import Database, client
from verdigris.schema.shadow.server import Server

__all__ = ["Labelled", "Step", "agreed", "label"]

T = TypeVar("T")
LOCKED = """SELECT relation FROM pg_locks
    WHERE pid = pg_backend_pid() AND mode = 'RowExclusiveLock' AND relation IS NOT NULL"""
"""What this transaction has written to, or meant to: it is taken before the first row is looked for."""


@dataclass(frozen=True, slots=True)
class Step:
    """One statement by itself: its number from 1, and what it changes."""

    number: int
    changes: tuple[Change, ...]

    @property
    def kind(self) -> Kind:
        return kind_of(self.changes)


@dataclass(frozen=True, slots=True)
class Labelled:
    """`steps` are there only where the script is both: its statements one by one."""

    script: Script
    changes: tuple[Change, ...]
    steps: tuple[Step, ...] = ()

    @property
    def kind(self) -> Kind:
        return kind_of(self.changes)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person has to think of."""
        return tuple(f"{one}: {one.note}" for one in self.changes if one.note)

    def split(self) -> tuple[str, ...]:
        """How to take apart what is both, a sentence for each part; empty for what is not."""
        return tuple(apart(self.steps))


def label(server: Server, base: Database, script: Script) -> Labelled:
    """What it is, on a copy of `base`. Raises `ActionError` where it fails there."""
    whole = tuple(one for step in walked(server, base, script, between=False) for one in step.changes)
    if kind_of(whole) is not Kind.BOTH:
        return Labelled(script, whole)
    return Labelled(script, whole, tuple(fitted(walked(server, base, script, between=True), whole)))


def fitted(steps: Iterator[Step], whole: tuple[Change, ...]) -> Iterator[Step]:
    """The steps with the kinds that their changes have in the whole, where they are there.

    A wider unique index follows from the old one, though a statement before it in the file drops that.
    """
    known = {str(one): one for one in whole}
    for step in steps:
        yield Step(step.number, tuple(known.get(str(one), one) for one in step.changes))


def agreed(found: Labelled) -> Kind:
    """What it is, where its author agrees. Raises `ConfigError` where it is both, or not what it is declared to be."""
    name, declared = found.script.name, found.script.declared
    if found.kind is Kind.BOTH:
        raise ConfigError(
            f"{name} both expands and contracts, so no version is served throughout. "
            + " ".join(found.split())
        )
    if declared is None or declared is found.kind or all(one.weak for one in found.changes):
        return declared or found.kind
    because = [str(one) for one in found.changes if one.kind is found.kind and not one.weak]
    raise ConfigError(
        f"{name} is declared {declared}, and what it does is {found.kind}: {'; '.join(because)}. "
        f"Declare it {found.kind}, or move these statements into a file of their own."
    )


def apart(steps: tuple[Step, ...]) -> Iterator[str]:
    """The parts by their statements, and advice for a statement that is both by itself."""
    for each in (Kind.EXPAND, Kind.BACKFILL, Kind.CONTRACT):
        numbers = [str(step.number) for step in steps if step.changes and step.kind is each]
        if numbers:
            yield f"Into {each}: statement{'s' * (len(numbers) > 1)} {', '.join(numbers)}."
    for step in steps:
        for one in step.changes:
            if one.kind is Kind.BOTH:
                yield f"Statement {step.number} is both by itself ({one}): {one.advice or 'write it as two steps'}."
        if step.kind is Kind.BOTH and not any(one.kind is Kind.BOTH for one in step.changes):
            yield f"Statement {step.number} is both by itself: write it as two."


def walked(server: Server, base: Database, script: Script, between: bool) -> Iterator[Step]:
    """The script on a copy: its statements one by one, or as one step of them all."""
    outside = script.alone or any(known(alone, sql, "", server.major) for sql in script.statements)
    with server.copy(base) as copy, copy.connected() as connection:
        if not outside:
            connection.execute("BEGIN")
        first = before = read(connection)
        rows: list[str] = []
        for number, sql in enumerate(script.statements, 1):
            run(connection, script.name, number, sql)
            some = rows_changed(connection, first, sql)
            rows += some
            if between:
                after = read(connection)
                yield Step(number, difference(before, after, set(some)))
                before = after
        if not between:
            yield Step(0, difference(first, read(connection), rows))


def run(connection: Any, name: str, number: int, sql: str) -> None:
    """One statement of it; where a transaction begins and ends is decided here and not by the file."""
    if known(kind, sql, Sort.UTILITY) is Sort.TRANSACTION:
        return
    try:
        connection.execute(sql)
    except client().Error as error:
        raise ActionError(
            f"{name}: statement {number} fails on the shadow: {getattr(error, 'sqlstate', None) or ''} "
            f"{str(error).splitlines()[0] if str(error) else type(error).__name__}"
        ) from None


def rows_changed(connection: Any, before: Snapshot, sql: str) -> list[str]:
    """Tables of `before` whose rows the statement changes: by its text, and by the locks its transaction holds.

    Locks tell of DO blocks and functions; outside a transaction nothing holds them.
    """
    nothing: tuple[Write, ...] = ()
    named = [before.find(one.table.schema, one.table.name) for one in known(writes, sql, nothing)]
    locked = connection.execute(LOCKED).fetchall()
    hides = known(kind, sql, Sort.UTILITY) in {Sort.UTILITY, Sort.SELECT}
    held = [before.number(row[0]) for row in locked] if hides else []
    return [str(one) for one in dict.fromkeys([*named, *held]) if one is not None and one.holds_rows]


def known(ask: Callable[..., T], sql: str, otherwise: T, *more: object) -> T:
    """What the grammar says of it. The server is the real parser: what only the grammar refuses is tried there."""
    try:
        return ask(sql, *more)
    except Refusal:
        return otherwise
