"""SQLite's way of writing: where a statement ends, what is a name and what a text, and where parameters go."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from verdigris.schema.statement import Parameter
from verdigris.schema.tools.pieces import Piece, bare, pieces

__all__ = ["bound", "exact", "inserted", "places", "split"]

PLACE = re.compile(r"\?(\d*)|(?<![\w$@:])[:@$](\w+)")
INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,17})")
KEPT = 20_000
"""Statements whose places are remembered: each is tried on several schemas."""
PARAMETERS_MAX = 32_766
"""SQLite's own bound."""
NAME = r"(?:`(?:[^`]|``)+`|\[[^\]]+\]|[^\W\d][\w$]*)"
INSERT = re.compile(
    rf"(?:insert(?:\s+or\s+\w+)?|replace)\s+into\s+(?:{NAME}\s*\.\s*)?({NAME})(?:\s+as\s+{NAME})?\s*"
    rf"\(\s*({NAME}(?:\s*,\s*{NAME})*)\s*\)",
    re.IGNORECASE,
)
Bound = Sequence[str | int | None] | Mapping[str, str | int | None]


def split(sql: str) -> tuple[str, ...]:
    """The statements in order, without semicolons and without those that are comments only. Triggers stay whole."""
    return tuple(statement for part in parts(sql) if bare(statement := part.strip().rstrip(";").strip()))


def parts(sql: str) -> Iterator[str]:
    text = ""
    for kind, piece in pieces(sql):
        if kind is not Piece.CODE:
            text += piece
            continue
        *ended, rest = piece.split(";")
        for end in ended:
            text += f"{end};"
            if sqlite3.complete_statement(text):
                yield text
                text = ""
        text += rest
    yield text


def exact(sql: str) -> str:
    """With `"name"` written so that it is never anything but a name: SQLite takes one that is none for a text."""
    return "".join(
        "`" + part[1:-1].replace('""', '"').replace("`", "``") + "`"
        if kind is Piece.NAME and part.startswith('"') and len(part) > 1
        else part
        for kind, part in pieces(sql)
    )


def bound(sql: str, run: Sequence[Parameter]) -> Bound:
    """The parameters for its places `?`, `?2`, `$1` or `:name`; NULL where there are too few.

    Names stand for parameters in the order in which they first appear. Whole numbers are numbers, as they were sent.
    """
    values = [number(value) for value in run]
    named, last = dict[str, str | int | None](), 0
    for digits, name in places(sql):
        if not name:
            last = int(digits) if digits else last + 1
        elif name not in named:
            place = int(name) - 1 if name.isdecimal() else len(named)
            named[name] = values[place] if 0 <= place < len(values) else None
    if named:
        return named
    count = min(PARAMETERS_MAX, max([int(digits) for digits, _ in places(sql) if digits] + [last], default=0))
    return (values + [None] * count)[:count]


@lru_cache(KEPT)
def places(sql: str) -> tuple[tuple[str, str], ...]:
    """Number and name of each place for a parameter, in order; both are empty for a plain `?`."""
    code = (part for kind, part in pieces(sql) if kind is Piece.CODE)
    return tuple((found[1] or "", found[2] or "") for part in code for found in PLACE.finditer(part))


def number(value: Parameter) -> str | int | None:
    return int(value) if value is not None and INTEGER.fullmatch(value) else value


def inserted(sql: str) -> tuple[str, frozenset[str]] | None:
    """The table that it inserts into and the columns that it names, in lower case; None where it names none."""
    found = INSERT.search(bare(exact(sql)))
    if not found:
        return None
    return plain(found[1]), frozenset(plain(name) for name in re.findall(NAME, found[2]))


def plain(name: str) -> str:
    quoted = name[0] in "`["
    return (name[1:-1].replace("``", "`") if quoted else name).lower()
