"""The first layer: the server parses a statement and describes it. Nothing is executed, and nothing could be written.

Finds names that are gone, types that do not fit, ambiguity; says which parameters it takes and which columns come back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from verdigris.schema.proof.pipeline import Send, answers, fault_of
from verdigris.schema.proof.signature import Column, Fault
from verdigris.schema.shadow.database import client

if TYPE_CHECKING:
    from psycopg.pq.abc import PGconn, PGresult

__all__ = ["Asked", "Parsed", "oids", "parsed", "unsendable"]

Asked = tuple[str, tuple[str, ...]]
"""A text, and the names of the types that are declared for its parameters: "" where the server infers."""
LONGEST = 1_000_000
"""Characters of a statement that is looked at."""
UNDEFINED_OBJECT = "42704"


@dataclass(frozen=True, slots=True)
class Parsed:
    """What the server says of one statement: against it, or how it takes parameters and gives results."""

    fault: Fault | None = None
    parameters: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()


Types = dict[tuple[int, int], str]
"""Names of types by their oid and typmod."""


def parsed(connection: Any, statements: Sequence[Asked]) -> list[Parsed]:
    """Each statement parsed and described, in order. One that cannot be sent has a fault of its own."""
    encoding = connection.info.encoding
    known = oids(connection, {name for _, types in statements for name in types if name})
    reasons = [unsendable(sql, encoding) or undeclared(types, known) for sql, types in statements]
    going = [
        question(sql.encode(encoding), [known.get(name) or 0 for name in types])
        for (sql, types), reason in zip(statements, reasons, strict=True)
        if reason is None
    ]
    results = list(answers(connection, going))
    names = named(connection, results)
    told = iter(results)
    return [Parsed(reason) if reason else read(next(told), names, encoding) for reason in reasons]


def unsendable(sql: str, encoding: str) -> Fault | None:
    """Why a text cannot even be sent."""
    if "\0" in sql:
        return Fault("22021", "the statement holds a NUL character, which PostgreSQL does not read")
    if len(sql) > LONGEST:
        return Fault("54000", f"the statement has more than {LONGEST:,} characters")
    try:
        sql.encode(encoding)
    except UnicodeEncodeError:
        return Fault("22021", f"the statement holds characters that {encoding} does not have")
    return None


def undeclared(types: Sequence[str], known: dict[str, int | None]) -> Fault | None:
    missing = next((name for name in types if name and known[name] is None), None)
    return Fault(UNDEFINED_OBJECT, f'type "{missing}" does not exist') if missing else None


def question(sql: bytes, types: list[int]) -> list[Send]:
    return [partial(prepare, sql, types), describe]


def prepare(sql: bytes, types: list[int], pgconn: PGconn) -> None:
    pgconn.send_prepare(b"", sql, types or None)


def describe(pgconn: PGconn) -> None:
    pgconn.send_describe_prepared(b"")


def read(results: Sequence[PGresult], names: Types, encoding: str) -> Parsed:
    fault = fault_of(results, encoding)
    if fault is not None:
        return Parsed(fault)
    described = results[-1]
    return Parsed(
        None,
        tuple(names[described.param_type(n), -1] for n in range(described.nparams)),
        tuple(
            Column(
                (described.fname(n) or b"").decode(encoding, "replace"),
                names[described.ftype(n), described.fmod(n)],
            )
            for n in range(described.nfields)
        ),
    )


def named(connection: Any, answered: Sequence[Sequence[PGresult]]) -> Types:
    """The name of every type that is spoken of."""
    last = [results[-1] for results in answered if results]
    wanted = {(described.param_type(n), -1) for described in last for n in range(described.nparams)}
    wanted |= {
        (described.ftype(n), described.fmod(n)) for described in last for n in range(described.nfields)
    }
    if not wanted:
        return {}
    kinds, modifiers = zip(*wanted, strict=True)
    rows = connection.execute(
        "SELECT o::bigint, m, format_type(o, m) FROM unnest(%s::oid[], %s::int[]) AS of(o, m)",
        (list(kinds), list(modifiers)),
    )
    return {(oid, modifier): name for oid, modifier, name in rows}


def oids(connection: Any, names: set[str]) -> dict[str, int | None]:
    """The oid of each type that is called so here; None where there is none."""
    return {name: oid(connection, name) for name in sorted(names)}


def oid(connection: Any, name: str) -> int | None:
    try:
        row = connection.execute("SELECT %s::regtype::oid::bigint", (name,)).fetchone()
    except client().Error:
        return None
    return int(row[0])
