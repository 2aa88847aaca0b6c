"""What a trial was told is stored with what it made of it: whatever dies in between, the same verdict comes out."""

import json

import pytest

from tests.unit.engine.engines import APP, a_house
from verdigris.core.errors import StoreUnavailable
from verdigris.core.policy import Step
from verdigris.engine import counted
from verdigris.engine.counted import Unwritten

RAMP = {"ramp": (Step(10, 60.0), Step(95, 0.0)), "holdback": 5, "grace": 5.0}


def rows(house):
    return [json.loads(line) for line in house.memory.counts("d-2", APP)]


def moments(house):
    return [at for at, _ in house.memory.evidence("d-2", APP)]


async def test_each_second_that_the_trial_took_is_stored_once_from_before_exposure_on():
    house = await a_house("bake", **{**RAMP, "bake": 30.0})
    for _ in range(12):
        await house.tick()
    heading, *seconds = rows(house)
    assert ("green", "blue", 5) == (heading["candidate"], heading["live"], heading["settings"]["grace"])
    assert moments(house) == [row["t"] for row in seconds] == sorted({row["t"] for row in seconds})
    assert {None, 0.1, 0.95} == {row.get("share") for row in seconds}
    assert sum(row["candidate"]["requests"] for row in seconds) == house.d.trial.seen[2] > 0


async def test_what_waits_is_stored_with_the_trial_that_saw_it_and_never_without():
    house = await a_house("cutover", **RAMP)
    for _ in range(23):
        await house.tick()
        assert house.d.trial is None or moments(house)[-1] <= house.d.trial.at
    assert moments(house)[-1] > house.d.trial.at - 2


async def test_a_controller_that_dies_loses_what_its_trial_lost_and_doubles_nothing():
    house = await a_house("cutover", **RAMP)
    for n in range(20):
        await house.tick()
        if n in (7, 8, 13):
            house.engine = house.new_engine()
    heading, *rest = rows(house)
    begins = [row for row in rest if row.get("goes_on")]
    assert ("goes_on" not in heading, 2) <= (True, len(begins))
    assert len(set(moments(house))) == len(moments(house))
    assert moments(house)[-1] <= house.d.trial.at


async def test_a_save_whose_answer_got_lost_doubles_nothing():
    house = await a_house("cutover", **RAMP)

    def lost(call: str, moment: str) -> None:
        if (call, moment) == ("save", "after"):
            raise StoreUnavailable("the answer got lost")

    house.engine = house.new_engine(store=house.memory)
    house.memory.fault = lost
    for _ in range(10):
        await house.tick()
    house.memory.fault = lambda call, moment: None
    for _ in range(10):
        await house.tick()
    assert len(set(moments(house))) == len(moments(house))
    assert {1} == {b - a for a, b in zip(moments(house)[-8:-1], moments(house)[-7:], strict=True)}


async def test_with_a_full_store_counts_wait_for_room_and_nothing_is_missing():
    house = await a_house("cutover", **RAMP)
    house.store.full = True
    stored = moments(house)
    for _ in range(20):
        await house.tick()
    assert stored == moments(house)
    house.store.full = False
    for _ in range(6):
        await house.tick()
    counted_in = [row["candidate"]["requests"] for row in rows(house) if "t" in row]
    assert (house.d.trial.seen[2], True) == (sum(counted_in), len(moments(house)) - len(stored) >= 20)


async def test_a_gate_may_wait_for_a_day_and_its_sums_are_kept(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(counted, "BEFORE_MOST", 10)
    house = await a_house("gate", gate=True, gate_within=1000.0, **RAMP)
    for _ in range(60):
        await house.tick()
    heading, *seconds = rows(house)
    assert len(seconds) <= 10 + 6
    assert heading["baseline"]["seconds"] >= 40


async def test_a_bake_without_end_is_not_kept_without_end(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(counted, "LONGEST", 20)
    house = await a_house("bake", **{**RAMP, "bake": 100.0})
    assert moments(house)[-1] < house.d.trial.exposed_at + 20


async def test_while_nothing_can_be_written_no_more_waits_than_there_is_room_for(monkeypatch):
    monkeypatch.setattr(counted, "WAITING_MOST", 5)
    house = await a_house("cutover", **RAMP)
    house.store.full = True
    for _ in range(20):
        await house.tick()
    assert 5 >= len(house.engine.ledger.counted.rows)


async def test_the_next_deployment_has_counts_of_its_own():
    house = await a_house("bake", **RAMP)
    await house.walk("succeeded")
    first = moments(house)
    house.ship("3.0")
    await house.until(lambda: house.d.id == "d-3" and house.d.phase == "bake")
    assert first == moments(house)
    assert first[-1] < house.memory.evidence("d-3", APP)[0][0]


def test_nothing_waits_at_first():
    assert {} == Unwritten().rows
