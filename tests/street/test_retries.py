"""Nothing is done twice that is not safe to do twice, whoever dies in the middle of it: counted where it is done."""

import asyncio
from collections import Counter
from itertools import count

import pytest

from tests.street.servers import Worker
from tests.waiting import eventually
from verdigris.core.world import Known, Slot

UNSAFE = ("POST", "PUT", "DELETE", "PATCH")
METHODS = ("GET", *UNSAFE)
CLIENTS = 16


@pytest.fixture
def worker(tmp_path):
    """Starts a worker by its name."""
    workers = []

    def start(name):
        workers.append(Worker(name, name.partition("-")[0], tmp_path))
        return workers[-1]

    yield start
    for each in workers:
        each.close()


class Asked:
    """Requests of every method over kept-alive connections; every one has an id, and every answer is kept."""

    def __init__(self, street):
        self.street, self.numbers, self.over = street, count(), False
        self.statuses = {}
        self.tasks = [asyncio.create_task(self.one()) for _ in range(CLIENTS)]

    async def one(self):
        client = self.street.client()
        while not self.over:
            number = next(self.numbers)
            method = METHODS[number % len(METHODS)]
            name = f"{method}-{number}"
            reply = await client.ask(method=method, headers=[f"X-Request-Id: {name}"])
            self.statuses[name] = reply.status
            if reply.headers.get("connection") == "close":
                client = self.street.client()

    async def more(self, wanted):
        until = len(self.statuses) + wanted
        await eventually(lambda: len(self.statuses) >= until, f"{wanted} more answers")

    async def end(self):
        self.over = True
        await asyncio.gather(*self.tasks)

    def by_status(self, methods):
        return Counter(status for name, status in self.statuses.items() if name.startswith(methods))


async def test_an_instance_that_is_killed_in_mid_request_repeats_nothing_unsafe(street, worker, figure):
    one, two = worker("green-1"), worker("green-2")
    await street.route("api", 100, 1, one, two)
    asked = Asked(street)
    await asked.more(300)
    one.kill()
    await asked.more(300)
    await asked.end()

    executed = one.executed + two.executed
    twice = {name for name, times in executed.items() if times > 1}
    unsafe = asked.by_status(UNSAFE)
    retried = sum(line.retries for line in street.told())
    figure(
        f"killed in mid-request: {len(executed)} requests, {len(twice)} safe ones done again, {retried} retries"
    )
    assert set() == {name for name in twice if name.startswith(UNSAFE)}
    assert {200} == set(asked.by_status("GET"))
    assert {200, 502} >= set(unsafe)
    # Whoever was inside when it died, and nobody who came after.
    assert unsafe[502] <= CLIENTS
    assert executed.keys() >= {name for name, status in asked.statuses.items() if status == 200}


@pytest.mark.parametrize("method", ["HEAD", *METHODS])
async def test_whoever_meets_a_dead_instance_is_served_by_another_and_that_is_counted(street, worker, method):
    one, two = worker("green-1"), worker("green-2")
    await street.route("api", 100, 1, one, two)
    signals = street.lines.of("api")
    one.kill()
    clients = [street.client() for _ in range(4)]
    statuses = [await status_of(client, method) for client in clients]
    assert ([200] * 4, 4) == (statuses, sum(two.executed.values()))
    await eventually(lambda: len(street.told()) == 4, "four lines")
    retries = sum(line.retries for line in street.told())
    assert retries > 0
    await eventually(lambda: unreached(signals, retries), "the retries among the counts")


async def status_of(client, method):
    await client.send(method=method)
    head = await client.reader.readuntil(b"\r\n\r\n")
    return int(head.split(b" ")[1])


async def unreached(signals, expected):
    seen = await signals.observe()
    return isinstance(seen, Known) and expected == sum(second.slots.green.unreached for second in seen.value)


async def test_while_judging_a_request_of_one_slot_never_goes_to_the_other(street, worker):
    blue, green = worker("blue-1"), worker("green-1")
    await street.route("api", 50, 1, blue, green)
    asked = Asked(street)
    await asked.more(100)
    green.kill()
    await asked.more(200)
    await asked.end()
    await eventually(lambda: len(street.told()) >= len(asked.statuses), "a line for each request")
    lines = street.told()
    assert set() == {line.slot for line in lines if line.chosen is Slot.GREEN} - {None, Slot.GREEN}
    assert sum(line.chosen is Slot.BLUE for line in lines) == sum(blue.executed.values())
    assert any(line.status >= 500 for line in lines if line.chosen is Slot.GREEN)
