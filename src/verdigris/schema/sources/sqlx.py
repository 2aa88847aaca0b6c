"""What sqlx writes down of each query that it checked: `.sqlx/query-<hash>.json`, and `sqlx-data.json` before 0.7."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from verdigris.schema.sources.lines import no_number, once
from verdigris.schema.sources.values import possible

__all__ = ["Query", "queries_of"]

ARRAY = "array"
PLAIN = re.compile(r"[a-z_][a-z0-9_]{0,62}(\.[a-z_][a-z0-9_]{0,62})?")
"""A name of a type that means itself without quotes; any other is left to the server."""
OTHERWISE = {"char": '"char"', "void": "", "unknown": "", "record": ""}


@dataclass(frozen=True, slots=True)
class Query:
    """`database` is as sqlx calls it: PostgreSQL, MySQL, SQLite."""

    database: str
    sql: str
    types: tuple[str, ...]


def queries_of(text: str) -> Iterator[Query]:
    """The one query of a file, or all of them of an older one. ValueError says what is missing."""
    document = json.loads(text, parse_constant=no_number, object_pairs_hook=once)
    if not isinstance(document, dict):
        raise ValueError("an object is expected")
    if "db" in document:
        for name, query in document.items():
            if name != "db":
                yield query_of(query, document["db"])
    else:
        yield query_of(document, document.get("db_name"))


def query_of(query: Any, database: Any) -> Query:
    sql = query.get("query") if isinstance(query, dict) else None
    if not isinstance(sql, str) or not sql.strip() or not isinstance(database, str):
        raise ValueError("query or db_name is missing")
    return Query(database, possible(sql, "query"), types_of(query.get("describe")))


def types_of(describe: Any) -> tuple[str, ...]:
    """`Left` are types, `Right` is only how many parameters there are."""
    parameters = describe.get("parameters") if isinstance(describe, dict) else None
    names = parameters.get("Left") if isinstance(parameters, dict) else None
    found = tuple(map(type_of, names)) if isinstance(names, list) else ()
    return found if any(found) else ()


def type_of(said: Any) -> str:
    """`Int8` is int8, `TextArray` is text[], and what the application made has its own name."""
    if isinstance(said, dict):
        custom = said.get("Custom")
        name = custom.get("name") if isinstance(custom, dict) else None
        return name if isinstance(name, str) and PLAIN.fullmatch(name) else ""
    if not isinstance(said, str):
        return ""
    name = said.lower()
    of = name.removesuffix(ARRAY)
    found = OTHERWISE.get(of, of)
    if not found or not (PLAIN.fullmatch(found) or found in OTHERWISE.values()):
        return ""
    return f"{found}[]" if of != name else found
