"""What the router port promises, against a real HAProxy."""

import asyncio
import os
from dataclasses import replace

import pytest

from tests.waiting import eventually, taken_up
from verdigris.adapters.routers.haproxy import Door, FrontDoor, HaproxyRouter
from verdigris.core.errors import ActionError, ConfigError, Conflict
from verdigris.core.world import PerSlot, Routing, Slot, Unknown, Weights


async def test_begins_with_nobody_and_says_so(house):
    world = await house.router.observe()
    assert Routing(Weights(0, 100)) == world.reading.value.routing
    assert world.reading.value.generation == 0
    assert world.preview == PerSlot(Unknown("blue has no members"), Unknown("green has no members"))
    reply = await house.ask()
    assert (503, "unreached") == (reply.status, reply.headers["x-verdigris-error"])
    assert reply.headers["x-request-id"] in reply.body


async def test_does_what_it_is_told_and_reads_it_back(house):
    blue, green = await house.both()
    second = await house.instance("green-2", "green")
    wanted = await house.route(35, 7, blue, second, green, fallback=Slot.BLUE, versions=("1.0.0", "2.0.0"))
    reading = await house.reading()
    assert wanted == reading.routing
    assert (7, None) == (reading.generation, reading.fell_back_to)


async def test_members_keep_their_order_when_others_come_and_go(house):
    a, b, c = [await house.instance(f"blue-{name}", "blue") for name in "abc"]
    await house.route(0, 1, a, b)
    await house.route(0, 2, b)
    wanted = await house.route(0, 3, b, c)
    assert wanted == (await house.reading()).routing
    assert house.runner.reloads == 0


async def test_all_traffic_goes_where_the_weights_say(house):
    blue, green = await house.both()
    client = house.client()
    for generation, share in enumerate((0, 100, 0), start=1):
        await house.route(share, generation, blue, green)
        assert {("green" if share else "blue")} == {(await client.ask()).body for _ in range(50)}


async def test_a_share_is_a_share(house):
    blue, green = await house.both()
    await house.route(30, 1, blue, green)
    client = house.client()
    seen = [(await client.ask()).body for _ in range(2000)]
    assert 500 < seen.count("green") < 700


async def test_a_stale_generation_is_refused_and_nothing_is_done(house):
    blue, green = await house.both()
    wanted = await house.route(100, 5, blue, green)
    with pytest.raises(Conflict, match="generation 5, newer than 4"):
        await house.route(0, 4, blue, green)
    assert wanted == (await house.reading()).routing


async def test_what_is_so_already_costs_no_command(house):
    blue, green = await house.both()
    await house.route(20, 1, blue, green)
    before = {
        path: path.stat().st_mtime_ns for path in house.directory.iterdir() if path.suffix in (".map", ".cfg")
    }
    await house.route(20, 1, blue, green)
    assert before == {path: path.stat().st_mtime_ns for path in before}


async def test_a_row_that_was_edited_by_hand_is_seen_without_our_stamp(house):
    blue, green = await house.both()
    await house.route(0, 3, blue, green)
    await house.tell("set map share.map api green=50")
    reading = await house.reading()
    assert Weights(50, 50) == reading.routing.weights
    assert reading.generation is None


async def test_a_row_of_another_installation_does_not_bear_our_stamp(house):
    await house.tell("set map share.map api green=10/fallback=none/generation=9/installation=other")
    assert (await house.reading()).generation is None


@pytest.mark.parametrize(
    "row", ["banana", "green=101", "green=", "green=-1", "green=50x", "green=007/", "blue=3"]
)
async def test_a_row_that_says_no_share_is_unknown_refuses_requests_and_can_be_replaced(house, row):
    blue, green = await house.both()
    await house.route(0, 1, blue, green)
    await house.tell(f"set map share.map api {row}")
    reading = (await house.router.observe()).reading
    assert isinstance(reading, Unknown)
    assert row in reading.why
    reply = await house.ask()
    assert (503, "no-release") == (reply.status, reply.headers["x-verdigris-error"])
    wanted = await house.route(100, 2, blue, green)
    assert wanted == (await house.reading()).routing
    assert (await house.ask()).body == "green"


async def test_a_row_that_was_deleted_comes_back(house):
    blue, green = await house.both()
    await house.tell("del map share.map api", "del map share.map api/green/version")
    wanted = await house.route(100, 2, blue, green, versions=("1", "2"))
    assert wanted == (await house.reading()).routing


async def test_a_member_that_was_taken_out_by_hand_is_missing(house):
    blue, green = await house.both()
    wanted = await house.route(0, 1, blue, green)
    await house.tell("set server api-green/green-1 state maint")
    assert () == (await house.reading()).routing.members.green
    await house.route(0, 1, blue, green)
    assert wanted == (await house.reading()).routing


