"""One database of a shadow: a name, and ways to connect to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from verdigris.core.errors import ActionError, ConfigError

if TYPE_CHECKING:
    import psycopg

__all__ = ["Database", "client", "first_line", "unwell"]

CONNECT_WITHIN = 10
"""Seconds for a connection; the least that libpq takes for itself is 2."""
UNWELL = ("08", "53", "57P", "58000", "58030", "F0", "XX001", "XX002")
"""SQLSTATEs that speak of the server and not of the statement: no room, shutting down, its files, the connection."""


def client() -> Any:
    """psycopg, which the extra `postgres` brings."""
    try:
        import psycopg
    except ImportError as error:
        raise ConfigError("the schema proof needs psycopg: install verdigris[postgres]") from error
    return psycopg


@dataclass(frozen=True, slots=True)
class Database:
    """`where` is the server as libpq's keywords; `role` is who the application is there, "" for the shadow's owner.

    `own` is whether the whole server is the shadow's, so that roles may be made on it.
    """

    where: tuple[tuple[str, str], ...] = field(repr=False)
    name: str
    role: str = ""
    own: bool = True
    settings: tuple[tuple[str, str], ...] = ()
    """What production sets for that role when it connects."""

    @contextmanager
    def connected(self, role: str = "") -> Iterator[psycopg.Connection[Any]]:
        """A connection in autocommit, closed at the end. With `role` it acts as that role (`SET ROLE`).

        An ActionError when it cannot be had, and when within the block the server turns out to be unwell.
        """
        psycopg = client()
        try:
            with psycopg.connect(
                **{"connect_timeout": CONNECT_WITHIN, "client_encoding": "utf8"} | dict(self.where),
                dbname=self.name, autocommit=True, prepare_threshold=None,
            ) as connection:  # fmt: skip
                if role:
                    self._act(connection, role)
                yield connection
        except psycopg.Error as error:
            if not unwell(error):
                raise
            raise ActionError(f"the shadow does not do its work: {first_line(error)}") from error

    def _act(self, connection: Any, role: str) -> None:
        sql = client().sql
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
        for name, value in self.settings if role == self.role else ():
            connection.execute("SELECT pg_catalog.set_config(%s, %s, false)", (name, value))

    def url(self) -> str:
        """As a URL for the users' own tools. It may hold a password: for an environment, never for a command line."""
        rest = {name: value for name, value in self.where if value}
        host, port, user = (rest.pop(name, "") for name in ("host", "port", "user"))
        password = rest.pop("password", "")
        who = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
        query = {"host": host} | ({"port": port} if port else {}) | rest
        # Many read `+` in the place of a space as a plus.
        return f"postgresql://{who}@/{quote(self.name, safe='')}?{urlencode(query, quote_via=quote)}"


def unwell(error: Exception) -> bool:
    """Whether an error of psycopg speaks of the server and not of the statement, which then is neither good nor bad."""
    state = getattr(error, "sqlstate", None)
    return state.startswith(UNWELL) if state else isinstance(error, client().OperationalError)


def first_line(error: Exception) -> str:
    """What a server says, without the lines that repeat the statement; a full disk is called by its name."""
    if getattr(error, "sqlstate", None) == "53100":
        return "its disk is full: make room there and try again"
    diag = getattr(error, "diag", None)
    said = diag.message_primary if diag else None
    return said or next(iter(str(error).splitlines()), "it said nothing")
