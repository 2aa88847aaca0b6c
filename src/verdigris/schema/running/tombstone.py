"""Drops that can be taken back: what a contract drops is only renamed, and really dropped a day later.

A renamed column must hold nobody up who has forgotten it: what it demands of a row is lifted. It is never dropped
before it is due, and nothing that depends on it is dropped with it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from verdigris.core.errors import ActionError, Refused
from verdigris.schema.running.apply import Applied, carry_out
from verdigris.schema.running.blocking import InTheWay, beside
from verdigris.schema.running.burying import Grave, bury, find
from verdigris.schema.running.drops import drops_of
from verdigris.schema.running.retry import Patience, whole
from verdigris.schema.running.session import Connect, one, opened
from verdigris.schema.running.stand_ins import clear, standing
from verdigris.schema.running.syncing import SCHEMA
from verdigris.schema.running.trouble import reached, said
from verdigris.schema.running.waiting import Pace, Tell, Waiting, quietly
from verdigris.schema.script import Script
from verdigris.schema.shadow.database import client

__all__ = ["KEEP", "Tombstone", "contract", "drop_due", "owed", "restore", "unfinished"]

KEEP = timedelta(days=1)
"""How long what was dropped can be had back."""
ROWS = """
    SELECT number, relation, attribute, schema_name, table_name, column_name, gone, restoring, notes, buried, due,
           due <= pg_catalog.clock_timestamp()
    FROM verdigris_schema.tombstones WHERE ended IS NULL ORDER BY number
"""
UNUSED = """
    SELECT proname::text FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = 'verdigris_schema' AND proname ~ '^sync_[0-9a-f]{12}$'
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgfoid = p.oid)
"""
ENDED = "UPDATE verdigris_schema.tombstones SET ended = pg_catalog.clock_timestamp(), outcome = %s WHERE number = %s"


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What is owed: a table, or a column of it, under the name `gone` until it is `due`.

    `restoring` are the statements that give back what was lifted; `notes` what nobody gives back by itself.
    """

    number: int
    grave: Grave
    restoring: tuple[str, ...]
    notes: tuple[str, ...]
    buried: datetime
    due: datetime
    is_due: bool

    def __str__(self) -> str:
        return str(self.grave)


def contract(
    connect: Connect,
    script: Script,
    *,
    keep: timedelta = KEEP,
    waiting: Waiting | None = None,
    patience: Patience | None = None,
    tell: Tell = quietly,
) -> Applied:
    """Carry the script out; tables and columns that it drops are renamed, everything else is done as it says."""
    for statement in script.statements:
        drops_of(statement)  # whatever cannot be a tombstone is refused before anything is done

    def perform(connection: Any, statement: str) -> None:
        drops = drops_of(statement)
        for drop in drops:
            bury(connection, drop, keep)
        if not drops:
            connection.execute(statement)

    return carry_out(connect, script, waiting=waiting, patience=patience, tell=tell, perform=perform)


def owed(connection: Any) -> tuple[Tombstone, ...]:
    """What is still to be dropped, in the order in which it was renamed."""
    if one(connection, "SELECT pg_catalog.to_regclass('verdigris_schema.tombstones') IS NULL"):
        return ()
    return tuple(
        Tombstone(number, Grave(*grave), tuple(restoring), tuple(notes), buried, due, is_due)
        for number, *grave, restoring, notes, buried, due, is_due in connection.execute(ROWS).fetchall()
    )


def unfinished(connection: Any) -> tuple[Tombstone, ...]:
    """Those in whose place something empty still stands: the step that was to drop that has not come to its end."""
    return tuple(stone for stone in owed(connection) if standing(connection, stone.grave))


