"""The second layer: the server plans a statement for parameters that it does not know, as whoever is connected.

Finds what parsing cannot: a conflict target that no unique index answers any more (42P10), rights that are missing
(42501). Nothing is executed: `EXPLAIN EXECUTE` of a prepared statement with nothing but NULLs makes its generic plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from verdigris.schema.proof.parsed import Asked, oids, undeclared, unsendable
from verdigris.schema.proof.pipeline import Send, answers, fault_of
from verdigris.schema.proof.signature import Fault

if TYPE_CHECKING:
    from psycopg.pq.abc import PGconn

__all__ = ["planned"]

AT_ONCE = 500
"""Prepared statements that a connection holds before it forgets them."""


def planned(connection: Any, statements: Sequence[Asked], parameters: Sequence[int]) -> list[Fault | None]:
    """What the server says against planning each statement, which takes so many parameters; None where it plans it."""
    encoding = connection.info.encoding
    known = oids(connection, {name for _, types in statements for name in types if name})
    found: list[Fault | None] = []
    for start in range(0, len(statements), AT_ONCE):
        some = statements[start : start + AT_ONCE]
        counts = parameters[start : start + AT_ONCE]
        reasons = [unsendable(sql, encoding) or undeclared(types, known) for sql, types in some]
        going = [
            question(f"p{n}", sql.encode(encoding), [known.get(name) or 0 for name in types], counts[n])
            for n, ((sql, types), reason) in enumerate(zip(some, reasons, strict=True))
            if reason is None
        ]
        told = iter([fault_of(results, encoding) for results in answers(connection, going)])
        found += [reason or next(told) for reason in reasons]
        connection.execute("DEALLOCATE ALL")
    return found


def question(name: str, sql: bytes, types: list[int], parameters: int) -> list[Send]:
    nulls = ", ".join(["NULL"] * parameters)
    words = f"EXPLAIN EXECUTE {name}({nulls})" if parameters else f"EXPLAIN EXECUTE {name}"
    return [partial(prepare, name.encode(), sql, types), partial(explain, words.encode())]


def prepare(name: bytes, sql: bytes, types: list[int], pgconn: PGconn) -> None:
    pgconn.send_prepare(name, sql, types or None)


def explain(words: bytes, pgconn: PGconn) -> None:
    pgconn.send_query_params(words, [])
