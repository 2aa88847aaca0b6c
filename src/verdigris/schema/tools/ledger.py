"""Which migrations are new: by what another release had, or by the table in which their tool keeps what it ran.

The tables are read here and never written: a tool that finds a row it did not write trusts nothing afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from verdigris.core.errors import ActionError, ConfigError
from verdigris.schema.script import Script
from verdigris.schema.tools.conventions import REPEATABLE, VERSIONED, Convention, parts, version_of

__all__ = ["added", "applied", "unapplied"]

BASELINE = "baseline "
TABLES = {
    Convention.FLYWAY: (
        "flyway_schema_history",
        """SELECT CASE type WHEN 'BASELINE' THEN 'baseline V' || version || '__b.sql' ELSE script END, success
           FROM flyway_schema_history WHERE script IS NOT NULL""",
    ),
    Convention.GOLANG_MIGRATE: (
        "schema_migrations",
        "SELECT version::text, NOT dirty FROM schema_migrations",
    ),
    Convention.SQLX: ("_sqlx_migrations", "SELECT version::text, success FROM _sqlx_migrations"),
    Convention.DIESEL: ("__diesel_schema_migrations", "SELECT version, true FROM __diesel_schema_migrations"),
    Convention.PRISMA: (
        "_prisma_migrations",
        "SELECT migration_name, finished_at IS NOT NULL FROM _prisma_migrations WHERE rolled_back_at IS NULL",
    ),
    Convention.GOOSE: (
        "goose_db_version",
        """SELECT version_id::text, true FROM (SELECT DISTINCT ON (version_id) version_id, is_applied
           FROM goose_db_version ORDER BY version_id, id DESC) AS latest WHERE is_applied""",
    ),
    Convention.DBMATE: ("schema_migrations", "SELECT version, true FROM schema_migrations"),
}
"""Each tool's table, and the question what it ran and whether that ended well."""


def added(before: Iterable[Script], after: Iterable[Script]) -> tuple[Script, ...]:
    """What the later release brings. ConfigError where it changed a migration that the earlier one had."""
    known = {script.name: script.statements for script in before}
    for script in (new := tuple(after)):
        repeatable = REPEATABLE.fullmatch(script.name)
        if known.get(script.name, script.statements) != script.statements and not repeatable:
            raise ConfigError(
                f"{script.name}: is not what the previous release had under that name, and what ran is not run again; "
                "put the change into a migration of its own"
            )
    return tuple(script for script in new if known.get(script.name) != script.statements)


def unapplied(connection: Any, convention: Convention, scripts: Iterable[Script]) -> tuple[Script, ...]:
    """Those that the database does not have, in their order. Flyway's repeatable ones are always among them.

    `connection` is psycopg's. Whether a repeatable migration changed, only Flyway can say: it has the check sum.
    """
    have = applied(connection, convention)
    reached = floor(have, convention)
    return tuple(
        script
        for script in scripts
        if REPEATABLE.fullmatch(script.name)
        or (version_of(script.name, convention) not in have and place(script.name, convention) > reached)
    )


def floor(have: frozenset[str], convention: Convention) -> tuple[int, ...]:
    """Up to where all is applied though no row says so: golang-migrate has one row, and Flyway may have begun late."""
    if convention is Convention.GOLANG_MIGRATE:
        return max(((int(version),) for version in have), default=())
    begun = [name.removeprefix(BASELINE) for name in have if name.startswith(BASELINE)]
    return max((version_parts(name) for name in begun), default=())


def place(name: str, convention: Convention) -> tuple[int, ...]:
    """Comparable with the floor; where there is none, everything is above it."""
    if convention is Convention.GOLANG_MIGRATE:
        return (int(version_of(name, convention)),)
    return version_parts(name) if convention is Convention.FLYWAY else (0,)


def version_parts(name: str) -> tuple[int, ...]:
    found = VERSIONED.fullmatch(name)
    return parts(found[1]) if found else (0,)


def applied(connection: Any, convention: Convention) -> frozenset[str]:
    """What the tool's table says it ran, as `version_of` names it; nothing where there is no table.

    golang-migrate keeps only the last version. ActionError if a migration failed half way: its tool has to mend that.
    """
    if convention is Convention.PLAIN:
        raise ConfigError("plain SQL files have no table of their own; ask the runner what it applied")
    table, question = TABLES[convention]
    if connection.execute("SELECT to_regclass(%s)", (table,)).fetchone()[0] is None:
        return frozenset()
    try:
        rows = connection.execute(question).fetchall()
    except Exception as error:
        if not getattr(error, "sqlstate", None):
            raise
        raise ConfigError(f"{table} is not the table that {convention} makes: {error}") from error
    if failed := [name for name, success in rows if not success]:
        raise ActionError(
            f"{convention} left {failed[0]} half applied ({table}); repair it with {convention} before going on"
        )
    return frozenset(named(name, convention) for name, _ in rows)


def named(name: str, convention: Convention) -> str:
    """Flyway writes the path below its location, we know the file."""
    return name.rsplit("/", 1)[-1] if convention is Convention.FLYWAY else name
