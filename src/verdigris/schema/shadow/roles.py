"""Roles of the shadow: they own, are granted to, and are acted as; none of them can log in.

On a server that is not the shadow's alone no role is made: roles are of the whole server.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from verdigris.schema.shadow.database import Database, client
from verdigris.schema.shadow.production import MEANING, reading

__all__ = ["Role", "act", "make", "role_of"]

MEMBERSHIPS = """
WITH RECURSIVE above AS (
    SELECT roleid FROM pg_auth_members WHERE member = (SELECT oid FROM pg_roles WHERE rolname = %s)
    UNION SELECT m.roleid FROM pg_auth_members m JOIN above a ON m.member = a.roleid)
SELECT rolname FROM pg_roles WHERE oid IN (SELECT roleid FROM above) ORDER BY rolname
"""
BOOTSTRAP = "postgres"
"""Who a server begins with, and who owns event triggers and foreign data wrappers in most productions."""
OF_POSTGRESQL = "pg_"
NOT_THERE = (
    "the shadow's server has no role {0}, and none is made on a server of yours: statements run as its owner, so "
    "permissions are not proven. Create the role there to prove them"
)
OWNERS = "the shadow belongs to {0}, as the application's role is called: permissions are not proven"
NOT_ITS = (
    "the shadow's user may not act as {0}: statements run as itself, so permissions are not proven. "
    "Grant {0} to it there to prove them"
)


@dataclass(frozen=True, slots=True)
class Role:
    """A role as production has it. `member_of` are all those whose rights it has, directly or not."""

    name: str
    superuser: bool = False
    inherits: bool = True
    bypasses_rls: bool = False
    member_of: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    """As `name=value`: those that change what statements mean, the later one counts."""


def role_of(url: str, name: str) -> Role | None:
    """What production knows of that role; None when it has none of that name."""
    with reading(url) as connection:
        row = connection.execute(
            "SELECT oid, rolsuper, rolinherit, rolbypassrls FROM pg_roles WHERE rolname = %s", (name,)
        ).fetchone()
        if row is None:
            return None
        oid, superuser, inherits, bypasses = row
        above = connection.execute(MEMBERSHIPS, (name,)).fetchall()
        settings = connection.execute(
            "SELECT unnest(setconfig) FROM pg_db_role_setting WHERE setrole = %s "
            "AND setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database())) "
            "ORDER BY setdatabase",
            (oid,),
        ).fetchall()
    return Role(
        name, superuser, inherits, bypasses, tuple(one for (one,) in above), tuple(one for (one,) in settings)
    )


def act(database: Database, role: Role) -> tuple[Database, tuple[str, ...]]:
    """The database with that role as the application's, and notes on what of it is not as in production.

    Do this before the base is loaded: what is granted there is granted to it. Where the role cannot be had, the
    application is the shadow's owner, and no permission is proven.
    """
    with database.connected() as connection:
        if role.name == connection.info.user:
            return database, (OWNERS.format(role.name),)
        known = exists(connection, role.name)
        if not known and not database.own:
            return database, (NOT_THERE.format(role.name),)
        if database.own:
            _be_like(connection, role, known)
        elif not _may_be(connection, role.name):
            return database, (NOT_ITS.format(role.name),)
    told = (
        (f"{role.name} is a superuser in production: whatever is granted, it may",) if role.superuser else ()
    )
    return replace(database, role=role.name, settings=tuple(_meaning(role))), told


def _meaning(role: Role) -> Iterator[tuple[str, str]]:
    known = {name.lower() for name in MEANING}
    for words in role.settings:
        name, _, value = words.partition("=")
        if name.lower() in known:
            yield name, value


def make(connection: Any, name: str) -> None:
    """A role that owns nothing, may nothing and cannot log in; but `postgres` may own what only a superuser can."""
    sql = client().sql
    rights = sql.SQL("SUPERUSER" if name == BOOTSTRAP else "NOSUPERUSER")
    connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN {}").format(sql.Identifier(name), rights))


def exists(connection: Any, name: str) -> bool:
    """Whether the server knows it."""
    return bool(connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone())


def _may_be(connection: Any, name: str) -> bool:
    row = connection.execute("SELECT pg_has_role(current_user, %s, 'MEMBER')", (name,)).fetchone()
    return bool(row and row[0])


def _be_like(connection: Any, role: Role, known: bool) -> None:
    sql = client().sql
    if not known:
        make(connection, role.name)
    this = sql.Identifier(role.name)
    words = [
        "SUPERUSER" if role.superuser else "NOSUPERUSER",
        "INHERIT" if role.inherits else "NOINHERIT",
        "BYPASSRLS" if role.bypasses_rls else "NOBYPASSRLS",
    ]
    connection.execute(sql.SQL("ALTER ROLE {} {}").format(this, sql.SQL(" ".join(words))))
    for above in role.member_of:
        if not exists(connection, above):
            if above.startswith(OF_POSTGRESQL):
                continue  # of another version
            make(connection, above)
        connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(above), this))
