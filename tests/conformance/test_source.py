"""Every source that we ship keeps what a source has to keep, and so does the fake."""

from __future__ import annotations

import json
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.servers.prometheus import prometheus
from verdigris.adapters.sources.command import CountsCommand
from verdigris.adapters.sources.file import CountsFile
from verdigris.adapters.sources.polled import Polled
from verdigris.adapters.sources.prometheus import Prometheus, Queries
from verdigris.core.world import SLOTS, Slot
from verdigris.testing.conformance.claims import moment
from verdigris.testing.conformance.source import CHECKS
from verdigris.testing.counting import FakeSource

QUERY = 'orders_total{{result="{}",slot="{{slot}}"}}'


class Real:
    """Time of the machine."""

    def now(self):
        return time.monotonic()

    def base(self):
        return "this boot"


class Scene:
    """Sums of both slots; how they are shown is the kind's own. `quiet`: nobody answers."""

    def __init__(self, reader=None):
        self.sums = dict.fromkeys(SLOTS, (1000, 50))
        self.quiet = False
        self.clock = Real()
        if reader is not None:
            self.source = Polled(reader, self.clock, every=0.05, apart=30.0)
        self.show()

    def show(self):
        pass

    async def pause(self):
        self.show()
        await moment()

    async def count(self, slot, good, bad):
        self.sums[slot] = (self.sums[slot][0] + good, self.sums[slot][1] + bad)
        self.show()

    async def begin_anew(self, slot):
        self.sums[slot] = (0, 0)
        self.show()

    async def go_silent(self):
        self.quiet = True
        self.show()

    async def speak(self):
        self.quiet = False
        self.show()


class Simulated(Scene):
    """Time passes by a second in each pause."""

    def __init__(self):
        super().__init__()
        self.moment, self.clock = 1000.0, self
        self.source = FakeSource(self, self.sums.__getitem__, lambda: self.quiet)

    def now(self):
        return self.moment

    def base(self):
        return "boot"

    async def pause(self):
        self.moment += 1.0


class Filed(Scene):
    def __init__(self, path):
        self.path = path
        super().__init__(CountsFile(path))

    def show(self):
        """Somebody goes on writing; or takes the file away."""
        if self.quiet:
            self.path.unlink(missing_ok=True)
            return
        line = {slot: {"good": good, "bad": bad} for slot, (good, bad) in self.sums.items()}
        with self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")


class Commanded(Scene):
    def __init__(self, place):
        self.path = place / "sums"
        code = "import json, sys; print(json.dumps(json.load(open('sums'))[sys.argv[1]]))"
        super().__init__(CountsCommand((sys.executable, "-S", "-E", "-c", code, "{slot}"), place))

    def show(self):
        shown = {slot: {"good": good, "bad": bad} for slot, (good, bad) in self.sums.items()}
        written = self.path.with_suffix(".new")
        written.write_text(json.dumps({} if self.quiet else shown))
        written.replace(self.path)


class Scraped(Scene):
    def __init__(self, server):
        self.server = server
        asked = Queries(server.url, QUERY.format("approved"), QUERY.format("declined"))
        super().__init__(Prometheus(asked))

    def show(self):
        for slot, (good, bad) in self.sums.items():
            self.server.show(slot, good, bad)
        busy = b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n"
        self.server.spoilt = busy if self.quiet else None


@asynccontextmanager
async def fake(place):
    yield Simulated()


@asynccontextmanager
async def file(place):
    async with closing(Filed(place / "counts.jsonl")) as scene:
        yield scene


@asynccontextmanager
async def command(place):
    async with closing(Commanded(place)) as scene:
        yield scene


@asynccontextmanager
async def scraped(place):
    async with prometheus() as server, closing(Scraped(server)) as scene:
        yield scene


@asynccontextmanager
async def closing(scene):
    try:
        yield scene
    finally:
        await scene.source.close()


@pytest.mark.parametrize("make", [fake, file, command, scraped], ids=lambda make: make.__name__)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_a_source_keeps_that(check, make, tmp_path: Path):
    async with make(tmp_path) as scene:
        await check(scene)


async def test_the_suite_finds_a_source_that_tells_everything_twice(tmp_path):
    class Twice(FakeSource):
        def ask(self):
            super().ask()
            self.polls.extend([poll for poll in self.polls if poll.slots.blue and poll.slots.blue.good][:1])

    scene = Simulated()
    scene.source = Twice(scene, scene.sums.__getitem__)
    failed = [check.__name__ for check in CHECKS if await fails(check, scene)]
    assert "what_came_is_told_once_and_to_whom" in failed


async def fails(check, scene):
    try:
        await check(scene)
    except AssertionError:
        return True
    return False


def test_slots_are_named_as_people_write_them():
    assert '{"blue": 1}' == json.dumps({Slot.BLUE: 1})
