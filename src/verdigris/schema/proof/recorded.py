"""A recorded run, executed in its order, in one transaction that is rolled back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from verdigris.schema.proof.answer import Answer, answer
from verdigris.schema.proof.likeness import Key
from verdigris.schema.proof.parsed import oids
from verdigris.schema.proof.pipeline import answers
from verdigris.schema.proof.sequences import Positions, put
from verdigris.schema.proof.trying import Try, acting, message, words
from verdigris.schema.shadow.database import Database, client

__all__ = ["run"]

HOLD, LET_GO, BACK = b"SAVEPOINT verdigris_try", b"RELEASE verdigris_try", b"ROLLBACK TO verdigris_try"
AHEAD = 16
"""Statements that are sent before the first of them is answered: waiting costs more than executing."""
AT_ONCE = "SET CONSTRAINTS ALL IMMEDIATE"
"""Nothing is ever committed, so what waits for a commit would never be asked."""


def run(
    database: Database, role: str, tried: Sequence[Try], start: Positions, without: Sequence[Key] = ()
) -> list[Answer]:
    """What came of each, in order, `without` some foreign keys. One that fails is taken back, and the run goes on."""
    sql = client().sql
    with acting(database, "") as connection:
        put(connection, start)
        known = oids(connection, {name for each in tried for name in each.types if name})
        connection.execute("BEGIN")
        for schema, table, key in without:
            drop = sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}")
            connection.execute(drop.format(sql.Identifier(schema, table), sql.Identifier(key)))
        if role:
            connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
        connection.execute(AT_ONCE)
        found: list[Answer] = []
        while len(found) < len(tried):
            found += steps(connection, tried[len(found) : len(found) + AHEAD], known)
        connection.execute("ROLLBACK")
        return found


def steps(connection: Any, some: Sequence[Try], known: dict[str, int | None]) -> list[Answer]:
    """What came of the next few, up to the first that fails: behind that one the server refused the others."""
    questions = [[words(HOLD), message(each, known), words(LET_GO)] for each in some]
    found = [answer(results, 1) for results in answers(connection, questions)]
    failed = next((place for place, each in enumerate(found) if each.sqlstate), None)
    if failed is None:
        return found
    list(answers(connection, [[words(BACK), words(LET_GO)]]))
    return found[: failed + 1]
