"""The store in memory, beside what the conformance suite says: its faults and its bounds."""

from __future__ import annotations

import pytest

from verdigris.core.deployment import Note
from verdigris.core.errors import StoreUnavailable
from verdigris.testing.conformance.examples import example_saved
from verdigris.testing.memory_store import KEPT, MemoryStore


def lost(moment: str):
    """The fault that strikes every save at a moment."""

    def fault(call: str, when: str) -> None:
        if (call, when) == ("save", moment):
            raise StoreUnavailable(f"lost {moment} its effect")

    return fault


@pytest.mark.parametrize(("moment", "stored"), [("before", None), ("after", example_saved())])
async def test_a_write_is_refused_or_done_and_its_answer_lost(moment, stored):
    store = MemoryStore(fault=lost(moment))
    with pytest.raises(StoreUnavailable, match=moment):
        await store.save(example_saved(), None, (), (), 1.0)
    assert stored == await store.load("api")


async def test_every_verb_of_the_store_can_be_struck():
    struck: list[tuple[str, str]] = []
    store = MemoryStore(fault=lambda call, when: struck.append((call, when)))
    await store.load("api")
    await store.commands("api")
    await store.filed("api")
    await store.save(example_saved(), None, (), (), 1.0)
    assert [("load", "before"), ("commands", "before"), ("filed", "before")] == struck[:3]
    assert [("save", "before"), ("save", "after")] == struck[3:]


async def test_the_log_has_a_bound_and_its_numbers_go_on():
    store = MemoryStore()
    notes = [Note("step", f"{n}") for n in range(KEPT + 5)]
    await store.save(example_saved(), None, notes, (), 1.0)
    assert (KEPT, KEPT + 5) == (len(store.log), store.log[-1].number)
