"""What a house reads and says about itself while nothing runs in it."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from verdigris.bootstrap.house import House, make_writable, said_since, tail, wait_for
from verdigris.core.errors import ConfigError, Refused


def test_making_a_house_opens_nothing(tmp_path):
    house = House(tmp_path / "no-such.yaml", tmp_path / "no-such-state")
    assert (None, None) == (house.controller(), house.keeper())
    assert [] == list(tmp_path.iterdir())


def test_paths_are_absolute_whatever_directory_is_left(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    house = House(Path("verdigris.yaml"), Path(".verdigris"))
    assert (tmp_path / "verdigris.yaml", tmp_path / ".verdigris") == (house.config, house.state)


# --- its app ----------------------------------------------------------------------------------------------------


def test_the_name_that_was_given_is_the_apps(make_house):
    house = make_house(app="orders")
    (house.state / "seen-other.json").touch()
    assert "orders" == house.app


def test_the_only_app_that_was_ever_seen_needs_no_sound_file(make_house):
    house = make_house("this is: [broken")
    (house.state / "seen-orders.json").touch()
    assert "orders" == house.app


def test_of_several_seen_apps_the_file_names_the_one(make_house):
    house = make_house()
    for name in ("one", "two"):
        (house.state / f"seen-{name}.json").touch()
    assert "orders" == house.app


def test_what_the_file_says_is_believed_once_it_was_read(make_house):
    house = make_house()
    assert "orders" == house.settings.app
    (house.state / "seen-other.json").touch()
    assert "orders" == house.app


def test_a_rehearsal_that_nothing_here_can_do_is_refused(make_house):
    with pytest.raises(ConfigError, match=r"verdigris\.yaml: rehearse\.samples: .* leave it out"):
        _ = make_house("rehearse: {samples: 20}\n").settings


# --- its id and its owner ---------------------------------------------------------------------------------------


def test_an_installation_has_one_id_for_ever_and_only_we_can_read_it(make_house):
    house = make_house()
    first = house.installation()
    assert (16, first) == (len(first), make_house().installation())
    assert 0o600 == (house.state / "installation").stat().st_mode & 0o777


def test_the_owner_is_who_owns_the_state_directory(make_house, monkeypatch):
    monkeypatch.setenv("SUDO_USER", "ada")
    assert pwd.getpwuid(os.geteuid()).pw_name == make_house().owner()


def test_without_a_state_directory_the_owner_is_who_called_sudo(tmp_path, monkeypatch):
    house = House(tmp_path / "verdigris.yaml", tmp_path / "state")
    monkeypatch.setenv("SUDO_USER", "ada")
    assert "ada" == house.owner()
    monkeypatch.delenv("SUDO_USER")
    assert pwd.getpwuid(os.geteuid()).pw_name == house.owner()


# --- its wiring -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "more",
    [
        "router: {timeouts: {connect: 3s}}\n",
        "alerts: {webhook: https://hooks.example.com/x}\n",
    ],
)
def test_what_a_controller_is_wired_by_changes_its_wiring(make_house, more):
    assert make_house().wiring() != make_house(more).wiring()


def test_another_front_door_is_another_wiring(make_house):
    assert make_house().wiring() != make_house(port=8081).wiring()


@pytest.mark.parametrize(
    "more",
    [
        "# a remark\n",
        "bake: {for: 3m}\n",
        "stabilize: 2h\n",
    ],
)
def test_what_a_deployment_carries_with_it_does_not(make_house, more):
    assert make_house().wiring() == make_house(more).wiring()


def test_a_controller_that_left_no_wiring_is_taken_for_another(make_house):
    house = make_house()
    assert not house.wired_alike()
    (house.state / "controller.wiring").write_text(house.wiring())
    assert house.wired_alike()
    (house.state / "controller.wiring").write_text("another")
    assert not house.wired_alike()


def test_nobody_is_in_charge_of_a_house_where_nothing_runs(make_house):
    house = make_house()
    assert (False, False, set()) == (house.poke(), house.served(), house.versions_in_use())


# --- its logs ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "file"),
    [("router", "router/haproxy.log"), ("keeper", "keeper.log"), ("controller", "controller.log")],
)
def test_every_part_has_its_log(make_house, name, file):
    house = make_house()
    assert [house.state / file] == house.log_files(name)


def test_a_slot_has_the_logs_of_its_instances_in_order(make_house):
    house = make_house()
    (house.state / "logs").mkdir()
    for name in ("blue-2.log", "green-1.log", "blue-1.log", "blue-1.log.1"):
        (house.state / "logs" / name).write_text(f"{name} said\n")
    assert ["blue-1.log", "blue-2.log"] == [path.name for path in house.log_files("blue")]
    assert ["blue-1.log said", "blue-2.log said"] == list(house.logs("blue", 20))


@pytest.mark.parametrize("name", ["purple", "blue-", "blue-x", "../../secret", "/etc/passwd", ""])
def test_a_log_of_nobody_is_refused(make_house, name):
    with pytest.raises(Refused, match="there is no log of"):
        make_house().log_files(name)


def test_a_log_that_was_never_written_has_no_lines(make_house):
    assert [] == list(make_house().logs("controller", 20))


def test_a_tail_reads_no_more_than_its_bound_and_any_bytes(tmp_path):
    path = tmp_path / "a.log"
    path.write_bytes(b"first\n" + b"x" * (300 << 10) + b"\n\xfflast\n")
    whole = tail(path, 1000)
    assert (256 << 10) > max(map(len, whole))
    assert "first" not in whole
    assert ["\ufffdlast"] == tail(path, 1)


def test_what_was_said_since_is_one_line(tmp_path):
    path = tmp_path / "controller.log"
    path.write_text("before\n")
    assert f"see {path}" == said_since(path, 7)
    with path.open("a") as file:
        file.write("✖ the port\n  is taken\n")
    assert "the port is taken" == said_since(path, 7)


# --- the end ----------------------------------------------------------------------------------------------------


def test_what_never_was_is_torn_down_already(tmp_path):
    said: list[str] = []
    House(tmp_path / "verdigris.yaml", tmp_path / "state").tear_down_everything(said.append)
    assert [f"there is nothing in {tmp_path / 'state'}"] == said


def test_tearing_down_removes_a_state_directory_with_sealed_releases(make_house):
    house, said = make_house(), []
    sealed = house.state / "releases" / "1.0"
    sealed.mkdir(parents=True)
    sealed.chmod(0o555)
    house.tear_down_everything(said.append)
    assert not house.state.exists()
    assert ["the controller is stopped", "no keeper was running", f"{house.state} is removed"] == said


def test_what_was_sealed_can_be_written_again(tmp_path):
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    for path in (inner, inner.parent):
        path.chmod(0o555)
    make_writable(tmp_path / "a")
    assert {0o700} == {path.stat().st_mode & 0o777 for path in (inner, inner.parent)}


def test_waiting_ends_when_it_holds_and_when_it_never_does():
    looks = iter((False, False, True))
    wait_for(lambda: next(looks), 20.0)
    wait_for(lambda: False, 0.0)
    assert [] == list(looks)
