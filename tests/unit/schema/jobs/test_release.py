"""The tool of a release, and the role of each slot."""

import json
import sys
from dataclasses import replace

import pytest

from tests.unit.schema.jobs.test_order import ORDER
from verdigris.core.errors import ConfigError
from verdigris.core.world import Slot
from verdigris.schema.finding import Version
from verdigris.schema.jobs.__main__ import handed
from verdigris.schema.jobs.order import TOOL, Plan
from verdigris.schema.jobs.release import role_name, sent, tool_of
from verdigris.schema.tools.alembic import Alembic
from verdigris.schema.tools.django import Django
from verdigris.schema.tools.scripts import Scripts


def tell(sentence):
    raise AssertionError(sentence)


@pytest.mark.parametrize(("tool", "kind"), [("files", Scripts), ("alembic", Alembic), ("django", Django)])
def test_each_tool_is_the_one_that_is_configured(tool, kind):
    assert kind is type(tool_of(replace(ORDER, plan=Plan(tool, command=("manage",))), tell))


def test_a_tool_gets_what_the_application_has_and_nothing_of_ours(monkeypatch, tmp_path):
    monkeypatch.setenv("SECRET_KEY", "ours")
    monkeypatch.setenv("WEBHOOK", "ours")
    command = (sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)))")
    own = (("SECRET_KEY", "the application's"),)
    order = replace(ORDER, plan=Plan("django", command=command, environ=own), candidate=str(tmp_path))
    environ = json.loads(tool_of(order, tell).project.ask("postgresql://me@db/shop").out)
    assert "the application's" == environ["SECRET_KEY"]
    assert "ours" not in environ.values()


def test_what_is_for_the_tool_is_taken_out_of_the_jobs_own_environment(monkeypatch):
    monkeypatch.setenv(f"{TOOL}SECRET_KEY", "the application's")
    assert ((("SECRET_KEY", "the application's"),), ()) == (handed(), handed())


def test_a_tool_that_nobody_knows_is_refused():
    with pytest.raises(ConfigError, match="schema.tool: flyway is none that is known"):
        tool_of(replace(ORDER, plan=Plan("flyway", command=("flyway",))), tell)


def test_what_is_taken_away_is_a_tombstone_on_production_only():
    order = replace(ORDER, plan=Plan("files"))
    assert (False, True) == (
        tool_of(order, tell).tombstones,
        tool_of(order, tell, tombstones=True).tombstones,
    )


def test_each_slot_has_a_role_where_the_application_has_one():
    assert "orders_blue" == role_name(ORDER, Slot.BLUE)
    assert "" == role_name(replace(ORDER, plan=Plan("files")), Slot.BLUE)


def test_a_release_that_says_nothing_of_itself_sends_nothing_that_is_known(tmp_path):
    order = replace(ORDER, plan=Plan("files", statements="said.jsonl"), candidate=str(tmp_path))
    assert ([], ()) == sent(order, "", Version.NEW)
    (tmp_path / "said.jsonl").write_text('{"sql": "SELECT 1", "params": []}\n')
    assert ["SELECT 1"] == [statement.sql for statement in sent(order, "", Version.NEW)[0]]


def test_files_of_queries_are_read_as_what_they_are(tmp_path):
    order = replace(ORDER, plan=Plan("files", statements="queries"), candidate=str(tmp_path))
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "users.sql").write_text(
        "-- name: GetUser :one\nSELECT id FROM users WHERE id = $1;\n"
    )
    statements, notes = sent(order, "", Version.NEW)
    assert (["SELECT id FROM users WHERE id = $1"], ()) == ([one.sql for one in statements], notes)
