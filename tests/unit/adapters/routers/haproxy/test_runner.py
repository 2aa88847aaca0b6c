"""The keeper as the one who runs HAProxy."""

import asyncio

import pytest

from tests.ports import free_port
from tests.unit.adapters.conftest import Clock
from tests.waiting import eventually
from verdigris.adapters.routers.haproxy import Door, FrontDoor, HaproxyRouter, KeeperRunner, Site
from verdigris.core.errors import ActionError, Conflict, ObservationError
from verdigris.core.world import Member, PerSlot, Routing, Slot, Weights
from verdigris.keeper.client import KeeperClient, start_keeper
from verdigris.keeper.protocol import Shutdown


@pytest.fixture
async def keeper(tmp_path):
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    await asyncio.to_thread(start_keeper, state)
    client = KeeperClient(state)
    yield client
    await client.shutdown(Shutdown(everything=True))


@pytest.fixture
async def router(keeper):
    door = FrontDoor(
        Door(keeper.state / "router", (Site("api", f"127.0.0.1:{free_port()}", places=1),)),
        "4f2a",
        Clock(),
        KeeperRunner(keeper),
    )
    router = HaproxyRouter(door, "api")
    yield router
    await router.close()
    await door.close()


async def reading(router):
    async def look():
        return getattr((await router.observe()).reading, "value", None)

    return await eventually(look, "HAProxy to answer")


def routing(*addresses):
    members = tuple(Member(f"green-{i}", address) for i, address in enumerate(addresses))
    return Routing(Weights(0, 100), PerSlot((), members))


async def test_the_keeper_runs_it_and_a_crash_is_repaired_with_the_same_routing(keeper, router):
    await router.door.prepare()
    await reading(router)
    await router.apply(routing("127.0.0.1:1"), 2)
    pid = (await router.door.talk()).pid
    await asyncio.create_subprocess_exec("kill", "-9", str(pid))
    await eventually(lambda: restarted(keeper, pid), "the keeper to start it again")
    assert routing("127.0.0.1:1") == (await reading(router)).routing


async def test_more_members_than_places_are_handed_to_a_successor(keeper, router):
    await router.door.prepare()
    await reading(router)
    wanted = routing("127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3")
    await router.apply(wanted, 2)
    assert wanted == (await reading(router)).routing

    async def nothing_in_flight():
        """Not known until the earlier process has ended."""
        return getattr((await router.observe()).in_flight[Slot.GREEN], "value", None) == 0

    await eventually(nothing_in_flight, "no request in flight")


async def test_whoever_had_the_lease_before_is_refused(keeper, router):
    await router.door.prepare()
    await reading(router)
    door = FrontDoor(router.door.door, "4f2a", Clock(), KeeperRunner(keeper))
    await door.prepare()
    with pytest.raises(Conflict):
        await router.door.succeed()
    await door.close()


async def test_a_keeper_that_is_not_there_is_said(tmp_path):
    runner = KeeperRunner(KeeperClient(tmp_path))
    with pytest.raises(ActionError, match="keeper"):
        await runner.ensure(("haproxy",), tmp_path, ())
    with pytest.raises(ActionError, match="keeper"):
        await runner.reload()
    with pytest.raises(ObservationError, match="keeper"):
        await runner.leaving()


async def restarted(keeper, pid):
    router = (await keeper.observe()).router
    return router is not None and router.alive and router.pid != pid
