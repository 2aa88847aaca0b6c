"""Under load, an instance dies: what is not safe is done once, what is safe is done again, and both can be counted."""

import asyncio
from collections import Counter
from itertools import count

from tests.waiting import eventually
from verdigris.adapters.signals.lines import read
from verdigris.core.world import Known, Slot

UNSAFE = ("POST", "PUT", "DELETE", "PATCH")
METHODS = ("GET", *UNSAFE)
CLIENTS = 16
CLOSED = 0
"""The status of a request whose connection was closed without an answer."""


class Asked:
    """Requests of every method over kept-alive connections; each has an id, and what became of it is kept."""

    def __init__(self, street):
        self.street, self.numbers, self.over = street, count(), False
        self.statuses = {}
        self.tasks = [asyncio.create_task(self.one()) for _ in range(CLIENTS)]

    async def one(self):
        client = self.street.client()
        while not self.over:
            number = next(self.numbers)
            method = METHODS[number % len(METHODS)]
            name = f"load-{number}-{method}"
            self.statuses[name] = await status_of(client, method, name)
            if self.statuses[name] == CLOSED:
                client = self.street.client()

    async def more(self, wanted):
        until = len(self.statuses) + wanted
        await eventually(lambda: len(self.statuses) >= until, f"{wanted} more answers")

    async def end(self):
        self.over = True
        await asyncio.gather(*self.tasks)

    def by_status(self, *methods):
        return Counter(status for name, status in self.statuses.items() if name.endswith(methods))


async def status_of(client, method, name, path="/"):
    try:
        return (await client.ask(path, method, [f"X-Request-Id: {name}"])).status
    except (asyncio.IncompleteReadError, ConnectionError):
        return CLOSED


def lines_of(street, name):
    """What the router has told of the requests whose id begins so: neither probes nor anybody else's."""
    return [read(frame) for frame in street.lines.frames if f" {name}-".encode() in frame]


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
    unsafe = asked.by_status(*UNSAFE)
    figure(
        f"retries: killed in mid-request: {len(executed)} requests, {len(twice)} safe ones done again, 0 others;"
        f" {unsafe[502]} got 502, {unsafe[CLOSED]} a closed connection"
    )
    assert set() == {name for name in twice if name.endswith(UNSAFE)}
    assert {200} == set(asked.by_status("GET"))
    # Whoever was inside when it died, and nobody who came after.
    assert {200, 502, CLOSED} >= set(unsafe)
    assert unsafe[502] + unsafe[CLOSED] <= CLIENTS
    assert executed.keys() >= {name for name, status in asked.statuses.items() if status == 200}


async def test_whoever_meets_a_dead_instance_is_served_by_another_and_that_is_counted(street, worker):
    one, two = worker("green-1"), worker("green-2")
    await street.route("api", 100, 1, one, two)
    signals = await listening(street)
    one.kill()
    asking = (status_of(street.client(), method, f"met-{method}") for method in METHODS * 2)
    statuses = await asyncio.gather(*asking)
    lines = await eventually(lambda: lines_of(street, "met")[9:] and lines_of(street, "met"), "all lines")
    retries = sum(line.retries for line in lines)
    assert ([200] * 10, 10, True) == (statuses, sum(two.executed.values()), retries > 0)
    await eventually(lambda: unreached(signals, retries), "the retries among the counts")


async def listening(street):
    """The signals of the app, once they count: the second in which they began to is told to nobody."""
    signals = street.lines.of("api")

    async def begun():
        return getattr(await signals.observe(), "value", None)

    await eventually(begun, "the first whole second")
    return signals


async def unreached(signals, least):
    """At least as many: a probe of ours may have met the dead one as well."""
    seen = await signals.observe()
    return isinstance(seen, Known) and least <= sum(second.slots.green.unreached for second in seen.value)


async def test_while_judging_a_request_of_one_slot_never_goes_to_the_other(street, worker):
    blue, green = worker("blue-1"), worker("green-1")
    await street.route("api", 50, 1, blue, green)
    asked = Asked(street)
    await asked.more(100)
    green.kill()
    await asked.more(40)
    await asked.end()

    told = len(asked.statuses) - asked.by_status(*METHODS)[CLOSED]
    await eventually(lambda: len(lines_of(street, "load")) >= told, "a line for each request")
    lines = lines_of(street, "load")
    of_green = [line for line in lines if line.chosen is Slot.GREEN]
    assert {Slot.GREEN, None} >= {line.slot for line in of_green}
    assert any(line.status >= 500 for line in of_green)
    by_blue = {name for name in blue.executed if name.startswith("load-")}
    assert len(by_blue) == sum(line.chosen is Slot.BLUE for line in lines)


async def test_what_fails_over_a_kept_connection_is_counted_as_well(street):
    """HAProxy closes such a connection without an answer, and without a line of the log."""
    blue = await street.instance("blue-1", "blue")
    await street.route("api", 0, 1, blue)
    signals = await listening(street)
    assert await twice_more(
        street, signals
    )  # what is lost between the first two is not told: they have to agree
    for number in range(20):
        client = street.client()
        assert 200 == await status_of(client, "GET", f"kept-{number}")
        assert CLOSED == await status_of(client, "POST", f"lost-{number}", "/cut")
        await signals.observe()  # as a controller does: between looks that are far apart nobody knows when
    await eventually(lambda: all_told(signals, 20), "all of them to be counted")
    assert [] == lines_of(street, "lost")
    assert await twice_more(street, signals)
    assert 20 == await failed(signals)


async def all_told(signals, number):
    """They may be told in more than one reading."""
    return await failed(signals) == number


async def failed(signals):
    """How many failed in blue, in the seconds that are told."""
    seen = await signals.observe()
    return isinstance(seen, Known) and sum(second.slots.blue.unreached for second in seen.value)


async def twice_more(street, signals):
    """Two more readings of the router's counters."""
    until = street.clock.now() + 2.5

    async def read_again():
        await signals.observe()
        return street.clock.now() > until

    return await eventually(read_again, "two more readings")
