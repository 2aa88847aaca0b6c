"""Several apps under one keeper: names, and that nothing of one app is another's. Real keeper, real processes."""

import json
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.keeper.house import House, ends, keeper_in_foreground, talk
from tests.unit.keeper.test_instances import DIES
from tests.waiting import eventually
from verdigris.keeper.names import SLOT, instance_name, local, realm_of
from verdigris.keeper.protocol import KeeperError, Start, StopRequest

API, SEARCH = "api.blue", "search.blue"


@pytest.mark.parametrize(
    ("name", "realm", "rest"),
    [("api.blue", "api", "blue"), ("a-b.green-12", "a-b", "green-12"), ("blue", "", "blue"), ("", "", "")],
)
def test_a_name_says_whose_it_is_and_what_it_is_there(name, realm, rest):
    assert (realm, rest) == (realm_of(name), local(name))


def test_an_instance_has_the_name_of_its_slot_and_a_number():
    assert "api.blue-3" == instance_name("api.blue", 3)


@pytest.mark.parametrize("name", ["blue", "api.blue", f"{'a' * 63}.green", "router", "routers.blue"])
def test_a_slot_may_be_called_so(name):
    assert SLOT.fullmatch(name)


@pytest.mark.parametrize(
    "name",
    ["", ".", "api.", ".blue", "a.b.c", "Api.blue", "api/blue", "-a.blue", "router.blue", "api.blue\n"],
)
def test_a_slot_may_not_be_called_so(name):
    assert not SLOT.fullmatch(name)


async def start(house: House, slot: str, generation: int, spec=None, count: int = 1, **more):
    spec = spec or house.release(name=f"{slot}-{generation}")
    return await house.client.start(Start(slot, "k", generation, count, spec, **more))


async def test_generations_of_two_apps_and_of_the_router_do_not_fence_each_other(house: House, address: str):
    house.generation = 40
    await house.client.router(house.router(address))
    await start(house, API, 7)
    seen = await start(house, SEARCH, 2)
    assert {"router": 40, "api": 7, "search": 2} == seen.generations
    seen = await house.client.stop(StopRequest("search.green", "s", 3))
    assert {"router": 40, "api": 7, "search": 3} == seen.generations


async def test_an_older_generation_of_the_same_app_is_refused_by_both_slots_and_after_a_kill(house: House):
    spec = house.release()
    await start(house, API, 7, spec)
    await start(house, SEARCH, 2, spec)
    for _ in range(2):
        with pytest.raises(KeeperError, match="6 is older than 7, which was seen of api already") as caught:
            await start(house, "api.green", 6, spec)
        assert "conflict" == caught.value.kind
        with pytest.raises(KeeperError, match="1 is older than 2, which was seen of search already"):
            await house.client.stop(StopRequest(SEARCH, "s", 1))
        await house.kill_keeper()
        house.open()
    assert {API, SEARCH} == (await house.client.observe()).slots.keys()


async def test_nobody_is_known_by_a_request_that_cannot_be(house: House):
    for slot in ("router.blue", "a.b.blue"):
        with pytest.raises(KeeperError, match="must be like api.blue"):
            await start(house, slot, 9)
        with pytest.raises(KeeperError, match="must be like api.blue"):
            await house.client.stop(StopRequest(slot, "s", 9))
    assert {} == (await house.client.observe()).generations


async def test_the_blue_slots_of_two_apps_run_side_by_side(house: House):
    spec = house.release()
    await start(house, API, 1, spec)
    await start(house, SEARCH, 1, spec)
    [one], [other] = await house.until("running", slot=API), await house.until("running", slot=SEARCH)
    assert ("api.blue-1", "search.blue-1", True) == (one.name, other.name, one.port != other.port)
    assert {"api.blue-1.log", "search.blue-1.log"} == {log.name for log in (house.state / "logs").iterdir()}
    for app, port in (("api", one.port), ("search", other.port)):
        env = json.loads(talk(port))["env"]
        assert (app, "blue", "blue", "blue-1", "3") == tuple(
            env[name]
            for name in (
                "VERDIGRIS_APP",
                "ENVIRONMENT_NAME",
                "VERDIGRIS_SLOT",
                "VERDIGRIS_INSTANCE",
                "API_VERSION",
            )
        )
    await house.client.stop(StopRequest(API, "s", 2))
    await house.until_gone(API)
    assert [other.pid] == [i.pid for i in await house.until("running", slot=SEARCH)]


async def test_a_value_handed_over_for_one_app_is_never_anothers(house: House):
    spec = replace(house.release(), env={"TOKEN": "env:VERDIGRIS_TEST_ABSENT"})
    for app in ("api", "search"):
        await house.client.hand({"VERDIGRIS_TEST_ABSENT": f"of {app}"}, app)
    for slot in (API, SEARCH, "third.blue"):
        await start(house, slot, 1, spec)
    for slot, value in ((API, "of api"), (SEARCH, "of search")):
        [one] = await house.until("running", slot=slot)
        assert value == json.loads(talk(one.port))["env"]["TOKEN"]
    await house.until("broken", slot="third.blue")


async def killed_and_back(house: House, slot: str) -> None:
    [before] = await house.until("running", slot=slot)
    os.kill(before.pid, signal.SIGKILL)

    async def again() -> bool:
        [one] = (await house.client.observe()).slots[slot].instances
        return one.state == "running" and one.pid != before.pid

    await eventually(again, f"{slot} back")


async def test_an_app_that_crashes_and_crashes_delays_no_other(house: House):
    await start(house, API, 1, house.release(DIES, "dies"), 8, surge=8)
    await start(house, SEARCH, 1)
    await killed_and_back(house, SEARCH)
    await house.until("broken", 8, slot=API)
    await killed_and_back(house, SEARCH)


async def test_a_release_that_takes_for_ever_to_read_delays_no_other_app(house: House):
    huge = house.release(name="huge")
    path = Path(huge.directory) / "data"
    path.touch()
    os.truncate(path, 1 << 40)
    try:
        await start(house, API, 1, huge, 16, surge=16)
        await start(house, SEARCH, 1)
        await killed_and_back(house, SEARCH)
        assert {"starting"} == {i.state for i in (await house.slot(API)).instances}
    finally:
        os.truncate(path, 0)
    await house.until("broken", 16, slot=API)


async def test_a_fault_of_ours_in_one_slot_delays_no_other_app(house: House):
    await start(house, API, 1)
    await start(house, SEARCH, 1)
    [lost], _ = await house.until("running", slot=API), await house.until("running", slot=SEARCH)
    await house.kill_keeper()
    os.kill(lost.pid, signal.SIGKILL)
    await eventually(lambda: ends(lost.pid), "the instance dead")
    book = json.loads((house.state / "keeper.json").read_text())
    book["slots"][API]["instances"][0] |= {"mark": "no number", "process": None, "state": "starting"}
    (house.state / "keeper.json").write_text(json.dumps(book))
    house.open("--housekeeping=30")
    for _ in range(2):
        await killed_and_back(house, SEARCH)
    assert 1 == (house.state / "keeper.log").read_text().count("invalid literal for int()")
    await house.kill_keeper()


def test_a_book_of_an_earlier_format_is_refused_with_its_number_and_kept(tmp_path):
    tmp_path.chmod(0o700)
    path = tmp_path / "keeper.json"
    path.write_text(before := json.dumps({"format": 1, "generation": 4, "slots": {}}))
    done = keeper_in_foreground(tmp_path)
    said = "format 1 is of another version: end what runs with that one, this one reads format 2"
    assert (1, True, before) == (done.returncode, said in done.stderr, path.read_text())
