"""Does the database answer a query: DB-API, SQLAlchemy, asyncpg, psycopg and Django.

Connections go back as they were lent, with nothing left open in them. A single connection that is handed over should
be the check's own: it is rolled back after each look, and once broken it stays so. A pool or a factory mends itself.
"""

import contextlib
import inspect
from collections.abc import AsyncIterator
from typing import Any

from verdigris_kit.health import Check
from verdigris_kit.lending import WAYS, lent

__all__ = ["asyncpg", "dbapi", "django", "psycopg", "rows", "sqlalchemy"]

QUERY = "SELECT 1"


def dbapi(source: Any, query: str = QUERY) -> Check:
    """Check that a row comes back. `source` is a DB-API connection, a pool of them, or a function that connects."""
    if not (callable(source) or any(hasattr(source, verb) for verb in ("cursor", *dict(WAYS)))):
        raise ValueError(
            f"{source!r} lends no connection. Give a DB-API connection, a pool, or what connects."
        )
    return lambda: len(rows(source, query)) > 0


def sqlalchemy(engine: Any) -> Check:
    """Check an `Engine` or an `AsyncEngine`. It waits for a connection of the pool, as a request would."""
    from sqlalchemy import literal, select

    query = select(literal(1))  # every dialect has its own way to say it

    def check() -> bool:
        with engine.connect() as connection:
            return bool(connection.execute(query).scalar() == 1)

    async def check_async() -> bool:
        async with engine.connect() as connection:
            return bool((await connection.execute(query)).scalar() == 1)

    return check_async if hasattr(engine, "sync_engine") else check


def asyncpg(pool: Any) -> Check:
    """Check a pool of asyncpg, or one connection of the check's own."""

    async def check() -> bool:
        return bool(await pool.fetchval(QUERY) == 1)

    return check


def psycopg(source: Any) -> Check:
    """Check a pool or a connection of psycopg, asynchronous ones too, or a function that connects."""
    asks = getattr(source, "getconn", None) or getattr(source, "execute", None)
    if not inspect.iscoroutinefunction(asks):
        return dbapi(source)

    async def check() -> bool:
        async with _lent_async(source) as connection:
            return await (await connection.execute(QUERY)).fetchone() is not None

    return check


def django(alias: str = "default") -> Check:
    """Check a database of Django's settings, over a connection of the check's own."""

    def check() -> bool:
        from django.db import connections

        connection = connections[alias]
        try:
            connection.ensure_connection()
            return bool(connection.is_usable())
        finally:
            # It belongs to this thread, which ends here.
            connection.close()

    return check


def rows(source: Any, query: str) -> list[Any]:
    """All rows that a query gives, over a connection that `source` is or lends."""
    with lent(source) as connection:
        try:
            with contextlib.closing(connection.cursor()) as cursor:
                cursor.execute(query)
                return list(cursor.fetchall())
        finally:
            # A database without transactions has nothing to roll back, and a lost one says so by what it raised.
            with contextlib.suppress(Exception):
                connection.rollback()


@contextlib.asynccontextmanager
async def _lent_async(source: Any) -> AsyncIterator[Any]:
    if hasattr(source, "getconn"):
        async with source.connection() as connection:
            yield connection
        return
    try:
        yield source
    finally:
        with contextlib.suppress(Exception):  # what was lost has said so by what it raised
            await source.rollback()
