"""What becomes of the columns of one relation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from verdigris.schema.catalog.change import Change
from verdigris.schema.catalog.objects import Relation, Snapshot
from verdigris.schema.catalog.parts import Column
from verdigris.schema.catalog.widening import narrower, plain, wider, without_equality
from verdigris.schema.script import Kind

__all__ = ["columns", "pairs"]

Pair = tuple[Column | None, Column | None]


def pairs(before: Relation, after: Relation) -> list[Pair]:
    """Each column as it was and as it is; None where there is none. By number in the same relation, else by name.

    A column that was dropped and added again is one that changed: it has its old name and another number.
    """
    same = before.oid == after.oid and before.kind == after.kind
    numbers = {one.number: one for one in after.columns} if same else {}
    names = {one.name: one for one in after.columns}
    left = {one.name for one in after.columns}
    found: list[Pair] = []
    for old in before.columns:
        new = numbers.get(old.number) or (names.get(old.name) if old.name in left else None)
        left.discard(new.name if new else "")
        found.append((old, new))
    return found + [(None, one) for one in after.columns if one.name in left]


def columns(before: Relation, after: Relation, old: Snapshot, new: Snapshot) -> Iterator[Change]:
    """All changes of them, told of the relation by its old name."""
    for was, now in pairs(before, after):
        if was is None and now is not None:
            yield added(before, now, new)
        elif now is None and was is not None:
            yield dropped(before, was)
        elif was is not None and now is not None and (was != now or was.domain):
            yield from changed(before, was, now, (old, new), again=before.oid == after.oid)


def told(relation: Relation, column: str, words: str, kind: Kind, **rest: object) -> Change:
    """A change of a column."""
    return Change(f"{relation}.{column}", words, kind, str(relation), column, **rest)  # type: ignore[arg-type]


def required(column: Column, snapshot: Snapshot) -> bool:
    """Whether NULL is refused, by the column or by its domain."""
    domain = snapshot.domain(column.domain)
    return column.required or bool(domain and domain.required)


def fills(column: Column, snapshot: Snapshot) -> bool:
    """Whether something else than NULL comes where a statement omits it."""
    domain = snapshot.domain(column.domain)
    return column.fills or bool(domain and domain.default)


def demanded(column: Column, snapshot: Snapshot) -> frozenset[str]:
    """What its domain demands of a value."""
    domain = snapshot.domain(column.domain)
    return frozenset(one.definition for one in domain.constraints) if domain else frozenset()


def added(relation: Relation, column: Column, new: Snapshot) -> Change:
    """A column that was not there."""
    if relation.is_type or not relation.holds_rows:
        return told(relation, column.name, "column added", Kind.EXPAND, fresh=True)
    if required(column, new) and not fills(column, new):
        return told(
            relation, column.name, "column added, NOT NULL without a default", Kind.BOTH,
            advice="add it with a default or without NOT NULL; require it in the contract step", fresh=True,
        )  # fmt: skip
    if without_equality(column.type):
        return told(
            relation, column.name, f"column added of type {column.type}, which cannot be compared", Kind.CONTRACT,
            note="SELECT DISTINCT and GROUP BY over whole rows fail: jsonb can be compared", fresh=True,
        )  # fmt: skip
    return told(relation, column.name, f"column added ({column.type})", Kind.EXPAND, fresh=True)


def dropped(relation: Relation, column: Column) -> Change:
    """A column that is gone."""
    return told(relation, column.name, "column dropped", Kind.CONTRACT)


def changed(
    relation: Relation, was: Column, now: Column, snapshots: tuple[Snapshot, Snapshot], again: bool
) -> Iterator[Change]:
    """A column that is another now."""
    old, new = snapshots
    if was.name != now.name:
        yield told(
            relation, was.name, f"renamed to {now.name}", Kind.BOTH,
            advice=f"add {now.name}, keep both in step with a trigger, fill the old rows, "
            f"drop {was.name} in the contract step",
        )  # fmt: skip
    if again and was.number != now.number:
        yield told(
            relation, was.name, "dropped and added again: what it held is gone", Kind.BOTH,
            advice="add another column, fill it, and drop this one in the contract step",
        )  # fmt: skip
    called_otherwise = (
        again and was.type_number == now.type_number and plain(was.type)[1:] == plain(now.type)[1:]
    )
    if was.type != now.type and not called_otherwise:
        yield retyped(relation, was, now, new.timezone)
    if demanded(was, old) < demanded(now, new):
        yield told(relation, was.name, "its domain demands more", Kind.CONTRACT, demands=True)
    if was.collation != now.collation:
        words = f"collation {was.collation or 'default'} is {now.collation or 'default'} now"
        yield told(relation, was.name, words, Kind.BOTH, note="order and comparison of texts change")
    yield from requirement(relation, was, required(was, old), required(now, new))
    yield from source(
        relation,
        replace(was, default=was.default.replace(was.type, now.type) if called_otherwise else was.default),
        now,
    )


def retyped(relation: Relation, was: Column, now: Column, timezone: str) -> Change:
    """Another type."""
    words = f"type {was.type} is {now.type} now"
    if wider(was.type, now.type, timezone):
        note = "prepared statements that return it fail once, or until they are prepared again"
        return told(relation, was.name, words, Kind.EXPAND, note=note)
    if narrower(was.type, now.type):
        return told(relation, was.name, words, Kind.CONTRACT, demands=True)
    advice = (
        "add a column of that type, keep both in step with a trigger, fill the old rows, drop this one later"
    )
    return told(relation, was.name, words, Kind.BOTH, advice=advice, demands=True)


def requirement(relation: Relation, column: Column, before: bool, after: bool) -> Iterator[Change]:
    """NOT NULL that comes or goes."""
    if after and not before:
        yield told(relation, column.name, "NOT NULL added", Kind.CONTRACT)
    elif before and not after:
        note = "the new version may write NULL, which the old one has never read"
        yield told(relation, column.name, "NOT NULL dropped", Kind.EXPAND, weak=True, note=note)


def source(relation: Relation, was: Column, now: Column) -> Iterator[Change]:
    """Where its value comes from when no statement gives one."""
    if now.unwritable and not was.unwritable:
        words = "is generated now" if now.generated else "is an identity that is always generated now"
        yield told(
            relation, was.name, f"{words}: no statement may write it", Kind.BOTH,
            advice="add another column that is generated, and drop this one in the contract step",
        )  # fmt: skip
    elif was.generated and not now.generated:
        yield told(relation, was.name, "is not generated any more", Kind.CONTRACT)
    elif was.fills and not now.fills:
        yield told(relation, was.name, "default dropped", Kind.CONTRACT)
    elif (was.default, was.identity) != (now.default, now.identity):
        words = "default changed" if was.fills else "default added"
        note = f"statements that omit it write {now.default or 'a number of its sequence'} from now on"
        yield told(relation, was.name, words, Kind.EXPAND, weak=True, note=note)
