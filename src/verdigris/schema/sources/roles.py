"""One database role for each slot, so that the server itself tells who sends what, and that nobody of a slot is left.

`app_blue` and `app_green` are members of `app` and have its rights by that. They do not become `app` when they connect
(`ALTER ROLE … SET role`): pg_stat_statements would count everything as `app` again. So what they create is their own,
and `app` is given all rights to it. The password is made here; no server, log or message ever has it in clear text.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from verdigris.core.errors import ConfigError, Refused
from verdigris.core.words import shown
from verdigris.schema.running.session import Connect
from verdigris.schema.running.trouble import reached
from verdigris.schema.shadow.database import client
from verdigris.schema.sources.private import put
from verdigris.schema.sources.role_settings import like, tried

__all__ = ["Login", "hand_over", "keep", "named", "notes", "prepare", "url_of"]

NAME_MOST = 63
"""Bytes of a name in PostgreSQL; it cuts longer ones, and two slots could become one."""
PASSWORD_BYTES = 32


@dataclass(frozen=True, slots=True)
class Login:
    """How a slot's instances log in. The password is in no text that is printed.

    `notes` say in what the role is unlike the application's, since whoever made it may not do more.
    """

    role: str
    password: str = field(repr=False)
    notes: tuple[str, ...] = ()


def named(app: str, slot: str) -> str:
    """The role of a slot. ConfigError where PostgreSQL would cut the name."""
    name = f"{app}_{slot}"
    if not app or "\0" in app or len(name.encode()) > NAME_MOST:
        raise ConfigError(
            f"schema.role: {shown(name)} is no name for a role of a slot: it has to have at most {NAME_MOST} bytes"
        )
    return name


def prepare(connect: Connect, app: str, slot: str) -> Login:
    """Make the slot's role, or make it right, and give it a new password. Safe to repeat.

    For a slot whose instances are started next: those that run with the password of before stay connected, and cannot
    connect anew. Refused where a role of that name is somebody else's, or `app` is a superuser.
    """
    role, password = named(app, slot), secrets.token_urlsafe(PASSWORD_BYTES)
    trouble = f"the role {role} could not be prepared"
    with reached(trouble), connect() as connection, connection.transaction():
        if is_superuser(connection):  # what verifies a password is no password, and still nobody's business
            connection.execute("SET LOCAL log_statement = 'none'")
        told = (*made(connection, app, role), *like(connection, app, role))
        shared(connection, app, role)
        sealed(connection, role, password)
    return Login(role, password, told)


def hand_over(connect: Connect, app: str, slot: str) -> None:
    """Give `app` what the slot's role created in this database. Nothing happens where there is no such role."""
    sql, role = client().sql, named(app, slot)
    with reached(f"what {role} owns could not be handed over"), connect() as connection:
        if attributes(connection, role) is not None:
            words = sql.SQL("REASSIGN OWNED BY {} TO {}")
            connection.execute(words.format(sql.Identifier(role), sql.Identifier(app)))


def notes(connect: Connect, app: str) -> tuple[str, ...]:
    """What will mean something else when the application is `app_blue` and no longer `app`."""
    with reached("the database could not be looked at"), connect() as connection:
        rows = connection.execute(BY_NAME).fetchall()
    return tuple(
        f"{where} asks for current_user, which is {app}_blue or {app}_green from now on: ask for "
        f"pg_has_role({app!r}, 'member') instead"
        for (where,) in rows
    )


def url_of(url: str, login: Login) -> str:
    """The application's URL with the slot's login in place of its own."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    who = f"{quote(login.role, safe='')}:{quote(login.password, safe='')}"
    return urlunsplit(parts._replace(netloc=f"{who}@{place}"))


def keep(path: Path, url: str) -> str:
    """Put the URL into a file of its owner alone, and return the reference to it that a slot's environment has."""
    put(path.absolute(), [url])
    return f"file:{path.absolute()}"


# --- the steps of preparing -----------------------------------------------------------------------------------


def made(connection: Any, app: str, role: str) -> Iterator[str]:
    """The role is there, may log in, and is a member. What it has to do without is told."""
    sql = client().sql
    theirs, ours = attributes(connection, app), attributes(connection, role)
    if theirs is None:
        raise ConfigError(
            f"schema.role: there is no role {shown(app)} in the database: create it, or correct its name"
        )
    if theirs.superuser:
        raise Refused(
            f"{shown(app)} is a superuser, whose rights no other role can inherit: give the application its own"
        )
    if ours is None:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
    elif ours.superuser or not member(connection, role, app):
        raise Refused(
            f"there is a role {shown(role)} already, and it is not a member of {shown(app)}: rename it, or grant "
            f"{shown(app)} to it if it is the slot's"
        )
    this, that = sql.Identifier(role), sql.Identifier(app)
    connection.execute(sql.SQL("GRANT {} TO {}").format(that, this))
    words = sql.SQL("ALTER ROLE {} LOGIN INHERIT CONNECTION LIMIT {}")
    connection.execute(words.format(this, sql.Literal(theirs.limit)))
    if theirs.bypasses:
        words = sql.SQL("ALTER ROLE {} BYPASSRLS").format(this)
        yield from tried(
            connection, words, f"{shown(role)} does not bypass row security, as {shown(app)} does"
        )


def shared(connection: Any, app: str, role: str) -> None:
    """What the role creates while it serves, partitions for example, the other slot's may use as well."""
    sql = client().sql
    this, that = sql.Identifier(role), sql.Identifier(app)
    if not is_superuser(connection):
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(this))
    for kind in ("TABLES", "SEQUENCES", "FUNCTIONS", "TYPES", "SCHEMAS"):
        words = sql.SQL(f"ALTER DEFAULT PRIVILEGES FOR ROLE {{}} GRANT ALL ON {kind} TO {{}}")
        connection.execute(words.format(this, that))


def sealed(connection: Any, role: str, password: str) -> None:
    """The server gets what SCRAM verifies the password by, computed here."""
    sql = client().sql
    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    words = sql.SQL("ALTER ROLE {} PASSWORD {}")
    connection.execute(words.format(sql.Identifier(role), sql.Literal(verifier.decode())))


# --- what is asked of the database ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Attributes:
    superuser: bool
    bypasses: bool
    limit: int


def attributes(connection: Any, role: str) -> Attributes | None:
    row = connection.execute(
        "SELECT rolsuper, rolbypassrls, rolconnlimit FROM pg_catalog.pg_roles WHERE rolname = %s", (role,)
    ).fetchone()
    return Attributes(*row) if row else None


def member(connection: Any, role: str, of: str) -> bool:
    row = connection.execute(
        "SELECT pg_catalog.pg_has_role(%s::name, %s::name, 'MEMBER')", (role, of)
    ).fetchone()
    return bool(row and row[0])


def is_superuser(connection: Any) -> bool:
    row = connection.execute(
        "SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user"
    ).fetchone()
    return bool(row and row[0])


BY_NAME = """
SELECT 'policy ' || quote_ident(p.polname) || ' of ' || p.polrelid::regclass FROM pg_catalog.pg_policy p
WHERE concat(pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) ~* '(current|session)_user'
UNION ALL
SELECT 'the default of ' || d.adrelid::regclass || '.' || quote_ident(a.attname) FROM pg_catalog.pg_attrdef d
JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
WHERE pg_get_expr(d.adbin, d.adrelid) ~* '(current|session)_user' ORDER BY 1 LIMIT 20
"""
