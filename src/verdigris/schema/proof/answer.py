"""What a server answered to one statement of a run: how many rows, and a mark for the values of each column.

Values themselves are not kept: a mark tells whether two answers are the same, and nothing else.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from verdigris.schema.proof.telling import said
from verdigris.schema.shadow.database import client

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg.pq.abc import PGresult

__all__ = ["Answer", "Mark", "answer", "fewer", "instead", "other"]

ROWS = 200
"""Rows that are looked into; of more, the first are."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A column: its name, its type and modifier as the server counts them, and the mark of its values, in any order."""

    name: str
    type: tuple[int, int]
    values: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """`count` is of rows that came back or were touched. With an `sqlstate` there are none."""

    sqlstate: str = ""
    message: str = ""
    count: int = 0
    columns: tuple[Mark, ...] = ()


def answer(results: Sequence[PGresult], place: int = -1) -> Answer:
    """Of a question, whose statement is at that place of it."""
    fault = said(results)
    if fault is not None:
        return Answer(fault.sqlstate, fault.message)
    result = results[place]
    if result.status != client().pq.ExecStatus.TUPLES_OK:
        return Answer(count=result.command_tuples or 0)
    return Answer(
        count=result.ntuples, columns=tuple(mark(result, column) for column in range(result.nfields))
    )


def mark(result: PGresult, column: int) -> Mark:
    """The order of rows is left out: without ORDER BY there is none."""
    values = sorted(value_mark(result.get_value(row, column)) for row in range(min(result.ntuples, ROWS)))
    name = (result.fname(column) or b"").decode(errors="replace")
    return Mark(
        name, (result.ftype(column), result.fmod(column)), blake2b(b"".join(values), digest_size=16).digest()
    )


def value_mark(value: bytes | None) -> bytes:
    return b"\0" * 16 if value is None else blake2b(value, digest_size=16).digest()


def fewer(once: Answer, after: Answer) -> bool:
    """Whether rows are gone."""
    return after.count < once.count


def other(once: Answer, twice: Answer, after: Answer) -> str:
    """How the last differs from the first two, as half a sentence; "" where it does not, or where they differ too."""
    if once.count != twice.count:
        return ""
    if after.count != once.count:
        return instead(once, after)
    there = placed(after.columns)
    both = zip(placed(once.columns).items(), twice.columns, strict=False)
    steady = {place: one for (place, one), two in both if one == two}
    changed = [one.name for place, one in steady.items() if place in there and differs(one, there[place])]
    return f"with other values in {', '.join(changed)}" if changed else ""


def instead(once: Answer, after: Answer) -> str:
    """How many rows there are and were, as half a sentence."""
    return f"on {after.count:,} rows instead of {once.count:,}"


def placed(columns: Sequence[Mark]) -> dict[tuple[str, int], Mark]:
    """By name, and by which of that name it is: a column may have been added between two."""
    found: dict[tuple[str, int], Mark] = {}
    seen: Counter[str] = Counter()
    for column in columns:
        found[column.name, seen[column.name]] = column
        seen[column.name] += 1
    return found


def differs(one: Mark, two: Mark) -> bool:
    """Whether values of the same type are others."""
    return one.type == two.type and one.values != two.values
