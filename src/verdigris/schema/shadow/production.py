"""What production is, looked at and never touched: read-only transactions that wait for nobody and do not take long."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from verdigris.core.errors import ObservationError
from verdigris.schema.shadow.address import Address
from verdigris.schema.shadow.database import client, first_line

if TYPE_CHECKING:
    import psycopg

__all__ = ["MEANING", "PAGE", "Locale", "Production", "Size", "identifier_of", "look", "reading", "sizes"]

STATEMENT_WITHIN, LOCK_WITHIN, IDLE_WITHIN = "10s", "100ms", "60s"
"""Bounds of what a look may cost production: a statement, the wait for a lock, and an open transaction of ours."""
# In the transaction and not with the connection: poolers refuse options that they do not know, or throw them away.
READ_ONLY = "BEGIN READ ONLY; " + "; ".join(
    f"SET LOCAL {name} = '{value}'"
    for name, value in {
        "statement_timeout": STATEMENT_WITHIN,
        "lock_timeout": LOCK_WITHIN,
        "idle_in_transaction_session_timeout": IDLE_WITHIN,
        "search_path": "pg_catalog",
    }.items()
)
MEANING = (
    "TimeZone", "DateStyle", "IntervalStyle", "standard_conforming_strings", "backslash_quote", "array_nulls",
    "transform_null_equals", "bytea_output", "extra_float_digits", "xmlbinary", "xmloption", "row_security",
    "default_transaction_isolation", "default_text_search_config", "check_function_bodies", "search_path",
    "timezone_abbreviations", "lo_compat_privileges",
)  # fmt: skip
"""Settings that change what a statement means, or whether it works."""
OF_THE_SESSION = ("client", "session", "user", "database user", "environment variable", "command line")
"""Sources of settings that say something of our own connection, and nothing of the application's."""


@dataclass(frozen=True, slots=True)
class Locale:
    """How a database keeps and orders text. `provider` is PostgreSQL's letter: c for libc, i for ICU, b for builtin."""

    encoding: str = "UTF8"
    collate: str = "C"
    ctype: str = "C"
    provider: str = "c"
    name: str = ""
    """The locale of ICU or builtin."""

    def clause(self, major: int) -> str:
        """For `CREATE DATABASE` on a server of that major version, quoted."""
        quote = client().sql.quote  # as psycopg writes literals
        of_libc = f"LC_COLLATE {quote(self.collate)} LC_CTYPE {quote(self.ctype)}"
        if self.provider == "i" and major >= 15:
            return f"LOCALE_PROVIDER icu ICU_LOCALE {quote(self.name)} {of_libc}"
        if self.provider == "b" and major >= 17:
            return f"LOCALE_PROVIDER builtin BUILTIN_LOCALE {quote(self.name)} {of_libc}"
        return of_libc

    def note(self, why: str) -> str:
        """The sentence on a shadow that orders text in another way."""
        theirs = self.name or self.collate
        return f"production orders text by {theirs}, the shadow by its bytes, so orders of text may differ: {why}"


@dataclass(frozen=True, slots=True)
class Production:
    """A server and the database of it that is looked at. `identifier` tells one cluster from another; None: not told.

    `role` is who looks. `settings` are those that change what statements mean, where they are not of our session alone.
    """

    identifier: int | None
    version: int
    database: str
    role: str = ""
    locale: Locale = Locale()
    settings: tuple[tuple[str, str], ...] = ()
    standby: bool = False

    @property
    def major(self) -> int:
        return self.version // 10_000


@dataclass(frozen=True, slots=True)
class Size:
    """How much a relation is: pages of its rows, how many there are as last counted, bytes with indexes and what is
    stored aside. Pages and bytes are as on the disk now, so they are true of a table that nobody has counted yet.
    """

    pages: int
    rows: float
    bytes: int


@contextmanager
def reading(url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to production within one read-only transaction, with bounds on what it may cost.

    A ConfigError for what is no URL; an ObservationError when it cannot be had or something in it takes too long.
    """
    psycopg = client()
    address = Address.of(url)
    try:
        with address.connected() as connection:
            connection.execute(READ_ONLY)
            yield connection
            connection.execute("ROLLBACK")
    except psycopg.Error as error:
        raise ObservationError(
            f"{address.shown} cannot be looked at: {address.safe(first_line(error))}"
        ) from error


def look(url: str) -> Production:
    """What the database behind the URL is."""
    with reading(url) as connection:
        version = connection.info.server_version
        row = connection.execute(
            "SELECT current_database(), current_user, pg_is_in_recovery(), "
            "has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')"
        ).fetchone()
        if row is None:
            raise ObservationError("production said nothing of itself")
        database, role, standby, told = row
        return Production(
            identifier_of(connection) if told else None, version, database, role, _locale(connection, version),
            _settings(connection), standby,
        )  # fmt: skip


def sizes(url: str) -> Mapping[str, Size]:
    """The tables and indexes of production, by `schema.name`, each part quoted where SQL demands it."""
    with reading(url) as connection:
        try:
            with connection.transaction():
                rows = connection.execute(_SIZES.format(*_ON_DISK)).fetchall()
        except client().errors.LockNotAvailable:
            # Somebody changes a table; what was last counted is there without a lock.
            rows = connection.execute(_SIZES.format(_COUNTED, f"{_COUNTED} * {PAGE}")).fetchall()
    return {name: Size(max(pages, 0), max(count, 0.0), room or 0) for name, pages, count, room in rows}


PAGE = 8192
_ON_DISK = f"pg_relation_size(c.oid) / {PAGE}", "pg_total_relation_size(c.oid)"
_COUNTED = f"greatest(c.relpages, ceil(pg_stat_get_live_tuples(c.oid) * 28 / {PAGE}.0))::bigint"
"""A row has 28 bytes at least, and the server counts rows as they come."""
_SIZES = """
SELECT format('%I.%I', n.nspname, c.relname), {}, c.reltuples::float8, {}
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm', 'p', 'i', 'I') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
"""


def identifier_of(connection: Any) -> int | None:
    """Some that speak PostgreSQL's protocol do not have it, whatever they say of privileges."""
    try:
        with connection.transaction():
            row = connection.execute(
                "SELECT system_identifier FROM pg_catalog.pg_control_system()"
            ).fetchone()
    except client().Error:
        return None
    return int(row[0]) if row else None


def _locale(connection: Any, version: int) -> Locale:
    provider = "datlocprovider::text" if version >= 150_000 else "'c'"
    name = "datlocale" if version >= 170_000 else "daticulocale" if version >= 150_000 else "NULL"
    row = connection.execute(
        f"SELECT pg_encoding_to_char(encoding), datcollate, datctype, {provider}, {name} "  # noqa: S608  # ours
        "FROM pg_catalog.pg_database WHERE datname = current_database()"
    ).fetchone()
    encoding, collate, ctype, letter, locale = row
    return Locale(encoding, collate, ctype, letter, locale or "")


def _settings(connection: Any) -> tuple[tuple[str, str], ...]:
    connection.execute("RESET search_path")  # it is asked for as well
    rows = connection.execute(
        "SELECT name, setting FROM pg_catalog.pg_settings WHERE name = ANY(%s) AND source <> ALL(%s) ORDER BY name",
        (list(MEANING), list(OF_THE_SESSION)),
    ).fetchall()
    connection.execute("SET LOCAL search_path = pg_catalog")
    return tuple((name, value) for name, value in rows)
