"""What was measured of a migration's statements: shapes only, that `measure` and `listener` fill and `weigh` reads."""

from __future__ import annotations

from dataclasses import dataclass

from verdigris.schema.script import Kind
from verdigris.schema.trace.locks import Lock

__all__ = ["Touch", "Traced", "strongest"]


@dataclass(frozen=True, slots=True)
class Touch:
    """One relation that was there before the migration, and what one statement did with it.

    `relation` is quoted where it has to be, with its schema where that is not public. `rows` are those that were
    updated or deleted; a shadow is mostly empty, so that 0 says nothing: `scanned` does. `emptied` is TRUNCATE.
    """

    relation: str
    kind: str
    """As `pg_class.relkind`: r, p, m, v, f, S, i, I."""
    lock: Lock | None
    rewritten: bool = False
    scanned: bool = False
    emptied: bool = False
    rows: int = 0

    @property
    def worked(self) -> bool:
        """Whether it takes longer the larger the relation is."""
        return self.rewritten or self.scanned


@dataclass(frozen=True, slots=True)
class Traced:
    """One statement: `tag` is what the server called it, `transaction` counts from 0 those that the migration has.

    `inside` is False for what cannot run in a transaction: its locks are told by what it is, not measured.
    `bounded` is whether it says itself how many rows it takes, by a LIMIT; `wide` is whether it changes rows without
    saying which.
    """

    sql: str
    touches: tuple[Touch, ...] = ()
    tag: str = ""
    transaction: int = 0
    inside: bool = True
    bounded: bool = False
    wide: bool = False
    note: str = ""
    kind: Kind = Kind.EXPAND

    @property
    def lock(self) -> Lock | None:
        """The strongest that it took of any relation that was there."""
        return strongest(self.touches)

    @property
    def rewrite(self) -> bool:
        return any(touch.rewritten for touch in self.touches)

    @property
    def scan(self) -> bool:
        return any(touch.scanned for touch in self.touches)

    @property
    def work(self) -> tuple[str, ...]:
        """The relations that it reads or writes from end to end."""
        return tuple(touch.relation for touch in self.touches if touch.worked)


def strongest(touches: tuple[Touch, ...]) -> Lock | None:
    return max((touch.lock for touch in touches if touch.lock is not None), default=None)
