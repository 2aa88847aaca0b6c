"""Columns that are kept alike where another tool than ours carries the steps out: the trigger comes behind its step.

Our journal says that it is to come before the tool begins, so a kill between the two leaves it owed. It goes with the
column: the server drops it by CASCADE, or complains of it, and then we take it off.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from verdigris.schema.running import journal
from verdigris.schema.running.retry import Patience as Retrying
from verdigris.schema.running.retry import whole
from verdigris.schema.running.session import connecting, opened
from verdigris.schema.running.sync import install
from verdigris.schema.running.syncing import FIRST
from verdigris.schema.running.trouble import reached
from verdigris.schema.running.waiting import Pace
from verdigris.schema.shadow.database import client
from verdigris.schema.tools.tool import PATIENCE, Patience, Step

__all__ = ["freed", "kept", "unfinished"]

OURS = re.compile(re.escape(FIRST) + r"[0-9a-f]{12}_(?:insert|update)\b")
"""How the server names our triggers when it says what depends on a column, in whatever language."""
THERE = """
    SELECT n.nspname, c.relname, t.tgname::text, ARRAY (
        SELECT DISTINCT a.attname::text FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_attribute a
        ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
        WHERE d.classid = 'pg_catalog.pg_trigger'::regclass AND d.objid = t.oid AND d.refobjid = c.oid
        AND d.refobjsubid > 0 AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid
            AND i.indisprimary AND a.attnum = ANY (i.indkey::int2[])))
    FROM pg_catalog.pg_trigger t
    JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE t.tgname = ANY (%s::name[]) AND t.tgparentid = 0 ORDER BY 1, 2, 3
"""
OWED = "UPDATE verdigris_schema.steps SET finished = NULL WHERE name = %s AND first = %s"
"""A step that was taken back and is applied again has its trigger to come again."""


@contextmanager
def kept(url: str, step: Step, patience: Patience = PATIENCE) -> Iterator[None]:
    """The tool applies the step within; behind that its twins are kept alike. Without twins nothing is done."""
    if not step.twins:
        yield
        return
    connect, note = connecting(url), noted(step)
    with opened(connect, Pace()) as connection:
        journal.begin(connection, *note)
        connection.execute(OWED, note[:2])
    yield
    for twins in step.twins:
        install(connect, twins, patience=retrying(patience))
    with opened(connect, Pace()) as connection:
        journal.finish(connection, *note)


def unfinished(url: str, names: Iterable[str]) -> set[str]:
    """Those of the steps, applied ones, of which the trigger was to come and did not."""
    wanted = {title(name): name for name in names}
    if not wanted:
        return set()
    with connecting(url)() as connection:
        return {
            wanted[step.name]
            for step in journal.steps(connection)
            if step.name in wanted and step.finished is None
        }


def freed(url: str, complaint: str, patience: Patience = PATIENCE) -> bool:
    """Whether the server complained of triggers of ours: they are off then, and the column can be dropped.

    Until it is, it may be left out: the trigger has filled it before NOT NULL was looked at.
    """
    names = sorted(set(OURS.findall(complaint)))
    if not names:
        return False
    connect, found = connecting(url), list[Any]()

    def take_off(connection: Any) -> None:
        found[:] = connection.execute(THERE, (names,)).fetchall()
        for schema, table, name, columns in found:
            off(connection, client().sql.Identifier(schema, table), name, going(columns, complaint))

    what = "taking a sync trigger off"
    with opened(connect, Pace()) as connection, reached(what):
        whole(connection, take_off, Pace(), what=what, patience=retrying(patience))
    return bool(found)


def off(connection: Any, table: Any, name: str, columns: Iterable[str]) -> None:
    sql = client().sql
    connection.execute(sql.SQL("DROP TRIGGER {} ON {}").format(sql.Identifier(name), table))
    for column in columns:
        alter = sql.SQL("ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL")
        connection.execute(alter.format(table, sql.Identifier(column)))


def going(columns: Iterable[str], complaint: str) -> list[str]:
    """Those that the server names beside our triggers: it says what it cannot drop, and not its twin.

    What else the tool prints may name any column, like the docstring of a revision.
    """
    said = "\n".join(OURS.sub("", line) for line in complaint.splitlines() if OURS.search(line))
    return [name for name in columns if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said)]


def retrying(patience: Patience) -> Retrying:
    return Retrying(lock=patience.lock_timeout or Retrying().lock, budget=patience.retry_for)


def noted(step: Step) -> tuple[str, int, int, str]:
    """What the journal has for the triggers of a step."""
    return title(step.name), 1, 1, journal.fingerprint(map(repr, step.twins))


def title(name: str) -> str:
    return f"{name}: sync"
