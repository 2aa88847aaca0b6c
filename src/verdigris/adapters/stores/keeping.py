"""How much of the past is kept, and how the rest is forgotten: the oldest first, in bunches that are over soon.

It never touches what somebody waits for, nor what an app is: its newest deployment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, delete, func, select

from verdigris.adapters.stores.tables import COMMANDS, COUNTS, DEPLOYMENTS, EVENTS, FILED

__all__ = ["KEPT", "Kept", "bunches"]


@dataclass(frozen=True, slots=True)
class Kept:
    """How many of the newest rows are kept: events of all apps, deployments of each, answered requests of each kind.

    `counted` is how many of the newest deployments of each app keep what their trial was told.
    """

    events: int = 200_000
    deployments: int = 1000
    answered: int = 10_000
    counted: int = 20


KEPT = Kept()
"""Months of a busy team, and some tens of MiB."""


def bunches(kept: Kept) -> Iterator[tuple[Callable[..., int], Any, int]]:
    """What there is to forget: how, of which table, and how many of its newest rows stay."""
    yield forget_oldest, EVENTS, kept.events
    yield forget_answered, COMMANDS, kept.answered
    yield forget_answered, FILED, kept.answered
    yield forget_deployments, DEPLOYMENTS, kept.deployments
    yield forget_counts, COUNTS, kept.counted


def forget_oldest(connection: Connection, table: Table, keep: int, most: int) -> int:
    """Events have numbers without gaps, so that nothing has to be counted."""
    number = table.c.number
    newest = connection.execute(select(func.max(number))).scalar() or 0
    return forget(connection, table, select(number).where(number <= newest - keep), most)


def forget_answered(connection: Connection, table: Table, keep: int, most: int) -> int:
    newest = connection.execute(select(func.max(table.c.id))).scalar() or 0
    old = select(table.c.id).where(table.c.id <= newest - keep, table.c.accepted.is_not(None))
    return forget(connection, table, old, most)


def forget_deployments(connection: Connection, table: Table, keep: int, most: int) -> int:
    """Those of each app that has more than `keep`; the newest of each stays whatever that is."""
    row, app, gone = table.c.row, table.c.app, 0
    for name in connection.execute(select(app).distinct()).scalars().all():
        newest = select(row).where(app == name).order_by(row.desc())
        last = connection.execute(newest.offset(max(keep, 1) - 1).limit(1)).scalar()
        if last is not None:
            gone += forget(connection, table, select(row).where(app == name, row < last), most - gone)
    return gone


def forget_counts(connection: Connection, table: Table, keep: int, most: int) -> int:
    """The seconds of all but the newest `keep` deployments of each app."""
    ours, gone = DEPLOYMENTS.c, 0
    for name in connection.execute(select(table.c.app).distinct()).scalars().all():
        newest = select(ours.id).where(ours.app == name).order_by(ours.row.desc()).limit(keep)
        old = select(table.c.row).where(table.c.app == name, table.c.deployment.not_in(newest))
        gone += forget(connection, table, old, most - gone)
    return gone


def forget(connection: Connection, table: Table, old: Any, most: int) -> int:
    """Delete the oldest `most` of the rows."""
    (key,) = table.primary_key.columns
    return connection.execute(delete(table).where(key.in_(old.order_by(key).limit(most)))).rowcount
