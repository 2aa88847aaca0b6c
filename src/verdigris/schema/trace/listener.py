"""Listens on a shadow while somebody's own tool runs a migration there, and tells of each statement what it did.

An event trigger hears every change of the schema, a trigger on each table every change of rows, in transactions and
outside. They need a superuser of the shadow; nothing of this is ever put on production, and `remove` takes all away.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from verdigris.core.errors import ConfigError, Refused
from verdigris.schema import parsing
from verdigris.schema.grammar import trees, walk
from verdigris.schema.shadow.database import client
from verdigris.schema.trace.deeds import Deed, bounded, deeds, wide
from verdigris.schema.trace.facts import Touch, Traced
from verdigris.schema.trace.locks import Lock
from verdigris.schema.trace.measure import OLDEST, emptied, names
from verdigris.schema.trace.relations import HEAPS, Known, Reading, known, moved, touches
from verdigris.schema.trace.triggers import EVENTS, INSTALL, READINGS, REMOVE, SCHEMA

__all__ = ["SCHEMA", "Listener", "install", "remove"]

TRUNCATED = {"TRUNCATE": "TRUNCATE TABLE"}


@dataclass(frozen=True, slots=True)
class Event:
    """What a trigger noted as a statement began or ended. `object` is the table whose rows it changes, or else 0."""

    number: int
    ends: bool
    transaction: str
    tag: str
    query: str
    object: int
    readings: dict[int, Reading]

    @property
    def key(self) -> tuple[str, str, int]:
        """By what a beginning and its end belong together."""
        return (self.transaction, self.tag, self.object)


@dataclass(frozen=True, slots=True)
class Listener:
    """What was there when listening began, without which nothing that is heard can be told."""

    there: dict[int, Known]

    def heard(self, connection: Any) -> tuple[Traced, ...]:
        """Every statement that has been committed since, in its order."""
        return tuple(told(self.there, events(connection)))


def install(connection: Any) -> Listener:
    """Listen from now on. `connection` is a superuser's, in autocommit; raises what it lacks as a sentence."""
    major = connection.info.server_version // 10_000
    if major < OLDEST:
        raise ConfigError(f"the trace needs PostgreSQL {OLDEST} or later on the shadow, and it is {major}")
    allowed = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    if not allowed or not allowed[0]:
        raise ConfigError(
            "to see what a tool's migration locks, the shadow's user has to be a superuser there, for only such a one "
            "may make event triggers: name one in its URL, or leave the URL out and let the embedded server be used"
        )
    there = known(connection)
    try:
        connection.execute(INSTALL)
    except client().errors.DuplicateSchema:
        raise Refused(
            f"the shadow has a schema {SCHEMA} already: listening has begun there, or the name is taken"
        ) from None
    return Listener(there)


def remove(connection: Any) -> None:
    """Take away all that listening has put there."""
    connection.execute(REMOVE)


def events(connection: Any) -> Iterator[Event]:
    """All that was noted, in its order."""
    readings: dict[int, dict[int, Reading]] = {}
    for event, *row in connection.execute(READINGS):
        readings.setdefault(event, {})[row[0]] = reading(*row[1:])
    for number, ends, transaction, tag, query, table in connection.execute(EVENTS):
        yield Event(number, ends, transaction, tag, query, table, readings.get(number, {}))


def reading(modes: list[str], file: int | None, scans: int, rows: int, name: str | None) -> Reading:
    return Reading(frozenset(map(Lock.of, modes)), file, scans or 0, rows or 0, name)


def told(there: dict[int, Known], noted: Iterator[Event]) -> Iterator[Traced]:
    """Each statement as the difference between its beginning and its end."""
    began: dict[tuple[str, str, int], list[Event]] = {}
    transactions: dict[str, int] = {}
    for event in noted:
        if not event.ends:
            began.setdefault(event.key, []).append(event)
            continue
        before = began[event.key].pop().readings if began.get(event.key) else {}
        traced = one(event, there, before)
        yield replace(traced, transaction=transactions.setdefault(event.transaction, len(transactions)))
        there = moved(there, event.readings)


def one(event: Event, there: dict[int, Known], before: dict[int, Reading]) -> Traced:
    if concurrent(event.query):
        return Traced(event.query, beside(event.query, there), event.tag, inside=False)
    named = names(event.query) | ({there[event.object].name} if event.object in there else set())
    tag = TRUNCATED.get(event.tag, event.tag)
    found = emptied(tag, touches(there, before, event.readings, frozenset(named)))
    few, many = amounts(event.query)
    return Traced(event.query, found, tag, bounded=few, wide=many)


def concurrent(sql: str) -> bool:
    try:
        return parsing.concurrently(sql)
    except ConfigError:
        return False


def beside(sql: str, there: dict[int, Known]) -> tuple[Touch, ...]:
    """The tables that something CONCURRENTLY names, or whatever else of what was there its text names."""
    named = names(sql)
    found = [one for one in there.values() if one.name in named] or [
        one for one in there.values() if one.name in sql
    ]
    reads = Deed.CREATE_INDEX in deeds(sql) or Deed.REINDEX in deeds(sql)
    return tuple(
        Touch(one.name, one.kind, Lock.SHARE_UPDATE_EXCLUSIVE, scanned=reads and one.kind in HEAPS)
        for one in found
    )


def amounts(sql: str) -> tuple[bool, bool]:
    """Whether it says how many rows it takes, and whether it takes them without saying which."""
    try:
        every = [one for tree in trees(sql) for one in walk(tree)]
    except ConfigError:
        return False, False
    return bounded(every, sql), wide(every)
