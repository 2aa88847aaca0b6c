"""What each statement means for those who use the table meanwhile, and the way that lets nobody wait, in sentences.

Pure: words about what `weigh` found, and no finding of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

from verdigris.schema.trace.deeds import Deed, deeds
from verdigris.schema.trace.facts import Traced
from verdigris.schema.trace.locks import BLOCKS_WRITERS
from verdigris.schema.trace.weigh import Hazard, Weighed, total

__all__ = ["holding", "safer", "size"]

CONCURRENTLY = "CREATE INDEX CONCURRENTLY, outside a transaction"
WAYS = {
    Deed.SET_NOT_NULL: (
        "add CHECK (column IS NOT NULL) NOT VALID, fill the column in batches, VALIDATE CONSTRAINT in a later "
        "transaction, then SET NOT NULL, which finds the valid CHECK and reads nothing, and drop the CHECK"
    ),
    Deed.CHECK: "add it NOT VALID, put the old rows right in batches, and VALIDATE CONSTRAINT in a later transaction",
    Deed.FOREIGN_KEY: "add it NOT VALID, which takes a moment, and VALIDATE CONSTRAINT in a later transaction",
    Deed.UNIQUE: (
        "build the index with CREATE UNIQUE INDEX CONCURRENTLY, outside a transaction, then ADD CONSTRAINT … UNIQUE "
        "USING INDEX"
    ),
    Deed.PRIMARY_KEY: (
        "make the columns NOT NULL first (CHECK … NOT VALID, VALIDATE, SET NOT NULL), build the index with "
        "CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT … PRIMARY KEY USING INDEX"
    ),
    Deed.EXCLUDE: (
        "there is no way without a wait: make a new table with the constraint, copy rows in batches, and change over"
    ),
    Deed.VALIDATE: "validate in a transaction of its own: alone it keeps nobody out",
    Deed.CHANGE_TYPE: (
        "add a column of the new type, keep both in step by a trigger, fill it in batches, let the new version use it, "
        "and drop the old one in the contract step"
    ),
    Deed.DEFAULT: "add the column without the default, then SET DEFAULT for new rows, and fill the old ones in batches",
    Deed.STORED: (
        "add a plain column, fill it by a trigger and in batches; from PostgreSQL 18 on a VIRTUAL column takes a moment"
    ),
    Deed.COUNTED: "add a plain column, fill it in batches, then attach the sequence as its default",
    Deed.UNIQUE_COLUMN: (
        "add the column alone, build the index with CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT … USING INDEX"
    ),
    Deed.CHECKED_COLUMN: (
        "add the column alone, then the CHECK as NOT VALID, and VALIDATE CONSTRAINT in a later transaction"
    ),
    Deed.CREATE_INDEX: CONCURRENTLY,
    Deed.REINDEX: "REINDEX … CONCURRENTLY, outside a transaction",
    Deed.ORDER: (
        "leave it out of the migration: plain VACUUM keeps nobody out, pg_repack writes a table anew beside its users"
    ),
    Deed.REFRESH: "give the view a unique index, and REFRESH MATERIALIZED VIEW CONCURRENTLY: readers go on",
    Deed.ATTACH: (
        "add a CHECK with the partition's bounds to it NOT VALID and VALIDATE it before: then ATTACH PARTITION reads "
        "nothing"
    ),
    Deed.MOVE: "leave it out of the migration: copy into a new table in batches, and change over",
    Deed.CHANGE_ROWS: (
        "change a few thousand rows at a time, by ranges of the key, each in a transaction of its own: a backfill"
    ),
    Deed.EMPTY: "keep it out of a migration that runs beside users; delete in batches what is not needed",
}
"""For what a statement is meant to do: the same end, without the wait."""
OTHERWISE = {
    Hazard.HELD: "put it into a migration of its own, so that its transaction holds nothing else",
    Hazard.ROWS: WAYS[Deed.CHANGE_ROWS],
    Hazard.EMPTIED: WAYS[Deed.EMPTY],
}


def safer(weighed: Weighed) -> tuple[str, ...]:
    """The ways that lets nobody wait; none where nobody would wait for long anyway."""
    hazard = weighed.hazard or weighed.warning
    if hazard is None:
        return ()
    if hazard is Hazard.HELD:
        rows = Deed.CHANGE_ROWS in deeds(weighed.traced.sql)
        return (OTHERWISE[hazard], WAYS[Deed.CHANGE_ROWS]) if rows else (OTHERWISE[hazard],)
    ways = tuple(WAYS[deed] for deed in deeds(weighed.traced.sql))
    return ways or ((OTHERWISE[hazard],) if hazard in OTHERWISE else ())


def holding(weighed: Weighed, sizes: Mapping[str, int] | None = None) -> str:
    """One sentence on what is held, for how long, and who waits; "" for what touches nothing that was there."""
    traced = weighed.traced
    if traced.note:
        return f"{traced.note[0].upper()}{traced.note[1:]}."
    if traced.lock is None:
        return ""
    hazard = weighed.hazard or weighed.warning
    return (long(weighed, hazard, sizes or {}) if hazard else brief(weighed)) + "."


def brief(weighed: Weighed) -> str:
    """What lets nobody wait for long by itself."""
    traced = weighed.traced
    assert traced.lock is not None, "a statement that locks nothing holds nothing"
    on = ", ".join(touch.relation for touch in traced.touches if touch.lock is traced.lock)
    if traced.lock < BLOCKS_WRITERS:
        return f"{traced.lock.words} on {on}: keeps out {traced.lock.keeps_out}"
    after = weighed.until - weighed.number
    how = (
        f"and until its transaction ends, for {after} more statement{'s' * (after > 1)}"
        if after
        else "for a moment"
    )
    return f"{traced.lock.words} on {on}, {how}: keeps out {traced.lock.keeps_out}"


def long(weighed: Weighed, hazard: Hazard, sizes: Mapping[str, int]) -> str:
    """What lets somebody wait for as long as a table is large."""
    traced = weighed.traced
    work, large = " and ".join(traced.work), size(traced, sizes)
    if hazard is Hazard.EMPTIED:
        gone = ", ".join(touch.relation for touch in traced.touches if touch.emptied)
        return f"All rows of {gone} are gone, for whoever uses them now"
    if hazard is Hazard.ROWS:
        rows = " and ".join(touch.relation for touch in traced.touches if touch.lock is traced.lock)
        return f"Changes rows of {rows} all at once{large}: whoever changes one of them waits for its transaction"
    if hazard is Hazard.HELD:
        first = max(weighed.held, key=lambda held: held.lock)
        what = f"reads {work} from end to end" if work else "changes many rows"
        return (
            f"{what[0].upper()}{what[1:]}{large} while statement {first.since} still holds {first.lock.words} on "
            f"{first.relation}: keeps out {first.lock.keeps_out} for as long"
        )
    assert traced.lock is not None, "only a lock makes such a hazard"
    on = ", ".join(touch.relation for touch in traced.touches if touch.lock is traced.lock)
    done = "is written anew" if hazard is Hazard.REWRITE else "is read from end to end"
    return f"{traced.lock.words} on {on} while {work} {done}{large}: keeps out {traced.lock.keeps_out} for as long"


def size(traced: Traced, sizes: Mapping[str, int]) -> str:
    """How large what it works on is in production, in brackets; "" where that is not known."""
    worked = traced.work or tuple(touch.relation for touch in traced.touches)
    amount = total(worked, sizes)
    if not worked or amount == float("inf"):
        return ""
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1024:
            return f" ({amount:.0f} {unit} in production)"
        amount /= 1024
    return f" ({amount:.1f} TB in production)"
