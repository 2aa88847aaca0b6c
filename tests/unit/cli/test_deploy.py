"""`deploy` from the command line to every ending: what it prints, and the exit code that a script gets."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import pytest

from tests.unit.cli.conftest import Type
from tests.unit.cli.expected import same_screen
from tests.unit.cli.house import POLICY, FakeHouse, Nature
from verdigris.core.errors import ActionError, ObservationError


def documents(out: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.splitlines()]


def live(house: FakeHouse, nature: Nature | None = None) -> None:
    """1.0 serves, and the next release is 2.0."""
    house.ship("1.0")
    house.version, house.nature = "2.0", nature or Nature()


def test_a_good_release_returns_0_when_bake_has_passed(house: FakeHouse, type_: Type):
    live(house)
    typed = type_("deploy")
    assert 0 == typed.code
    assert typed.out.startswith("✔ orders 2.0 serves, now in stabilize · ")
    assert "0 failed" in typed.out
    assert "blue 0 %  green 100 %" in typed.out
    assert "1.0 in blue stays hot" in typed.err


def test_the_whole_of_a_good_deploy_in_plain_lines(house: FakeHouse, type_: Type):
    live(house)
    typed = type_("deploy")
    same_screen("deploy-good", typed.err + typed.out)


def test_the_whole_of_a_bad_deploy_in_plain_lines(house: FakeHouse, type_: Type):
    live(house, Nature(error_rate=0.3, turns_bad_after=9.0))
    typed = type_("deploy")
    assert 10 == typed.code
    same_screen("deploy-bad", typed.err + typed.out)


def test_a_release_that_never_becomes_healthy_moves_no_traffic_and_returns_11(house: FakeHouse, type_: Type):
    live(house, Nature(healthy=False))
    typed = type_("deploy")
    assert 11 == typed.code
    assert "2.0 got no traffic, it failed in validate" in typed.err
    assert "failed in a row, the last: unhealthy" in typed.err
    assert "blue serves 1.0 (100 %)" in typed.err


def test_a_first_release_that_is_bad_is_stuck_and_returns_12(house: FakeHouse, type_: Type):
    house.nature = Nature(error_rate=1.0)
    typed = type_("deploy")
    assert 12 == typed.code
    assert "verdigris explain" in typed.err


def test_until_cutover_returns_before_the_bake(house: FakeHouse, type_: Type):
    live(house)
    assert 0 == type_("deploy", "--until", "cutover").code
    assert house.memory.newest_deployment("orders").phase in ("drain", "bake")


def test_until_succeeded_waits_for_the_old_slot_to_be_gone(house: FakeHouse, type_: Type):
    live(house)
    assert 0 == type_("deploy", "--until", "succeeded").code
    assert "succeeded" == house.memory.newest_deployment("orders").phase


def test_a_timeout_returns_13_and_the_deployment_goes_on(house: FakeHouse, type_: Type):
    live(house)
    typed = type_("deploy", "--timeout", "8s")
    assert 13 == typed.code
    assert "is still in cutover" in typed.out
    house.until("stabilize")


def test_another_deployment_that_runs_is_14_and_says_what_to_type(house: FakeHouse, type_: Type):
    house.ship("1.0")
    house.ship("2.0", phase="cutover")
    typed = type_("deploy", "--version", "3.0")
    assert 14 == typed.code
    assert "d-2 (2.0) is in cutover" in typed.err
    assert "verdigris deploy --queue" in typed.err


def test_queued_it_waits_its_turn_and_ships(house: FakeHouse, type_: Type):
    house.ship("1.0")
    house.ship("2.0", phase="cutover")
    typed = type_("deploy", "--version", "3.0", "--queue")
    assert 0 == typed.code
    assert "orders 3.0 serves" in typed.out
    assert "still waiting for the controller" in typed.err


def test_typing_it_twice_ships_once(house: FakeHouse, type_: Type):
    live(house)
    assert 0 == type_("deploy").code
    assert 0 == type_("deploy").code
    assert 2 == len(house.memory.rows["orders"])


def test_the_same_release_after_a_rollback_is_a_new_deployment(house: FakeHouse, type_: Type):
    live(house, Nature(error_rate=1.0))
    assert 10 == type_("deploy").code
    house.nature = Nature()
    assert 0 == type_("deploy").code
    assert ["d-1", "d-2", "d-3"] == [saved.deployment.id for saved in house.memory.rows["orders"]]


def test_an_earlier_release_can_be_shipped_again(house: FakeHouse, type_: Type):
    live(house)
    assert 0 == type_("deploy", "--until", "succeeded").code
    assert 0 == type_("deploy", "--version", "1.0").code
    assert "d-3" == house.memory.newest_deployment("orders").id


def test_one_key_is_one_deployment(house: FakeHouse, type_: Type):
    live(house)
    assert 0 == type_("deploy", "--key", "build-7").code
    house.version = "2.1"
    typed = type_("deploy", "--key", "build-7")
    assert 1 == typed.code
    assert "build-7 was used for 2.0 already" in typed.err


def test_detached_it_returns_at_once_and_says_how_to_follow(house: FakeHouse, type_: Type):
    live(house)
    typed = type_("deploy", "--detach")
    assert 0 == typed.code
    assert "d-2 goes on without you. Follow it: verdigris watch" in typed.out


def test_ctrl_c_leaves_it_running_and_says_how_to_follow(house: FakeHouse, type_: Type, monkeypatch):
    live(house)
    went_on = house.pause

    def pressed(seconds: float) -> None:
        if house.memory.newest_deployment("orders").phase == "cutover":
            raise KeyboardInterrupt
        went_on(seconds)

    monkeypatch.setattr(house, "pause", pressed)
    typed = type_("deploy")
    assert 13 == typed.code
    assert "d-2 goes on without you" in typed.out


def test_who_and_why_stand_in_the_event_log(house: FakeHouse, type_: Type):
    live(house)
    type_("deploy", "--detach", "--reason", "mends the login")
    house.pause(1.0)
    assert "(mends the login) deploys 2.0 to green" in house.memory.events(deployment="d-2")[0].sentence


def test_secrets_are_handed_over_before_anything_is_filed(house: FakeHouse, type_: Type):
    live(house)
    type_("deploy", "--detach")
    assert "secrets of 2.0" in house.said


def test_a_controller_is_started_when_none_runs_and_it_says_so(house: FakeHouse, type_: Type):
    house.running = False
    typed = type_("deploy")
    assert 0 == typed.code
    assert "started the controller in the background" in typed.err


def test_a_build_that_fails_files_nothing_and_prints_its_output(house: FakeHouse, type_: Type, monkeypatch):
    live(house)

    def fails(version, say):
        say("collecting \x1b[2Jeverything")
        raise ActionError("build step `pip` ended with exit code 1\n  no such package")

    monkeypatch.setattr(house, "make_release", fails)
    typed = type_("deploy")
    assert 1 == typed.code
    assert "collecting \\x1b[2Jeverything" in typed.err
    assert "no such package" in typed.err
    assert 1 == len(house.memory.rows["orders"])


def test_a_line_comes_at_least_every_ten_seconds(house: FakeHouse, type_: Type):
    live(house, Nature(healthy=False))
    typed = type_("deploy")
    clocks = [line[:8] for line in typed.err.splitlines() if line[2:3] == ":" and line[5:6] == ":"]
    seconds = [int(c[:2]) * 3600 + int(c[3:5]) * 60 + int(c[6:]) for c in clocks]
    assert 10 >= max(b - a for a, b in pairwise(seconds))


def test_json_is_one_object_per_line_and_the_last_is_the_result(house: FakeHouse, type_: Type):
    live(house, Nature(error_rate=0.3, turns_bad_after=9.0))
    typed = type_("deploy", "--json")
    told = documents(typed.out)
    assert "" == typed.err
    assert {"phase", "step", "progress", "alert", "result"} <= {document["type"] for document in told}
    last = told[-1]
    assert ("result", 10, "rolled_back") == (last["type"], last["exit"], last["phase"])
    assert last["failed"] > 0
    assert {"blue": 100, "green": 0} == last["weights"]


def test_a_store_that_cannot_be_read_for_a_while_ends_nothing(house: FakeHouse, type_: Type, monkeypatch):
    live(house)
    whole = house.memory.events

    def sometimes(**wanted):
        if 1030 < house.clock() < 1040:
            raise ObservationError("the database is locked by a backup")
        return whole(**wanted)

    monkeypatch.setattr(house.memory, "events", sometimes)
    typed = type_("deploy")
    assert 0 == typed.code
    assert 1 == typed.err.count("the database is locked by a backup")
    assert 1 == typed.err.count("it can be followed again")


def test_quiet_prints_the_result_only(house: FakeHouse, type_: Type):
    live(house)
    typed = type_("deploy", "--quiet")
    assert "" == typed.err
    assert 1 == len(typed.out.splitlines())


def test_nothing_of_an_application_reaches_the_terminal_raw(house: FakeHouse, type_: Type):
    live(house, Nature(error_rate=1.0))
    typed = type_("deploy")
    assert "\\x1b[31mhello" in typed.err
    assert "\x1b" not in typed.err + typed.out


@pytest.mark.parametrize("policy", [replace(POLICY, gate=True)])
def test_a_gate_waits_for_a_person(policy, house: FakeHouse, type_: Type):
    house.policy = policy
    typed = type_("deploy", "--timeout", "30s")
    assert 13 == typed.code
    assert "waiting for `verdigris promote`" in typed.err
    assert 0 == type_("promote").code
    house.until("bake")
