"""The controller before and around its loop: who may be it, what it hears, and the store that it must not invent."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest

from tests.unit.adapters.stores.saves import at
from tests.unit.cli.house import FakeHouse
from tests.unit.keeper.house import House as KeeperHouse
from tests.waiting import eventually
from verdigris.adapters.stores.desk import SqliteDesk
from verdigris.adapters.stores.keeping import Kept
from verdigris.adapters.stores.lease import LOCK, Lease
from verdigris.adapters.stores.pokes import listen, poke
from verdigris.adapters.stores.sql import SqlStore
from verdigris.bootstrap.controller import follow, hear, refuse_a_lost_store, take, tidy
from verdigris.bootstrap.house import DATABASE, House
from verdigris.core.deployment import Note
from verdigris.core.errors import Conflict, StoreUnavailable
from verdigris.engine.service import Service

NOTES = [Note("note", f"{n}") for n in range(5)]


@pytest.fixture
def kept(tmp_path) -> Iterator[KeeperHouse]:
    """A state directory with a keeper at work."""
    house = KeeperHouse(tmp_path)
    house.open()
    yield house
    house.close()


def over(kept: KeeperHouse) -> House:
    return House(kept.root / "verdigris.yaml", kept.state)


async def test_a_first_controller_needs_no_store(kept):
    await refuse_a_lost_store(over(kept))


async def test_a_store_that_is_there_needs_no_keeper(make_house):
    house = make_house()
    (house.state / DATABASE).write_text("rows")
    await refuse_a_lost_store(house)


@pytest.mark.parametrize("left", [None, b""], ids=["gone", "empty"])
async def test_a_store_that_is_lost_while_instances_run_is_not_made_anew(kept, left):
    await kept.start(kept.release())
    if left is not None:
        (kept.state / DATABASE).write_bytes(left)
    with pytest.raises(StoreUnavailable, match=r"is gone while instances run\. .* `verdigris recover`"):
        await refuse_a_lost_store(over(kept))


async def test_who_is_in_charge_is_named_to_a_second_controller(tmp_path):
    first, second = Lease(tmp_path / "state"), Lease(tmp_path / "state")
    await take(first)
    try:
        with pytest.raises(Conflict, match="controller with pid"):
            await take(second)
    finally:
        first.release()
    await take(second)
    second.release()


async def test_the_end_of_whoever_was_killed_is_waited_for(tmp_path):
    dying, next_one = Lease(tmp_path / "state"), Lease(tmp_path / "state")
    dying.acquire()
    (tmp_path / "state" / LOCK).write_text("")  # nobody who lives has signed it
    taking = asyncio.create_task(take(next_one))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(taking), 0.2)
    dying.release()
    await taking
    next_one.release()


def test_many_pokes_mean_one_look(tmp_path):
    house = FakeHouse()
    service = Service([house.engine])
    ears: socket.socket = listen(tmp_path)
    with ears:
        assert all(poke(tmp_path) for _ in range(3))
        hear(ears, service)
        assert service.bells[house.app].is_set()
        with pytest.raises(BlockingIOError):
            ears.recv(64)


def test_hearing_nothing_wakes_nobody(tmp_path):
    house = FakeHouse()
    service = Service([house.engine])
    with listen(tmp_path) as ears:
        hear(ears, service)
    assert not service.bells[house.app].is_set()


def test_a_poke_wakes_every_app(tmp_path):
    engines = [FakeHouse().engine, FakeHouse().engine]
    engines[1].app = "search"
    service = Service(engines)
    with listen(tmp_path) as ears:
        poke(tmp_path)
        hear(ears, service)
    assert {"orders": True, "search": True} == {app: bell.is_set() for app, bell in service.bells.items()}


class Changing:
    """An environment in which something happens once."""

    async def changes(self):
        yield "blue-1: running"


async def test_a_change_in_one_app_wakes_that_one(tmp_path):
    bells = asyncio.Event(), asyncio.Event()
    await follow(Changing(), bells[0])
    assert [True, False] == [bell.is_set() for bell in bells]


async def test_the_past_is_forgotten_while_the_controller_runs_and_again_after_trouble(tmp_path, caplog):
    path = tmp_path / DATABASE
    store, desk = SqlStore(path), SqliteDesk(path)
    await store.prepare()
    tidying = asyncio.create_task(tidy(store, Kept(events=2), every=0.01))
    for generation in range(2):
        await store.save(at(generation), generation - 1 if generation else None, NOTES, (), 1.0)
        await eventually(lambda: len(desk.events()) == 2, "the oldest to be forgotten")
    path.rename(path.with_suffix(".away"))
    await eventually(lambda: "nothing was forgotten" in caplog.text, "the trouble to be told")
    path.with_suffix(".away").rename(path)
    await store.save(at(2), 1, NOTES, (), 1.0)
    await eventually(lambda: len(desk.events()) == 2, "the oldest to be forgotten after the trouble")
    tidying.cancel()
    await store.close()
