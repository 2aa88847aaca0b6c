"""The whole question for a database that is no PostgreSQL: files in, the answer of the proof out, as for PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from verdigris.core.errors import ConfigError
from verdigris.schema.dialects import mariadb, sqlite
from verdigris.schema.finding import Proof
from verdigris.schema.statement import Statement
from verdigris.schema.tools.files import read, text_of

__all__ = ["DIALECTS", "proven", "server_of"]

DIALECTS = ("sqlite", "mariadb")


def proven(
    dialect: str,
    base: Path,
    expand: Sequence[Path],
    contract: Sequence[Path],
    old: Sequence[Statement],
    new: Sequence[Statement] | None = None,
    shadow: str = "",
) -> Proof:
    """The matrix for these files. MariaDB needs `shadow`, the URL of a server that is nobody's; SQLite needs nothing.

    ConfigError where a file cannot be read or what is in it fails by itself.
    """
    if dialect == "sqlite":
        one, two = ([read(path, sqlite.split) for path in paths] for paths in (expand, contract))
        return sqlite.prove(text_of(base), one, two, old, new)
    if dialect == "mariadb":
        server = server_of(shadow)
        one, two = ([read(path, mariadb.split) for path in paths] for paths in (expand, contract))
        return mariadb.prove(server, text_of(base), one, two, old, new)
    raise ConfigError(f"--dialect {dialect}: is none that is known: {', '.join(DIALECTS)} or postgres")


def server_of(url: str) -> mariadb.Server:
    """`mariadb://root:password@host:3306/` or `mysql://root@localhost/?socket=/path`."""
    try:
        split = urlsplit(url)
        port = split.port or 3306
    except ValueError as error:
        raise ConfigError("--shadow: is no URL that can be read; write mariadb://user@host/") from error
    if split.scheme not in {"mariadb", "mysql"} or not split.hostname:
        raise ConfigError(
            "--shadow: MariaDB is tried on a server that is nobody's; write mariadb://user@host/"
        )
    who = {"user": unquote(split.username or "root"), "password": unquote(split.password or "")}
    socket = dict(parse_qsl(split.query)).get("socket", "")
    return mariadb.Server(
        who | ({"unix_socket": socket} if socket else {"host": split.hostname, "port": port})
    )
