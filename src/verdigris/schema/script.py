"""One migration as a file holds it: its statements in order, and what its author says it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Kind", "Script"]


class Kind(StrEnum):
    """What a migration is, by what it changes. `BOTH` must be split: no version is served at every moment of it."""

    EXPAND = "expand"
    CONTRACT = "contract"
    BACKFILL = "backfill"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Script:
    """`name` as people know it, the statements in their order, and the kind that its author declares, if any.

    `alone` is whether it asks to be run outside a transaction, as `CREATE INDEX CONCURRENTLY` has to be.
    """

    name: str
    statements: tuple[str, ...]
    declared: Kind | None = None
    alone: bool = False
