"""promote, hold, resume, abort and rollback: filed, answered, printed."""

from __future__ import annotations

import json

import pytest

from tests.unit.cli.conftest import Type
from tests.unit.cli.house import FakeHouse
from verdigris.core.errors import ObservationError, StoreUnavailable


@pytest.mark.parametrize("verb", ["promote", "hold", "resume", "abort", "rollback"])
def test_without_any_deployment_it_says_what_to_type(type_: Type, verb):
    typed = type_(verb)
    assert 1 == typed.code
    assert "verdigris deploy" in typed.err


@pytest.mark.parametrize("verb", ["promote", "hold", "resume", "abort", "rollback"])
def test_after_the_end_there_is_nothing_to_steer(house: FakeHouse, type_: Type, verb):
    house.ship("1.0")
    typed = type_(verb)
    assert 1 == typed.code
    assert "d-1 (1.0) has ended as succeeded" in typed.err


def test_without_a_controller_nobody_can_answer(house: FakeHouse, type_: Type):
    house.ship("1.0")
    house.ship("2.0", phase="cutover")
    house.running = False
    typed = type_("hold")
    assert 1 == typed.code
    assert "verdigris up" in typed.err
    assert {} == house.memory.waiting


def test_a_controller_that_does_not_answer_in_time_is_13(house: FakeHouse, type_: Type):
    house.ship("1.0")
    house.ship("2.0", phase="cutover")
    house.frozen = True
    typed = type_("hold")
    assert 13 == typed.code
    assert "has not answered within 10 s" in typed.err


def test_hold_and_resume(house: FakeHouse, type_: Type):
    house.ship("1.0")
    house.ship("2.0", phase="cutover")
    typed = type_("hold", "lunch")
    assert (0, "✔ d-2 (2.0): hold accepted\n") == (typed.code, typed.out)
    assert "lunch" == house.memory.newest_deployment("orders").held
    assert "held because lunch" in type_("status").out
    assert 0 == type_("resume").code
    assert "" == house.memory.newest_deployment("orders").held


def test_promote_cuts_a_good_bake_short(house: FakeHouse, type_: Type):
    house.ship("1.0")
    house.ship("2.0", phase="bake")
    house.pause(3.0)
    assert 0 == type_("promote").code
    house.until("stabilize", most=3)


def test_a_refusal_is_its_sentence_and_exit_1(house: FakeHouse, type_: Type):
    house.ship("1.0")
    house.ship("2.0", phase="cutover")
    house.pause(3.0)
    typed = type_("abort")
    assert 1 == typed.code
    assert "traffic has moved, so cutover cannot be aborted. Use `verdigris rollback`" in typed.err
    assert "green serves 2.0 (10 %)" in typed.err


def test_abort_before_traffic_has_moved(house: FakeHouse, type_: Type):
    house.ship("1.0")
    house.ship("2.0", phase="validate")
    assert 0 == type_("abort", "wrong branch").code
    house.until("aborted")


def test_rollback_waits_until_traffic_is_back(house: FakeHouse, type_: Type):
    house.ship("1.0")
    house.ship("2.0", phase="bake")
    typed = type_("rollback", "it is slow")
    assert 0 == typed.code
    assert typed.out.startswith("✔ traffic is on blue (1.0) again · ")
    assert 100 == house.host.routing.weights.blue
    assert "asked for it: it is slow" in house.memory.newest_deployment("orders").cause


def test_rollback_before_traffic_moved_says_so(house: FakeHouse, type_: Type):
    house.ship("1.0")
    house.ship("2.0", phase="validate")
    typed = type_("rollback")
    assert 0 == typed.code
    assert "no traffic had moved: blue serves 1.0 as before" in typed.out


@pytest.mark.parametrize("trouble", ["dead", "frozen"])
def test_rollback_works_with_the_controller(house: FakeHouse, type_: Type, trouble):
    house.ship("1.0")
    house.ship("2.0", phase="bake")
    house.running, house.frozen = trouble != "dead", trouble == "frozen"
    before = house.clock()
    typed = type_("rollback")
    assert 0 == typed.code
    assert "rolling back without the controller" in typed.err
    assert "traffic is on blue again" in typed.out
    assert 100 == house.host.routing.weights.blue
    assert 2.0 >= house.clock() - before


@pytest.mark.parametrize("error", [StoreUnavailable("it is damaged"), ObservationError("it is gone")])
def test_rollback_works_with_a_database_that_nobody_can_read(
    house: FakeHouse, type_: Type, monkeypatch, error
):
    house.ship("1.0")
    house.ship("2.0", phase="bake")
    whole = house.memory.newest

    def damaged(app=None):
        monkeypatch.setattr(house.memory, "newest", whole)
        raise error

    monkeypatch.setattr(house.memory, "newest", damaged)
    typed = type_("rollback")
    assert 0 == typed.code
    assert str(error) in typed.err
    assert 100 == house.host.routing.weights.blue


def test_rollback_takes_over_from_a_controller_that_dies_on_the_way(
    house: FakeHouse, type_: Type, monkeypatch
):
    house.ship("1.0")
    house.ship("2.0", phase="bake")
    went_on = house.pause

    def dies(seconds: float) -> None:
        went_on(seconds)
        if house.memory.newest_deployment("orders").phase == "restore":
            house.running = False

    monkeypatch.setattr(house, "pause", dies)
    typed = type_("rollback")
    assert 0 == typed.code
    assert "without the controller" in typed.out


def test_rollback_with_no_state_directory_starts_nothing(house: FakeHouse, type_: Type, tmp_path):
    house.state = tmp_path / "nowhere"
    typed = type_("rollback")
    assert 1 == typed.code
    assert "nothing was ever deployed" in " ".join(typed.err.split())


def test_the_answer_is_one_object_with_json(house: FakeHouse, type_: Type):
    house.ship("1.0")
    house.ship("2.0", phase="bake")
    told = json.loads(type_("hold", "--json").out)
    assert ("hold", "d-2", 0) == (told["verb"], told["deployment"], told["exit"])
    assert "green serves 2.0 (100 %)" == told["traffic"]
