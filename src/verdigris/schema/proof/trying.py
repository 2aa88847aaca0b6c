"""Statements executed for real, on a shadow only, in a transaction that is always rolled back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from verdigris.schema.proof.parsed import oids, unsendable
from verdigris.schema.proof.pipeline import Send, answers
from verdigris.schema.proof.signature import Fault, Signature
from verdigris.schema.proof.telling import said
from verdigris.schema.shadow.database import Database, client
from verdigris.schema.statement import Parameter, Statement

if TYPE_CHECKING:
    from psycopg.pq.abc import PGconn

__all__ = ["RUNS", "Try", "acting", "executed", "message", "runnable", "tries"]

RUNS = 5
"""Sets of parameters that a statement is executed with, at most."""
WITHIN = "5s"
"""What one statement may take."""
PARAMETERS = 65_535
UNTRIED = frozenset({
    "abort", "begin", "checkpoint", "cluster", "commit", "copy", "deallocate", "discard", "end", "execute",
    "listen", "load", "prepare", "reindex", "release", "reset", "rollback", "savepoint", "start", "unlisten", "vacuum",
})  # fmt: skip
"""How statements begin that cannot be rolled back, or that would take the transaction out of our hands."""
KEPT = ("role", "session authorization", "timeout", "session_replication_role")
"""What a `SET` may not set here: who it is, and how long it may take."""


@dataclass(frozen=True, slots=True)
class Try:
    """A statement with one set of parameters. `number` is the place of the statement."""

    number: int
    sql: str
    types: tuple[str, ...]
    parameters: tuple[Parameter, ...] = field(repr=False)


def tries(
    statements: Sequence[Statement], signatures: Sequence[Signature] = (), most: int = RUNS
) -> list[Try]:
    """What can be executed, in its order."""
    found: list[Try] = []
    for number, statement in enumerate(statements):
        types = signatures[number].types if signatures else statement.types
        if (not signatures or worked(signatures[number])) and runnable(statement.sql):
            runs = statement.runs[:most] or (() if "$1" in statement.sql else ((),))
            found += [Try(number, statement.sql, types, run) for run in runs if sendable(statement.sql, run)]
    return found


def worked(signature: Signature) -> bool:
    return not signature.reason and signature.fault is None


def runnable(sql: str) -> bool:
    """Whether it can be executed and taken back."""
    words = " ".join(bare(sql).lower().split(maxsplit=8)[:8])
    first = words.partition(" ")[0].strip("(;")
    return (
        bool(first) and first not in UNTRIED and not (first == "set" and any(word in words for word in KEPT))
    )


def bare(sql: str) -> str:
    """Without the comments before it."""
    rest = sql.lstrip()
    while rest.startswith(("--", "/*")):
        _, _, rest = rest.partition("\n" if rest.startswith("--") else "*/")
        rest = rest.lstrip()
    return rest


def sendable(sql: str, parameters: Sequence[Parameter], encoding: str = "utf-8") -> bool:
    """Whether text can reach the server as it is: it has no place for a NUL character, nor for half a character."""
    texts = [parameter for parameter in parameters if parameter is not None]
    return len(texts) <= PARAMETERS and not any(unsendable(text, encoding) for text in (sql, *texts))


@contextmanager
def acting(database: Database, role: str, *, rest: bool = False) -> Iterator[Any]:
    """A connection as `role` on which nothing takes for ever. With `rest` triggers rest, if the owner may let them."""
    sql, errors = client().sql, client().errors
    with database.connected() as connection:
        connection.execute(f"SET statement_timeout = '{WITHIN}'; SET client_encoding = 'UTF8'")
        if rest:
            with suppress(errors.InsufficientPrivilege):
                connection.execute("SET session_replication_role = replica")
        if role:
            connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
        yield connection


def executed(connection: Any, tried: Sequence[Try]) -> list[Fault | None]:
    """Each by itself in a transaction that is rolled back: what was said against it, in order."""
    known = oids(connection, {name for each in tried for name in each.types if name})
    questions: list[list[Send]] = []
    for each in tried:
        questions += [[words(b"BEGIN"), message(each, known)], [words(b"ROLLBACK")]]
    faults = [said(results) for results in answers(connection, questions)]
    return faults[::2]


def message(each: Try, known: dict[str, int | None]) -> Send:
    """A statement with its parameters, as one message."""
    types = [known.get(name) or 0 for name in each.types[: len(each.parameters)]]
    types += [0] * (len(each.parameters) - len(types))
    values = [None if value is None else value.encode() for value in each.parameters]
    return partial(send, each.sql.encode(), values, types)


def send(sql: bytes, values: list[bytes | None], types: list[int], pgconn: PGconn) -> None:
    pgconn.send_query_params(sql, values, types)


def words(sql: bytes) -> Send:
    return partial(send, sql, [], [])
