"""A store that gets full and loses connections."""

from __future__ import annotations

import random

import pytest

from verdigris.core.errors import Conflict, StoreUnavailable
from verdigris.testing.chaos import KINDS, Chaos, Crash
from verdigris.testing.conformance.examples import example_filed, example_saved
from verdigris.testing.faulty_store import FaultyStore
from verdigris.testing.memory_store import MemoryStore


def a_store(**odds: float) -> FaultyStore:
    """A store over dice with these odds and no others."""
    chaos = Chaos(random.Random(1), on=True)
    chaos.odds = dict.fromkeys(KINDS, 0.0) | odds
    return FaultyStore(MemoryStore(), chaos)


async def save(store: FaultyStore, expected: int | None = None) -> None:
    await store.save(example_saved(), expected, (), (), 1.0)


async def test_with_the_dice_against_nobody_it_is_the_store_within():
    store = a_store()
    await save(store)
    assert (example_saved(), False) == (await store.load("api"), store.refused)
    assert ((), ()) == (await store.commands("api"), await store.filed("api"))


async def test_a_full_disk_takes_nothing_until_there_is_room():
    store = a_store()
    store.full = True
    for work in (save(store), store.settle(example_filed(), True, "")):
        with pytest.raises(StoreUnavailable, match="the disk is full"):
            await work
    assert (None, True) == (await store.load("api"), store.refused)
    store.full = False
    await save(store)
    assert not store.refused


async def test_a_save_that_was_lost_did_nothing():
    store = a_store(lost_before=1.0)
    with pytest.raises(StoreUnavailable, match="save got lost"):
        await save(store)
    assert (None, True) == (await store.inner.load("api"), store.refused)


@pytest.mark.parametrize(("moment", "done"), [("crash_before", False), ("crash_after", True)])
async def test_the_controller_dies_on_either_side_of_a_save(moment, done):
    store = a_store(**{moment: 100.0})
    with pytest.raises(Crash):
        await save(store)
    assert done is (await store.inner.load("api") is not None)


async def test_somebody_elses_write_is_a_conflict_and_no_fault():
    store = a_store()
    await save(store)
    with pytest.raises(Conflict):
        await save(store, expected=5)
    assert store.refused
