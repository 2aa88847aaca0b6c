"""The third layer: what the catalog newly demands of what a statement writes, without executing anything.

It disproves only what fails whenever the statement writes a row, whatever the values; where values decide it says
unproven, and only of statements that no later layer can execute. A trigger may fill in anything: then it says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from verdigris.core.errors import ConfigError
from verdigris.schema.catalog.columns import fills, required
from verdigris.schema.catalog.difference import Change, difference
from verdigris.schema.catalog.objects import RelationKind, Snapshot
from verdigris.schema.catalog.parts import Column
from verdigris.schema.catalog.snapshot import snapshot
from verdigris.schema.catalog.through import Target, target
from verdigris.schema.finding import Finding, Layer, Outcome
from verdigris.schema.parsing import Given, Sort, Verb, Write, kind, parameters, spells, writes
from verdigris.schema.proof.hidden import hidden, unaffected
from verdigris.schema.shadow.database import Database
from verdigris.schema.statement import Statement

__all__ = ["omitted"]

NO_VALUE = "23502"
GENERATED = "428C9"
ROW_OF_COPY = "22P04"
WRITING = frozenset({Sort.SELECT, Sort.INSERT, Sort.UPDATE, Sort.DELETE, Sort.MERGE, Sort.COPY})
NULL = re.compile(r"\(*NULL(?:::.*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Break:
    """What comes of a write, in PostgreSQL's code and in words."""

    sqlstate: str
    message: str


def omitted(
    statements: Sequence[Statement], base: Database, target: Database, role: str = ""
) -> dict[int, Finding]:
    """What is not well on `target` though it is on `base`, by the place of the statement. Nothing is executed.

    `role` is who the application is there, "" for the role of `target`.
    """
    before, after = snapshot(base), snapshot(target)
    changes = difference(before, after)
    if not changes:
        return {}
    concerned = spells(concerning(changes, before, after))
    hides = hidden(before, after, target, role or target.role)
    found: dict[int, Finding] = {}
    for number, statement in enumerate(statements):
        if not concerned(statement.sql):
            continue
        finding = judged(statement, before, after, changes) or unaffected(statement, after, hides)
        if finding is not None:
            found[number] = finding
    return found


def concerning(changes: Sequence[Change], before: Snapshot, after: Snapshot) -> set[str]:
    """The names by which a statement may write to what was changed: those of views and of partitions as well."""
    changed = {one.relation for one in changes}
    every = (*before.relations, *after.relations)
    oids = {one.oid for one in every if str(one) in changed}
    while more := {one.oid for one in every if oids & set(one.parents)} - oids:
        oids |= more
    return {
        one.name for one in every if one.oid in oids or str(one) in changed or one.kind is RelationKind.VIEW
    }


def judged(
    statement: Statement, before: Snapshot, after: Snapshot, changes: Sequence[Change]
) -> Finding | None:
    """One statement; None if nothing is against it, or if it is none that the grammar knows."""
    try:
        written = writes(statement.sql) if kind(statement.sql) in WRITING else ()
        blind = bool(parameters(statement.sql)) and not statement.runs
    except ConfigError:
        return None
    doubts: list[str] = []
    for write in written:
        was, now = target(write, before), target(write, after)
        if was is None or now is None:
            continue
        if not now.filled:
            for one in breaks(statement, write, (was, before), (now, after)):
                return Finding(statement, Outcome.DISPROVEN, Layer.CATALOG, one.sqlstate, one.message)
        doubts += doubted(write, was, now, changes)
    if blind and doubts:
        return Finding(statement, Outcome.UNPROVEN, Layer.CATALOG, "", doubts[0])
    return None


Place = tuple[Target, Snapshot]
"""Where a write ends, and the catalog around it."""


def breaks(statement: Statement, write: Write, was: Place, now: Place) -> Iterator[Break]:
    """What fails now whenever a row is written, and did not."""
    if write.within == "COPY" and write.columns is None:
        yield from copied(was[0], now[0])
        return
    held = {(one.message, one.sqlstate) for one in against(statement, write, *was)}
    yield from (one for one in against(statement, write, *now) if (one.message, one.sqlstate) not in held)