async def test_a_member_that_was_put_in_by_hand_is_seen(house):
    blue, green = await house.both()
    await house.route(0, 1, blue)
    await house.tell(
        f"set server api-blue/blue-2 addr 127.0.0.1 port {green.port}",
        "set server api-blue/blue-2 state ready",
    )
    members = (await house.reading()).routing.members.blue
    assert [blue.member.address, green.member.address] == [member.address for member in members]


async def test_a_restart_comes_up_with_everything_it_was_told(house):
    blue, green = await house.both()
    wanted = await house.route(100, 4, blue, green, fallback=Slot.BLUE, versions=("1.0.0", "2.0.0"))
    house.runner.crash()
    assert isinstance((await house.router.observe()).reading, Unknown)
    house.runner.start()
    reading = await house.reading()
    assert (wanted, 4) == (reading.routing, reading.generation)
    assert (await house.ask()).body == "green"


async def test_a_controller_that_starts_anew_leaves_what_runs_alone(house):
    blue, green = await house.both()
    wanted = await house.route(100, 4, blue, green)
    again = house.another_router()
    await again.door.prepare()
    assert wanted == (await house.reading(again)).routing
    assert house.runner.reloads == 0


@pytest.mark.parametrize("reloaded", [False, True], ids=["restart", "reload"])
async def test_what_a_killed_controller_told_it_and_did_not_write_down_outlives_the_next_one(house, reloaded):
    blue, green = await house.both()
    await house.route(0, 3, blue, green)
    names = ("share.map", "haproxy.cfg")
    before = [house.router.door.files.read(name) for name in names]
    wanted = await house.route(100, 4, green)
    for name, text in zip(names, before, strict=True):
        house.router.door.files.write(name, text)
    house.site = replace(house.site, max_body=1000 if reloaded else None)
    again = house.another_router()
    await again.door.prepare()
    if not reloaded:
        house.runner.crash()
        house.runner.start()
    reading = await house.reading(again)
    assert (wanted, 4, int(reloaded)) == (reading.routing, reading.generation, house.runner.reloads)
    assert (await house.ask()).body == "green"


async def test_other_settings_reload_it_with_the_same_routing(house):
    blue, green = await house.both()
    wanted = await house.route(100, 4, blue, green)
    house.site = replace(house.site, hosts=("api.example.com",))
    again = house.another_router()
    await again.door.prepare()
    assert house.runner.reloads == 1
    assert wanted == (await house.reading(again)).routing
    reply = await house.ask()
    assert (404, "unknown-host") == (reply.status, reply.headers["x-verdigris-error"])


async def test_more_members_than_places_reload_it_without_a_failed_request(house):
    blue, green = await house.both()
    await house.route(0, 1, blue, green)
    more = [await house.instance(f"green-{i}", "green") for i in (2, 3)]
    client = house.client()
    await client.ask()
    wanted = await house.route(100, 2, blue, green, *more)
    assert house.runner.reloads == 1
    assert wanted == (await house.reading()).routing
    assert (await client.ask()).body == "green", "a connection that the earlier process kept follows as well"
    assert {(await house.ask()).status for _ in range(20)} == {200}


async def test_requests_in_flight_are_counted_exactly(house):
    blue, green = await house.both()
    await house.route(0, 1, blue, green)
    await eventually(lambda: counted_is(house, "in_flight", PerSlot(0, 0)), "our own requests to be over")
    for _ in range(3):
        await house.client().send("/hang")
    await house.client().send("/hang", headers=[house.preview("green")])
    await eventually(lambda: counted_is(house, "in_flight", PerSlot(3, 1)), "three in blue and one in green")


async def test_requests_in_a_process_that_leaves_are_counted_and_none_is_cut(house):
    blue, green = await house.both()
    await house.route(0, 1, blue, green)
    client = house.client()
    await client.send("/hang")
    await eventually(lambda: counted_is(house, "in_flight", PerSlot(1, 0)), "one in blue")
    more = [await house.instance(f"green-{i}", "green") for i in (2, 3)]
    await house.route(100, 2, blue, green, *more)
    await eventually(lambda: counted_is(house, "in_flight", PerSlot(1, 0)), "the one that was there, counted")
    await blue.die()
    await eventually(lambda: counted_is(house, "in_flight", PerSlot(0, 0)), "nothing in blue")

    async def gone():
        await house.router.observe()  # which lets go of a process that has no client left
        return house.runner.processes[0].poll() is not None

    await eventually(gone, "the earlier process to end")


async def test_a_process_that_leaves_and_cannot_be_asked_makes_the_counts_unknown(house):
    blue, green = await house.both()
    await house.route(0, 1, blue, green)
    await house.client().send("/hang")
    await eventually(lambda: counted_is(house, "in_flight", PerSlot(1, 0)), "one in blue")
    more = [await house.instance(f"green-{i}", "green") for i in (2, 3)]
    await house.route(0, 2, blue, green, *more)
    again = house.another_router()
    await again.door.prepare()
    in_flight = (await again.observe()).in_flight
    assert "still finishes" in in_flight.blue.why


