"""What was recorded of one version: its statements, and in which order which connection sent them.

Parameters are personal data. They stay in memory, and in no text that is printed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from verdigris.schema.statement import Parameter, Statement

__all__ = ["Full", "Recorder", "Recording", "Sent"]

SENT_MOST = 200_000
"""How often statements may have been sent in one recording."""
STATEMENTS_MOST = 20_000
"""Different statements of one recording."""
MEMORY_MOST = 256 * 2**20
"""Characters of all that is kept of one recording."""

Run = tuple[Parameter, ...]


class Sent(NamedTuple):
    """One sending: which statement of a recording, and which run of it, `None` if no parameters were seen."""

    statement: int
    run: int | None
    connection: str


@dataclass(frozen=True, slots=True)
class Recording:
    """`order` is the recorded order of all connections together. `notes` are what the source could not see."""

    statements: tuple[Statement, ...] = ()
    order: tuple[Sent, ...] = ()
    notes: tuple[str, ...] = ()


class Full(Exception):
    """There is no more room; the text says for what."""


class Recorder:
    """Takes what is sent, one at a time: the same text with the same declared types is one statement.

    A run that was there already is not kept twice, so that a statement has each of its runs once, in their order.
    """

    def __init__(self, source: str = "", sent_most: int = SENT_MOST, memory_most: int = MEMORY_MOST) -> None:
        self._source = source
        self._sent_most = sent_most
        self._memory = self._memory_most = memory_most
        self._indices: dict[tuple[str, tuple[str, ...]], int] = {}
        self._runs: list[dict[Run, int]] = []
        self._order: list[Sent] = []

    def add(self, sql: str, run: Run | None, types: tuple[str, ...] = (), connection: str = "") -> None:
        """Keep one sending. `Full` when there is no room for it, and then nothing of it is kept."""
        if len(self._order) >= self._sent_most:
            raise Full(f"more than {self._sent_most} statements were sent")
        statement = self._indices.get((sql, types))
        if statement is None and len(self._runs) >= STATEMENTS_MOST:
            raise Full(f"more than {STATEMENTS_MOST} different statements were sent")
        known = statement is not None and (run is None or run in self._runs[statement])
        self._spend(0 if known else (len(sql) if statement is None else 0) + size(run))
        if statement is None:
            statement = self._indices[sql, types] = len(self._runs)
            self._runs.append({})
        runs = self._runs[statement]
        index = None if run is None else runs.setdefault(run, len(runs))
        self._order.append(Sent(statement, index, connection))

    def recording(self, notes: tuple[str, ...] = ()) -> Recording:
        """All of it so far."""
        statements = (
            Statement(sql, tuple(self._runs[index]), types, source=self._source)
            for (sql, types), index in self._indices.items()
        )
        return Recording(tuple(statements), tuple(self._order), notes)

    def clear(self) -> None:
        """Forget all of it."""
        self._memory = self._memory_most
        self._indices.clear()
        self._runs.clear()
        self._order.clear()

    def __len__(self) -> int:
        return len(self._order)

    def _spend(self, characters: int) -> None:
        if characters > self._memory:
            raise Full("there is no more memory for what was sent")
        self._memory -= characters


def size(run: Run | None) -> int:
    return sum(len(parameter or "") + 8 for parameter in run or ())
