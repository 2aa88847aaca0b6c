"""One range of keys after the other: how large it is, when it pauses, and where it is noted.

Locks of a batch are held for a moment only, and nobody who waits for them waits for the next batch too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from verdigris.core.errors import ActionError
from verdigris.schema.running.backfill import Backfill
from verdigris.schema.running.blocking import InTheWay, held_up
from verdigris.schema.running.keys import Key, Position
from verdigris.schema.running.prechecks import Bounds, lag
from verdigris.schema.running.retry import TIMED_OUT, Patience, waits_at_most, whole
from verdigris.schema.running.slowness import Slowness
from verdigris.schema.running.trouble import state_of
from verdigris.schema.running.waiting import Tell, Waiting
from verdigris.schema.shadow.database import client

__all__ = ["Filling", "Manners"]

LONG_ENOUGH = 0.2
"""Seconds that a batch may take before the next one is smaller: so long a row of it may be locked."""
TOLD_EVERY = 5.0
"""Seconds between two sentences on how far it is."""


@dataclass(frozen=True, slots=True)
class Manners:
    """When to pause. `why` is asked how the application fares, with our connection: a sentence, or "" to go on.

    It rests after each batch `rest` times as long as the batch took; `pause` seconds while there is a reason, and gives
    up after `paused_most`. A statement of a batch may take `batch` seconds.
    """

    why: Callable[[Any], str] = field(default_factory=Slowness)
    bounds: Bounds = field(default_factory=Bounds)
    rest: float = 1.0
    pause: float = 1.0
    paused_most: float = 3600.0
    batch: float = 10.0


@dataclass(slots=True)
class Filling:
    """One backfill on one connection."""

    connection: Any
    spec: Backfill
    key: Key
    waiting: Waiting
    patience: Patience
    manners: Manners
    tell: Tell
    in_the_way: InTheWay
    rows: int
    held_up: bool = False
    changed: int = field(default=0)
    done: int = 0
    due: int | None = None
    """How many rows there were to do when it began; None where that could not be counted in time."""
    told_at: float = 0.0

    def look(self, connection: Any) -> None:
        """From beside, while a batch runs."""
        self.in_the_way.look(connection)
        self.held_up = self.held_up or held_up(connection, self.in_the_way.pid) > 0

    def round(self) -> None:
        """Once through the table, from where the journal says."""
        self.changed, self.told_at = 0, self.waiting.now()
        while True:
            self.give_way()
            begun = self.waiting.now()
            size = self.rows
            if not whole(
                self.connection, self.batch, self.waiting, what=self.spec.name, in_the_way=self.in_the_way,
                patience=self.patience, tell=self.tell,
            ).value:  # fmt: skip
                return self.tell_how_far()
            if self.waiting.now() - self.told_at >= TOLD_EVERY:
                self.tell_how_far()
            self.rest(self.waiting.now() - begun, size)

    def tell_how_far(self) -> None:
        self.told_at = self.waiting.now()
        of = "" if self.due is None else f" of {self.due:,}"
        self.tell(f"{self.spec.name}: {self.done:,}{of} rows are done")

    def batch(self, connection: Any) -> bool:
        """One range of keys, in the transaction that is open. False when there is none any more."""
        waits_at_most(connection, self.patience.lock, self.manners.batch)
        first = self.position()
        try:
            last = self.key.end_of_batch(connection, first, self.rows)
            if last is None:
                return False
            changed = connection.execute(self.statement(first, last)).rowcount
        except client().Error as error:
            if state_of(error) == TIMED_OUT:
                self.rows = max(self.rows // 2, 1)
            raise
        self.note(last, changed)
        self.changed += changed
        self.done += changed
        return True

    def statement(self, first: Position | None, last: Position) -> Any:
        sql = client().sql
        range_ = self.key.between(self.spec.alias, first, last)
        return sql.SQL("{}{}{}").format(sql.SQL(self.spec.before), range_, sql.SQL(self.spec.after))

    def position(self) -> Position | None:
        row = self.connection.execute(
            "SELECT position FROM verdigris_schema.backfills WHERE name = %s FOR UPDATE", (self.spec.name,)
        ).fetchone()
        return tuple(row[0]) if row[0] else None

    def note(self, last: Position, changed: int) -> None:
        self.connection.execute(
            "UPDATE verdigris_schema.backfills SET position = %s, rows = rows + %s, batches = batches + 1"
            " WHERE name = %s",
            (list(last), changed, self.spec.name),
        )

    def rest(self, took: float, size: int) -> None:
        """Smaller batches when one took long or kept somebody waiting; larger ones again when it did not."""
        if self.held_up or took > LONG_ENOUGH:
            self.rows = max(min(self.rows, size) // 2, 1)
        else:
            self.rows = min(self.rows * 2, self.spec.rows)
        pause = self.manners.pause if self.held_up else took * self.manners.rest
        self.held_up = False
        if pause > 0:
            self.waiting.sleep(pause)

    def give_way(self) -> None:
        until, told = self.waiting.now() + self.manners.paused_most, ""
        while why := self.why_not():
            if self.waiting.now() >= until:
                raise ActionError(
                    f"{self.spec.name}: paused for {self.manners.paused_most:.0f} s because {why}: see to that and"
                    " run it again, it goes on from there"
                )
            if why != told:
                self.tell(f"{self.spec.name}: pauses because {why}")
                told = why
            self.waiting.sleep(self.manners.pause)

    def why_not(self) -> str:
        return lag(self.connection, self.manners.bounds) or self.manners.why(self.connection)

    def again(self) -> None:
        self.connection.execute(
            "UPDATE verdigris_schema.backfills SET round = round + 1, position = NULL, finished = NULL WHERE name = %s",
            (self.spec.name,),
        )

    def finished(self) -> None:
        self.connection.execute(
            "UPDATE verdigris_schema.backfills SET finished = pg_catalog.clock_timestamp() WHERE name = %s",
            (self.spec.name,),
        )
