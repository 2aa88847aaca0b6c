"""What constraints and indexes of one relation newly demand of what is written, or demand no more."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

from verdigris.schema.catalog.change import Change
from verdigris.schema.catalog.objects import Relation
from verdigris.schema.catalog.parts import Column, Constraint, Index
from verdigris.schema.script import Kind

__all__ = ["constraints", "indexes", "matched"]

SORTS = {"c": "CHECK", "f": "FOREIGN KEY", "p": "PRIMARY KEY", "u": "UNIQUE", "x": "EXCLUDE", "n": "NOT NULL"}
UNIQUE = frozenset({"p", "u"})
WANTS_A_VALUE = re.compile(
    r"\bNOT NULL\b|\bnum_n(?:on)?nulls\b|\bcoalesce\b|\bIS (?:NOT )?(?:DISTINCT|TRUE)\b", re.IGNORECASE
)
EVER_NEW = re.compile(r"\bnextval\(|\bgen_random_uuid\(|\buuid\w*\(|\brandom\(|\bclock_timestamp\(")
Numbered = TypeVar("Numbered", Constraint, Index)


def matched(
    before: Iterable[Numbered], after: Iterable[Numbered]
) -> list[tuple[Numbered | None, Numbered | None]]:
    """Things of one relation as they were and as they are: by number, else by name, else by what they say."""
    old, new = list(before), list(after)
    found: list[tuple[Numbered | None, Numbered | None]] = []
    for same in (
        lambda one, other: one.oid == other.oid,
        lambda one, other: one.name == other.name,
        lambda one, other: said(one) == said(other),
    ):
        for one in list(old):
            other = next((each for each in new if same(one, each)), None)
            if other is not None:
                old.remove(one)
                new.remove(other)
                found.append((one, other))
    return found + [(one, None) for one in old] + [(None, one) for one in new]


def said(one: Constraint | Index) -> tuple[object, ...]:
    """What it demands, whatever it is called."""
    if isinstance(one, Constraint):
        return one.sort, one.definition, one.columns
    return one.unique, one.columns, one.predicate, one.definition.split(" USING ", 1)[-1]


def constraints(before: Relation, after: Relation) -> Iterator[Change]:
    """Constraints that came, went, or are another."""
    for was, now in matched(before.constraints, after.constraints):
        if was is None and now is not None:
            yield from came(before, after, now)
        elif now is None and was is not None:
            yield from went(before, after, was)
        elif was is not None and now is not None:
            yield from altered(before, after, was, now)


def subject(relation: Relation, one: Constraint | Index) -> str:
    """As people find it."""
    return f"{relation}.{one.name}"


def came(before: Relation, after: Relation, now: Constraint) -> Iterator[Change]:
    """A new demand; none where it is not enforced, already held, or only met by what old statements leave out."""
    words = f"{SORTS[now.sort]} added ({', '.join(now.columns) or now.definition})"
    found = Change(subject(before, now), words, Kind.CONTRACT, str(before), one_of(now.columns), demands=True)
    if now.sort == "n":
        return
    if not now.enforced:
        yield replace(found, words=f"{words}, not enforced", kind=Kind.EXPAND, weak=True, demands=False)
    elif now.sort in UNIQUE and unique_before(before, now.index, now.columns):
        yield replace(found, kind=Kind.EXPAND, weak=True, demands=False)
    elif of_new_columns(before, after, now):
        yield replace(found, kind=Kind.EXPAND, demands=False)
    else:
        yield found


def one_of(columns: tuple[str, ...]) -> str:
    """The column, where it is one."""
    return columns[0] if len(columns) == 1 else ""


def of_new_columns(before: Relation, after: Relation, now: Constraint | Index) -> bool:
    """Whether it is about columns that old statements do not know and whose value, left out, cannot offend it."""
    known = {one.name for one in before.columns} if before.oid == after.oid else set()
    numbers = {one.number for one in before.columns}
    its = [one for one in after.columns if one.name in now.columns]
    if not its or "" in now.columns or any(one.number in numbers or one.name in known for one in its):
        return False
    return harmless_left_out(now, its)


def harmless_left_out(now: Constraint | Index, its: list[Column]) -> bool:
    """NULL offends no check, key or reference, unless it is asked about; a default may be there twice."""
    if isinstance(now, Constraint) and now.sort == "c":
        return WANTS_A_VALUE.search(now.definition) is None or all(one.fills for one in its)
    if isinstance(now, Constraint) and now.sort == "f":
        return any(not one.default for one in its)
    together = "NULLS NOT DISTINCT" in now.definition
    return any(
        (not one.fills and not together) or EVER_NEW.search(one.default) or one.identity for one in its
    )


def unique_before(before: Relation, index: int, columns: tuple[str, ...]) -> bool:
    """Whether what is unique now follows from what was: the same index, or one over some of these columns."""
    return any(
        one.unique and one.valid and (one.oid == index or covers(one, columns)) for one in before.indexes
    )


def covers(one: Index, columns: tuple[str, ...]) -> bool:
    """Whether its rows are unique by these columns as well."""
    return not one.predicate and "" not in one.columns and set(one.columns) <= set(columns)


def went(before: Relation, after: Relation, was: Constraint) -> Iterator[Change]:
    """A demand that is gone with nothing of what it stood on; what fell with its column is told of the column."""
    if was.sort == "n" or not set(was.columns) <= kept(before, after):
        return
    words = f"{SORTS[was.sort]} dropped ({', '.join(was.columns) or was.definition})"
    found = Change(subject(before, was), words, Kind.EXPAND, str(before), one_of(was.columns), weak=True)
    if was.sort in {"p", "u", "x"}:
        note = "ON CONFLICT over these columns fails from now on"
        yield replace(found, kind=Kind.CONTRACT, weak=False, note=note if was.sort != "x" else "")
    else:
        yield replace(found, note="the new version may write what the old one never expected")


def kept(before: Relation, after: Relation) -> set[str]:
    """The columns, by their old names, that are still there."""
    numbers = {one.number for one in after.columns}
    names = {one.name for one in after.columns}
    return {
        one.name
        for one in before.columns
        if (one.number in numbers if before.oid == after.oid else one.name in names)
    }


def altered(before: Relation, after: Relation, was: Constraint, now: Constraint) -> Iterator[Change]:
    """A demand that is another now."""
    if was.validated != now.validated or was.enforced != now.enforced:
        yield from checked(before, was, now)
    elif (
        said(was) != said(now)
        and kept(before, after) >= set(was.columns)
        and retold(before, after, was) != said(now)[1]
    ):
        yield Change(
            subject(before, was), f"{SORTS[was.sort]} changed to {now.definition}", Kind.BOTH, str(before),
            one_of(now.columns), advice="add the new one in one step and drop the old one in another", demands=True,
        )  # fmt: skip
    elif was.name != now.name:
        note = "ON CONFLICT ON CONSTRAINT names it, and so do error messages"
        yield Change(
            subject(before, was), f"renamed to {now.name}", Kind.BOTH if was.sort in UNIQUE else Kind.EXPAND,
            str(before), weak=was.sort not in UNIQUE, note=note,
        )  # fmt: skip


def retold(before: Relation, after: Relation, was: Constraint) -> str:
    """Its definition after its columns were renamed."""
    names = {one.number: one.name for one in after.columns}
    definition = was.definition
    for one in before.columns:
        if names.get(one.number, one.name) != one.name:
            definition = re.sub(rf"\b{re.escape(one.name)}\b", names[one.number], definition)
    return definition


def checked(before: Relation, was: Constraint, now: Constraint) -> Iterator[Change]:
    """Validated, or enforced, or not any more."""
    where = subject(before, was)
    if was.enforced and not now.enforced:
        yield Change(where, "not enforced any more", Kind.EXPAND, str(before), weak=True)
    elif now.enforced and not was.enforced:
        yield Change(where, "enforced", Kind.CONTRACT, str(before), one_of(now.columns), demands=True)
    elif now.validated and not was.validated:
        yield Change(
            where, "validated over the rows that are there", Kind.BACKFILL, str(before), one_of(now.columns)
        )


def indexes(before: Relation, after: Relation) -> Iterator[Change]:
    """Indexes that no constraint stands on: those are told as constraints."""
    was_there = [one for one in before.indexes if not one.constraint]
    taken = {one.oid for one in after.indexes if one.constraint}
    now_there = [one for one in after.indexes if not one.constraint]
    for was, now in matched([one for one in was_there if one.oid not in taken], now_there):
        if was is None and now is not None:
            yield new_index(before, after, now)
        elif now is None and was is not None:
            yield from lost_index(before, after, was)
        elif was is not None and now is not None and was.valid != now.valid:
            yield Change(
                subject(before, was), "valid" if now.valid else "invalid", Kind.EXPAND, str(before), weak=True
            )


def new_index(before: Relation, after: Relation, now: Index) -> Change:
    """An index that was not there."""
    words = (
        f"{'unique ' * now.unique}index added ({', '.join(name or 'an expression' for name in now.columns)})"
    )
    words += f" WHERE {now.predicate}" * bool(now.predicate)
    free = not now.unique or unique_before(before, now.oid, now.columns) or of_new_columns(before, after, now)
    kind = Kind.EXPAND if free else Kind.CONTRACT
    weak = not now.unique
    return Change(
        subject(before, now), words, kind, str(before), one_of(now.columns), weak=weak, demands=not free
    )


def lost_index(before: Relation, after: Relation, was: Index) -> Iterator[Change]:
    """An index that is gone by itself."""
    if not set(was.columns) - {""} <= kept(before, after):
        return
    note = (
        "ON CONFLICT over these columns fails from now on"
        if was.unique
        else "queries that used it are slower"
    )
    words = f"{'unique ' * was.unique}index dropped"
    yield Change(subject(before, was), words, Kind.CONTRACT, str(before), one_of(was.columns), note=note)
