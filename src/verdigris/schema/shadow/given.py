"""A server that the user gives for shadows. It is refused when it is production, and when it may be.

On it only databases of ours are made and dropped; no role, no setting and no database of anybody else is touched.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from verdigris.core.errors import ActionError, Refused
from verdigris.schema.shadow.address import Address
from verdigris.schema.shadow.database import client, first_line
from verdigris.schema.shadow.production import Production, identifier_of
from verdigris.schema.shadow.programs import OLDEST, unlike
from verdigris.schema.shadow.server import PREFIX, Server

__all__ = ["given"]

OURS = 0x76657264
"""The first half of our advisory locks; the second is the run's token. Everybody sees in pg_locks who holds one."""
LEFT = re.compile(re.escape(PREFIX) + r"([0-9a-f]{8})_\d+")
RELATIONS = """
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1 LIMIT 1
"""
UNUSED = """
SELECT datname FROM pg_database d WHERE starts_with(datname, %s) AND pg_get_userbyid(datdba) = current_user
AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datid = d.oid)
"""
HELD = "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND granted"


@contextmanager
def given(url: str, production: Production | None = None) -> Iterator[Server]:
    """The server behind the URL, whose database must be empty; what was made on it is dropped at the end.

    Refused when it is production's own server or cannot be told from it, when the database has something in it, and
    when its user may not make databases. A ConfigError for what is no URL, an ActionError when nobody answers.
    """
    address = Address.of(url)
    token = secrets.token_hex(4)
    with ExitStack() as held:
        with _telling(address):
            connection = held.enter_context(address.connected())
            _check(connection, address, production)
            connection.execute("SELECT pg_advisory_lock(%s, %s)", (OURS, _number(token)))
            sweep(connection)
        server = _server(connection, address, production, token)
        held.callback(server.clear)
        yield server


def sweep(connection: Any) -> None:
    """Drop what runs that were killed have left: ours by name and owner, used by nobody, and its run is gone."""
    sql = client().sql
    alive = {number for (number,) in connection.execute(HELD, (OURS,)).fetchall()}
    for (name,) in connection.execute(UNUSED, (PREFIX,)).fetchall():
        found = LEFT.fullmatch(name)
        if found and _number(found[1]) & 0xFFFFFFFF not in alive:
            try:
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
            except client().Error:
                continue  # somebody has come to it meanwhile


@contextmanager
def _telling(address: Address) -> Iterator[None]:
    """What the server does not do, with the server's name and without its password."""
    try:
        yield
    except client().Error as error:
        raise ActionError(f"the shadow at {address.shown}: {address.safe(first_line(error))}") from error


def _check(connection: Any, address: Address, production: Production | None) -> None:
    """Every reason to leave it alone."""
    shown = f"the shadow {address.shown}"
    if connection.info.server_version < OLDEST * 10_000:
        raise Refused(f"{shown}: is older than PostgreSQL {OLDEST}, and the shadow needs that or newer")
    if production:
        _tell_apart(connection, shown, production)
    standby, may = connection.execute(
        "SELECT pg_is_in_recovery(), (SELECT rolsuper OR rolcreatedb FROM pg_roles WHERE rolname = current_user)"
    ).fetchone()
    if standby:
        raise Refused(f"{shown}: is a standby, where nothing can be made: name a server of its own")
    if row := connection.execute(RELATIONS).fetchone():
        raise Refused(f"{shown}: is not empty, {row[0]} is in it: name an empty database, made for this")
    if not may:
        raise Refused(
            f"{shown}: its user may not make databases: ALTER ROLE {_quoted(connection)} CREATEDB there"
        )


def _tell_apart(connection: Any, shown: str, production: Production) -> None:
    """Another database of production's cluster is production as well: its roles, memory and disk are the same."""
    here = identifier_of(connection)
    if here is None or production.identifier is None:
        which = "it" if here is None else "production"
        raise Refused(
            f"{shown}: cannot be told from production, because {which} does not say who it is. "
            "GRANT EXECUTE ON FUNCTION pg_control_system() to the user there, or let the shadow be embedded"
        )
    if here == production.identifier:
        raise Refused(
            f"{shown}: is production's own server, or a copy of its files (system identifier {here}): "
            "name another one, or let the shadow be embedded"
        )


def _server(connection: Any, address: Address, production: Production | None, token: str) -> Server:
    version = connection.info.server_version
    major = version // 10_000
    other = production and production.major != major
    where = {name: value for name, value in address.words.items() if name != "dbname"}
    return Server(
        tuple(where.items()), version, (unlike(major, production.major),) if production and other else (),
        connection.info.dbname, production, own=False, prefix=f"{PREFIX}{token}_",
    )  # fmt: skip


def _number(token: str) -> int:
    """The token as PostgreSQL's integer, which has a sign."""
    number = int(token, 16)
    return number - (1 << 32) if number >= 1 << 31 else number


def _quoted(connection: Any) -> str:
    row = connection.execute("SELECT quote_ident(current_user)").fetchone()
    return str(row[0]) if row else "it"
