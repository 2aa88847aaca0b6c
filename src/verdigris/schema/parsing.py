"""What a statement is and what it names, as far as its text tells: the one place that others ask.

It never asks a server. What it does not understand it raises (`ConfigError`, with line and column); it never guesses.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

from verdigris.schema.grammar import Refusal, Tree, pieces, trees, walk
from verdigris.schema.naming import Mentions, mentions, spells, touches
from verdigris.schema.writing import Given, Table, Verb, Write, writes

__all__ = [
    "Given",
    "Mentions",
    "Refusal",
    "Sort",
    "Table",
    "Verb",
    "Write",
    "alone",
    "concurrently",
    "kind",
    "mentions",
    "parameters",
    "spells",
    "split",
    "touches",
    "writes",
]


class Sort(StrEnum):
    """What a statement is for."""

    SELECT = "select"
    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"
    MERGE = "merge"
    COPY = "copy"
    DDL = "ddl"
    TRANSACTION = "transaction"
    SETTING = "setting"
    UTILITY = "utility"


SORTS = {
    "SelectStmt": Sort.SELECT,
    "InsertStmt": Sort.INSERT,
    "UpdateStmt": Sort.UPDATE,
    "DeleteStmt": Sort.DELETE,
    "MergeStmt": Sort.MERGE,
    "CopyStmt": Sort.COPY,
    "TransactionStmt": Sort.TRANSACTION,
    "VariableSetStmt": Sort.SETTING,
    "VariableShowStmt": Sort.SETTING,
    "DiscardStmt": Sort.SETTING,
}
UTILITIES = frozenset({
    "CallStmt", "CheckPointStmt", "ClosePortalStmt", "ConstraintsSetStmt", "DeallocateStmt", "DeclareCursorStmt",
    "DoStmt", "ExecuteStmt", "ExplainStmt", "FetchStmt", "ListenStmt", "LoadStmt", "LockStmt", "NotifyStmt",
    "PrepareStmt", "TruncateStmt", "UnlistenStmt", "VacuumStmt",
})  # fmt: skip
"""Everything that is in neither table changes the schema."""

NEVER_INSIDE = {
    "CreatedbStmt": "CREATE DATABASE",
    "DropdbStmt": "DROP DATABASE",
    "AlterSystemStmt": "ALTER SYSTEM",
    "CreateTableSpaceStmt": "CREATE TABLESPACE",
    "DropTableSpaceStmt": "DROP TABLESPACE",
}


def split(text: str) -> tuple[str, ...]:
    """The statements of a text in their order, without semicolons; pieces of comments only are dropped.

    A statement may hold comments and end in one: whoever adds to it begins a new line. Raises `ConfigError` with line
    and column where the grammar refuses the text.
    """
    return tuple(pieces(text))


@lru_cache(maxsize=20_000)
def kind(sql: str) -> Sort:
    """What the first statement of a text is for; a text without any is a utility."""
    name, node = first(sql)
    if name == "SelectStmt" and "intoClause" in node:
        return Sort.DDL
    return SORTS.get(name) or (Sort.UTILITY if not name or name in UTILITIES else Sort.DDL)


def concurrently(sql: str) -> bool:
    """Whether it works CONCURRENTLY: in several transactions of its own, with leftovers if it fails."""
    name, node = first(sql)
    if name == "ReindexStmt":
        return any(
            each.get("DefElem", {}).get("defname") == "concurrently" for each in node.get("params", [])
        )
    if name == "AlterTableStmt":
        commands = [each.get("AlterTableCmd", {}) for each in node.get("cmds", [])]
        return any(each.get("def", {}).get("PartitionCmd", {}).get("concurrent") for each in commands)
    return name in {"IndexStmt", "DropStmt"} and bool(node.get("concurrent"))


def alone(sql: str, major: int = 15) -> str:
    """Why it cannot run inside a transaction on a server of that major version: what it is called; "" if it can."""
    name, node = first(sql)
    if name in NEVER_INSIDE:
        return NEVER_INSIDE[name]
    if concurrently(sql):
        return "CONCURRENTLY"
    if name == "VacuumStmt" and node.get("is_vacuumcmd"):
        return "VACUUM"
    if name == "ReindexStmt" and "relation" not in node:
        return "REINDEX of more than one table"
    if name == "ClusterStmt" and "relation" not in node:
        return "CLUSTER of more than one table"
    if name == "AlterEnumStmt" and "newVal" in node and "oldVal" not in node and major < 12:
        return "ALTER TYPE … ADD VALUE"
    if name in {"CreateSubscriptionStmt", "DropSubscriptionStmt"}:
        return "a subscription"
    return ""


@lru_cache(maxsize=20_000)
def parameters(sql: str) -> frozenset[int]:
    """The `n` of every `$n` that stands in it."""
    found = (
        int(node.get("number", 0)) for tree in trees(sql) for name, node in walk(tree) if name == "ParamRef"
    )
    return frozenset(found) - {0}


def first(sql: str) -> tuple[str, Tree]:
    """The name and the fields of the first statement."""
    for tree in trees(sql):
        for name, node in tree.items():
            return name, node
    return "", {}
