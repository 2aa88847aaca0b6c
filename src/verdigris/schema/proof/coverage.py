"""How much of a migration the statements that were seen could speak for: what it touches and no statement does.

A proof is only as complete as its statements; this is the sentence that says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from verdigris.core.errors import ConfigError
from verdigris.schema.catalog.difference import Change
from verdigris.schema.finding import Coverage
from verdigris.schema.parsing import Table, Verb, mentions, spells, writes
from verdigris.schema.statement import Statement

__all__ = ["coverage"]


def coverage(changes: Sequence[Change], statements: Iterable[Statement]) -> Coverage:
    """What of the changed tables and columns is named by no statement. What is new, nobody can have named."""
    touched = dict.fromkeys(label(one) for one in changes if one.relation)
    old = {label(one): one for one in changes if one.relation and not one.fresh}
    if not old:
        return Coverage(tuple(touched))
    concerned = spells(one.relation.rsplit(".", 1)[-1] for one in old.values())
    tables, columns, whole = seen(one for one in statements if concerned(one.sql))
    unseen = [
        name
        for name, one in old.items()
        if not (
            among(one.relation, "", whole)
            or (among(one.relation, one.column, columns) if one.column else among(one.relation, "", tables))
        )
    ]
    return Coverage(tuple(touched), tuple(unseen))


def label(change: Change) -> str:
    """`table` or `table.column`."""
    return f"{change.relation}.{change.column}" if change.column else change.relation


Seen = set[tuple[str, str]]
"""Table, as the statement names it, and column; "" for the table itself."""


def seen(statements: Iterable[Statement]) -> tuple[Seen, Seen, Seen]:
    """The tables, the columns, and the tables of which every column is meant: by `*` or by a whole new row."""
    tables: Seen = set()
    columns: Seen = set()
    whole: Seen = set()
    for statement in {one.sql: one for one in statements}.values():
        try:
            found = mentions(statement.sql)
            inserted = [one.table for one in writes(statement.sql) if one.verb is Verb.INSERT]
        except ConfigError:
            continue
        tables |= {(name(table), "") for table in found.tables}
        columns |= {(name(table), column) for table, column in found.columns}
        whole |= {(name(table), "") for table in (*found.starred, *inserted)}
    return tables, columns, whole


def name(table: Table) -> str:
    """As changes name it."""
    return str(Table("" if table.schema == "public" else table.schema, table.name))


def among(relation: str, column: str, places: Seen) -> bool:
    """Whether it is there: under its full name, or without the schema, which a search_path may supply."""
    return (relation, column) in places or (relation.rsplit(".", 1)[-1], column) in places