def restore(
    connect: Connect,
    *,
    waiting: Waiting | None = None,
    patience: Patience | None = None,
    tell: Tell = quietly,
) -> tuple[str, ...]:
    """Everything that is owed gets its name back, all or nothing, in milliseconds. What is returned is to be read:
    rows that were written meanwhile have no value there.
    """
    waiting = waiting or Pace()
    with opened(connect, waiting) as connection, reached("the tombstones could not be taken back"):
        in_the_way = InTheWay(connection.info.backend_pid)
        with beside(connect, in_the_way.look):
            found = whole(
                connection, lambda _: [back(connection, stone) for stone in reversed(owed(connection))], waiting,
                what="taking tombstones back", in_the_way=in_the_way, patience=patience, tell=tell,
            ).value  # fmt: skip
        return tuple(note for notes in found for note in notes)


def back(connection: Any, stone: Tombstone) -> tuple[str, ...]:
    sql = client().sql
    there = find(connection, stone.grave)
    if there is None:
        raise Refused(
            f"{stone}: its tombstone {stone.grave.gone} is not there any more: it cannot be taken back"
        )
    clear(connection, stone.grave)
    # A name that was taken meanwhile is the server's to refuse.
    original = stone.grave.column or stone.grave.table
    kind = (
        sql.SQL("COLUMN {} ").format(sql.Identifier(stone.grave.gone)) if stone.grave.column else sql.SQL("")
    )
    connection.execute(sql.SQL("ALTER TABLE {} RENAME {}TO {}").format(there, kind, sql.Identifier(original)))
    for statement in stone.restoring:
        connection.execute(statement)
    connection.execute(ENDED, ("restored", stone.number))
    return stone.notes


def drop_due(
    connect: Connect,
    *,
    only: Collection[int] | None = None,
    waiting: Waiting | None = None,
    patience: Patience | None = None,
    tell: Tell = quietly,
) -> tuple[Tombstone, ...]:
    """Drop what is due by the database's clock, each by itself, or only those numbers; what was dropped.

    Called again, it does the rest. One that cannot be dropped holds up no other; the first is an ActionError then.
    """
    waiting, dropped, held = waiting or Pace(), list[Tombstone](), list[ActionError]()
    with opened(connect, waiting) as connection, reached("tombstones could not be dropped"):
        in_the_way = InTheWay(connection.info.backend_pid)
        with beside(connect, in_the_way.look):
            for stone in owed(connection):
                # Whoever was to drop the stand-in may still want to: what it stands for is no less real than before.
                spared = only is not None and stone.number not in only
                if spared or not stone.is_due or standing(connection, stone.grave):
                    continue
                try:
                    whole(
                        connection, partial(drop, stone=stone), waiting, what=f"dropping {stone}",
                        in_the_way=in_the_way, patience=patience, tell=tell,
                    )  # fmt: skip
                    dropped.append(stone)
                except ActionError as error:
                    held.append(error)
            sweep(connection)
    if held:
        raise held[0]
    return tuple(dropped)


def sweep(connection: Any) -> None:
    """Functions of sync triggers that nobody needs again, once nothing is owed whose way back would need them."""
    sql = client().sql
    if owed(connection):
        return
    for (name,) in connection.execute(UNUSED).fetchall():
        connection.execute(sql.SQL("DROP FUNCTION IF EXISTS {}()").format(sql.Identifier(SCHEMA, name)))
        counter = sql.Identifier(SCHEMA, f"{name}_conflicts")
        connection.execute(sql.SQL("DROP SEQUENCE IF EXISTS {}").format(counter))


def drop(connection: Any, stone: Tombstone) -> None:
    """Somebody else may have dropped it: then it is only noted."""
    sql, gone = client().sql, client().sql.Identifier(stone.grave.gone)
    there = find(connection, stone.grave)
    words = sql.SQL("ALTER TABLE {} DROP COLUMN {}").format(there, gone) if stone.grave.column else None
    if there is not None:
        try:
            connection.execute(words or sql.SQL("DROP TABLE {}").format(there))
        except client().errors.DependentObjectsStillExist as error:
            detail = error.diag.message_detail or said(error)
            raise ActionError(
                f"{stone} cannot be dropped: {detail}: drop that first, then run this again"
            ) from None
    connection.execute(ENDED, ("dropped" if there is not None else "missing", stone.number))
