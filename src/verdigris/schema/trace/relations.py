"""The relations of a database and what is held, scanned and rewritten of them, read from its system views.

It reads only, from the connection whose locks are asked for; names are quoted by the server.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from verdigris.schema.trace.facts import Touch
from verdigris.schema.trace.locks import Lock

__all__ = ["TABLES", "Known", "Reading", "kept", "known", "moved", "read", "touches"]

TABLES = frozenset("rpmfv")
"""Kinds that statements name; an index or a sequence is told only where nothing else is."""
HEAPS = frozenset("rm")
"""Kinds that a rewrite gives a new file."""
KNOWN = """
SELECT c.oid::int8,
       CASE n.nspname WHEN 'public' THEN '' ELSE quote_ident(n.nspname) || '.' END || quote_ident(c.relname),
       c.relkind::text, c.relfilenode::int8
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'm', 'v', 'f', 'S', 'i', 'I') AND c.oid >= 16384
   AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
"""
READ = """
SELECT l.relation::int8, array_agg(l.mode), max(c.relfilenode::int8), pg_stat_get_xact_numscans(l.relation),
       pg_stat_get_xact_tuples_updated(l.relation) + pg_stat_get_xact_tuples_deleted(l.relation),
       max(CASE n.nspname WHEN 'public' THEN '' ELSE quote_ident(n.nspname) || '.' END || quote_ident(c.relname))
  FROM pg_locks l LEFT JOIN pg_class c ON c.oid = l.relation LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.granted AND l.relation >= 16384
   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
 GROUP BY l.relation
"""


@dataclass(frozen=True, slots=True)
class Known:
    """A relation that was there, and the file that it was in."""

    name: str
    kind: str
    file: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What the present transaction has of one relation by now."""

    modes: frozenset[Lock] = field(default_factory=frozenset)
    file: int | None = None
    scans: int = 0
    rows: int = 0
    name: str | None = None


NOTHING = Reading()


def known(connection: Any) -> dict[int, Known]:
    """Every relation that is there, by its oid."""
    return {oid: Known(name, kind, file) for oid, name, kind, file in connection.execute(KNOWN)}


def read(connection: Any) -> dict[int, Reading]:
    """What this transaction holds and has done, by oid; new relations among them."""
    return {
        oid: Reading(frozenset(map(Lock.of, modes)), file, scans or 0, rows or 0, name)
        for oid, modes, file, scans, rows, name in connection.execute(READ)
    }


def moved(there: dict[int, Known], after: dict[int, Reading]) -> dict[int, Known]:
    """Those that were there, by the names and files that they have by now."""
    return there | {
        oid: replace(there[oid], name=now.name or there[oid].name, file=now.file or there[oid].file)
        for oid, now in after.items()
        if oid in there
    }


def kept(before: dict[int, Reading], after: dict[int, Reading]) -> dict[int, Reading]:
    """The later reading; what a savepoint that was taken back has let go is remembered without its locks."""
    gone = {oid: replace(was, modes=frozenset()) for oid, was in before.items() if oid not in after}
    return gone | after


def touches(
    there: dict[int, Known],
    before: dict[int, Reading],
    after: dict[int, Reading],
    named: frozenset[str] = frozenset(),
) -> tuple[Touch, ...]:
    """What one statement did, as the difference of two readings of its transaction.

    Locks are kept until a transaction ends, so that in a second statement one that is taken again is not seen again:
    a relation that is `named` in it counts with the strongest lock that is held.
    """
    found = []
    for oid, now in after.items():
        if (relation := there.get(oid)) is None:
            continue
        was = before.get(oid, NOTHING)
        again = relation.name in named
        lock = max(now.modes if again else now.modes - was.modes, default=None)
        rewritten = relation.kind in HEAPS and now.file not in {None, was.file or relation.file}
        scanned = relation.kind in HEAPS and now.scans > was.scans
        rows = max(now.rows - was.rows, 0)
        if lock is not None or rewritten or scanned or rows:
            found.append(
                Touch(relation.name, relation.kind, lock or max(now.modes), rewritten, scanned, rows=rows)
            )
    tables = [touch for touch in found if touch.kind in TABLES]
    return tuple(sorted(tables or found, key=lambda touch: (-(touch.lock or 0), touch.relation)))
