"""init, doctor, plan, up, config, recover and teardown: what the house itself needs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Type
from tests.unit.cli.expected import same_screen
from tests.unit.cli.house import POLICY, FakeHouse
from verdigris.cli.edge import run
from verdigris.cli.session import Session
from verdigris.config import load_config
from verdigris.core.policy import Step
from verdigris.core.world import Check


def init(directory: Path, *arguments: str) -> int:
    return run(["init", "--config", str(directory / "verdigris.yaml"), *arguments], Session())


def test_init_writes_a_file_that_loads_and_names_the_next_commands(tmp_path, capsys):
    (tmp_path / "app.py").write_text(
        "from fastapi import FastAPI\napp = FastAPI()\n\n@app.get('/healthz')\ndef h(): ...\n"
    )
    assert 0 == init(tmp_path)
    said = capsys.readouterr().out
    assert "verdigris plan" in said
    assert "verdigris deploy" in said
    assert "/healthz" == load_config(tmp_path / "verdigris.yaml").health.path


def test_init_never_replaces_a_file(tmp_path, capsys):
    (tmp_path / "verdigris.yaml").write_text("app: mine\n")
    assert 1 == init(tmp_path)
    assert "is left as it is" in " ".join(capsys.readouterr().err.split())
    assert "app: mine\n" == (tmp_path / "verdigris.yaml").read_text()


def test_init_keeps_the_state_directory_out_of_git_once(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("*.pyc")
    init(tmp_path)
    (tmp_path / "verdigris.yaml").unlink()
    init(tmp_path)
    assert "*.pyc\n.verdigris/\n" == (tmp_path / ".gitignore").read_text()


def test_init_outside_of_git_writes_no_gitignore(tmp_path):
    init(tmp_path)
    assert ["verdigris.yaml"] == [path.name for path in tmp_path.iterdir()]


def test_doctor_is_1_when_something_is_wrong(house: FakeHouse, type_: Type, monkeypatch):
    assert 0 == type_("doctor").code
    wrong = Check("port", False, "8080 is taken by nginx (pid 7). Stop it, or change route.listen")
    monkeypatch.setattr(house, "checks", lambda: [Check("disk", True, "9 GiB are free"), wrong])
    typed = type_("doctor")
    assert 1 == typed.code
    same_screen("doctor", typed.out)
    assert [True, False] == [check["passed"] for check in json.loads(type_("doctor", "--json").out)["checks"]]


def test_plan_of_the_first_deployment(type_: Type):
    same_screen("plan-first", type_("plan").out)


def test_plan_of_a_ramp_with_a_way_back_that_is_given_up(house: FakeHouse, type_: Type):
    house.ship("1.0")
    house.ship("2.0", phase="stabilize")
    typed = type_("plan")
    assert 0 == typed.code
    same_screen("plan-supersede", typed.out)


def test_plan_says_what_a_switch_at_once_cannot_notice(house: FakeHouse, type_: Type):
    house.ship("1.0")
    house.policy = replace(POLICY, ramp=(Step(100, 0.0),))
    said = " ".join(type_("plan").out.split())
    assert "[100%] moves everything at once: a regression is only seen after all users have it" in said


def test_plan_says_when_a_deploy_would_be_refused(house: FakeHouse, type_: Type):
    house.ship("1.0")
    house.ship("2.0", phase="cutover")
    assert "a deploy now is refused (exit 14)" in type_("plan").out


def test_up_runs_the_controller_here(house: FakeHouse, type_: Type):
    assert 0 == type_("up").code
    assert ["the controller ran"] == house.said


def test_up_install_writes_the_units_and_says_what_to_type(house: FakeHouse, type_: Type, tmp_path):
    typed = type_("up", "--install", "--to", str(tmp_path))
    assert 0 == typed.code
    assert "systemctl enable --now verdigris-keeper-1.service verdigris-controller-1.service" in typed.out
    assert (tmp_path / "verdigris-keeper-1.service").exists()


def test_up_install_where_it_may_not_write(house: FakeHouse, type_: Type, tmp_path):
    typed = type_("up", "--install", "--to", str(tmp_path / "none"))
    assert 1 == typed.code
    assert "Run it as root, or choose another place with --to" in " ".join(typed.err.split())


@pytest.mark.parametrize("arguments", [("config",), ("config", "show")])
def test_config_shows_every_key_with_its_origin(type_: Type, arguments):
    lines = type_(*arguments).out.splitlines()
    assert any(line.split() == ["bake.for", "default", "15m"] for line in lines)
    assert any(line.split()[:2] == ["run.command", "file"] for line in lines)


def test_config_apply_shows_the_difference_and_changes_nothing_without_now(house: FakeHouse, type_: Type):
    house.ship("1.0")
    house.ship("2.0", phase="bake")
    house.policy = replace(POLICY, bake=600.0)
    typed = type_("config", "apply")
    assert "bake.for: 20s → 10m\n" in typed.out
    assert "verdigris config apply --now" in typed.out
    assert "policy by ada" not in house.said


def test_config_apply_now_gives_the_policy_to_the_deployment(house: FakeHouse, type_: Type):
    house.ship("1.0")
    house.ship("2.0", phase="bake")
    house.policy = replace(POLICY, bake=600.0)
    assert 0 == type_("config", "apply", "--now").code
    assert "policy by ada" in house.said


def test_config_apply_without_a_running_deployment(house: FakeHouse, type_: Type):
    house.ship("1.0")
    typed = type_("config", "apply", "--now")
    assert 1 == typed.code
    assert "the next one takes the file as it is" in typed.err


def test_recover_says_what_is_known_again(type_: Type):
    typed = type_("recover")
    assert 0 == typed.code
    assert "✔ orders d-1: 1.0 serves in blue" in typed.out
    assert "kept as verdigris.db.lost-1" in typed.err


def test_teardown_of_one_app_names_who_asked(type_: Type):
    typed = type_("teardown", "--yes", "--app", "orders")
    assert 0 == typed.code
    assert "has its instances stopped" in typed.err
    assert "nothing of orders runs any more" in typed.out


def test_teardown_of_everything(type_: Type):
    typed = type_("teardown", "--all", "--yes")
    assert 0 == typed.code
    assert "the controller is stopped" in typed.err
    assert "is left" in typed.out
