"""Settings of the application's role for the role of a slot: memberships bring rights, and no settings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from verdigris.core.words import shown
from verdigris.schema.shadow.database import client

__all__ = ["like", "tried"]

PATHS = {"search_path", "temp_tablespaces", "local_preload_libraries", "session_preload_libraries"}
"""Settings whose value is a list of names, each quoted by itself."""
PATH = re.compile(r'"((?:[^"]|"")*)"|([^\s,"]+)')
OWN = '"$user"'
"""In a search_path: the schema that is called as the role is."""


def like(connection: Any, app: str, role: str) -> Iterator[str]:
    """Settings are not inherited: the role gets those of `app`, and finds the schema that is called as `app` is."""
    sql, this = client().sql, client().sql.Identifier(role)
    database = sql.Identifier(connection.info.dbname)
    for place in (sql.SQL(""), sql.SQL(" IN DATABASE {}").format(database)):
        connection.execute(sql.SQL("ALTER ROLE {}{} RESET ALL").format(this, place))
    for here, name, value in settings(connection, app):
        place = sql.SQL(" IN DATABASE {}").format(database) if here else sql.SQL("")
        words = sql.SQL("ALTER ROLE {}{} SET {} TO {}")
        words = words.format(this, place, setting(name), worth(name, value, app))
        yield from tried(connection, words, f"{shown(role)} has no {shown(name)}, which {shown(app)} has")


def tried(connection: Any, words: Any, otherwise: str) -> Iterator[str]:
    """Do it, or say what is missing when we may not."""
    try:
        with connection.transaction():
            connection.execute(words)
    except client().errors.InsufficientPrivilege:
        yield f"{otherwise}: only a superuser can set it, with ALTER ROLE"


def setting(name: str) -> Any:
    """A setting of an extension has two names."""
    return client().sql.Identifier(*name.split("."))


def worth(name: str, value: str, app: str) -> Any:
    sql = client().sql
    if name.lower() not in PATHS:
        return sql.Literal(value)
    found = [quoted.replace('""', '"') or plain for quoted, plain in PATH.findall(value)]
    return sql.SQL(", ").join(sql.Literal(app if item == "$user" else item) for item in found or [""])


def settings(connection: Any, app: str) -> Iterator[tuple[bool, str, str]]:
    """Of `app`: whether it is for this database alone, its name and its value."""
    rows = connection.execute(SETTINGS, (app,)).fetchall()
    found = [(here, *words.split("=", 1)) for here, words in rows]
    yield from found
    if not any(name == "search_path" for _, name, _ in found):
        row = connection.execute(DEFAULT_PATH, (app,)).fetchone()
        if row and OWN in row[0]:
            yield False, "search_path", row[0]


SETTINGS = """
SELECT setdatabase <> 0, unnest(setconfig) FROM pg_catalog.pg_db_role_setting
WHERE setrole = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = %s)
AND setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))
"""
DEFAULT_PATH = """
SELECT coalesce(
    (SELECT substr(words, 13) FROM pg_catalog.pg_db_role_setting, unnest(setconfig) AS words
     WHERE setrole = 0 AND words LIKE 'search_path=%%' AND setdatabase IN
     (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))
     ORDER BY setdatabase DESC LIMIT 1),
    (SELECT CASE WHEN source IN ('default', 'configuration file') THEN reset_val ELSE boot_val END
     FROM pg_catalog.pg_settings WHERE name = 'search_path'))
WHERE EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = %s)
"""
