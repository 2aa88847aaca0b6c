"""Finds how a statement can be prepared whose constants were replaced by `$n`, as pg_stat_statements does.

Such a text has lost the types of its constants. They are searched for on one schema only, the one that the statement
is known to work on, and hold for the others: a search on each would find a way around the break.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, product
from typing import Any

from verdigris.schema.proof.literals import placeholders, regrouped, rewritten
from verdigris.schema.proof.parsed import Asked, Parsed, parsed
from verdigris.schema.proof.signature import Fault, Signature
from verdigris.schema.proof.standing_in import StandIn, stand_in
from verdigris.schema.statement import Statement

__all__ = ["signatures"]

SEARCHED = (
    "int4",
    "text",
    "numeric",
    "timestamptz",
    "date",
    "interval",
    "bool",
    "int8",
    "float8",
    "timestamp",
)
RARER = (
    "jsonb",
    "text[]",
    "int4[]",
    "uuid",
    "time",
    "bytea",
    "json",
    "int8[]",
    "inet",
    "tsquery",
    "regclass",
)
REPAIRABLE = frozenset(
    ("42601", "42P18", "42883", "42725", "42803", "42804", "42846", "42P08", "22P02", "42P10")
)
"""What an unknown type can be the cause of: undetermined, no such function or operator, ambiguous, and so on."""
EACH, TRIES = 2000, 60_000
"""Types that are tried for one statement, and for all of them."""
AT_ONCE = 200
PARAMETERS = 500
"""Parameters of a statement whose types are searched for at all."""
REGROUPED = 40
NEAR, ALONE = 3, 6
"""Parameters nearest to the complaint that are varied together, and one after the other."""
SYNTAX, UNGROUPED = "42601", "42803"
FROZEN = frozenset(
    name + array
    for name in ("smallint", "integer", "bigint", "numeric", "real", "double precision", "boolean")
    for array in ("", "[]")
)
"""Whoever sends these sends them with their type, or as a constant of that type; other values mostly go untyped."""


def signatures(connection: Any, statements: Sequence[Statement]) -> list[Signature]:
    """How each statement can be put to a server, found on the schema that is connected to."""
    stands = [stand_in(statement.sql) for statement in statements]
    asked = [(stand.sql, types_of(one)) for stand, one in zip(stands, statements, strict=True)]
    trying = [n for n, stand in enumerate(stands) if not stand.idle and not stand.reason]
    answered = dict(zip(trying, parsed(connection, [asked[n] for n in trying]), strict=True))
    search = Search(connection)
    return [
        found(search, one, asked[n], answered[n]) if n in answered else untried(one)
        for n, one in enumerate(stands)
    ]


def types_of(statement: Statement) -> tuple[str, ...]:
    return statement.types if any(statement.types) else ()


def untried(stand: StandIn) -> Signature:
    return Signature(stand.sql, plans=False, idle=stand.idle, reason=stand.reason)


def found(search: Search, stand: StandIn, asked: Asked, answer: Parsed) -> Signature:
    """The signature of what the server takes as it is, or of its repair, or with what it fails."""
    (sql, types), fault = asked, answer.fault
    if fault is not None and fault.sqlstate in REPAIRABLE and not any(types):
        repaired = search.repaired(sql, fault)
        if repaired is not None:
            (sql, types), answer = repaired
    if answer.fault is not None:
        return Signature(sql, types, plans=False, fault=answer.fault)
    frozen = frozen_types(types, answer.parameters)
    return Signature(sql, frozen, answer.parameters, answer.columns, plans=stand.plans)


def frozen_types(types: Sequence[str], inferred: Sequence[str]) -> tuple[str, ...]:
    """The declared types, and the inferred ones that hold for other schemas too."""
    declared = (*types, *[""] * (len(inferred) - len(types)))
    kept = tuple(
        given or (known if known in FROZEN else "") for given, known in zip(declared, inferred, strict=False)
    )
    return kept if any(kept) else ()


@dataclass
class Search:
    """Tries ways of preparing texts on one connection; `left` are the tries that it still has for all of them."""

    connection: Any
    left: int = TRIES

    def repaired(self, sql: str, fault: Fault) -> tuple[Asked, Parsed] | None:
        """The first way that the server takes, with as few declared types as it needs."""
        numbers = [number for number, _ in placeholders(sql)]
        if not numbers or max(numbers) > PARAMETERS:
            return None
        text = rewritten(sql, self.connection.info.server_version // 10_000)
        ways = [text, *(islice(regrouped(text), REGROUPED) if fault.sqlstate == UNGROUPED else ())]
        for way in ways:
            answer = self.answer(way, ())
            if answer.fault is None:
                return (way, ()), answer
            if answer.fault.sqlstate != SYNTAX and (types := self.types(way, answer.fault)):
                return (way, types), self.answer(way, types)
        return None

    def types(self, sql: str, fault: Fault) -> tuple[str, ...]:
        """Types with which the server takes the text; empty when none were found."""
        rest = islice(candidates(sql, fault), min(EACH, self.left))
        while some := [(sql, types) for types in islice(rest, AT_ONCE)]:
            self.left -= len(some)
            said = parsed(self.connection, some)
            found = next(
                (types for (_, types), one in zip(some, said, strict=True) if one.fault is None), None
            )
            if found is not None:
                return self.fewest(sql, found)
        return ()

    def fewest(self, sql: str, types: tuple[str, ...]) -> tuple[str, ...]:
        """The same without the types that the server infers by itself."""
        for n in range(len(types)):
            fewer = (*types[:n], "", *types[n + 1 :])
            if any(fewer) and self.answer(sql, fewer).fault is None:
                types = fewer
        return types

    def answer(self, sql: str, types: tuple[str, ...]) -> Parsed:
        return parsed(self.connection, [(sql, types)])[0]


def candidates(sql: str, fault: Fault) -> Iterator[tuple[str, ...]]:
    """Types for the parameters, the plainest first: all alike, one alone, those near the complaint together."""
    places = placeholders(sql)
    most = max(number for number, _ in places)
    nearest = sorted(places, key=lambda place: abs(place[1] + 1 - fault.position))
    yield from dict.fromkeys(assignments(most, list(dict.fromkeys(number for number, _ in nearest))))


def assignments(most: int, near: Sequence[int]) -> Iterator[tuple[str, ...]]:
    every = SEARCHED + RARER
    for name in every:
        yield (name,) * most
    for number, name in product(near[:ALONE], every):
        yield given(most, {number: name})
    for some in combinations(near[:NEAR], 2):
        for names in product(every, repeat=2):
            yield given(most, dict(zip(some, names, strict=True)))
    for rest, (number, name) in product(SEARCHED[:4], product(near[:ALONE], every)):
        yield given(most, {number: name}, rest)
    for names in product(SEARCHED[:7], repeat=min(NEAR, len(near))):
        yield given(most, dict(zip(near[:NEAR], names, strict=True)))


def given(most: int, names: dict[int, str], rest: str = "") -> tuple[str, ...]:
    return tuple(names.get(number, rest) for number in range(1, most + 1))
