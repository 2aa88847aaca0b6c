"""A real HAProxy, instances on another machine and clients whose packets get lost: one way, both ways, at times."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass, replace
from typing import Any

from tests.faults.ground import Ground
from tests.faults.network import Cable, Fault, cabled
from tests.faults.registry import tried_by
from tests.faults.road import POLICY, Terrace, a_road
from tests.street.servers import Echo
from tests.unit.adapters.conftest import Instance
from tests.waiting import eventually
from verdigris.adapters.routers.haproxy import Patience, Timeouts
from verdigris.core.policy import Step
from verdigris.core.world import Known, Member, Pause, PerSlot, Release, Slot

each = tried_by("network", on_each=True)

AT_ONCE = replace(POLICY, ramp=(Step(100, 0.0),), drain=0.5, drain_long_lived=0.5, bake=60.0)
IMPATIENT = Timeouts(connect=0.5, client=1.0, server=1.0)
A_WHILE = 2.5
"""Seconds that somebody who is lost still counts: time enough to see it, on two busy cores as well."""
CALLERS = 4


@dataclass
class Far:
    """Wraps an application of this process whose listener is on the other machine."""

    inner: Any
    cable: Cable
    address: str = ""

    async def start(self) -> Far:
        listening: socket.socket = self.cable.listen()
        self.address = await self.cable.address(listening)
        self.inner.server = await asyncio.start_server(self.inner.serve, sock=listening)
        return self

    @property
    def slot(self) -> str:
        return str(self.inner.slot)

    @property
    def member(self) -> Member:
        return Member(self.inner.name, self.address)


async def far(ground: Ground, cable: Cable, inner: Any) -> Far:
    """It is taken down with the ground."""
    made = await Far(inner, cable).start()
    ground.stack.push_async_callback(inner.die)
    return made


@dataclass
class FarTerrace(Terrace):
    """Every slot is on the other machine."""

    cable: Any = None

    async def build(self, slot: Slot, release: Release) -> None:
        self.bodies[slot] = Instance(f"{slot}-1", slot, release.version)
        self.wires[slot] = await far(self.ground, self.cable, self.bodies[slot])

    def address(self, slot: Slot) -> str:
        return str(self.wires[slot].address)

    async def tear_down(self, slot: Slot, generation: int) -> None:
        if self.releases.pop(slot, None):
            await self.bodies[slot].die()


# --- the candidate --------------------------------------------------------------------------------------------


@each("F-69")
async def the_candidate_was_healthy_and_nothing_of_it_arrives_any_more(ground: Ground) -> None:
    """It runs and passes its probes; only the router's packets are dropped. It turns, and the controller latches it."""
    async with cabled(ground) as (own, cable):
        road = await a_road(own, "bake", AT_ONCE, lambda *of: FarTerrace(*of, cable=cable))
        await cable.strike(Fault.DROPPED, road.terrace.address(Slot.GREEN))
        await road.until(lambda: road.d.phase == "rolled_back", "the rollback")
        assert {"blue"} == {await road.share() for _ in range(20)}
        reading = (await road.parts.router.observe()).reading.value
        assert (100, None) == (reading.routing.weights.blue, reading.fell_back_to)


@each("F-69")
async def the_candidates_packets_are_lost_in_other_ways(ground: Ground) -> None:
    """In one direction only; or a machine on the way says that nobody is there."""
    for fault in (Fault.DEAF, Fault.UNREACHABLE):
        async with cabled(ground.beside(fault.name)) as (own, cable):
            house = await own.house()
            blue, green = [await far(own, cable, Instance(f"{slot}-1", slot)) for slot in Slot]
            await house.route(100, 1, blue, green, fallback=Slot.BLUE)
            assert "green" == (await house.ask()).body
            await cable.strike(fault, green.address)
            await eventually(lambda house=house: turned(house), f"the turn, {fault.name}")
            assert {"blue"} == {(await house.ask()).body for _ in range(10)}


async def turned(house: Any) -> bool:
    return (await house.reading()).fell_back_to is Slot.BLUE


# --- calls ----------------------------------------------------------------------------------------------------


