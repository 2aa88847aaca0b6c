"""What a statement is meant to do, as far as its text tells: for advice and for the rows that it means, not for locks.

A text that the grammar refuses has no deeds; what a statement really does is measured.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from verdigris.core.errors import ConfigError
from verdigris.schema.grammar import Tree, trees, walk

__all__ = ["Deed", "bounded", "deeds", "wide"]


class Deed(StrEnum):
    """What there is a safer way for."""

    SET_NOT_NULL = "set not null"
    CHECK = "add check"
    FOREIGN_KEY = "add foreign key"
    UNIQUE = "add unique"
    PRIMARY_KEY = "add primary key"
    EXCLUDE = "add exclude"
    VALIDATE = "validate constraint"
    CHANGE_TYPE = "change type"
    DEFAULT = "add column with default"
    STORED = "add stored column"
    COUNTED = "add counted column"
    UNIQUE_COLUMN = "add unique column"
    CHECKED_COLUMN = "add column with check"
    CREATE_INDEX = "create index"
    REINDEX = "reindex"
    ORDER = "cluster or vacuum full"
    REFRESH = "refresh materialized view"
    ATTACH = "attach partition"
    MOVE = "move table"
    CHANGE_ROWS = "change rows"
    EMPTY = "truncate"


STATEMENTS = {
    "IndexStmt": Deed.CREATE_INDEX,
    "ReindexStmt": Deed.REINDEX,
    "ClusterStmt": Deed.ORDER,
    "VacuumStmt": Deed.ORDER,
    "RefreshMatViewStmt": Deed.REFRESH,
    "UpdateStmt": Deed.CHANGE_ROWS,
    "DeleteStmt": Deed.CHANGE_ROWS,
    "MergeStmt": Deed.CHANGE_ROWS,
    "DoStmt": Deed.CHANGE_ROWS,
    "CallStmt": Deed.CHANGE_ROWS,
    "TruncateStmt": Deed.EMPTY,
}
COMMANDS = {
    "AT_SetNotNull": Deed.SET_NOT_NULL,
    "AT_ValidateConstraint": Deed.VALIDATE,
    "AT_AlterColumnType": Deed.CHANGE_TYPE,
    "AT_AttachPartition": Deed.ATTACH,
    "AT_SetUnLogged": Deed.MOVE,
    "AT_SetLogged": Deed.MOVE,
    "AT_SetTableSpace": Deed.MOVE,
    "AT_SetAccessMethod": Deed.MOVE,
}
CONSTRAINTS = {
    "CONSTR_CHECK": Deed.CHECK,
    "CONSTR_FOREIGN": Deed.FOREIGN_KEY,
    "CONSTR_UNIQUE": Deed.UNIQUE,
    "CONSTR_PRIMARY": Deed.PRIMARY_KEY,
    "CONSTR_EXCLUSION": Deed.EXCLUDE,
    "CONSTR_NOTNULL": Deed.SET_NOT_NULL,
}
COLUMNS = {
    "CONSTR_DEFAULT": Deed.DEFAULT,
    "CONSTR_GENERATED": Deed.STORED,
    "CONSTR_IDENTITY": Deed.COUNTED,
    "CONSTR_UNIQUE": Deed.UNIQUE_COLUMN,
    "CONSTR_PRIMARY": Deed.UNIQUE_COLUMN,
    "CONSTR_CHECK": Deed.CHECKED_COLUMN,
}
SERIALS = frozenset({"serial", "bigserial", "smallserial", "serial4", "serial8", "serial2"})
LIMIT = re.compile(r"\bLIMIT\b|\bFETCH\s+(FIRST|NEXT)\b", re.IGNORECASE)
LESS, MORE = frozenset({"<", "<="}), frozenset({">", ">="})


def deeds(sql: str) -> tuple[Deed, ...]:
    """What the statements of a text do, in their order, each once."""
    try:
        found = [deed for tree in trees(sql) for name, node in tree.items() for deed in of(name, node)]
    except ConfigError:
        return ()
    return tuple(dict.fromkeys(found))


def of(name: str, node: Tree) -> Iterator[Deed]:
    if name in STATEMENTS:
        yield STATEMENTS[name]
    for each in node.get("cmds", []) if name == "AlterTableStmt" else []:
        command = each.get("AlterTableCmd", {})
        kind, what = command.get("subtype", ""), command.get("def", {})
        if kind in COMMANDS:
            yield COMMANDS[kind]
        elif kind == "AT_AddConstraint" and "indexname" not in what.get("Constraint", {}):
            yield from one(CONSTRAINTS.get(what.get("Constraint", {}).get("contype", "")))
        elif kind == "AT_AddColumn":
            yield from of_column(what.get("ColumnDef", {}))


def of_column(column: Tree) -> Iterator[Deed]:
    names = column.get("typeName", {}).get("names", [])
    if any(name.get("String", {}).get("sval") in SERIALS for name in names):
        yield Deed.COUNTED
    for each in column.get("constraints", []):
        yield from one(COLUMNS.get(each.get("Constraint", {}).get("contype", "")))


def one(deed: Deed | None) -> Iterator[Deed]:
    if deed is not None:
        yield deed


def bounded(every: list[tuple[str, Tree]], sql: str) -> bool:
    """Whether a LIMIT in it says how many rows it takes; in a DO block, which no grammar reads, by the word."""
    if every and every[0][0] == "DoStmt":
        return bool(LIMIT.search(sql))
    return any("limitCount" in fields for _, fields in every)


def wide(every: list[tuple[str, Tree]]) -> bool:
    """Whether an UPDATE or DELETE, also one in a WITH, means rows without an end: none, or only one, is given."""
    return any(
        name in {"UpdateStmt", "DeleteStmt"} and not narrow(node.get("whereClause", {}))
        for name, node in every
    )


def narrow(where: Any) -> bool:
    """Whether a condition names the rows, by values or from one to another."""
    if "BoolExpr" in where:
        parts = where["BoolExpr"].get("args", [])
        if where["BoolExpr"].get("boolop") == "OR_EXPR":
            return all(map(narrow, parts))
        return where["BoolExpr"].get("boolop") == "AND_EXPR" and (any(map(narrow, parts)) or ranged(parts))
    if "SubLink" in where:
        return True  # whether that is large is seen when it is run
    expression = where.get("A_Expr", {})
    kind, name = expression.get("kind"), operator(expression)
    return kind in {"AEXPR_IN", "AEXPR_BETWEEN", "AEXPR_OP_ANY"} or (kind == "AEXPR_OP" and name == "=")


def ranged(parts: list[Any]) -> bool:
    """Whether one column has a least and a most."""
    signs: dict[str, set[str]] = {}
    for part in parts:
        expression = part.get("A_Expr", {})
        signs.setdefault(str(fields(expression.get("lexpr", {}))), set()).add(operator(expression))
    return any(found & LESS and found & MORE for found in signs.values())


def operator(expression: Tree) -> str:
    return str([name.get("String", {}).get("sval") for name in expression.get("name", [])][-1:]).strip("[']")


def fields(node: Tree) -> list[Any]:
    """The names of a column, without where they stand."""
    return [field for name, value in walk(node) if name == "ColumnRef" for field in value.get("fields", [])]
