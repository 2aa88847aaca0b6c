"""A real HAProxy between real clients and slots: who is tied, who stays, who lies, who wants to reach what is ours."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

from tests.faults.ground import Ground
from tests.faults.registry import tried_by
from tests.street import test_changing, test_framing, test_headers, test_identities
from tests.street.servers import Echo
from tests.unit.adapters.routers.haproxy import test_adapter, test_closing, test_requests
from tests.waiting import eventually
from verdigris.core.world import Slot

row = tried_by("router")
each = tried_by("router", on_each=True)


async def serving(ground: Ground) -> Any:
    """A street where blue serves, one instance in each slot."""
    street = await ground.street()
    street.both_slots = await street.both()
    await street.route("api", 0, 1, *street.both_slots)
    return street


# --- who is tied to a slot ------------------------------------------------------------------------------------


@each("F-32")
async def clients_are_pinned_to_the_slot_that_lost_its_weight(ground: Ground) -> None:
    async def shared(identity: Any, percent: int = 50) -> Any:
        street = await ground.street({"app": "api", "identity": identity})
        street.both_slots = await street.both()
        await test_identities.share(street, percent, 1)
        return street

    await test_identities.test_whose_slot_loses_its_weight_moves_with_his_next_request(shared, "blue")


@each("F-33")
async def streams_are_open_during_a_switch(ground: Ground) -> None:
    """Six of them: the switch ends none; when their time is over they end one after the other, and are counted."""
    house = await ground.house()
    blue, green = await house.both()
    await house.route(0, 1, blue, green)
    clients = await test_closing.open_streams(house, 6)
    await house.route(100, 2, blue, green)
    assert 6 == await test_closing.long_lived(house, Slot.BLUE)
    moved = (house, clients, (blue, green))
    await test_closing.test_a_switch_ends_none_and_they_are_not_in_flight(moved)
    await test_closing.test_they_end_one_after_the_other_until_none_is_left(moved)


@each("F-34")
async def clients_keep_their_connections(ground: Ground) -> None:
    """Five switches: what they ask next, on the connection that they have, is answered by the new slot."""
    street = await serving(ground)
    clients = [street.client() for _ in range(20)]
    for generation in range(2, 7):
        new = Slot.GREEN if generation % 2 == 0 else Slot.BLUE
        await asyncio.gather(*(client.ask() for client in clients))
        await street.route("api", 100 * (new is Slot.GREEN), generation, *street.both_slots)
        assert {new} == {(await client.ask()).body for client in clients}


@each("F-36")
async def its_configuration_is_exchanged_under_load(ground: Ground) -> None:
    """Ten times, with connections that are kept and with a new one for each request."""
    street = await serving(ground)
    over = asyncio.Event()
    pouring = [asyncio.create_task(pour(street, over, kept)) for kept in (True, True, False, False)]
    for _ in range(10):
        await street.door.succeed()
        await street.reading("api")
    over.set()
    answers = [status for one in await asyncio.gather(*pouring) for status in one]
    assert ({200}, 10) == (set(answers), street.runner.reloads)


async def pour(street: Any, over: asyncio.Event, kept: bool) -> list[int]:
    """Ask until it is over; the statuses."""
    client, answers = street.client(), []
    while not over.is_set():
        reply = await (client.ask("/", "POST", body=b"x" * 2000) if kept else street.ask())
        answers.append(reply.status)
        client = street.client() if reply.headers.get("connection") == "close" else client
    return answers


@each("F-36")
async def a_switch_comes_while_one_process_still_leaves(ground: Ground) -> None:
    street = await ground.street()
    slots = ("blue", "green")
    street.both_slots = [await street.instance(f"{s}-1", s, kind=test_changing.Lasting) for s in slots]
    await street.route("api", 0, 1, *street.both_slots)
    street.listener = street.client()
    await street.listener.send("/ws", headers=test_changing.UPGRADE)
    await street.listener.reader.readuntil(b"\r\n\r\n")
    await test_changing.test_a_switch_after_a_succession_reaches_the_process_that_leaves(street)


@each("F-96")
async def calls_that_are_never_repeated_arrive_during_switches(ground: Ground) -> None:
    """Each of them bears an id of its own, and exactly one of the slots has it in the end."""
    street = await ground.street()
    street.both_slots = [await street.instance(f"{s}-1", s, kind=Echo) for s in ("blue", "green")]
    await street.route("api", 0, 1, *street.both_slots)
    over = asyncio.Event()
    calling = [asyncio.create_task(call(street, over, caller)) for caller in range(4)]
    for generation in range(2, 22):
        await street.route("api", 100 * (generation % 2), generation, *street.both_slots)
    over.set()
    sent = [name for names in await asyncio.gather(*calling) for name in names]
    taken = [arrived.body.decode() for slot in street.both_slots for arrived in slot.arrived]
    assert sorted(sent) == sorted(taken)
    assert all(slot.arrived for slot in street.both_slots)


async def call(street: Any, over: asyncio.Event, caller: int) -> list[str]:
    sent: list[str] = []
    while not over.is_set():
        sent.append(f"{caller}-{len(sent)}")
        assert 200 == (await street.ask("/hook", "POST", body=sent[-1].encode())).status
    return sent


@each("F-78")
async def requests_are_counted_for_the_slot_that_answered_them(ground: Ground) -> None:
    """Errors of the old slot on connections that are kept over the switch are the old slot's."""
    street = await serving(ground)
    clients = [street.client() for _ in range(5)]
    for client in clients:
        await client.ask("/status/500")
    await street.route("api", 100, 2, *street.both_slots)
    for client in clients:
        await client.ask("/")
    await eventually(lambda: told(street, Slot.GREEN, 200) >= 5, "the lines of green")
    assert (5, 0) == (told(street, Slot.BLUE, 500), told(street, Slot.GREEN, 500))


