"""What `doctor` finds on a machine, and what it says to do."""

from __future__ import annotations

import os
import socket
import sys
import time
from dataclasses import replace

import pytest

from verdigris.adapters.stores.sql import SqlStore
from verdigris.bootstrap import examination
from verdigris.bootstrap.examination import CI_SIGNS, examine
from verdigris.bootstrap.house import DATABASE, House
from verdigris.core.world import Check
from verdigris.keeper.observed import KeeperSeen, Observed, RouterSeen, State
from verdigris.keeper.ports import take
from verdigris.testing.conformance.examples import example_drilled, example_saved

HOUR = 3600.0

ROUTER = RouterSeen(True, 12, State.RUNNING, 0, None, 1.0, (), ("127.0.0.1:8080",), True, "", ())


def a_keeper(sentence: str = "", router: RouterSeen | None = None) -> Observed:
    return Observed(KeeperSeen(11, 1.0, "boot", "2", sentence), {}, router, {}, ())


@pytest.fixture(autouse=True)
def no_ci(monkeypatch):
    for sign in CI_SIGNS:
        monkeypatch.delenv(sign, raising=False)


def test_a_house_where_nothing_was_deployed_is_looked_at_whole(make_house):
    found = examine(make_house())
    expected = "python router state disk files address keeper controller parent"
    assert expected.split() == [check.name for check in found]
    assert all(check.sentence for check in found)


def test_looking_changes_nothing(make_house, tmp_path):
    house = make_house()
    house.state.rmdir()
    examine(house)
    assert ["verdigris.yaml"] == [path.name for path in tmp_path.iterdir()]


def test_this_python_is_new_enough():
    check = examination.python()
    assert (True, f"Python {'.'.join(map(str, sys.version_info[:3]))}") == (check.passed, check.sentence)


def test_the_router_says_its_version_and_that_of_its_tls_library(make_house):
    check = examination.router(make_house())
    assert check.passed
    assert check.sentence.startswith("HAProxy version 2.8")


def test_a_router_that_does_not_run_is_named(make_house, tmp_path):
    check = examination.router(make_house(f"router: {{bin: {tmp_path}/haproxy}}\n"))
    assert not check.passed
    assert f"{tmp_path}/haproxy does not run" in check.sentence


# --- the state directory ----------------------------------------------------------------------------------------


def test_a_state_directory_that_is_missing_is_made_later(tmp_path):
    check = examination.state_directory(House(tmp_path / "verdigris.yaml", tmp_path / "state"))
    assert (True, True) == (check.passed, "does not exist yet" in check.sentence)


def test_a_private_state_directory_is_good(make_house):
    assert examination.state_directory(make_house()).passed


def test_a_file_is_no_state_directory(tmp_path):
    (tmp_path / "state").touch()
    check = examination.state_directory(House(tmp_path / "verdigris.yaml", tmp_path / "state"))
    assert (False, True) == (check.passed, "is no directory" in check.sentence)


def test_a_state_directory_that_is_open_to_others_says_how_to_close_it(make_house):
    house = make_house()
    house.state.chmod(0o755)
    check = examination.state_directory(house)
    assert (False, True) == (check.passed, f"(mode 755): run `chmod 700 {house.state}`" in check.sentence)


@pytest.mark.needs_root
def test_a_state_directory_of_somebody_else_is_wrong(make_house):
    house = make_house()
    os.chown(house.state, 65534, 65534)
    check = examination.state_directory(house)
    assert (False, True) == (check.passed, "is not yours alone" in check.sentence)


# --- the store --------------------------------------------------------------------------------------------------


def test_of_a_store_that_is_not_there_nothing_is_said(make_house):
    assert examination.database(make_house(), "orders") is None


def test_a_store_that_cannot_be_read_is_told_with_the_way_out(make_house):
    house = make_house()
    path = house.state / DATABASE
    path.write_bytes(b"this is no database, however long one looks at it" * 100)
    path.chmod(0o600)
    check = examination.database(house, "orders")
    assert check is not None
    assert (False, True) == (check.passed, "verdigris recover" in check.sentence)


