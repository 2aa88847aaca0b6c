"""What to know of production before a step: each look a value with a sentence, and none of them changes anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from verdigris.schema.running.blocking import ACTIVITY, Session
from verdigris.schema.running.trouble import said
from verdigris.schema.shadow.database import client

__all__ = ["Bounds", "Precheck", "hidden", "lag", "prechecks"]

OLD = ACTIVITY + (
    " WHERE datname = pg_catalog.current_database() AND pid <> pg_catalog.pg_backend_pid()"
    " AND xact_start < pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => %s) ORDER BY 5 DESC"
)
HIDDEN = """
    SELECT count(*) FROM pg_catalog.pg_stat_activity
    WHERE datname = pg_catalog.current_database() AND usename IS NOT NULL
    AND NOT pg_catalog.pg_has_role(usename, 'USAGE') AND NOT pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE')
"""
HIDDEN_REPLICAS = "SELECT count(*) FROM pg_catalog.pg_stat_replication WHERE state IS NULL"
SEES = "SELECT pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE')"
SEE = "GRANT pg_read_all_stats to this role"
PREPARED = """
    SELECT count(*) FROM pg_catalog.pg_prepared_xacts WHERE database = pg_catalog.current_database()
    AND prepared < pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => %s)
"""
LAG = """
    SELECT coalesce(application_name, ''), extract(epoch FROM replay_lag)::float8,
           pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), replay_lsn)::bigint
    FROM pg_catalog.pg_stat_replication WHERE state IN ('streaming', 'catchup')
"""
WRAPAROUND = """
    SELECT pid, pg_catalog.format('%%I.%%I', n.nspname, c.relname)
    FROM pg_catalog.pg_stat_activity a
    JOIN pg_catalog.pg_locks l USING (pid)
    JOIN pg_catalog.pg_class c ON c.oid = l.relation JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE a.backend_type = 'autovacuum worker' AND a.query LIKE '%%(to prevent wraparound)'
    AND a.datname = pg_catalog.current_database() AND l.locktype = 'relation'
    AND c.relkind IN ('r', 'm') AND (
        %s::text[] = '{}' AND n.nspname <> 'pg_catalog'
        OR c.oid = ANY (SELECT pg_catalog.to_regclass(t)::oid FROM unnest(%s::text[]) AS t))
"""
OWNED = """
    SELECT t, pg_catalog.pg_get_userbyid(c.relowner), pg_catalog.pg_has_role(c.relowner, 'USAGE')
    FROM unnest(%s::text[]) AS t LEFT JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(t)
"""
MAY_CREATE = """
    SELECT pg_catalog.to_regnamespace('verdigris_schema') IS NOT NULL
           OR pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'),
           current_user, pg_catalog.current_database()