def told(street: Any, slot: Slot, status: int) -> int:
    return sum((line.slot, line.status) == (slot, status) for line in street.told())


# --- who wants more than is his -------------------------------------------------------------------------------


@each("F-101")
async def values_that_would_write_lines_of_their_own(ground: Ground) -> None:
    house = await ground.house()
    for name, address in (
        ("x\nshutdown", "127.0.0.1:1"),
        ("x", "127.0.0.1:80; shutdown sessions"),
        ("x y", ""),
    ):
        await test_adapter.test_a_member_that_is_no_member_is_refused_before_anything_is_done(
            house, name, address
        )
    for version in ("1.0\r\nX-Evil: 1", "%[env(HOME)]", '"', "a b"):
        await test_adapter.test_a_version_that_cannot_stand_in_a_header_is_refused(house, version)
    await test_adapter.test_a_configuration_that_haproxy_refuses_is_never_put_in_place(house)


@each("F-112")
async def its_controls_are_a_socket_that_only_we_may_open(ground: Ground) -> None:
    """It listens at the front door and nowhere else; every file and socket of it is for its owner alone."""
    house = await ground.house()
    await house.route(0, 1)
    assert {house.port} == listening(house.runner.current.pid)
    await test_adapter.test_every_file_and_socket_is_for_us_alone(house)


def listening(pid: int) -> set[int]:
    """The TCP ports at which a process listens."""
    held = {os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir() if entry.is_symlink()}
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            local, state, inode = line.split()[1], line.split()[3], line.split()[9]
            if state == "0A" and f"socket:[{inode}]" in held:
                found.add(int(local.rpartition(":")[2], 16))
    return found


@row("F-117")
async def clients_say_what_only_we_may_say(ground: Ground) -> None:
    house = await ground.house()
    await test_requests.test_words_that_only_the_router_may_say_are_taken_from_requests(house)
    for value in ("green", ";green", "{secret}"):
        await test_requests.test_a_wrong_preview_secret_is_an_ordinary_request(house, value)


@row("F-117")
async def clients_say_where_they_come_from(ground: Ground) -> None:
    await test_headers.test_nothing_that_an_application_may_take_for_ours_is_let_through(noting(ground))


def noting(ground: Ground) -> Any:
    """Makes a street with one application that notes down what arrives."""

    async def make() -> Any:
        street = await ground.street()
        street.echo = await street.instance("blue-1", "blue", kind=Echo)
        await street.route("api", 0, 1, street.echo)
        return street

    return make


@row("F-118")
async def a_request_can_be_read_in_two_ways(ground: Ground) -> None:
    """On one street, one after the other."""
    street = await noting(ground)()

    async def same() -> Any:
        return street

    for lines in (
        ("Content-Length: 2", "Content-Length: 3"),
        ("Content-Length: +2",),
        ("Transfer-Encoding : chunked",),
        ("Transfer-Encoding: chunked, chunked",),
        ("Host: other.example.com",),
    ):
        await test_framing.test_what_can_be_read_in_two_ways_is_refused(same, lines)
    await test_framing.test_a_request_with_a_length_and_chunks_arrives_with_one_of_them_and_is_the_last(same)
    await test_framing.test_a_folded_header_is_unfolded(same)
