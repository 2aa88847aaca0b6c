"""Where a PostgreSQL server listens, or something that stands before it: a port, or a socket in a directory."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from verdigris.core.errors import ConfigError

__all__ = ["Door", "door_of", "is_url", "through"]

Serves = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
ENCRYPTING = {"require", "verify-ca", "verify-full"}
PORT = 5432
PLACES = {"host", "hostaddr", "port"}
"""Words of a URL that say where the database is, beside the place in it that does."""


@dataclass(frozen=True, slots=True)
class Door:
    """A host, or a directory where it begins with `/`, as libpq has it."""

    host: str
    port: int = PORT

    def __str__(self) -> str:
        return self.socket or f"{self.host}:{self.port}"

    @property
    def socket(self) -> str:
        """The path of the socket, "" where it is a port."""
        return f"{self.host}/.s.PGSQL.{self.port}" if self.host.startswith("/") else ""

    async def connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection there. OSError where nobody answers."""
        if self.socket:
            return await asyncio.open_unix_connection(self.socket)
        return await asyncio.open_connection(self.host, self.port)

    async def listening(self, serves: Serves, limit: int) -> asyncio.Server:
        """A server that listens here. OSError where it is taken."""
        if self.socket:
            return await asyncio.start_unix_server(serves, self.socket, limit=limit)
        return await asyncio.start_server(serves, self.host, self.port, limit=limit)

    def left(self) -> None:
        """Take away the socket of a server that has been closed."""
        if self.socket:
            Path(self.socket).unlink(missing_ok=True)

    def found(self, server: asyncio.Server) -> Door:
        """Where it really listens, when it was asked for any port."""
        return self if self.socket else replace(self, port=int(server.sockets[0].getsockname()[1]))


def door_of(url: str) -> Door:
    """Of a database's URL; who connects and with which password is not looked at. ConfigError without the URL."""
    try:
        parts = urlsplit(url)
        words = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        host = unquote(parts.hostname or "") or words.get("host", "")
        port = parts.port or int(words.get("port", PORT))
    except ValueError:
        raise ConfigError("the database's URL is none: give postgresql://user@host:5432/name") from None
    if parts.scheme.partition("+")[0] not in ("postgresql", "postgres") or not host or "," in host:
        raise ConfigError("the database's URL has to name one host: postgresql://user@host:5432/name")
    if words.get("sslmode") in ENCRYPTING:
        raise ConfigError(
            f"sslmode={words['sslmode']}: TLS ends before the tap, which reads along; reach the database without it, "
            "over a socket, on the same machine, or by a tunnel"
        )
    return Door(host, port)


def through(url: str, door: Door) -> str:
    """The same database, by another door that is a port. For an environment: it may have a password."""
    parts = urlsplit(url)
    who, at, _ = parts.netloc.rpartition("@")
    words = [
        (name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in PLACES
    ]
    host = f"[{door.host}]" if ":" in door.host else door.host
    return urlunsplit(parts._replace(netloc=f"{who}{at}{host}:{door.port}", query=urlencode(words)))


def is_url(url: str) -> str:
    """The same, if it is a URL in which a login can be put. ConfigError without it."""
    try:
        scheme = urlsplit(url).scheme.partition("+")[0]
    except ValueError:
        scheme = ""
    if scheme not in ("postgresql", "postgres"):
        raise ConfigError("the application's database has to be a URL: postgresql://user@host:5432/name")
    return url