def against(statement: Statement, write: Write, place: Target, catalog: Snapshot) -> Iterator[Break]:
    """All that is against a write in one catalog."""
    columns = {one.name: one for one in place.table.columns}
    given = {name: one for one in write.given if (name := meant(one, write, place)) in columns}
    for name, one in given.items():
        yield from offended(statement, write, (place, columns[name], one), catalog)
    if write.verb is Verb.INSERT:
        for column in left_out(write, place):
            if demanding(column, catalog):
                yield Break(
                    NO_VALUE,
                    f"{place.table}.{column.name} is NOT NULL without a default; this {word(write)} omits it",
                )


def meant(one: Given, write: Write, place: Target) -> str:
    """The column of the table that a value goes into; "" if nobody knows."""
    if one.column:
        return place.column(one.column)
    by_position = write.columns is None and one.position <= len(place.names)
    return place.names[one.position - 1] if by_position else ""


def left_out(write: Write, place: Target) -> list[Column]:
    """The columns that an INSERT gives no value for; none where its text does not tell."""
    if write.columns is None and write.width is None:
        return []
    by_name = None if write.columns is None else {place.column(name) for name in write.columns}
    named = set(place.names[: write.width]) if by_name is None else by_name
    return [one for one in place.table.columns if one.name not in named]


def demanding(column: Column, catalog: Snapshot) -> bool:
    """Whether leaving it to the server fails."""
    silent = not fills(column, catalog) or NULL.fullmatch(column.default) is not None
    return required(column, catalog) and silent


def offended(
    statement: Statement, write: Write, at: tuple[Target, Column, Given], catalog: Snapshot
) -> Iterator[Break]:
    """What is against one value."""
    place, column, one = at
    name = f"{place.table}.{column.name}"
    if one.default and demanding(column, catalog):
        yield Break(
            NO_VALUE, f"{name} is NOT NULL without a default; this {word(write)} leaves it to the default"
        )
    if required(column, catalog) and not column.unwritable:
        if one.null:
            yield Break(NO_VALUE, f"{name} is NOT NULL; this {word(write)} writes NULL into it")
        elif any(seen_null(run, one) for run in statement.runs):
            yield Break(NO_VALUE, f"{name} is NOT NULL; this {word(write)} was seen to send NULL for it")
    if column.unwritable and not one.default and not (column.identity and write.overriding):
        yield Break(
            GENERATED, f"{name} is always generated; this {word(write)} writes a value of its own into it"
        )


def seen_null(run: Sequence[str | None], one: Given) -> bool:
    """Whether one of its parameters was NULL."""
    return any(number <= len(run) and run[number - 1] is None for number in one.parameters)


def copied(was: Target, now: Target) -> Iterator[Break]:
    """COPY without a list of columns: each row must hold as many values as the table has columns."""
    before, after = ([one.name for one in each.table.columns if not one.generated] for each in (was, now))
    if len(before) != len(after):
        yield Break(
            ROW_OF_COPY,
            f"{now.table} has {len(after)} columns instead of {len(before)}, and this COPY names none of them",
        )


def word(write: Write) -> str:
    """As its author calls it."""
    return write.within if write.within in {"MERGE", "COPY"} else write.verb.upper()


def doubted(write: Write, was: Target, now: Target, changes: Sequence[Change]) -> Iterator[str]:
    """What may be against a write, depending on its values."""
    if write.verb not in {Verb.INSERT, Verb.UPDATE}:
        return
    named = {was.column(name) for name in write.columns or ()} or {one.name for one in was.table.columns}
    for change in changes:
        if (
            change.demands
            and change.relation == str(was.table)
            and (not change.column or change.column in named)
        ):
            yield f"{change}: whether this {word(write)} still passes depends on values, and none were seen"
    if now.filled and not was.filled:
        yield f"{now.table} has a new trigger: what this {word(write)} writes is up to it, and no values were seen"
