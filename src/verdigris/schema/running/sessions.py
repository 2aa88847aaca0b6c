"""Who of a role is connected, and how it is kept out: the old version's role, before anything of its is dropped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from verdigris.core.errors import ConfigError, Refused
from verdigris.schema.running.blocking import ACTIVITY, Session
from verdigris.schema.running.session import Connect, one
from verdigris.schema.running.trouble import reached, said
from verdigris.schema.running.waiting import Pace, Tell, Waiting, quietly
from verdigris.schema.shadow.database import client
from verdigris.schema.shadow.production import reading

__all__ = ["Recycled", "ended_by", "let_in", "recycle", "sessions_of", "shut_out"]

# What a role may not see of others is NULL, but for whose session it is: that counts.
OF_ROLE = ACTIVITY + (
    " WHERE usename = %s::name AND coalesce(backend_type, 'client backend') = 'client backend'"
    " AND pid <> pg_catalog.pg_backend_pid()"
    " ORDER BY 5 DESC"
)
ROLE = """
    SELECT rolsuper, rolcanlogin, rolname IN (current_user, session_user) FROM pg_catalog.pg_roles WHERE rolname = %s
"""
SPANS = 20
MAY_END = """
    SELECT current_user, coalesce(pg_catalog.pg_has_role(oid, 'USAGE'), false)
    FROM (SELECT (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = %s)) AS role (oid)
"""
IDLE = """
    SELECT pid, backend_start FROM pg_catalog.pg_stat_activity
    WHERE usename = %s::name AND coalesce(backend_type, 'client backend') = 'client backend'
    AND pid <> pg_catalog.pg_backend_pid()
    AND datname = pg_catalog.current_database() AND backend_start < %s
    AND xact_start IS NULL AND state = 'idle'
    AND state_change < pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => %s)
    ORDER BY state_change LIMIT 1
"""
END = """
    SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
    WHERE pid = %s AND backend_start = %s AND state = 'idle'
    AND state_change < pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => %s)
"""
LEFT = """
    SELECT count(*) FROM pg_catalog.pg_stat_activity
    WHERE usename = %s::name AND coalesce(backend_type, 'client backend') = 'client backend'
    AND datname = pg_catalog.current_database() AND backend_start < %s
"""


@dataclass(frozen=True, slots=True)
class Recycled:
    """How many sessions were ended, and how many that were there before are `left` because they were never idle."""

    ended: int
    left: int


def sessions_of(connection: Any, role: str) -> tuple[Session, ...]:
    """In all databases of the server, ours not counted. A role that is not there has none."""
    return tuple(Session(*row) for row in connection.execute(OF_ROLE, (role,)).fetchall())


def shut_out(connect: Connect, role: str) -> bool:
    """Whoever of this role is connected stays; nobody comes in any more. False when that was so already.

    Refused for a superuser and for ourselves: nobody could let them in again.
    """
    with reached(f"the role {role} could not be shut out"), connect() as connection:
        super_, may, ours = known(connection, role)
        if super_ or ours:
            raise Refused(
                f"{role} is {'a superuser' if super_ else 'the role we are'}: give each slot a role of its own"
            )
        return bool(may) and login(connection, role, "NOLOGIN")


def let_in(connect: Connect, role: str) -> bool:
    """The way back from `shut_out`. False when it was in already."""
    with reached(f"the role {role} could not be let in"), connect() as connection:
        return not known(connection, role)[1] and login(connection, role, "LOGIN")


def known(connection: Any, role: str) -> tuple[bool, bool, bool]:
    row = connection.execute(ROLE, (role,)).fetchone()
    if row is None:
        raise ConfigError(f"there is no role {role} here: correct its name")
    return bool(row[0]), bool(row[1]), bool(row[2])


def login(connection: Any, role: str, word: str) -> bool:
    sql = client().sql
    try:
        connection.execute(sql.SQL(f"ALTER ROLE {{}} {word}").format(sql.Identifier(role)))
    except client().errors.InsufficientPrivilege as error:
        raise Refused(
            f"the role {role} is not ours to change ({said(error)}): GRANT it WITH ADMIN OPTION to us"
        ) from None
    return True


def ended_by(url: str, role: str) -> None:
    """Refused unless we may see and end the sessions of that role."""
    with reading(url) as connection:
        ours, may = connection.execute(MAY_END, (role,)).fetchone() or ("", False)
    if not may:
        raise Refused(
            f"the sessions of {role} are not {ours}'s to end, and schema.shapes: recycled needs that: "
            f"GRANT {role} TO {ours}"
        )


def recycle(
    connect: Connect,
    role: str,
    *,
    begun: datetime | None = None,
    idle: float = 0.5,
    pause: float = 0.2,
    within: float = 60.0,
    waiting: Waiting | None = None,
    tell: Tell = quietly,
) -> Recycled:
    """End the role's sessions that began before `begun`, by default before this call, one every `pause` seconds, each
    when it did nothing for `idle` seconds and has no transaction open; after `SPANS` of those, whenever it does
    nothing: what was never idle for so long will not be. A pool that does not look at a connection before it lends it
    loses a request for each; one that looks loses one when it looked a moment before. Instances that start anew lose
    none.
    """
    waiting, ended = waiting or Pace(), set[tuple[int, datetime]]()
    with reached(f"the sessions of {role} could not be ended"), connect() as connection:
        known(connection, role)
        begun = begun or one(connection, "SELECT pg_catalog.clock_timestamp()")
        until = waiting.now() + within
        patient = waiting.now() + SPANS * idle
        while (left := one(connection, LEFT, (role, begun))) and waiting.now() < until:
            still = idle if waiting.now() < patient else 0.0
            row = connection.execute(IDLE, (role, begun, still)).fetchone()
            # One that was told to end may be there still when it is looked for again.
            if row and connection.execute(END, (*row, still)).fetchone() and row not in ended:
                ended.add(row)
                tell(f"{role}: session {row[0]} was idle and is ended, {left - 1} to go")
            waiting.sleep(pause)
    return Recycled(len(ended), left)