async def test_streams_and_upgraded_connections_are_counted_apart(house):
    blue, green = await house.both()
    await house.route(0, 1, blue, green)
    socket, events = house.client(), house.client()
    upgrade = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"]
    await socket.send("/ws", headers=[*upgrade, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="])
    socket.writer.write(b"ping")
    assert (await socket.receive()).status == 101
    assert await socket.reader.readexactly(4) == b"ping"
    await events.send("/events")
    await events.receive()
    await eventually(lambda: counted_is(house, "long_lived", PerSlot(2, 0)), "both streams")
    await eventually(lambda: counted_is(house, "in_flight", PerSlot(0, 0)), "nothing else in flight")
    await house.route(100, 2, blue, green)
    socket.close()
    await eventually(lambda: counted_is(house, "long_lived", PerSlot(1, 0)), "one stream less")


async def test_files_that_cannot_be_written_are_said_after_the_switch_was_done(house):
    blue, green = await house.both()
    await house.route(0, 1, blue, green)
    (house.directory / f"share.map.{os.getpid()}.new").mkdir()
    with pytest.raises(ActionError, match=r"the router does it, but a restart would undo it: .*share\.map"):
        await house.route(100, 2, blue, green)
    assert (await house.ask()).body == "green"


async def test_nothing_is_done_while_haproxy_is_away(house):
    house.runner.crash()
    with pytest.raises(ActionError, match=r"HAProxy cannot be asked|ended the conversation"):
        await house.route(0, 1)
    assert isinstance(await house.router.door.counters(), Unknown)


async def ended(house):
    """How many requests the serving process has a line for."""
    return (await house.router.door.counters()).value[0].requests


async def test_ended_requests_are_counted(house):
    blue, green = await house.both()
    await house.route(0, 1, blue, green)
    before = await ended(house)
    for path in ("/", "/status/404", "/status/500"):
        await house.ask(path)

    async def three_more():
        return await ended(house) - before == 3

    await eventually(three_more, "three more requests")


async def test_every_file_and_socket_is_for_us_alone(house):
    await house.route(0, 1)
    kinds = {
        path.name: oct(path.stat().st_mode & 0o777)
        for path in house.directory.iterdir()
        if path.suffix != ".log"
    }
    assert set(kinds.values()) == {"0o600"}
    assert {"haproxy.cfg", "share.map", "latch.map", "preview.map", "preview.secret", "haproxy.sock"} <= set(
        kinds
    )


async def test_no_connections_are_left_over_by_many_looks(house):
    for _ in range(20):
        await house.router.observe()
    await house.router.close()  # a request of its own may be under way still
    await taken_up()
    descriptors = len(os.listdir("/proc/self/fd"))
    await asyncio.gather(*(house.router.door.counters() for _ in range(20)))
    assert descriptors == len(os.listdir("/proc/self/fd"))


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("x\nshutdown", "127.0.0.1:1"),
        ("x", "127.0.0.1:80; shutdown sessions"),
        ("x", "localhost:80"),
        ("x", "127.0.0.1"),
        ("x", "127.0.0.1:99999"),
        ("x@y", "127.0.0.1:1"),
        ("", "127.0.0.1:1"),
    ],
)
async def test_a_member_that_is_no_member_is_refused_before_anything_is_done(house, name, address):
    class Strange:
        slot = "blue"
        member = type("M", (), {"name": name, "address": address})

    with pytest.raises(ActionError):
        await house.route(0, 1, Strange)
    assert Routing(Weights(0, 100)) == (await house.reading()).routing


@pytest.mark.parametrize("version", ["1.0\r\nX-Evil: 1", "a b", "%[env(HOME)]", '"'])
async def test_a_version_that_cannot_stand_in_a_header_is_refused(house, version):
    with pytest.raises(ActionError, match="X-API-Version"):
        await house.route(0, 1, versions=(version, ""))


async def test_a_configuration_that_haproxy_refuses_is_never_put_in_place(house):
    before = (house.directory / "haproxy.cfg").read_text()
    with pytest.raises(ConfigError, match="unknown keyword 'nonsense'"):
        await house.router.door.files.check(before + "\n  nonsense\n", 1)
    assert before == (house.directory / "haproxy.cfg").read_text()


async def test_a_deep_state_directory_does_not_matter(make_house, tmp_path):
    deep = tmp_path / ("d" * 100) / "router"
    deep.parent.mkdir()
    house = await make_house()
    door = FrontDoor(Door(deep, (house.site,)), "x", house.clock, house.runner)
    await door.prepare()
    house.runner.crash()
    house.runner.cwd = deep
    house.runner.start()
    router = HaproxyRouter(door, "api")
    house.routers.append(router)
    assert (await house.reading(router)).generation == 0


async def counted_is(house, name, wanted):
    """Not yet, while a request of our own is under way, or an earlier process is ending: that makes it unknown."""
    pair = getattr(await house.router.observe(), name)
    return wanted == PerSlot(*(getattr(seen, "value", None) for seen in (pair.blue, pair.green)))
