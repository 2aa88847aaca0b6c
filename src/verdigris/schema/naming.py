"""Which tables and columns a statement names, as far as its text tells: too many rather than too few.

A column without its table is told of every table of the statement; `*` is told as a star, for a catalog to resolve.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from verdigris.schema.grammar import Tree, trees, walk
from verdigris.schema.writing import Table, Write, named_table, writes

__all__ = ["Mentions", "mentions", "spells", "touches"]

WORD = re.compile(r"\w+")
ESCAPED = "u&"
"""How a name begins that is spelled in numbers."""


@dataclass(frozen=True, slots=True)
class Mentions:
    """`columns` are those that may be of that table; `starred` are tables of which every column is meant."""

    tables: frozenset[Table] = frozenset()
    columns: frozenset[tuple[Table, str]] = frozenset()
    starred: frozenset[Table] = frozenset()


@lru_cache(maxsize=20_000)
def mentions(sql: str) -> Mentions:
    """All that the statements of a text name. Raises `ConfigError` for what is no SQL."""
    every = [one for tree in trees(sql) for one in walk(tree)]
    named = list(ranges(every))
    tables = {table for _alias, table in named}
    columns, starred = set(), set()
    for qualifier, column in references(every):
        meant = [table for alias, table in named if not qualifier or qualifier in {alias, table.name}]
        for table in meant:
            (columns.add((table, column)) if column else starred.add(table))
    for write in writes(sql):
        tables.add(write.table)
        columns.update((write.table, column) for column in (*(write.columns or ()), *write.conflict))
        starred.update([write.table] if whole(write) else [])
    return Mentions(frozenset(tables), frozenset(columns), frozenset(starred))


def touches(sql: str) -> frozenset[str]:
    """The same in words: `table`, `schema.table`, `table.column`, `table.*`."""
    found = mentions(sql)
    return (
        frozenset(str(table) for table in found.tables)
        | frozenset(f"{table}.{column}" for table, column in found.columns)
        | frozenset(f"{table}.*" for table in found.starred)
    )


def spells(names: Iterable[str]) -> Callable[[str], bool]:
    """Whether a text may name one of them at all: asked first, because a parser takes its time."""
    lowered = {name.lower() for name in names}
    words = frozenset(name for name in lowered if WORD.fullmatch(name))
    odd = [name.replace('"', '""') for name in lowered - words]

    def may(sql: str) -> bool:
        text = sql.lower()
        return (
            not words.isdisjoint(WORD.findall(text)) or ESCAPED in text or any(name in text for name in odd)
        )

    return may


def whole(write: Write) -> bool:
    """Whether it goes by position: then every column is meant."""
    return write.columns is None


def ranges(every: list[tuple[str, Tree]]) -> Iterator[tuple[str, Table]]:
    """Alias and table, of each table that stands anywhere; names that a WITH gives are no tables."""
    own = {node.get("ctename", "") for name, node in every if name == "CommonTableExpr"}
    for name, node in every:
        for relation in relations(name, node):
            table = named_table(relation)
            if table.name and (table.schema or table.name not in own):
                yield relation.get("alias", {}).get("aliasname", table.name), table


def relations(name: str, node: Tree) -> Iterator[Tree]:
    """The RangeVars of a node: itself, or those that libpg_query writes without their name."""
    if name == "RangeVar":
        yield node
    for key in ("relation", "pktable"):
        if isinstance(node.get(key), dict) and "relname" in node[key]:
            yield node[key]


def references(every: list[tuple[str, Tree]]) -> Iterator[tuple[str, str]]:
    """Qualifier and column of each reference; the column is "" for `*`, the qualifier "" where there is none."""
    for name, node in every:
        if name != "ColumnRef":
            continue
        fields = node.get("fields", [])
        words = [field.get("String", {}).get("sval", "") for field in fields]
        if words:
            yield (words[-2] if len(words) > 1 else ""), words[-1]
