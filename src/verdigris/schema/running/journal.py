"""What was carried out, noted in production itself: in a schema of its own, in the transaction of the step.

So a runner that was killed at any moment knows what is done: a step without its note was rolled back with it.
It holds names, hashes, numbers and keys of rows; never a statement's text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from verdigris.core.errors import Refused
from verdigris.schema.shadow.database import client

__all__ = [
    "Step", "adopt", "apps", "begin", "elsewhere", "filled", "fingerprint", "finish", "prepare", "steps",
]  # fmt: skip

SCHEMA = "verdigris_schema"
"""Not `verdigris`: PostgreSQL looks first in a schema that is called like the role, and such a role there may be."""
CREATE = "CREATE SCHEMA IF NOT EXISTS verdigris_schema"
TABLES = (
    """CREATE TABLE IF NOT EXISTS verdigris_schema.steps (
        name text NOT NULL, first integer NOT NULL, last integer NOT NULL, hash text NOT NULL,
        started timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(), finished timestamptz,
        PRIMARY KEY (name, first))""",
    """CREATE TABLE IF NOT EXISTS verdigris_schema.backfills (
        name text PRIMARY KEY, hash text NOT NULL, round integer NOT NULL DEFAULT 1, position text[],
        rows bigint NOT NULL DEFAULT 0, batches bigint NOT NULL DEFAULT 0,
        started timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(), finished timestamptz)""",
    """CREATE TABLE IF NOT EXISTS verdigris_schema.tombstones (
        number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, relation oid NOT NULL, attribute smallint NOT NULL,
        schema_name text NOT NULL, table_name text NOT NULL, column_name text NOT NULL, gone text NOT NULL,
        restoring text[] NOT NULL, notes text[] NOT NULL,
        buried timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(), due timestamptz NOT NULL,
        ended timestamptz, outcome text)""",
)
"""Later versions add tables and columns; they never change what is here."""
LAST_TABLE = "verdigris_schema.tombstones"
NOTED = """
    SELECT name, hash FROM verdigris_schema.steps UNION SELECT name, hash FROM verdigris_schema.backfills ORDER BY name
"""
ADOPT = """
    UPDATE verdigris_schema.steps s SET name = %(app)s || '/' || name
    WHERE name IN (%(file)s, %(file)s || ': sync') AND hash = %(hash)s AND NOT EXISTS (
        SELECT FROM verdigris_schema.steps o WHERE o.name = %(app)s || '/' || s.name AND o.first = s.first)
"""
ADOPT_BACKFILL = """
    UPDATE verdigris_schema.backfills b SET name = %(app)s || '/' || name
    WHERE name = %(file)s AND hash = %(hash)s AND NOT EXISTS (
        SELECT FROM verdigris_schema.backfills o WHERE o.name = %(app)s || '/' || b.name)
"""
OWNED = """
    SELECT o.rolname = current_user OR o.rolsuper OR o.oid = d.datdba
           OR NOT u.rolsuper AND pg_catalog.pg_has_role(o.oid, 'USAGE'), o.rolname
    FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_roles o ON o.oid = n.nspowner,
         pg_catalog.pg_database d, pg_catalog.pg_roles u
    WHERE n.nspname = 'verdigris_schema' AND d.datname = pg_catalog.current_database() AND u.rolname = current_user
