"""One HAProxy for all apps: what one of them does leaves the others as they are."""

import socket

import pytest

from tests.unit.adapters.conftest import INSTALLATION, Client, Clock, Direct, Instance
from tests.waiting import eventually
from verdigris.adapters.routers.haproxy import Door, FrontDoor, HaproxyRouter, Site
from verdigris.core.errors import ConfigError
from verdigris.core.world import Known, PerSlot, Routing, Weights


class Street:
    """Two apps behind one door, each with an instance in blue."""

    def __init__(self, directory):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        listen = f"127.0.0.1:{self.port}"
        sites = (Site("api", listen, places=1), Site("search", listen, path="/search", places=1))
        self.runner = Direct(self.socket)
        self.door = FrontDoor(Door(directory, sites), INSTALLATION, Clock(), self.runner)
        self.instances = {}

    async def open(self):
        await self.door.prepare()
        await eventually(self.answers, "HAProxy to answer")
        self.api, self.search = (HaproxyRouter(self.door, app) for app in ("api", "search"))
        for router in (self.api, self.search):
            self.instances[router.app] = await Instance("blue-1", "blue").start()
            await router.apply(self.blue(router.app), 1)

    def blue(self, app):
        return Routing(Weights(100, 0), PerSlot((self.instances[app].member,), ()))

    async def answers(self):
        return isinstance(await self.door.counters(), Known)

    async def status(self, path):
        client = Client(self.port)
        reply = await client.ask(path)
        client.close()
        return reply.status

    async def close(self):
        for router in (self.api, self.search):
            await router.close()
        await self.door.close()
        self.runner.close()
        for instance in self.instances.values():
            await instance.die()


@pytest.fixture
async def street(tmp_path):
    street = Street(tmp_path / "router")
    await street.open()
    yield street
    await street.close()


async def generation(router):
    return (await router.observe()).reading.value.generation


async def test_each_app_has_its_own_routing_and_generation(street):
    await street.api.apply(street.blue("api"), 9)
    assert (9, 1) == (await generation(street.api), await generation(street.search))
    assert (200, 200) == (await street.status("/"), await street.status("/search"))


async def test_an_app_without_instances_leaves_the_other_alone(street):
    await street.search.apply(Routing(Weights(100, 0)), 2)
    assert (200, 503) == (await street.status("/"), await street.status("/search"))


async def test_a_restart_brings_back_both(street):
    await street.api.apply(street.blue("api"), 2)
    street.runner.crash()
    street.runner.start()
    await eventually(street.answers, "HAProxy to be back")
    assert (2, 1) == (await generation(street.api), await generation(street.search))
    assert (200, 200) == (await street.status("/"), await street.status("/search"))


async def test_an_app_that_outgrows_its_places_takes_the_other_along(street):
    more = [await Instance(f"blue-{n}", "blue").start() for n in (2, 3)]
    members = tuple(i.member for i in (street.instances["api"], *more))
    await street.api.apply(Routing(Weights(100, 0), PerSlot(members, ())), 2)
    assert 1 == street.runner.reloads
    assert (200, 200) == (await street.status("/"), await street.status("/search"))
    assert (2, 1) == (await generation(street.api), await generation(street.search))
    for instance in more:
        await instance.die()


async def test_a_conversation_that_is_begun_during_a_succession_is_not_left_open(street, monkeypatch):
    begun, reload = [], street.runner.reload

    async def interrupted():
        await reload()
        (await street.door.talk()).close()
        begun.append(await street.door.talk())

    monkeypatch.setattr(street.runner, "reload", interrupted)
    await street.door.succeed()
    assert begun[0].over
    assert begun[0] is not await street.door.talk()


async def test_a_row_that_says_nothing_is_said_before_anything_starts(tmp_path):
    directory = tmp_path / "router"
    directory.mkdir()
    (directory / "share.map").write_text("api nonsense\n")
    door = FrontDoor(Door(directory, (Site("api", "127.0.0.1:80"),)), INSTALLATION, Clock(), None)
    with pytest.raises(ConfigError, match="the row 'nonsense' says no share"):
        await door.prepare()
