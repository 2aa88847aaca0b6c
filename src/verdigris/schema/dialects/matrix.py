"""The proof for databases that are no PostgreSQL: the same matrix, on scratch databases, by fewer layers.

There are no roles, so nothing is planned as somebody; and types are told by values, so shapes are names of columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from verdigris.core.errors import ConfigError
from verdigris.schema.dialects.place import Dialect, Fault, Place
from verdigris.schema.dialects.seen import Known, Seen, seen_on, tried
from verdigris.schema.dialects.wording import inserted, places
from verdigris.schema.finding import Cell, Finding, Layer, Outcome, Proof, Stage, Version
from verdigris.schema.script import Script
from verdigris.schema.statement import Parameter, Statement
from verdigris.schema.tools.pieces import bare

__all__ = ["prove"]

SYNTAX = re.compile(
    r"syntax error|error in your SQL syntax|incomplete input|unrecognized token|one statement at a time"
)
"""Errors that no schema would mend."""
Step = tuple[str, str]
"""Where a statement of a schema or a migration stands, and the statement."""
NOT_NEW = (
    "the statements of the new version are not known: whether it works on the expanded schema is not proven"
)
UNSEEN = "{} with parameters, of which none were seen: what depends on their values was not tried"


def prove(
    dialect: Dialect,
    base_sql: str,
    expand: Sequence[Script],
    contract: Sequence[Script],
    old: Sequence[Statement],
    new: Sequence[Statement] | None = None,
) -> Proof:
    """The matrix. Without `new` its cells are left out, without `contract` the contracted ones.

    ConfigError where the schema or a migration fails by itself: then there is nothing to prove anything on.
    """
    base_steps = tuple(named("the base schema", dialect.split(base_sql)))
    expand_steps, contract_steps = written(expand), written(contract)
    wider = (*base_steps, *expand_steps)
    with (
        made(dialect, base_steps) as base,
        made(dialect, wider) as expanded,
        made(dialect, (*wider, *contract_steps)) as last,
    ):
        before = seen_on(base, old)
        crossed = stepped(
            dialect, across(before, Stage.BASE, base, expanded), before, base_steps, expand_steps
        )
        cells = [
            Cell(Version.OLD, Stage.BASE, at_home(before, Stage.BASE), notes=notes(before)),
            Cell(Version.OLD, Stage.EXPANDED, crossed, shapes(before, expanded), notes(before)),
        ]
        told = []
        if new is not None:
            after = seen_on(expanded, new)
            cells.append(Cell(Version.NEW, Stage.EXPANDED, by_itself(after), notes=notes(after)))
            if contract:
                found = across(after, Stage.EXPANDED, expanded, last)
                found = stepped(dialect, found, after, wider, contract_steps)
                cells.append(Cell(Version.NEW, Stage.CONTRACTED, found, shapes(after, last), notes(after)))
            told.append(Cell(Version.NEW, Stage.BASE, across(after, Stage.EXPANDED, expanded, base)))
        if contract:
            told.append(Cell(Version.OLD, Stage.CONTRACTED, across(before, Stage.BASE, base, last)))
    return Proof(tuple(cells), notes=() if new is not None else (NOT_NEW,), told=tuple(told))


@contextmanager
def made(dialect: Dialect, steps: Sequence[Step]) -> Iterator[Place]:
    """A database with that schema."""
    place = dialect.scratch()
    try:
        for where, sql in steps:
            if fault := place.apply(sql):
                raise ConfigError(f"{where}: {fault.message}; correct it, nothing was proven")
        yield place
    finally:
        place.close()


def written(scripts: Sequence[Script]) -> tuple[Step, ...]:
    return tuple(step for script in scripts for step in named(script.name, script.statements))


def named(name: str, statements: Sequence[str]) -> Iterator[Step]:
    """Each statement with its place."""
    return ((f"{name}: statement {n}", sql) for n, sql in enumerate(statements, 1))


def at_home(seen: Seen, stage: Stage) -> tuple[Finding, ...]:
    """A statement that fails there is unproven everywhere, never broken."""
    where = f"it fails on the {stage} schema already"
    return tuple(
        Finding(each.statement, Outcome.UNPROVEN, None, each.fault.code, f"{where}: {each.fault.message}")
        if each.fault
        else Finding(each.statement, Outcome.PROVEN)
        for each in seen.each
    )


def by_itself(seen: Seen) -> tuple[Finding, ...]:
    """On the first schema that they are meant for they have to work, whatever was before."""
    return tuple(
        Finding(each.statement, Outcome.DISPROVEN, Layer.PARSE, each.fault.code, each.fault.message)
        if each.fault and each.fault.code and not SYNTAX.search(each.fault.message)
        else finding
        for each, finding in zip(seen.each, at_home(seen, Stage.EXPANDED), strict=True)
    )


def across(seen: Seen, stage: Stage, home: Place, target: Place) -> tuple[Finding, ...]:
    """On another schema than the one of that stage, which they are measured by: the first layer that says so."""
    replayed = in_order(seen, home, target)
    found = list(at_home(seen, stage))
    for n, each in enumerate(seen.each):
        if each.fault is None:
            found[n] = broken(each, home, target) or replayed.get(n) or found[n]
    return tuple(found)


def broken(each: Known, home: Place, target: Place) -> Finding | None:
    """What it is by itself."""
    if fault := target.parsed(each.sql):
        return disproven(each, Layer.PARSE, fault)
    if fault := omitted(each.sql, home, target):
        return disproven(each, Layer.CATALOG, fault)
    for run in each.runs if tried(each.sql) else ():
        if (fault := alone(each.sql, run, target)) and alone(each.sql, run, home) is None:
            return disproven(each, Layer.ALONE, fault)
    return None


def disproven(each: Known, layer: Layer, fault: Fault) -> Finding:
    outcome = Outcome.UNPROVEN if fault.stopped else Outcome.DISPROVEN
    return Finding(each.statement, outcome, layer, fault.code, fault.message)


def alone(sql: str, run: Sequence[Parameter], place: Place) -> Fault | None:
    """What comes of it on empty tables, undone again."""
    with place.undone():
        return place.executed(sql, run)


def omitted(sql: str, home: Place, target: Place) -> Fault | None:
    """A column that it leaves out and that has to be given there, and had not at home."""
    if not (names := inserted(sql)):
        return None
    table, given = names
    if not (wanted := target.required(table) - given - home.required(table)):
        return None
    listed = ", ".join(sorted(wanted))
    return Fault(
        "SQLITE_CONSTRAINT_NOTNULL", f"{table}: it leaves out {listed}, which is NOT NULL without a default"
    )


def in_order(seen: Seen, home: Place, target: Place) -> dict[int, Finding]:
    """All of them one after the other, as they were sent: what only then fails, and only there."""
    came = [run_through(seen, place) for place in (home, target)]
    return {
        n: disproven(seen.each[n], Layer.REPLAY, fault)
        for n, (before, fault) in enumerate(zip(*came, strict=True))
        if fault and not before
    }


def run_through(seen: Seen, place: Place) -> list[Fault | None]:
    """The first fault of each. Foreign keys are kept where the application keeps them."""
    sent = [bare(each.sql) for each in seen.each]
    place.keys(sent, replayed=True)
    came: list[Fault | None] = [None] * len(seen.each)
    with place.undone():
        for n, run in seen.order:
            each = seen.each[n]
            if tried(each.sql) and not each.fault and (run is not None or not places(each.sql)):
                fault = place.executed(each.sql, run or ())
                came[n] = came[n] or fault
    place.keys(sent, replayed=False)
    return came


def shapes(seen: Seen, target: Place) -> tuple[Finding, ...]:
    """Results that have other columns than they had."""
    found = []
    for each in seen.each:
        now = target.columns(each.sql) if each.columns else None
        if now and each.columns and now != each.columns:
            message = f"its result had {', '.join(each.columns)} and has {', '.join(now)}"
            found.append(Finding(each.statement, Outcome.PROVEN, Layer.SHAPE, "", message))
    return tuple(found)


def notes(seen: Seen) -> tuple[str, ...]:
    """What could not be tried, counted."""
    if not seen.each:
        return ("no statement of this version is known",)
    blind = sum(not each.runs for each in seen.each)
    return (UNSEEN.format(f"{blind} statement{'s' * (blind != 1)}"),) if blind else ()


def stepped(
    dialect: Dialect,
    found: tuple[Finding, ...],
    seen: Seen,
    before: Sequence[Step],
    after: Sequence[Step],
) -> tuple[Finding, ...]:
    """With the statement of the migration after which each first failed, where it fails by itself."""
    failing = {
        n
        for n, each in enumerate(found)
        if each.outcome is Outcome.DISPROVEN and each.layer is not Layer.REPLAY
    }
    where: dict[int, str] = {}
    if failing:
        with made(dialect, before) as home, made(dialect, before) as place:
            for name, sql in after:
                place.apply(sql)
                where |= dict.fromkeys(
                    (n for n in failing - set(where) if broken(seen.each[n], home, place)), name
                )
    return tuple(replace(each, step=where.get(n, "")) for n, each in enumerate(found))
