"""Which statements would let an application wait, and for how long: reckoned from what was measured and from sizes.

Pure. A lock is no hazard by itself: what hurts is a lock that keeps writers out while a large table is read or written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import inf

from verdigris.schema.trace.facts import Touch, Traced
from verdigris.schema.trace.locks import BLOCKS_WRITERS, Lock

__all__ = ["LONG", "SMALL", "WRITTEN", "Hazard", "Held", "Weighed", "at_least", "together", "weigh"]

SMALL = 10 * 1024 * 1024
"""Bytes below which a table is read or written within the moment that any change of the schema takes."""
ROWS_MAX = 10_000
"""Rows that one transaction may change in a table that is in use."""
LONG = 1.0
"""Seconds: ten times what a step that gets its lock by our runner lets anybody wait for."""
WRITTEN, READ = 256 * 1024 * 1024, 1024 * 1024 * 1024
"""Bytes a second that a table is written anew, with its indexes, and read from end to end, on a fast server and out of
memory. We measured 113 MB/s and 360 to 400 MB/s on one slow core: whoever is slower waits longer than is reckoned."""
CHANGES = frozenset({"UPDATE", "DELETE", "MERGE", "DO", "CALL", "SELECT"})
"""What changes rows of others; an INSERT makes rows that nobody waits for."""


class Hazard(StrEnum):
    """Why an application would wait."""

    REWRITE = "rewrite"
    """A table is written anew under a lock that keeps writers out, or everybody."""
    SCAN = "scan"
    """A table is read from end to end under such a lock."""
    HELD = "held"
    """An earlier statement of the transaction took such a lock, and this one takes long."""
    ROWS = "rows"
    """Rows of a table that is in use are changed all at once: whoever changes one of them waits for the whole."""
    EMPTIED = "emptied"
    """All rows of a table that is in use are gone."""


@dataclass(frozen=True, slots=True)
class Held:
    """A lock that an earlier statement of the same transaction took: `since` is its number, from 1."""

    relation: str
    lock: Lock
    since: int


@dataclass(frozen=True, slots=True)
class Weighed:
    """One statement and what is to be thought of it. `until` is the number of the last statement of its transaction.

    `hazard` is None where it lets nobody wait for long, and for small tables: then `warning` says what it would be.
    """

    number: int
    traced: Traced
    held: tuple[Held, ...] = ()
    until: int = 0
    hazard: Hazard | None = None
    warning: Hazard | None = None


def weigh(trace: Sequence[Traced], sizes: Mapping[str, int] | None = None) -> tuple[Weighed, ...]:
    """Every statement with its hazard. `sizes` are bytes in production, by relation; what is not in it may be large."""
    ends = {traced.transaction: number for number, traced in enumerate(trace, 1)}
    found: list[Weighed] = []
    held: dict[str, Held] = {}
    for number, traced in enumerate(trace, 1):
        if not found or found[-1].traced.transaction != traced.transaction:
            held = {}
        found.append(weighed(number, traced, tuple(held.values()), ends[traced.transaction], sizes or {}))
        for touch in filter(blocks, traced.touches if traced.inside else ()):
            before = held.get(touch.relation)
            if touch.lock and (before is None or before.lock < touch.lock):
                held[touch.relation] = Held(touch.relation, touch.lock, number)
    return tuple(found)


def at_least(weighed: Weighed, whole: Mapping[str, int], rows: Mapping[str, int]) -> float:
    """Seconds that somebody waits at least for what it reads and writes; 0 where nobody does, or nobody knows.

    `whole` are the bytes of a table with its indexes, `rows` those of its rows alone. Who wants rows that are gone
    waits for ever. A change of rows that does not say which writes all of them; one with a condition reads them.
    """
    traced = weighed.traced
    if any(touch.emptied and rows.get(touch.relation, 0) for touch in traced.touches):
        return inf
    if weighed.hazard is None and weighed.warning is None:
        return 0.0
    every = traced.wide and at_once(traced)
    return sum(
        whole.get(touch.relation, 0) / WRITTEN
        if touch.rewritten or (every and touch.lock is Lock.ROW_EXCLUSIVE)
        else rows.get(touch.relation, 0) / READ
        for touch in traced.touches
        if touch.worked or every
    )


def together(
    found: Sequence[Weighed], whole: Mapping[str, int], rows: Mapping[str, int]
) -> Mapping[int, float]:
    """The same of whole transactions, by their numbers: what a statement locks is held until the last one is done."""
    seconds: dict[int, float] = {}
    for one in found:
        number = one.traced.transaction
        seconds[number] = seconds.get(number, 0.0) + at_least(one, whole, rows)
    return seconds


def weighed(
    number: int, traced: Traced, held: tuple[Held, ...], until: int, sizes: Mapping[str, int]
) -> Weighed:
    hazard = hazard_of(traced, held)
    if hazard is None or hazard is Hazard.EMPTIED or not small(traced, sizes):
        return Weighed(number, traced, held, until, hazard)
    return Weighed(number, traced, held, until, warning=hazard)


def hazard_of(traced: Traced, held: tuple[Held, ...]) -> Hazard | None:
    """The worst, whatever the size of the tables."""
    if any(touch.emptied for touch in traced.touches):
        return Hazard.EMPTIED
    if any(map(blocks, traced.touches)) and (traced.rewrite or traced.scan):
        return Hazard.REWRITE if traced.rewrite else Hazard.SCAN
    if held and (traced.work or at_once(traced)):
        return Hazard.HELD
    return Hazard.ROWS if at_once(traced) else None


def blocks(touch: Touch) -> bool:
    """Whether writers wait for it. Nobody writes to a materialized view, so that there only readers count."""
    least = Lock.ACCESS_EXCLUSIVE if touch.kind == "m" else BLOCKS_WRITERS
    return touch.lock is not None and touch.lock >= least and touch.kind != "S"


def at_once(traced: Traced) -> bool:
    """Whether it changes rows of a table in use, and nothing says that they are few."""
    changed = [touch for touch in traced.touches if touch.lock is Lock.ROW_EXCLUSIVE]
    if not changed or traced.tag not in CHANGES:
        return False
    return sum(touch.rows for touch in changed) > ROWS_MAX or (
        (traced.scan or traced.wide) and not traced.bounded
    )


def small(traced: Traced, sizes: Mapping[str, int]) -> bool:
    """Whether all that it reads or writes from end to end is known to be small."""
    worked = traced.work or tuple(touch.relation for touch in traced.touches)
    return bool(worked) and total(worked, sizes) < SMALL


def total(relations: Iterable[str], sizes: Mapping[str, int]) -> float:
    """Their bytes together; without end where one of them is not known."""
    return sum(sizes.get(relation, inf) for relation in relations)