"""


@dataclass(frozen=True, slots=True)
class Bounds:
    """`transaction` and `lag` in seconds, `lag_bytes` of WAL that a replica has not replayed."""

    transaction: float = 60.0
    lag: float = 10.0
    lag_bytes: int = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Precheck:
    """One look. `passed` is None where nobody can know; `sentence` says what was seen and what to do."""

    name: str
    passed: bool | None
    sentence: str


def prechecks(
    connection: Any, tables: Sequence[str] = (), bounds: Bounds | None = None
) -> tuple[Precheck, ...]:
    """Of the database behind `connection`; `tables` are those that the step touches, as SQL writes their names.

    Where nobody says which they are, a vacuum against wraparound counts on whatever table it is.
    """
    limits = bounds or Bounds()
    looks: tuple[tuple[str, Callable[[], tuple[bool | None, str]]], ...] = (
        ("primary", lambda: primary(connection)),
        ("old transactions", lambda: old_transactions(connection, limits.transaction)),
        ("replicas", lambda: replicas(connection, limits)),
        ("wraparound", lambda: wraparound(connection, list(tables))),
        ("rights", lambda: rights(connection, list(tables))),
    )
    found = []
    for name, look in looks:
        try:
            found.append(Precheck(name, *look()))
        except client().Error as error:
            found.append(Precheck(name, None, f"this could not be looked at: {said(error)}"))
    disk = "PostgreSQL does not tell how much room its disk has: look before a large table is rewritten or indexed"
    return (*found, Precheck("disk", None, disk))


def primary(connection: Any) -> tuple[bool, str]:
    if connection.execute("SELECT pg_catalog.pg_is_in_recovery()").fetchone()[0]:
        return False, "this server is a replica: give the address of the primary"
    if (
        connection.execute("SELECT pg_catalog.current_setting('default_transaction_read_only')").fetchone()[0]
        == "on"
    ):
        return False, "transactions are read-only here (default_transaction_read_only): let this role write"
    return True, "this server takes writes"


def old_transactions(connection: Any, most: float) -> tuple[bool | None, str]:
    """An old transaction holds its locks, and CREATE INDEX CONCURRENTLY waits for it."""
    old = [Session(*row) for row in connection.execute(OLD, (most,)).fetchall()]
    prepared = connection.execute(PREPARED, (most,)).fetchone()[0]
    if old:
        return (
            False,
            f"open for more than {most:g} s: {old[0].told()}, and {len(old) - 1} more: end them first",
        )
    if prepared:
        return (
            False,
            f"{prepared} prepared transactions wait for more than {most:g} s: commit or roll them back",
        )
    if unseen := hidden(connection):
        return None, unseen
    return True, f"no transaction is open for more than {most:g} s"


def hidden(connection: Any) -> str:
    """That sessions are not shown to this role, as a sentence; "" if all are."""
    count = connection.execute(HIDDEN).fetchone()[0]
    return f"{count} sessions of other roles do not show us their age: {SEE}" if count else ""


def lag(connection: Any, bounds: Bounds) -> str:
    """The replica that is too far behind, as a sentence; "" if none is."""
    for name, seconds, behind in connection.execute(LAG).fetchall():
        if seconds is not None and seconds > bounds.lag:
            return f"the replica {name} is {seconds:.0f} s behind (at most {bounds.lag:g} s)"
        if behind is not None and behind > bounds.lag_bytes:
            return f"the replica {name} is {behind >> 20} MiB behind (at most {bounds.lag_bytes >> 20} MiB)"
    return ""


def replicas(connection: Any, bounds: Bounds) -> tuple[bool | None, str]:
    if behind := lag(connection, bounds):
        return False, f"{behind}: wait until it has caught up"
    if unseen := connection.execute(HIDDEN_REPLICAS).fetchone()[0]:
        return None, f"{unseen} replicas do not show us how far they are: {SEE}"
    return True, "no replica is too far behind"


def wraparound(connection: Any, tables: list[str]) -> tuple[bool | None, str]:
    """Such a vacuum does not give way to whoever waits for its table; any other does."""
    found = connection.execute(WRAPAROUND, (tables, tables)).fetchall()
    if found:
        pid, table = found[0]
        why = f"autovacuum prevents wraparound of {table} (pid {pid}) and does not give way"
        return False, f"{why}: wait until it is done"
    if not connection.execute(SEES).fetchone()[0]:
        return None, f"this role cannot see what autovacuum does: {SEE}"
    return True, "no vacuum against wraparound is on these tables"


def rights(connection: Any, tables: list[str]) -> tuple[bool | None, str]:
    may, role, database = connection.execute(MAY_CREATE).fetchone()
    if not may:
        return (
            False,
            f"the role {role} may not create a schema for the journal: GRANT CREATE ON DATABASE {database}",
        )
    rows = connection.execute(OWNED, (tables,)).fetchall()
    if missing := [table for table, owner, _ in rows if owner is None]:
        return None, f"there is no table {missing[0]} here: nobody knows yet whose it will be"
    if others := [(table, owner) for table, owner, ours in rows if not ours]:
        table, owner = others[0]
        return (
            False,
            f"{table} belongs to the role {owner}, and {role} is no member of it: run this as {owner}",
        )
    return True, f"the role {role} may change these tables"
