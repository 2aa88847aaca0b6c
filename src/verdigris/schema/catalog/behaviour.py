"""What decides over statements besides columns: triggers, rules, policies, rights, the bodies of views and functions.

Most of it changes meaning and no shape: no proof can judge it, so it carries notes for a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from verdigris.schema.catalog.change import Change
from verdigris.schema.catalog.objects import Relation
from verdigris.schema.catalog.parts import Grant, Policy
from verdigris.schema.script import Kind

__all__ = ["behaviour", "rights"]


def behaviour(before: Relation, after: Relation) -> Iterator[Change]:
    """All of it for one relation."""
    yield from reactions("trigger", before, before.triggers, after.triggers)
    yield from reactions("rule", before, before.rules, after.rules)
    yield from security(before, after)
    yield from rights(str(before), before.grants, after.grants)
    if before.kind == after.kind and before.body != after.body:
        note = "its rows may mean something else now"
        yield Change(
            str(before), f"{before.kind.words} body changed", Kind.EXPAND, str(before), weak=True, note=note
        )
    if before.owner != after.owner:
        words = f"owner {before.owner} is {after.owner} now"
        yield Change(
            str(before), words, Kind.CONTRACT, str(before), weak=True, note="its rights went with it"
        )
    if before.unlogged != after.unlogged:
        words, note = ("UNLOGGED", "its rows are gone after a crash") if after.unlogged else ("LOGGED", "")
        yield Change(str(before), words, Kind.EXPAND, str(before), weak=True, note=note)
    if before.options != after.options:
        yield Change(str(before), "storage options changed", Kind.EXPAND, str(before), weak=True)
    if before.sequence != after.sequence:
        words = "numbers of the sequence changed"
        yield Change(str(before), words, Kind.EXPAND, str(before), weak=True, note="generated values differ")
    yield from attached(before, after)


def attached(before: Relation, after: Relation) -> Iterator[Change]:
    """Partitions and children that came to a parent or left it."""
    if before.oid == after.oid and before.parents != after.parents:
        gone = set(before.parents) - set(after.parents)
        words = "detached from its parent" if gone else "attached to a parent"
        kind = Kind.CONTRACT if gone else Kind.EXPAND
        note = f"its rows are {'not ' * bool(gone)}seen through the parent from now on"
        yield Change(str(before), words, kind, str(before), note=note)


def reactions(what: str, relation: Relation, before: Iterable[Any], after: Iterable[Any]) -> Iterator[Change]:
    """Triggers or rules, which are alike here. One that is only renamed is the same."""
    old, new = ({one.name: one for one in each} for each in (before, after))
    numbers = {one.oid for one in old.values()} & {one.oid for one in new.values()}
    for name in sorted(old.keys() | new.keys()):
        was, now = old.get(name), new.get(name)
        if was is not None and now is not None:
            yield from reaction(what, relation, was, now)
        elif now is not None and now.oid not in numbers:
            yield reacted(
                relation, now, f"{what} added", "it may refuse or change what is written", demands=True
            )
        elif was is not None and was.oid not in numbers:
            yield reacted(relation, was, f"{what} dropped", "nobody does what it did", Kind.CONTRACT)


def reaction(what: str, relation: Relation, was: Any, now: Any) -> Iterator[Change]:
    """One that is there before and after."""
    if was.enabled != now.enabled and now.enabled in "DR":
        yield reacted(relation, was, f"{what} disabled", "nobody does what it did", Kind.CONTRACT)
    elif was.enabled != now.enabled:
        yield reacted(relation, was, f"{what} enabled", "writes differ", demands=True)
    elif was.definition != now.definition:
        yield reacted(relation, was, f"{what} changed", "writes may differ", demands=True)


def reacted(
    relation: Relation, one: Any, words: str, note: str, kind: Kind = Kind.EXPAND, *, demands: bool = False
) -> Change:
    """A change of one of them."""
    where = str(relation)
    return Change(
        f"{where}.{one.name}", words, kind, where, weak=kind is Kind.EXPAND, note=note, demands=demands
    )


def security(before: Relation, after: Relation) -> Iterator[Change]:
    """Row level security: what it hides, nobody is told of."""
    where = str(before)
    if after.secured and not before.secured:
        note = "rows vanish for whoever no policy lets through, and writes fail with 42501"
        yield Change(where, "row level security enabled", Kind.CONTRACT, where, note=note)
    elif before.secured and not after.secured:
        note = "everybody who may read it sees every row"
        yield Change(where, "row level security disabled", Kind.EXPAND, where, weak=True, note=note)
    if after.forced != before.forced:
        kind = Kind.CONTRACT if after.forced else Kind.EXPAND
        yield Change(
            where, f"row level security {'' if after.forced else 'not '}forced on its owner", kind, where
        )
    old, new = ({one.name: replace(one, oid=0) for one in each.policies} for each in (before, after))
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            yield policy(where, name, old.get(name), new.get(name), after.secured)


def policy(where: str, name: str, was: Policy | None, now: Policy | None, secured: bool) -> Change:
    """A policy that came, went, or is another. One more permissive one only shows more; one fewer shows less."""
    words = "policy added" if was is None else "policy dropped" if now is None else "policy changed"
    loosens = (was is None and now is not None and now.permissive) or (
        now is None and was is not None and not was.permissive
    )
    kind = Kind.EXPAND if loosens or not secured else Kind.CONTRACT
    return Change(f"{where}.{name}", words, kind, where, weak=kind is Kind.EXPAND, note="other rows are seen")


def rights(where: str, before: frozenset[Grant], after: frozenset[Grant]) -> Iterator[Change]:
    """Who may do what; whether the application still may is proven as its role, not here."""
    for kind, verb, some in (
        (Kind.EXPAND, "granted to", after - before),
        (Kind.CONTRACT, "revoked from", before - after),
    ):
        for one in sorted(some, key=lambda each: (each.grantee, each.column, each.privilege)):
            words = f"{one.privilege} {verb} {one.grantee}"
            subject = f"{where}.{one.column}" if one.column else where
            yield Change(subject, words, kind, where, one.column, weak=kind is Kind.EXPAND)
