"""The table that a statement really writes, and which of its columns: through views that the server writes through.

What triggers, rules or a view's own query decide is not guessed: then there is no answer.
"""

from __future__ import annotations

from dataclasses import dataclass

from verdigris.core.errors import ConfigError
from verdigris.schema.catalog.objects import Relation, RelationKind, Snapshot
from verdigris.schema.grammar import Tree, trees
from verdigris.schema.writing import Table, Verb, Write

__all__ = ["Target", "target"]

VIEWS_MAX = 8
"""Views upon views that are looked through."""


@dataclass(frozen=True, slots=True)
class Target:
    """`names` are the columns that a write by position meets, as the table calls them; "" for one it cannot write.

    `alias` gives the table's name for the one that the statement uses. `filled` is whether a trigger may put in what
    the statement leaves out.
    """

    table: Relation
    names: tuple[str, ...]
    alias: tuple[tuple[str, str], ...]
    filled: bool

    def column(self, name: str) -> str:
        """The column of the table that the statement calls `name`; "" if there is none."""
        return dict(self.alias).get(name, "")


def target(write: Write, snapshot: Snapshot) -> Target | None:
    """Where it ends. None where there is no such table, or where something else decides what is written."""
    found = snapshot.find(write.table.schema, write.table.name)
    alias = {one.name: one.name for one in found.columns} if found else {}
    for _each in range(VIEWS_MAX):
        if found is None or diverted(found, write.verb):
            return None
        if found.kind is not RelationKind.VIEW:
            break
        columns = looked_through(found)
        if columns is None:
            return None
        beneath, inner = columns
        alias = {outer: inner.get(name, "") for outer, name in alias.items()}
        found = snapshot.find(beneath.schema, beneath.name)
    if found is None or not found.holds_rows or found.kind is RelationKind.FOREIGN:
        return None  # what a foreign table refuses is up to the server where it is
    return Target(found, tuple(alias.values()), tuple(alias.items()), filled(found, write.verb, snapshot))


def diverted(relation: Relation, verb: Verb) -> bool:
    """Whether a rule, or a trigger in place of the write, does something that its text does not tell."""
    rules = any(one.event == verb and one.instead and one.enabled in "OA" for one in relation.rules)
    return rules or any(one.instead for one in relation.triggers)


def filled(table: Relation, verb: Verb, snapshot: Snapshot) -> bool:
    """Whether a trigger before the row is written, on the table or a partition of it, may fill something in."""
    waiting, seen = [table], set[int]()
    while waiting:
        one = waiting.pop()
        if any(verb in each.fills and each.enabled in "OA" for each in one.triggers):
            return True
        seen.add(one.oid)
        waiting += [each for each in snapshot.children(one.oid) if each.oid not in seen]
    return False


def looked_through(view: Relation) -> tuple[Table, dict[str, str]] | None:
    """The one table of a plain view, and its columns by the view's; None for a view that is more than that."""
    try:
        (tree,) = trees(view.body)
    except (ConfigError, ValueError):
        return None
    select: Tree = tree.get("SelectStmt", {})
    sources = select.get("fromClause", [])
    if (
        len(sources) != 1
        or "RangeVar" not in sources[0]
        or {"groupClause", "distinctClause", "havingClause"} & set(select)
    ):
        return None
    targets = [each.get("ResTarget", {}).get("val", {}) for each in select.get("targetList", [])]
    names = [column(value) for value in targets]
    where = sources[0]["RangeVar"]
    place = Table(where.get("schemaname", ""), where.get("relname", ""))
    return place, {one.name: name for one, name in zip(view.columns, names, strict=False) if name}


def column(value: Tree) -> str:
    """The name of a column that stands by itself."""
    fields = value.get("ColumnRef", {}).get("fields", [])
    return str(fields[-1].get("String", {}).get("sval", "")) if fields else ""