# --- the drill --------------------------------------------------------------------------------------------------


async def drilled(house: House, ago: float, trouble: str = "") -> Check | None:
    """What is said of a house in which the way back was tried so many seconds ago."""
    saved = example_saved()
    record = replace(example_drilled(), wall=time.time() - ago, trouble=trouble)
    store = SqlStore(house.state / DATABASE)
    await store.prepare()
    d = replace(saved.deployment, app="orders", drilled=record)
    await store.save(replace(saved, deployment=d), None, (), (), 1.0)
    await store.close()
    return examination.drill(house, "orders")


def test_where_nothing_was_deployed_nothing_is_said_of_a_drill(make_house):
    assert examination.drill(make_house(), "orders") is None


@pytest.mark.parametrize(("ago", "said"), [(7 * HOUR + 5.0, "7 h"), (9 * 24 * HOUR, "9 days")])
async def test_a_drill_is_said_to_be_as_old_as_it_is(make_house, ago, said):
    check = await drilled(make_house(), ago)
    assert (True, True) == (
        check.passed,
        check.sentence.startswith(f"orders: the way back worked {said} ago"),
    )


async def test_a_drill_that_failed_is_wrong_until_one_succeeds(make_house):
    check = await drilled(make_house(), 7 * HOUR + 5.0, "blue fails")
    assert not check.passed
    assert check.sentence.startswith("orders: the way back did not work 7 h ago: blue fails. Mend it")


@pytest.mark.parametrize(("days", "passed"), [(13, True), (15, False)])
async def test_a_drill_twice_as_old_as_it_should_be_is_wrong(make_house, days, passed):
    check = await drilled(make_house("drill: {every: 7d}\n"), days * 24 * HOUR)
    assert (passed, not passed) == (check.passed, "older than drill.every asks for" in check.sentence)


# --- the front door ---------------------------------------------------------------------------------------------


def test_an_address_that_is_free_is_good(make_house):
    port = take(0, os.getpid())  # neither the kernel gives it to anybody meanwhile nor a keeper
    [check] = examination.addresses(make_house(port=port.number), None)
    port.free()
    assert (True, f"127.0.0.1:{port.number} is free") == (check.passed, check.sentence)


def test_an_address_that_somebody_has_names_the_key_to_change(make_house):
    with socket.create_server(("127.0.0.1", 0)) as door:
        [check] = examination.addresses(make_house(port=door.getsockname()[1]), None)
    assert not check.passed
    assert check.sentence.endswith("Address already in use. Change route.listen")


def test_an_address_that_is_ours_is_not_asked_for_again(make_house):
    [check] = examination.addresses(make_house(), a_keeper(router=ROUTER))
    assert (True, "the router listens on 127.0.0.1:8080") == (check.passed, check.sentence)


# --- who is at work ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keeper", "passed", "words"),
    [
        (None, True, "no keeper runs"),
        (a_keeper(), True, "the keeper runs with pid 11"),
        (a_keeper("the disk is full"), False, "the disk is full"),
    ],
)
def test_the_keeper_says_what_troubles_it(make_house, keeper, passed, words):
    check = examination.keeper_line(make_house(), keeper)
    assert (passed, True) == (check.passed, words in check.sentence)


def test_without_a_controller_traffic_goes_on(make_house):
    check = examination.controller_line(make_house())
    assert (True, True) == (check.passed, "traffic does not need one" in check.sentence)


@pytest.mark.parametrize(("keeper", "passed"), [(None, False), (a_keeper(), True)])
def test_in_a_ci_job_a_keeper_has_to_run_already(monkeypatch, keeper, passed):
    monkeypatch.setenv("GITLAB_CI", "true")
    check = examination.parent(keeper)
    assert (passed, True) == (check.passed, "this is a CI job (GITLAB_CI)" in check.sentence)
