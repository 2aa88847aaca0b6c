"""What a controller is wired by, which apps it must not forget, and waiting for what runs in the background."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.keeper.house import House as KeeperHouse
from verdigris.bootstrap.background import refuse_to_forget, said_since, served, wait_for, wired_alike, wiring
from verdigris.bootstrap.house import House
from verdigris.core.errors import ObservationError, Refused


@pytest.mark.parametrize(
    "more",
    [
        "router: {timeouts: {connect: 3s}}\n",
        "alerts: {webhook: https://hooks.example.com/x}\n",
        "signals: {file: counts.jsonl}\n",
        "signals: {stale_after: 1m}\n",
        "judge: {routes: [/static/*]}\n",
    ],
)
def test_what_a_controller_is_wired_by_changes_its_wiring(make_house, more):
    assert wiring(make_house()) != wiring(make_house(more))


def test_another_front_door_is_another_wiring(make_house):
    assert wiring(make_house()) != wiring(make_house(port=8081))


@pytest.mark.parametrize(
    "more",
    [
        "# a remark\n",
        "bake: {for: 3m}\n",
        "stabilize: 2h\n",
    ],
)
def test_what_a_deployment_carries_with_it_does_not(make_house, more):
    assert wiring(make_house()) == wiring(make_house(more))


def test_a_controller_that_left_no_wiring_is_taken_for_another(make_house):
    house = make_house()
    assert not wired_alike(house)
    (house.state / "controller.wiring").write_text(wiring(house))
    assert wired_alike(house)
    (house.state / "controller.wiring").write_text("another")
    assert not wired_alike(house)


def test_nobody_is_in_charge_of_a_house_where_nothing_runs(make_house):
    house = make_house()
    assert (False, False) == (house.poke(), served(house))


def test_every_app_of_the_file_is_part_of_the_wiring(make_house):
    house = make_house()
    one = "  api: {run: {command: [serve, '{port}']}, route: {path: /api}}\n"
    house.config.write_text(f"apps:\n{one}")
    before = wiring(house)
    house.config.write_text(f"apps:\n{one}{one.replace('api', 'search')}")
    assert before != wiring(House(house.config, house.state))


# --- the apps that run ------------------------------------------------------------------------------------------


@pytest.fixture
def kept(tmp_path) -> Iterator[KeeperHouse]:
    """A state directory with a keeper at work."""
    house = KeeperHouse(tmp_path)
    house.open()
    yield house
    house.close()


def over(kept: KeeperHouse, *apps: str) -> House:
    config = kept.root / "verdigris.yaml"
    lines = [f"  {app}: {{run: {{command: [serve, '{{port}}']}}, route: {{path: /{app}}}}}" for app in apps]
    config.write_text("\n".join(["apps:", *lines]))
    return House(config, kept.state)


async def test_an_app_that_runs_must_stay_in_the_file(kept):
    await kept.start(kept.release(), slot="search.blue")
    refuse_to_forget(over(kept, "api", "search"))
    with pytest.raises(Refused, match=r"search still runs in .* `verdigris teardown --app search`"):
        refuse_to_forget(over(kept, "api"))


def test_without_a_word_of_the_keeper_nobody_knows_what_runs(make_house):
    with pytest.raises(ObservationError, match="no keeper answers"):
        refuse_to_forget(make_house())


# --- waiting ----------------------------------------------------------------------------------------------------


def test_what_was_said_since_is_one_line(tmp_path):
    path = tmp_path / "controller.log"
    path.write_text("before\n")
    assert f"see {path}" == said_since(path, 7)
    with path.open("a") as file:
        file.write("✖ the port\n  is taken\n")
    assert "the port is taken" == said_since(path, 7)


def test_waiting_ends_when_it_holds_and_when_it_never_does():
    looks = iter((False, False, True))
    wait_for(lambda: next(looks), 20.0)
    wait_for(lambda: False, 0.0)
    assert [] == list(looks)