@each("F-96")
async def answers_get_lost_and_no_call_is_repeated(ground: Ground) -> None:
    """They arrive over connections that are open, and are done; that nobody can hear it is no reason to do them again.

    Whoever was inside is told so after the router's time; all others are answered by the slot that is left.
    """
    async with cabled(ground) as (own, cable):
        street = await own.street({"app": "api", "timeouts": IMPATIENT})
        blue, green = [await far(own, cable, Echo(f"{slot}-1", slot)) for slot in Slot]
        await street.route("api", 100, 1, blue, green, fallback=Slot.BLUE)
        clients = [street.client() for _ in range(CALLERS)]
        await asyncio.gather(*(called(client, "warm") for client in clients))
        await cable.strike(Fault.DEAF, green.address)
        calls = [called(by, f"{n}") for n, by in enumerate([*clients, *[street] * 10])]
        answers = await asyncio.gather(*calls)
        lost, served = [[name for name, status in answers if status == wanted] for wanted in (504, 200)]
        assert lost, answers
        assert sorted(lost) == sorted(name for name in done(green) if name != "warm"), answers
        assert sorted(served) == sorted(done(blue)), answers
        assert len(answers) == len(lost) + len(served), answers


def done(instance: Far) -> list[str]:
    """The calls that arrived, each as often as it did."""
    return [one.body.decode() for one in instance.inner.arrived if one.path == "/hook"]


async def called(by: Any, name: str) -> tuple[str, int]:
    return name, (await by.ask("/hook", "POST", body=name.encode())).status


@each("F-96")
async def packets_get_lost_now_and_then_during_switches(ground: Ground) -> None:
    """One in ten in each direction: everything takes longer, nothing fails, and each call has exactly one slot."""
    async with cabled(ground) as (own, cable):
        street = await own.street()
        slots = [await far(own, cable, Echo(f"{slot}-1", slot)) for slot in Slot]
        await street.route("api", 0, 1, *slots)
        for slot in slots:
            await cable.strike(Fault.LOSSY, slot.address)
        over = asyncio.Event()
        calling = [asyncio.create_task(keep_calling(street, over, caller)) for caller in range(CALLERS)]
        for generation in range(2, 6):
            before = sum(len(done(slot)) for slot in slots)
            await street.route("api", 100 * (generation % 2 == 0), generation, *slots)
            await eventually(lambda n=before: sum(len(done(slot)) for slot in slots) >= n + 8, "calls")
        over.set()
        answers = [one for some in await asyncio.gather(*calling) for one in some]
        assert {200} == {status for _, status in answers}
        assert sorted(name for name, _ in answers) == sorted(name for slot in slots for name in done(slot))


async def keep_calling(street: Any, over: asyncio.Event, caller: int) -> list[tuple[str, int]]:
    made: list[tuple[str, int]] = []
    while not over.is_set():
        made.append(await called(street, f"{caller}-{len(made)}"))
    return made


# --- clients --------------------------------------------------------------------------------------------------


class Pouring(Instance):
    """An application whose answers are longer than any buffer on the way."""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if b" /pour " not in head:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            return
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x" * (1 << 20))
            await writer.drain()


@each("F-35")
async def a_client_is_lost_in_the_middle_of_an_answer(ground: Ground) -> None:
    """It is never told that he has gone: his request counts until the router's own time for it is over, no longer."""
    async with cabled(ground) as (own, cable):
        house = await own.house(timeouts=replace(IMPATIENT, client=A_WHILE))
        blue = await Pouring("blue-1", "blue").start()
        own.stack.push_async_callback(blue.die)
        await house.route(0, 1, blue)
        client = await cable.client(house.port)
        await client.send("/pour")
        await client.reader.readuntil(b"\r\n\r\n")
        await cable.lose(client)
        assert PerSlot(1, 0) == await inside(house)
        await eventually(lambda: nobody(house), "his request to be over")


async def inside(house: Any) -> PerSlot[int]:
    seen = (await house.router.observe()).in_flight
    return PerSlot(*(one.value if isinstance(one, Known) else -1 for one in (seen.blue, seen.green)))


async def nobody(house: Any) -> bool:
    return PerSlot(0, 0) == await inside(house)


@each("F-35")
async def who_waits_in_a_pause_is_lost(ground: Ground) -> None:
    """His place is free again when his patience would have been over, and who comes then may wait."""
    async with cabled(ground) as (own, cable):
        street = await own.street({"app": "api", "patience": Patience(longest=A_WHILE, most=1)})
        blue, green = await street.both()
        await street.route("api", 0, 1, blue, green, pause=Pause.ALL)
        client = await cable.client(street.port)
        await client.send("/")
        await eventually(lambda: waiting(street, 1), "him to wait")
        await cable.lose(client)
        assert 503 == (await street.ask()).status
        await eventually(lambda: waiting(street, 0), "his place to be free")
        next_one = asyncio.create_task(street.ask())
        await eventually(lambda: waiting(street, 1), "the next one to wait")
        await street.route("api", 0, 2, blue, green)
        assert (200, "blue") == ((await next_one).status, (await next_one).body)


async def waiting(street: Any, count: int) -> bool:
    return str(await street.tell("verdigris held")) == f"api {count}\n\n"
