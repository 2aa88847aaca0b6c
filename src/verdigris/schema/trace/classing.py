"""What each statement of a migration is, expand, contract or backfill, by what it changes in a catalog.

It looks at the copy that the migration is run on, and never changes anything itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from verdigris.core.errors import ConfigError
from verdigris.schema import parsing
from verdigris.schema.catalog.difference import difference, kind_of
from verdigris.schema.catalog.snapshot import Snapshot, read
from verdigris.schema.script import Kind
from verdigris.schema.trace.facts import Traced
from verdigris.schema.trace.locks import Lock

__all__ = ["LOOKS_MAX", "TOGETHER", "classed"]

LOOKS_MAX = 500
"""Looks at the catalog that are one for each statement."""
TOGETHER = 100
"""Statements behind those that are looked at in common, and get their kind in common."""
NO_CHANGE = frozenset({
    parsing.Sort.SELECT, parsing.Sort.INSERT, parsing.Sort.UPDATE, parsing.Sort.DELETE, parsing.Sort.MERGE,
    parsing.Sort.SETTING, parsing.Sort.TRANSACTION,
})  # fmt: skip
"""Statements that change rows at most. A function may do anything: it is believed to do what its name says."""


def classed(connection: Any, trace: Iterable[Traced]) -> Iterator[Traced]:
    """Each statement as it is measured, with its kind. `connection` is the one that it is measured by."""
    base = before = read(connection)
    looks, waiting = 0, list[Traced]()
    for traced in trace:
        if unchanging(traced.sql) and not waiting:
            yield replace(traced, kind=kind(base, before, before, [traced]))
            continue
        waiting.append(traced)
        if looks < LOOKS_MAX or len(waiting) >= TOGETHER:
            after, looks = read(connection), looks + 1
            yield from together(base, before, after, waiting)
            before, waiting = after, []
    if waiting:
        yield from together(base, before, read(connection), waiting)


def together(base: Snapshot, before: Snapshot, after: Snapshot, traces: list[Traced]) -> Iterator[Traced]:
    found = kind(base, before, after, traces)
    return (replace(traced, kind=found) for traced in traces)


def kind(base: Snapshot, before: Snapshot, after: Snapshot, traces: list[Traced]) -> Kind:
    """By what differs; what is done to a table that the migration itself has made harms nobody."""
    rows = tuple(row for traced in traces for row in rows_of(traced))
    own = {str(one) for one in before.relations} - {str(one) for one in base.relations}
    old = {one.oid for one in base.relations}
    own -= {str(one) for one in before.relations if one.oid in old}
    changes = difference(before, after, rows)
    return kind_of(change for change in changes if change.relation not in own)


def rows_of(traced: Traced) -> tuple[str, ...]:
    """The tables whose rows it means to change."""
    return tuple(
        touch.relation
        for touch in traced.touches
        if touch.emptied or touch.rows or (touch.lock is Lock.ROW_EXCLUSIVE and touch.kind in "rp")
    )


def unchanging(sql: str) -> bool:
    try:
        return parsing.kind(sql) in NO_CHANGE
    except ConfigError:
        return False
