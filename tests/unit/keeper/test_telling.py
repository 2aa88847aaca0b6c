"""Secret and role as the instances of a real keeper read them, and what a kill, a teardown and another release do."""

import json
import os
from pathlib import Path

import pytest

from tests.unit.keeper.house import House, talk
from tests.waiting import eventually
from verdigris.keeper.client import KeeperError
from verdigris.keeper.protocol import RoleRequest


async def variables(house: House) -> dict[str, str]:
    [one, *_] = await house.until("running")
    return dict(json.loads(talk(one.port))["env"])


def secret_of(env: dict[str, str]) -> str:
    return Path(env["VERDIGRIS_SECRET_FILE"]).read_text().strip()


def has_secret(env: dict[str, str]) -> bool:
    return Path(env["VERDIGRIS_SECRET_FILE"]).exists()


def has_files(env: dict[str, str]) -> bool:
    return has_secret(env) and Path(env["VERDIGRIS_ROLE_FILE"]).exists()


def has_place(env: dict[str, str]) -> bool:
    return Path(env["VERDIGRIS_SECRET_FILE"]).parent.parent.exists()


def role_of(env: dict[str, str]) -> str:
    return Path(env["VERDIGRIS_ROLE_FILE"]).read_text().strip()


async def be(house: House, role: str, generation: int = 1, slot: str = "blue") -> str | None:
    return (await house.client.role(RoleRequest(slot, role, generation))).slots[slot].role


async def test_an_instance_finds_secret_and_role_in_files_and_neither_in_its_variables(house: House) -> None:
    await house.start(house.release())
    env = await variables(house)
    secret = secret_of(env)
    assert "candidate" == role_of(env)
    assert 64 == len(secret)
    elsewhere = json.dumps(env) + (house.state / "keeper.json").read_text()
    elsewhere += (house.state / "keeper.log").read_text() + (house.state / "logs/blue-1.log").read_text()
    assert secret not in elsewhere


async def test_a_role_is_told_seen_and_stays_when_the_keeper_is_killed(house: House) -> None:
    await house.start(house.release())
    env = await variables(house)
    secret = secret_of(env)
    assert "live" == await be(house, "live")
    assert "live" == role_of(env)
    await house.kill_keeper()
    house.open()
    seen = await house.slot()
    assert seen is not None and seen.role == "live"
    assert secret == secret_of(env)


async def test_secret_and_role_go_with_the_slot_and_the_same_release_begins_as_candidate(
    house: House,
) -> None:
    spec = house.release()
    await house.start(spec)
    env = await variables(house)
    secret = secret_of(env)
    await be(house, "live")
    await house.stop()
    await house.until_gone()
    assert not has_place(env)
    await house.start(spec, key="k2")
    again = await variables(house)
    seen = await house.slot()
    assert seen is not None and seen.role == "candidate"
    assert secret != secret_of(again)


async def test_who_is_overtaken_empty_or_says_another_word_tells_nobody_anything(house: House) -> None:
    await house.start(house.release())
    await variables(house)
    await be(house, "live", 7)
    for request, kind in (
        (RoleRequest("blue", "retained", 6), "conflict"),
        (RoleRequest("green", "live", 7), "refused"),
        (RoleRequest("blue", "king", 7), "invalid"),
        (RoleRequest("../blue", "live", 7), "invalid"),
    ):
        with pytest.raises(KeeperError) as refused:
            await house.client.role(request)
        assert kind == refused.value.kind
    seen = await house.slot()
    assert seen is not None and seen.role == "live"


async def test_what_somebody_took_away_is_made_again(house: House) -> None:
    await house.start(house.release())
    env = await variables(house)
    os.unlink(env["VERDIGRIS_SECRET_FILE"])
    os.unlink(env["VERDIGRIS_ROLE_FILE"])
    await eventually(lambda: has_files(env), "secret and role again")
    assert "candidate" == role_of(env)


async def test_an_instance_starts_where_no_secret_can_be_written(house: House) -> None:
    (house.state / "told").write_text("somebody put a file here")
    await house.start(house.release())
    env = await variables(house)
    assert not has_secret(env)
    seen = await house.slot()
    assert seen is not None and seen.role is None
    (house.state / "told").unlink()
    await eventually(lambda: has_secret(env), "the secret when it can be written")
    assert 1 == (house.state / "keeper.log").read_text().count("cannot be told")
