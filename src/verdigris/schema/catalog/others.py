"""What becomes of what is no relation: enums, domains, functions, schemas, extensions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from verdigris.schema.catalog.behaviour import rights
from verdigris.schema.catalog.change import Change
from verdigris.schema.catalog.objects import Domain, Function, Labels, Snapshot
from verdigris.schema.catalog.widening import wider
from verdigris.schema.script import Kind

__all__ = ["others", "paired"]


def paired(before: Iterable[Any], after: Iterable[Any], comparable: bool) -> Iterator[tuple[Any, Any]]:
    """Things as they were and as they are: by number where numbers mean something, else by name."""
    old = list(before)
    numbers = {one.oid: one for one in after} if comparable else {}
    names = {str(one): one for one in after}
    taken = set()
    for was in old:
        now = numbers.get(was.oid) or names.get(str(was))
        if now is not None and now.oid in taken:
            now = None
        taken.add(now.oid if now is not None else 0)
        yield was, now
    for now in after:
        if now.oid not in taken:
            yield None, now


def others(before: Snapshot, after: Snapshot, comparable: bool) -> Iterator[Change]:
    """All of it."""
    sorts = (
        ("schema", before.schemas, after.schemas),
        ("extension", before.extensions, after.extensions),
        ("enum", before.enums, after.enums),
        ("domain", before.domains, after.domains),
        ("type", before.types, after.types),
        ("function", before.functions, after.functions),
    )
    for what, old, new in sorts:
        for was, now in paired(old, new, comparable):
            if was is None:
                yield Change(str(now), f"{what} added", Kind.EXPAND)
            elif now is None:
                yield Change(str(was), f"{what} dropped", Kind.CONTRACT)
            elif was != now:
                yield from renamed(what, was, now)
                yield from inside(was, now, after.timezone)


def renamed(what: str, was: Any, now: Any) -> Iterator[Change]:
    """Another name."""
    if str(was) != str(now):
        yield Change(
            str(was),
            f"{what} renamed to {now}",
            Kind.BOTH,
            advice=f"make {now} beside {was}, and drop {was} in the contract step",
        )


def inside(was: Any, now: Any, timezone: str) -> Iterator[Change]:
    """The same thing, changed."""
    if isinstance(was, Labels):
        yield from labels(was, now)
    elif isinstance(was, Domain):
        yield from domain(was, now, timezone)
    elif isinstance(was, Function):
        yield from function(was, now)
    elif hasattr(was, "grants"):
        yield from rights(str(was), was.grants, now.grants)
    elif hasattr(was, "version") and was.version != now.version:
        note = "read its release notes"
        yield Change(
            str(was),
            f"extension updated from {was.version} to {now.version}",
            Kind.EXPAND,
            weak=True,
            note=note,
        )


def labels(was: Labels, now: Labels) -> Iterator[Change]:
    """Labels that came, went, or are called something else."""
    same = {one.oid: one.name for one in was.labels}
    after = {one.name for one in now.labels}
    before = {one.name for one in was.labels}
    for one in now.labels:
        if one.oid in same and same[one.oid] != one.name and was.oid == now.oid:
            yield Change(
                str(was), f"label '{same[one.oid]}' renamed to '{one.name}'", Kind.BOTH,
                advice="add the new label, change the rows, and stop to use the old one in the contract step",
            )  # fmt: skip
            before.discard(same[one.oid])
            after.discard(one.name)
    note = "the old version may read a label that it does not know"
    for name in (one.name for one in now.labels if one.name in after - before):
        yield Change(str(was), f"label '{name}' added", Kind.EXPAND, note=note)
    for name in sorted(before - after):
        yield Change(str(was), f"label '{name}' dropped", Kind.CONTRACT)


def domain(was: Domain, now: Domain, timezone: str) -> Iterator[Change]:
    """Conditions of a type, which hold for every column of it."""
    name = str(was)
    if was.base != now.base:
        kind = Kind.EXPAND if wider(was.base, now.base, timezone) else Kind.BOTH
        yield Change(name, f"domain over {was.base} is over {now.base} now", kind)
    if now.required != was.required:
        kind, words = (Kind.CONTRACT, "added") if now.required else (Kind.EXPAND, "dropped")
        yield Change(name, f"NOT NULL {words} for the domain", kind, weak=was.required)
    if now.default != was.default:
        lost = not now.default
        yield Change(name, "default changed", Kind.CONTRACT if lost else Kind.EXPAND, weak=not lost)
    old, new = ({one.name: one for one in each.constraints} for each in (was, now))
    for key in sorted(old.keys() | new.keys()):
        if key not in old:
            yield Change(f"{name}.{key}", f"domain demands {new[key].definition}", Kind.CONTRACT)
        elif key not in new:
            yield Change(f"{name}.{key}", "condition of the domain dropped", Kind.EXPAND, weak=True)
        elif new[key].validated and not old[key].validated:
            yield Change(f"{name}.{key}", "validated over the rows that are there", Kind.BACKFILL)


def function(was: Function, now: Function) -> Iterator[Change]:
    """What a function takes, gives and does."""
    name = str(was)
    if (was.result, was.kind) != (now.result, now.kind):
        yield Change(
            name,
            f"returns {now.result} instead of {was.result}",
            Kind.BOTH,
            advice="give the new one another name",
        )
    if was.declared != now.declared and was.arguments == now.arguments:
        fewer = now.declared.count(" DEFAULT ") < was.declared.count(" DEFAULT ")
        kind = Kind.CONTRACT if fewer else Kind.EXPAND
        yield Change(name, "defaults of its arguments changed", kind, weak=not fewer)
    if (was.body, was.manner) != (now.body, now.manner):
        note = "whoever calls it gets the new meaning at once: another name would let both live"
        yield Change(name, "function body changed", Kind.EXPAND, weak=True, note=note)
    yield from rights(name, was.grants, now.grants)
