"""Writes literals whose constant became `$n` as what a server can prepare: `interval $1`, `extract($1 from at)`."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["masked", "placeholders", "regrouped", "rewritten"]

QUOTED = re.compile(
    r"""(?:\b[eE])'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|(\$(?:[^\W\d]\w*)?\$).*?\1""",
    re.DOTALL,
)
PLACE = re.compile(r"(?<![\w$])\$(\d{1,5})\b")
FIELDS = r"(?:year|month|day|hour|minute|second)(?:\s+to\s+(?:month|day|hour|minute|second))?(?:\s*\(\d\))?"
ZONED = r"(?:\s*\(\d\))?(?:\s+with(?:out)?\s+time\s+zone)?"
NAMES = (
    "date|timestamptz|timetz|numeric|decimal|int|integer|bigint|smallint|int[248]|float[48]|real|bool|boolean|text|varchar"
    "|bpchar|char|name|uuid|jsonb?|jsonpath|xml|inet|cidr|macaddr8?|bytea|bit|varbit|money|point|line|lseg|box|path"
    "|polygon|circle|oid|regclass|regtype|regproc|tsvector|tsquery|int[48]range|numrange|tsrange|tstzrange|daterange"
    "|pg_lsn|citext|hstore|ltree|vector|geometry|geography"
)
TYPED = re.compile(
    rf"\b(?<![.\w])(?P<type>double\s+precision|(?:timestamp|time){ZONED}|{NAMES})\s+\$(?P<n>\d+)\b",
    re.IGNORECASE,
)
INTERVAL = re.compile(
    rf"\binterval(?P<digits>\s*\(\d\))?\s+\$(?P<n>\d+)\b(?:\s+(?P<fields>{FIELDS})\b)?", re.IGNORECASE
)
EXTRACT = re.compile(r"\bextract\s*\(\s*\$(?P<n>\d+)\s+from\b", re.IGNORECASE)

GROUPED = re.compile(r"\bgroup\s+by\b", re.IGNORECASE)
CONSTANT = re.compile(r"(?:\b[eE])?'(?:[^']|'')*'|(?<![\w$.])\d+(?:\.\d+)?\b")


def masked(sql: str) -> str:
    """The text with everything quoted blanked out, each character in its place."""
    return QUOTED.sub(lambda found: "\x01" * len(found[0]), sql)


def placeholders(sql: str) -> list[tuple[int, int]]:
    """Where parameters stand, from the left: the number of each and its place."""
    return [(int(found[1]), found.start()) for found in PLACE.finditer(masked(sql))]


def rewritten(sql: str, major: int) -> str:
    """The text with casts in the place of typed literals. `major` is the server's version."""
    mask = masked(sql)
    function = "pg_catalog.extract" if major >= 14 else "pg_catalog.date_part"
    changes = [(*found.span(), f"CAST(${found['n']} AS {found['type']})") for found in TYPED.finditer(mask)]
    changes += [
        (*found.span(), f"CAST(${found['n']} AS interval{precision(found)})")
        for found in INTERVAL.finditer(mask)
    ]
    changes += [(*found.span(), f"{function}(${found['n']},") for found in EXTRACT.finditer(mask)]
    for start, end, text in sorted(changes, reverse=True):
        sql = sql[:start] + text + sql[end:]
    return sql


def precision(found: re.Match[str]) -> str:
    return f" {found['fields']}" if found["fields"] else (found["digits"] or "")


def regrouped(sql: str) -> Iterator[str]:
    """Texts in which an expression can be what it is grouped by again.

    A constant that stood in it twice has two numbers, or is a number in one place and itself in the other.
    """
    numbers = list(dict.fromkeys(number for number, _ in placeholders(sql)))
    constants = [found[0] for found in CONSTANT.finditer(sql, grouped(sql))]
    for start in range(len(numbers) - len(constants) + 1 if constants else 0):
        text = sql
        for number, constant in zip(numbers[start:], constants, strict=False):
            text = replaced(text, number, constant)
        yield text
    for at, later in enumerate(numbers):
        for earlier in numbers[:at]:
            yield replaced(sql, later, f"${earlier}")


def grouped(sql: str) -> int:
    """Where the grouping begins; the end of the text where there is none."""
    found = GROUPED.search(masked(sql))
    return found.end() if found else len(sql)


def replaced(sql: str, number: int, by: str) -> str:
    """The text with another word for one parameter."""
    for each, at in reversed(placeholders(sql)):
        if each == number:
            sql = f"{sql[:at]}{by}{sql[at + len(str(number)) + 1 :]}"
    return sql
