"""Our session on production: one runner at a time, and none that could hold a lock after it hangs or dies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

from verdigris.core.errors import ActionError, Refused
from verdigris.schema.running import journal
from verdigris.schema.running.blocking import Session, sessions
from verdigris.schema.running.trouble import reached
from verdigris.schema.running.waiting import Waiting
from verdigris.schema.shadow.address import Address
from verdigris.schema.shadow.database import CONNECT_WITHIN, client, first_line

__all__ = ["APPLICATION", "Connect", "connecting", "one", "opened"]

Connect = Callable[[], AbstractContextManager[Any]]
"""Opens a connection to production in autocommit, and closes it at the end."""

APPLICATION = "verdigris schema"
TURN = int.from_bytes(b"verdigri", "big")
"""The advisory lock of whoever carries something out."""
TURN_WITHIN = 15.0
"""Seconds to wait for it: the server needs a few to see that a runner before us was killed."""
TURN_PAUSE = 0.25
SETTINGS = {
    "application_name": APPLICATION,
    "lock_timeout": "100ms",
    "statement_timeout": "0",
    # A runner that was stopped in the middle of a transaction would keep everybody waiting for its locks.
    "idle_in_transaction_session_timeout": "10s",
    # A runner that was killed leaves its statement running; the server looks after it with this, from 14 on.
    "client_connection_check_interval": "1s",
}
HELD = """
    SELECT pid FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
    AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
    AND classid::bigint = %s AND objid::bigint = %s
"""


def connecting(url: str) -> Connect:
    """Opens what the URL says. Session state is needed (settings, an advisory lock): no pooler by transactions."""
    address = Address.of(url)
    words = {"connect_timeout": CONNECT_WITHIN} | address.words

    def connect() -> Any:
        try:
            # Server-side preparing would outlive our own changes of a shape.
            return client().connect(**words, autocommit=True, prepare_threshold=None)
        except client().OperationalError as error:
            why = address.safe(first_line(error))
            raise ActionError(
                f"{address.shown} cannot be opened: {why}: see that it can, then run this again"
            ) from None

    return connect


@contextmanager
def opened(connect: Connect, waiting: Waiting) -> Iterator[Any]:
    """A connection that has the turn, with the journal in place. Refused on a replica, and while another has it."""
    with connect() as connection:
        with reached("the database is not ready for a change of its schema"):
            if one(connection, "SELECT pg_catalog.pg_is_in_recovery()"):
                raise Refused(
                    "this server is a replica: give the address of the primary, changes are made there"
                )
            settle(connection)
            take_turn(connection, waiting)
            journal.prepare(connection)
        try:
            yield connection
        finally:
            give_back_turn(connection)


def settle(connection: Any) -> None:
    """Those of our settings that this version of the server has."""
    connection.execute(
        "SELECT pg_catalog.set_config(name, (%s::pg_catalog.jsonb) ->> name, false) FROM pg_catalog.pg_settings"
        " WHERE name = ANY (%s)",
        (as_json(SETTINGS), list(SETTINGS)),
    )


def as_json(settings: dict[str, str]) -> str:
    import json

    return json.dumps(settings)


def take_turn(connection: Any, waiting: Waiting) -> None:
    until = waiting.now() + TURN_WITHIN
    while not one(connection, "SELECT pg_catalog.pg_try_advisory_lock(%s)", (TURN,)):
        if waiting.now() >= until:
            raise ActionError(
                f"another run is at work on this database ({holder(connection)}): wait until it is done"
            )
        waiting.sleep(TURN_PAUSE)


def give_back_turn(connection: Any) -> None:
    """At once: a server may end a session a moment after its client has gone, and whoever is next would wait for it.

    Where it cannot be said the session's end gives it back.
    """
    with suppress(client().Error):
        connection.execute("SELECT pg_catalog.pg_advisory_unlock(%s)", (TURN,))


def holder(connection: Any) -> str:
    pids = [pid for (pid,) in connection.execute(HELD, (TURN >> 32, TURN & 0xFFFFFFFF)).fetchall()]
    return "; ".join(map(Session.told, sessions(connection, pids))) or "it ended just now"


def one(connection: Any, query: str, parameters: tuple[object, ...] | None = None) -> Any:
    """The one value of the one row."""
    return connection.execute(query, parameters).fetchone()[0]
