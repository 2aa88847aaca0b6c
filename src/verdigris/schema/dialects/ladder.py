"""How MariaDB carries out a change of a table, found by asking it: the gentlest way that it accepts is the way.

There is no rule book to keep: what is accepted differs by version, and the scratch server is production's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from verdigris.core.errors import ConfigError
from verdigris.schema.dialects.mariadb import COMMENT, Scratch

__all__ = ["Rung", "Way", "climbed"]


class Rung(StrEnum):
    """From what nobody notices to what stops every write for as long as the table is long."""

    INSTANT = "instant"
    ONLINE = "online"
    SHARED = "shared"
    COPY = "copy"
    NONE = "none"
    """It changes no table that was there: there is nothing to ask."""


LADDER = (
    (Rung.INSTANT, "ALGORITHM=INSTANT", ""),
    (Rung.ONLINE, "ALGORITHM=NOCOPY", "LOCK=NONE"),
    (Rung.ONLINE, "ALGORITHM=INPLACE", "LOCK=NONE"),
    (Rung.SHARED, "ALGORITHM=INPLACE", "LOCK=SHARED"),
    (Rung.COPY, "ALGORITHM=COPY", "LOCK=SHARED"),
)
NOT_THIS_WAY = {"1845", "1846"}
"""The server's errors for an algorithm or a lock that this change cannot have."""
ANEW = "the table was made anew, though the server took it for a change that needs no copy"
"""So it is with another storage engine [MariaDB 10.11]."""
ALTER = re.compile(r"alter\s+(?:online\s+|ignore\s+)*table\b", re.IGNORECASE)
INDEX = re.compile(
    r"(?:create\s+(?:or\s+replace\s+)?(?:unique\s+|fulltext\s+|spatial\s+)?|drop\s+)index\b", re.IGNORECASE
)
CHOSEN = re.compile(r"\b(?:algorithm|lock)\s*=", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Way:
    """The rung of one statement, and why no gentler one was accepted, in the server's words."""

    sql: str
    rung: Rung
    why: str = ""

    @property
    def hazard(self) -> bool:
        """Whether writes stand still for as long as the table is long."""
        return self.rung in {Rung.SHARED, Rung.COPY}


def climbed(scratch: Scratch, statements: Iterable[str]) -> tuple[Way, ...]:
    """The ways of a migration's statements, which are applied in their order. ConfigError where one fails."""
    return tuple(way(scratch, sql) for sql in statements)


def ways(sql: str) -> list[tuple[Rung, str]]:
    """The statement on each rung, the gentlest first; none where it says itself how it wants to be run."""
    head = COMMENT.sub("", sql).strip()
    if CHOSEN.search(head) or not (ALTER.match(head) or INDEX.match(head)):
        return []
    joint = ", " if ALTER.match(head) else " "
    # On a line of its own: the statement may end in a comment.
    return [(rung, f"{sql}\n{joint}{joint.join(filter(None, words))}") for rung, *words in LADDER]


def way(scratch: Scratch, sql: str) -> Way:
    """The first rung that is accepted, and that was kept to."""
    before, why = scratch.tables(), ""
    for rung, wording in ways(sql):
        fault = scratch.apply(wording)
        if fault is None:
            kept = rung in {Rung.SHARED, Rung.COPY} or before <= scratch.tables() or "INPLACE" in wording
            return Way(sql, rung, why) if kept else Way(sql, Rung.COPY, ANEW)
        if fault.code not in NOT_THIS_WAY:
            raise ConfigError(f"{fault.message}; correct the migration")
        why = fault.message
    if fault := scratch.apply(sql):
        raise ConfigError(f"{fault.message}; correct the migration")
    return Way(sql, Rung.COPY if why else Rung.NONE, why)
