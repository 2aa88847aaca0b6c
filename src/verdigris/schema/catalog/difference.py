"""What a migration changes: two snapshots, in words for people, and what each change makes of the migration.

It judges the shape of the schema only: rows are told to it, and whether anybody minds is the proof's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from verdigris.schema.catalog.behaviour import behaviour
from verdigris.schema.catalog.change import Change, kind_of
from verdigris.schema.catalog.columns import columns
from verdigris.schema.catalog.demands import constraints, indexes
from verdigris.schema.catalog.objects import Relation, RelationKind, Snapshot
from verdigris.schema.catalog.others import others, paired
from verdigris.schema.catalog.widening import wider
from verdigris.schema.script import Kind

__all__ = ["Change", "comparable", "difference", "kind_of"]


def difference(before: Snapshot, after: Snapshot, rows: Iterable[str] = ()) -> tuple[Change, ...]:
    """All changes. `rows` are the tables, as `Relation` prints them, whose rows were changed."""
    same = comparable(before, after)
    found = [*relations(before, after, same), *others(before, after, same), *changed_rows(before, rows)]
    return tuple(untold(found, before))


def comparable(before: Snapshot, after: Snapshot) -> bool:
    """Whether numbers mean the same in both: they do in copies of one database, and then most of them are the same."""
    numbers = {one.full: one.oid for one in after.relations}
    common = [numbers[one.full] == one.oid for one in before.relations if one.full in numbers]
    return sum(common) * 2 >= len(common)


def relations(before: Snapshot, after: Snapshot, same: bool) -> Iterator[Change]:
    """Tables, views, sequences and composite types."""
    for was, now in paired(before.relations, after.relations, same):
        if was is None:
            yield Change(
                str(now), f"{now.kind.words} added", Kind.EXPAND, str(now), note=ungranted(now, before)
            )
        elif now is None:
            if not owned(was, before, after):
                yield Change(str(was), f"{was.kind.words} dropped", Kind.CONTRACT, str(was))
        elif was != now or any(one.domain for one in was.columns):
            if same and was.oid != now.oid and now.holds_rows and was.kind == now.kind:
                yield replaced(was)
            yield from relation(was, now, before, after)


def relation(was: Relation, now: Relation, before: Snapshot, after: Snapshot) -> Iterator[Change]:
    """One relation that is another now."""
    if was.full != now.full:
        yield moved(was, now, after)
    if was.kind != now.kind or was.key != now.key:
        yield Change(
            str(was), f"{was.kind.words} is a {now.kind.words} now", Kind.BOTH, str(was),
            advice="make it under another name, keep both in step, and drop the old one in the contract step",
        )  # fmt: skip
    yield from columns(was, now, before, after)
    yield from constraints(was, now)
    yield from indexes(was, now)
    yield from behaviour(was, now)


def replaced(was: Relation) -> Change:
    """Another table of the same name."""
    words = f"another {was.kind.words} has its name now: the rows that it had are not in it"
    return Change(str(was), words, Kind.BOTH, str(was), advice="keep the old one until the contract step")


def moved(was: Relation, now: Relation, after: Snapshot) -> Change:
    """Another name or schema; harmless where a view stands in the old place."""
    words = f"renamed to {now}" if was.schema == now.schema else f"moved to {now.full}"
    place = after.find(was.schema, was.name)
    if place is not None and place.kind is RelationKind.VIEW and stands_in(place, was, after.timezone):
        note = "a view has its old name: COPY, TRUNCATE and LOCK do not work on it"
        return Change(str(was), words, Kind.EXPAND, str(was), note=note)
    advice = f"put a view of the name {was} in its place in the same transaction, and drop that in the contract step"
    advice = advice if was.holds_rows else ""
    return Change(str(was), words, Kind.BOTH, str(was), advice=advice)


def stands_in(view: Relation, table: Relation, timezone: str) -> bool:
    """Whether it has every column of the table."""
    its = {one.name: one.type for one in view.columns}
    return all(
        one.name in its and (its[one.name] == one.type or wider(one.type, its[one.name], timezone))
        for one in table.columns
    )


def ungranted(table: Relation, before: Snapshot) -> str:
    """Who may use its neighbours and not it."""
    neighbours = {
        one.grantee
        for each in before.relations
        if each.schema == table.schema and each.holds_rows
        for one in each.grants
    }
    missing = sorted(neighbours - {one.grantee for one in table.grants} - {table.owner})
    if not missing or not table.holds_rows:
        return ""
    return f"{', '.join(missing)} may use tables beside it and not this one: grant it in the same step"


def owned(was: Relation, before: Snapshot, after: Snapshot) -> bool:
    """Whether it is a sequence that only went with the column that it numbered."""
    if was.kind is not RelationKind.SEQUENCE:
        return False
    users = [
        (each, column)
        for each in before.relations
        for column in each.columns
        if f"{was.name}'::regclass" in column.default
        or (column.identity and was.name == f"{each.name}_{column.name}_seq")
    ]
    kept = {(each.oid, column.number) for each in after.relations for column in each.columns}
    return bool(users) and all((each.oid, column.number) not in kept for each, column in users)


def changed_rows(before: Snapshot, rows: Iterable[str]) -> Iterator[Change]:
    """Rows of tables that were there before."""
    there = {str(one) for one in before.relations if one.holds_rows}
    for name in dict.fromkeys(rows):
        if name in there:
            yield Change(name, "rows changed", Kind.BACKFILL, name)


def untold(found: list[Change], before: Snapshot) -> Iterator[Change]:
    """Each once; what a child only inherits is told of its parent."""
    parents = {
        str(one): [str(parent) for oid in one.parents if (parent := before.number(oid))]
        for one in before.relations
        if one.parents
    }
    told = {(one.relation, one.column, one.words) for one in found if one.relation}
    for one in dict.fromkeys(found):
        if not any((parent, one.column, one.words) in told for parent in parents.get(one.relation, ())):
            yield one
