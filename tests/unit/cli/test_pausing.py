"""pause, unpause and maintenance: asked for, answered, and done by the router before it is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Type
from tests.unit.cli.house import FakeHouse
from verdigris.core.world import Pause


def done(house: FakeHouse) -> Pause:
    return house.host.routing.pause


@pytest.mark.parametrize(
    ("words", "pause", "said"),
    [
        (("pause",), Pause.SAFE, "orders: safe requests wait at the router, at most 10 s each"),
        (("pause", "--methods", "all"), Pause.ALL, "orders: requests wait at the router, at most 10 s each"),
        (("maintenance", "on"), Pause.MAINTENANCE, "everybody is answered 503, to come back after 1:00"),
    ],
)
def test_what_holds_is_said_when_the_router_does_it(house: FakeHouse, type_: Type, words, pause, said):
    house.ship("1.0")
    typed = type_(*words)
    assert (0, pause) == (typed.code, done(house))
    assert said in typed.out
    ending = "maintenance off" if pause is Pause.MAINTENANCE else "unpause"
    assert f"`verdigris {ending}`" in typed.out


@pytest.mark.parametrize("words", [("unpause",), ("maintenance", "off")])
def test_an_end_of_it_lets_requests_through(house: FakeHouse, type_: Type, words):
    house.ship("1.0")
    type_("maintenance", "on")
    typed = type_(*words)
    assert (0, Pause.NONE) == (typed.code, done(house))
    assert "requests are let through again" in typed.out


def test_a_deployment_that_has_ended_is_no_obstacle_and_one_under_way_neither(house: FakeHouse, type_: Type):
    house.ship("1.0")
    house.ship("2.0", phase="bake")
    assert 0 == type_("pause", "--methods", "all").code
    assert Pause.ALL is done(house)


def test_without_a_controller_one_is_started(house: FakeHouse, type_: Type):
    house.ship("1.0")
    house.running = False
    typed = type_("pause")
    assert 0 == typed.code
    assert "started the controller" in typed.err


@pytest.mark.parametrize(
    ("words", "why"), [(("unpause",), "nothing is paused"), (("pause",), "never deployed")]
)
def test_what_cannot_be_asked_is_refused_with_the_reason(house: FakeHouse, type_: Type, words, why):
    if words == ("unpause",):
        house.ship("1.0")
    typed = type_(*words)
    assert 1 == typed.code
    assert why in typed.err


def test_a_pause_is_asked_for_once(house: FakeHouse, type_: Type):
    house.ship("1.0")
    type_("pause")
    typed = type_("pause")
    assert 1 == typed.code
    assert "it is paused already" in typed.err


def test_a_router_that_does_not_do_it_is_not_believed(house: FakeHouse, type_: Type):
    house.ship("1.0")
    house.frozen = True
    typed = type_("pause")
    assert 13 == typed.code
    assert "the controller has not answered" in typed.err


def test_a_program_is_told_the_same(house: FakeHouse, type_: Type):
    house.ship("1.0")
    document = json.loads(type_("pause", "--json").out.splitlines()[-1])
    assert ("pause", "safe", 0) == (document["verb"], document["pause"], document["exit"])


def test_status_shows_a_pause_and_what_ends_it(house: FakeHouse, type_: Type):
    house.ship("1.0")
    type_("pause", "--methods", "all")
    typed = type_("status")
    assert "paused       requests wait at the router" in typed.out
    assert "verdigris unpause" in typed.out
    assert "all" == json.loads(type_("status", "--json").out)["pause"]


def test_maintenance_with_a_page_that_cannot_be_shown_is_refused_and_nothing_changes(
    house: FakeHouse, type_: Type
):
    house.ship("1.0")
    house.page = Path("/no/page.html")
    typed = type_("maintenance", "on")
    assert (2, Pause.NONE) == (typed.code, done(house))
    assert "route.maintenance.page: /no/page.html cannot be read" in typed.err
