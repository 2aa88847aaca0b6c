"""Which tables and columns a statement writes, and with what, as far as its text tells.

Views, rules and triggers are not seen here: what is written to a view is told of the view.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from verdigris.schema.grammar import Tree, trees, walk

__all__ = ["Given", "Table", "Verb", "Write", "writes"]


class Verb(StrEnum):
    """What is done to rows. A MERGE and an INSERT with ON CONFLICT DO UPDATE do more than one, each told by itself."""

    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"
    TRUNCATE = "truncate"


@dataclass(frozen=True, slots=True)
class Table:
    """As the statement names it; `schema` is "" where it does not."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True, slots=True)
class Given:
    """What goes into one column: `default` and `null` if any row has that word there, `parameters` are the `n` of `$n`.

    `column` is "" where the statement goes by position; `position` counts from 1.
    """

    column: str
    position: int
    default: bool = False
    null: bool = False
    parameters: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Write:
    """`columns` are those named in INSERT or set in UPDATE, None where an INSERT goes by position.

    `width` is how many values an INSERT by position has; None where its text does not tell. `conflict` are the columns
    of ON CONFLICT, `constraint` is its constraint. `within` is the word it stands in where that is another one: MERGE.
    `overriding` is "system" or "user" where an INSERT says so.
    """

    table: Table
    verb: Verb
    columns: tuple[str, ...] | None = ()
    given: tuple[Given, ...] = ()
    width: int | None = None
    conflict: tuple[str, ...] = ()
    constraint: str = ""
    within: str = ""
    overriding: str = ""


@lru_cache(maxsize=20_000)
def writes(sql: str) -> tuple[Write, ...]:
    """All that a text writes, also in WITH and in PREPARE. Raises `ConfigError` for what is no SQL."""
    return tuple(write for tree in trees(sql) for name, node in walk(tree) for write in written(name, node))


def written(name: str, node: Tree) -> Iterator[Write]:
    """What one node writes by itself."""
    match name:
        case "InsertStmt":
            yield from inserted(node)
        case "UpdateStmt":
            yield Write(table(node), Verb.UPDATE, *settings(node.get("targetList", [])))
        case "DeleteStmt":
            yield Write(table(node), Verb.DELETE)
        case "MergeStmt":
            yield from merged(node)
        case "CopyStmt" if node.get("is_from") and "relation" in node:
            named = tuple(each["String"].get("sval", "") for each in node.get("attlist", []))
            yield Write(table(node), Verb.INSERT, named or None, within="COPY")
        case "TruncateStmt":
            for each in node.get("relations", []):
                yield Write(named_table(each["RangeVar"]), Verb.TRUNCATE)


def inserted(node: Tree) -> Iterator[Write]:
    """An INSERT, and the UPDATE in its ON CONFLICT."""
    named = [target(each).get("name", "") for each in node.get("cols", [])]
    rows = list(rows_of(node.get("selectStmt", {}).get("SelectStmt", {})))
    clause = node.get("onConflictClause", {})
    infer = clause.get("infer", {})
    default_values = "selectStmt" not in node
    conflict = tuple(each.get("IndexElem", {}).get("name", "") for each in infer.get("indexElems", []))
    yield Write(
        table(node),
        Verb.INSERT,
        columns=() if default_values else tuple(named) or None,
        given=tuple(given(named, rows)),
        width=None if starred(rows) else max(map(len, rows), default=0 if default_values else None),
        conflict=tuple(filter(None, conflict)),
        constraint=infer.get("conname", ""),
        overriding=overriding(node),
    )
    if clause.get("action") == "ONCONFLICT_UPDATE":
        yield Write(table(node), Verb.UPDATE, *settings(clause.get("targetList", [])), within="ON CONFLICT")


