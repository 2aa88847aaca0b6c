"""PostgreSQL's table locks from the weakest to the strongest, in its own words. It knows no table and no statement."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["BLOCKS_WRITERS", "Lock"]


class Lock(IntEnum):
    """The modes of a table lock, in the order of what they keep out."""

    ACCESS_SHARE = 1
    ROW_SHARE = 2
    ROW_EXCLUSIVE = 3
    SHARE_UPDATE_EXCLUSIVE = 4
    SHARE = 5
    SHARE_ROW_EXCLUSIVE = 6
    EXCLUSIVE = 7
    ACCESS_EXCLUSIVE = 8

    @classmethod
    def of(cls, mode: str) -> Lock:
        """From what `pg_locks.mode` says: `AccessExclusiveLock`."""
        return MODES[mode]

    @property
    def words(self) -> str:
        """As SQL and the manual write it: `ACCESS EXCLUSIVE`."""
        return self.name.replace("_", " ")

    @property
    def keeps_out(self) -> str:
        """Whom it lets wait, of those that an application is made of."""
        if self is Lock.ACCESS_EXCLUSIVE:
            return "every reader and every writer"
        if self is Lock.EXCLUSIVE:
            return "every writer, and readers that lock rows"
        return "every writer" if self >= BLOCKS_WRITERS else "nobody but other changes of the schema"


BLOCKS_WRITERS = Lock.SHARE
"""From here on an INSERT, UPDATE or DELETE waits."""
MODES = {f"{lock.name.title().replace('_', '')}Lock": lock for lock in Lock}
