"""What is tried in the place of a statement that a server neither plans nor describes: `COPY`, `TRUNCATE`, a cursor.

A stand-in names the same tables and columns and is only ever parsed and planned. What has none says why.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["StandIn", "stand_in"]

PLANNED = frozenset(("select", "insert", "update", "delete", "merge", "values", "with", "table"))
PARSED = frozenset(("call",))
IDLE = frozenset(
    ("begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release", "set", "reset", "show", "discard",
     "listen", "unlisten", "notify", "deallocate", "checkpoint", "close", "fetch", "move", "execute", "load")
)  # fmt: skip
"""They name nothing of a schema; what a cursor or a prepared statement holds was looked at where it was made."""
CHANGING = frozenset(
    ("alter", "create", "drop", "grant", "revoke", "comment", "security", "vacuum", "reindex", "cluster", "reassign",
     "import", "refresh", "truncate", "lock", "analyze", "analyse", "copy", "declare", "prepare", "explain")
)  # fmt: skip
"""The server takes them without a look at what they name."""
EMPTY = "there is no statement in it"
NAME = r'(?:"(?:[^"]|"")+"|[^\W\d][\w$]*)'
RELATION = rf"{NAME}(?:\s*\.\s*{NAME}){{0,2}}"
SPACE = r"(?:\s|--[^\n]*(?:\n|$)|/\*(?:[^*]|\*(?!/))*\*/)*"
FIRST = re.compile(rf"{SPACE}\(*{SPACE}([^\W\d]\w*)?")

Make = Callable[["re.Match[str]"], str]


def inner(found: re.Match[str]) -> str:
    return found[1]


def selection(found: re.Match[str]) -> str:
    """Of all that is named: a relation, or several, or columns of one."""
    columns = f" {found[2]}" if found.re.groups > 1 else ""
    return f"SELECT{columns} FROM {found[1]}"


def insertion(found: re.Match[str]) -> str:
    """Into the columns that are named, or into whatever columns there are."""
    if found.re.groups == 1:
        return f"INSERT INTO {found[1]} DEFAULT VALUES"
    nulls = ", ".join("NULL" for _ in found[2].split(","))
    return f"INSERT INTO {found[1]} ({found[2]}) VALUES ({nulls})"  # noqa: S608 -- as above


INSIDE: tuple[tuple[re.Pattern[str], Make], ...] = tuple(
    (re.compile(rf"{SPACE}{pattern}", re.IGNORECASE | re.DOTALL), make)
    for pattern, make in (
        (r"explain\s*(?:\([^)]*\)|(?:(?:analyze|verbose)\s+)*)\s*(.+)", inner),
        (rf"declare\s+{NAME}\s.*?\bfor\s+(.+)", inner),
        (rf"prepare\s+{NAME}\s*(?:\([^)]*\))?\s+as\s+(.+)", inner),
        (r"copy\s*\((.+)\)\s*to\b.*", inner),
        (rf"copy\s+(?:binary\s+)?({RELATION})\s*\(([^)]*)\)\s*from\b.*", insertion),
        (rf"copy\s+(?:binary\s+)?({RELATION})\s*from\b.*", insertion),
        (rf"copy\s+(?:binary\s+)?({RELATION})\s*\(([^)]*)\)\s*to\b.*", selection),
        (rf"copy\s+(?:binary\s+)?({RELATION})\s*to\b.*", selection),
        (rf"(?:truncate|lock|analyze)(?:\s+table)?(?:\s+only)?\s+({RELATION}(?:\s*,\s*{RELATION})*)(?!\s*\().*",
         selection),
        (rf"refresh\s+materialized\s+view(?:\s+concurrently)?\s+({RELATION}).*", selection),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class StandIn:
    """`sql` is what is tried, `plans` whether it can be. Idle ones need no trial; a reason says why there is none."""

    sql: str
    plans: bool = True
    idle: bool = False
    reason: str = ""


def stand_in(sql: str, deep: int = 3) -> StandIn:
    """What to try for a statement: itself, mostly."""
    found = FIRST.match(sql)
    word = ((found[1] or "") if found else "").lower()
    if word in PLANNED:
        return StandIn(sql)
    if word in PARSED:
        return StandIn(sql, plans=False)
    if word in IDLE or transaction(sql):
        return StandIn(sql, plans=False, idle=True)
    for pattern, make in INSIDE:
        if deep and (matched := pattern.fullmatch(sql)):
            return stand_in(make(matched).rstrip().removesuffix(";"), deep - 1)
    return StandIn(sql, plans=False, reason=reason(word, sql))  # the server says what else is wrong with it


def transaction(sql: str) -> bool:
    return re.match(rf"{SPACE}prepare\s+transaction\b", sql, re.IGNORECASE) is not None


def reason(word: str, sql: str) -> str:
    """Why nothing stands in for it; empty where the server is to say what it makes of it."""
    if word == "do":
        return "what a DO block does is known only when it runs"
    if word in CHANGING:
        return f"{word.upper()} is not planned: only running it would tell what it needs"
    return EMPTY if not word and not bare(sql) else ""


def bare(sql: str) -> str:
    return re.sub(SPACE, "", sql).strip(";()")
