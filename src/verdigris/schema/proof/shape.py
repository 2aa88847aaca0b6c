"""How the result of a statement differs from what the running version was built for: columns, their names and types.

Nothing fails when it is asked anew. A statement that was prepared on the server fails once with 0A000 "cached plan must
not change result type", and with psycopg 3 in autocommit at every further call of that connection.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from verdigris.schema.finding import Finding, Layer, Outcome
from verdigris.schema.proof.signature import Column
from verdigris.schema.statement import Statement

__all__ = ["SQLSTATE", "difference", "shape"]

SQLSTATE = "0A000"
HAZARD = (
    "prepared statements of the running version fail once with 0A000, with psycopg 3 in autocommit for ever: "
    "recycle its connection pools right after the step"
)
TYPED = (
    "clients that send parameters with their types (asyncpg, pgx, JDBC) encode them differently after that"
)


def shape(
    statement: Statement,
    before: Sequence[Column],
    after: Sequence[Column],
    parameters: tuple[Sequence[str], Sequence[str]] = ((), ()),
) -> Finding | None:
    """What is other about its result and its parameters, None where nothing is. It disproves nothing."""
    columns = "; ".join(difference(before, after))
    types = [
        f"${n} is {now} instead of {once}"
        for n, (once, now) in enumerate(zip(*parameters, strict=False), 1)
        if once != now
    ]
    if not columns and not types:
        return None
    sentences = [f"{columns}: {HAZARD}"] if columns else []
    sentences += [f"{', '.join(types)}: {TYPED}"] if types else []
    state = SQLSTATE if columns else ""
    return Finding(statement, Outcome.PROVEN, Layer.SHAPE, state, ". ".join(sentences), columns=columns)


def difference(before: Sequence[Column], after: Sequence[Column]) -> list[str]:
    """In words, column by column."""
    names, now = [c.name for c in before], [c.name for c in after]
    if len(before) == len(after) and names != now and sorted(names) != sorted(now):
        pairs = zip(before, after, strict=True)
        return [words(one, two) for one, two in pairs if one != two]
    there, here = numbered(before), numbered(after)
    said = [f"column {name} is gone" for name, n in there if (name, n) not in here]
    said += [f"column {name} {type_} is new" for (name, n), type_ in here.items() if (name, n) not in there]
    said += [
        words(Column(key[0], type_), Column(key[0], here[key]))
        for key, type_ in there.items()
        if key in here and here[key] != type_
    ]
    if not said and names != now:
        said.append("the columns come in another order")
    return said


def numbered(columns: Sequence[Column]) -> dict[tuple[str, int], str]:
    """The type of each column by its name, and by which one of that name it is."""
    seen: Counter[str] = Counter()
    found = {}
    for column in columns:
        found[column.name, seen[column.name]] = column.type
        seen[column.name] += 1
    return found


def words(before: Column, after: Column) -> str:
    if before.name != after.name:
        return f"column {before.name} is called {after.name}"
    return f"column {before.name} is {after.type} instead of {before.type}"
