"""Saves of one deployment, one generation after another, and what can be set on the connection of a store."""

from dataclasses import replace

from sqlalchemy import text

from verdigris.adapters.stores.sql import SqlStore
from verdigris.core.deployment import Note
from verdigris.core.errors import StoreUnavailable
from verdigris.ports import Saved
from verdigris.testing.conformance.examples import example_saved

BULKY = (Note("note", "much", "x" * 15_000),) * 4


def at(generation: int, saved: Saved | None = None) -> Saved:
    saved = saved or example_saved()
    return replace(saved, deployment=replace(saved.deployment, generation=generation))


async def write_until_it_fails(store: SqlStore) -> tuple[int, StoreUnavailable]:
    """The last generation that was acknowledged, and why the next one was not."""
    for generation in range(1, 2000):
        try:
            await store.save(at(generation), generation - 1, BULKY, (), 1.0)
        except StoreUnavailable as error:
            return generation - 1, error
    raise AssertionError("nothing ever failed")


async def run(store: SqlStore, pragma: str) -> None:
    """Set something on the one connection of the store."""
    async with store._reads.connect() as connection:
        await connection.execute(text(f"PRAGMA {pragma}"))