def merged(node: Tree) -> Iterator[Write]:
    """Each branch of a MERGE that writes."""
    for each in node.get("mergeWhenClauses", []):
        clause = each.get("MergeWhenClause", {})
        targets = clause.get("targetList", [])
        match clause.get("commandType"):
            case "CMD_UPDATE":
                yield Write(table(node), Verb.UPDATE, *settings(targets), within="MERGE")
            case "CMD_DELETE":
                yield Write(table(node), Verb.DELETE, within="MERGE")
            case "CMD_INSERT":
                named = [target(one).get("name", "") for one in targets]
                row = clause.get("values", [])
                yield Write(
                    table(node),
                    Verb.INSERT,
                    columns=(tuple(named) or None) if row else (),
                    given=tuple(given(named, [row])),
                    width=len(row),
                    within="MERGE",
                    overriding=overriding(clause),
                )


def settings(targets: list[Any]) -> tuple[tuple[str, ...], tuple[Given, ...]]:
    """The columns of a SET and what they are set to; `(a, b) = (1, NULL)` is taken apart, `= (SELECT …)` is not."""
    found = []
    for position, each in enumerate(targets, 1):
        one = target(each)
        value = one.get("val", {})
        if "MultiAssignRef" in value:
            value = part(value["MultiAssignRef"])
        found.append(Given(one.get("name", ""), position, *meaning([value])))
    return tuple(dict.fromkeys(each.column for each in found)), tuple(found)


def part(reference: Tree) -> Tree:
    """The value of its column in `(a, b) = ROW(…)`."""
    row = reference.get("source", {}).get("RowExpr", {}).get("args", [])
    at = int(reference.get("colno", 1)) - 1
    return row[at] if at < len(row) else {}


def rows_of(select: Tree) -> Iterator[list[Any]]:
    """The lists of values that a SELECT or VALUES is known to have; both sides of a UNION."""
    waiting = [select]
    while waiting:
        one = waiting.pop()
        waiting.extend(one[side] for side in ("larg", "rarg") if side in one)
        for row in one.get("valuesLists", []):
            yield row.get("List", {}).get("items", [])
        if one.get("targetList"):
            yield [target(each).get("val", {}) for each in one["targetList"]]


def given(named: list[str], rows: list[list[Any]]) -> Iterator[Given]:
    """What each place holds over all rows; nothing is known behind a `*`."""
    for at in range(max(map(len, rows), default=0)):
        if any(star(value) for row in rows for value in row[: at + 1]):
            return
        name = named[at] if at < len(named) else ""
        yield Given(name, at + 1, *meaning([row[at] for row in rows if at < len(row)]))


def meaning(values: list[Any]) -> tuple[bool, bool, frozenset[int]]:
    """Whether DEFAULT or NULL stands there, and which parameters do, by themselves or in casts."""
    bared = [uncast(value) for value in values]
    return (
        any("SetToDefault" in value for value in bared),
        any(value.get("A_Const", {}).get("isnull", False) for value in bared),
        frozenset(int(value["ParamRef"].get("number", 0)) for value in bared if "ParamRef" in value) - {0},
    )


def uncast(value: Tree) -> Tree:
    """What is inside of casts."""
    while "TypeCast" in value:
        value = value["TypeCast"].get("arg", {})
    return value


def starred(rows: list[list[Any]]) -> bool:
    """Whether a `*` stands for columns that the text does not count."""
    return any(star(value) for row in rows for value in row)


def star(value: Tree) -> bool:
    """`*`, `t.*`."""
    fields = value.get("ColumnRef", {}).get("fields", [])
    return bool(fields) and "A_Star" in fields[-1]


def target(node: Tree) -> Tree:
    """The fields of one target."""
    found: Tree = node.get("ResTarget", {})
    return found


def table(node: Tree) -> Table:
    """The table that a statement is about."""
    return named_table(node.get("relation", {}))


def named_table(relation: Tree) -> Table:
    """The names of a RangeVar."""
    return Table(relation.get("schemaname", ""), relation.get("relname", ""))


def overriding(node: Tree) -> str:
    """What OVERRIDING … VALUE says."""
    words = {"OVERRIDING_SYSTEM_VALUE": "system", "OVERRIDING_USER_VALUE": "user"}
    return words.get(node.get("override", ""), "")