"""


@dataclass(frozen=True, slots=True)
class Step:
    """Statements `first` to `last` of the script `name`, counted from 1. Unfinished: it was begun, and nobody knows."""

    name: str
    first: int
    last: int
    hash: str
    started: datetime
    finished: datetime | None


def fingerprint(texts: Iterable[str]) -> str:
    """Of what is carried out; how its lines end does not matter."""
    text = "\0".join(text.replace("\r\n", "\n").strip() for text in texts)
    return hashlib.sha256(text.encode()).hexdigest()


def prepare(connection: Any) -> None:
    """The tables, if they are not there. Refused where the schema is somebody else's: its triggers would be, too."""
    owned = connection.execute(OWNED).fetchone()
    if owned is not None and not owned[0]:
        raise Refused(
            f"the schema {SCHEMA} belongs to the role {owned[1]}, not to us: carry schema changes out as that role,"
            " or rename the schema if it is of something else"
        )
    if connection.execute("SELECT pg_catalog.to_regclass(%s)", (LAST_TABLE,)).fetchone()[0] is not None:
        return
    try:
        with connection.transaction():
            # Whoever may not create schemas may be given this one.
            for statement in TABLES if owned else (CREATE, *TABLES):
                connection.execute(statement)
    except client().errors.InsufficientPrivilege:
        role = connection.execute("SELECT current_user").fetchone()[0]
        raise Refused(
            f"the role {role} cannot make the schema {SCHEMA} for the journal: let a superuser say"
            f' CREATE SCHEMA {SCHEMA} AUTHORIZATION "{role}"'
        ) from None


def steps(connection: Any, name: str = "") -> tuple[Step, ...]:
    """What was carried out, in its order; of the script `name` alone if it is given. Nothing where no journal is."""
    if not there(connection):
        return ()
    rows = connection.execute(
        "SELECT name, first, last, hash, started, finished FROM verdigris_schema.steps WHERE %s IN ('', name)"
        " ORDER BY started, first",
        (name,),
    ).fetchall()
    return tuple(Step(*row) for row in rows)


def there(connection: Any) -> bool:
    """Whether there is a journal: its tables were made in one transaction."""
    return connection.execute("SELECT pg_catalog.to_regclass(%s)", (LAST_TABLE,)).fetchone()[0] is not None


def filled(connection: Any, name: str) -> bool:
    """Whether that backfill has come to its end."""
    if not there(connection):
        return False
    row = connection.execute(
        "SELECT finished IS NOT NULL FROM verdigris_schema.backfills WHERE name = %s", (name,)
    ).fetchone()
    return row is not None and bool(row[0])


def noted(connection: Any) -> list[tuple[str, str]]:
    """The name and the hash of everything that was begun. A file of an app is called `app/file`."""
    return connection.execute(NOTED).fetchall() if there(connection) else []


def apps(connection: Any) -> tuple[str, ...]:
    """Whose files there are; those that were carried out without an app are nobody's."""
    return tuple(dict.fromkeys(name.partition("/")[0] for name, _ in noted(connection) if "/" in name))


def elsewhere(connection: Any, name: str, hash_: str) -> str:
    """What the same file is called where it was carried out with an app and is without one here, or the other way
    round; "" where it was not. Two apps may have one file alike, each for itself."""
    app, _, file = name.rpartition("/")
    for other, its in noted(connection):
        its_app, _, its_file = other.rpartition("/")
        if (its_file, its) == (file, hash_) and bool(its_app) is not bool(app):
            return other
    return ""


def adopt(connection: Any, app: str, file: str, hash_: str) -> None:
    """What is noted of a file without an app is the app's from now on, if it is the same file."""
    words = {"app": app, "file": file, "hash": hash_}
    connection.execute(ADOPT, words)
    connection.execute(ADOPT_BACKFILL, words)


def begin(connection: Any, name: str, first: int, last: int, hash_: str) -> None:
    """Note that it is about to be carried out. Where it stands already, nothing changes."""
    connection.execute(
        "INSERT INTO verdigris_schema.steps (name, first, last, hash) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (name, first, last, hash_),
    )


def finish(connection: Any, name: str, first: int, last: int, hash_: str) -> None:
    """Note that it is done: in the transaction that does it, if it has one."""
    begin(connection, name, first, last, hash_)
    connection.execute(
        "UPDATE verdigris_schema.steps SET finished = pg_catalog.clock_timestamp() WHERE name = %s AND first = %s",
        (name, first),
    )
