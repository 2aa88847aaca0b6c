"""A store that gets full, loses connections, and is where the controller dies, as the dice say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from verdigris.core.deployment import Answered, Note
from verdigris.core.errors import Conflict, StoreUnavailable
from verdigris.core.world import Command
from verdigris.ports import Counted, Filed, Saved
from verdigris.testing.chaos import Chaos
from verdigris.testing.memory_store import MemoryStore

__all__ = ["FaultyStore"]


@dataclass
class FaultyStore:
    """`Store` over a `MemoryStore`. `full` refuses every write until somebody makes room; `refused` says that the
    last write did not get through.
    """

    inner: MemoryStore
    chaos: Chaos
    full: bool = False
    refused: bool = False

    async def load(self, app: str) -> Saved | None:
        self.answers()
        return await self.inner.load(app)

    async def save(
        self,
        saved: Saved,
        expected: int | None,
        notes: Sequence[Note],
        answers: Sequence[Answered],
        wall: float,
        counted: Sequence[Counted] = (),
    ) -> None:
        self.refused = True
        if self.full:
            raise StoreUnavailable("the disk is full")
        failed: list[Conflict] = []

        def write() -> None:
            try:
                self.inner.write(saved, expected, notes, answers, wall, counted)
            except Conflict as error:
                failed.append(error)

        self.chaos.effect("save", write, store=True)
        if failed:
            raise failed[0]
        self.refused = False

    async def commands(self, app: str) -> tuple[Command, ...]:
        self.answers()
        return await self.inner.commands(app)

    async def filed(self, app: str) -> tuple[Filed, ...]:
        self.answers()
        return await self.inner.filed(app)

    def answers(self) -> None:
        if self.chaos.strikes("lost_before", 0.3):
            raise StoreUnavailable("the store does not answer")

    async def settle(self, filed: Filed, accepted: bool, sentence: str, deployment: str = "") -> None:
        if self.full:
            raise StoreUnavailable("the disk is full")
        self.chaos.effect("settle", lambda: None, store=True)
        await self.inner.settle(filed, accepted, sentence, deployment)
