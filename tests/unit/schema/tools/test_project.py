import json
import os
import sys
import time

import pytest

from tests.waiting import eventually_sync
from verdigris.core.errors import ActionError, ConfigError, ObservationError
from verdigris.schema.running.session import connecting
from verdigris.schema.running.sync import install
from verdigris.schema.running.twins import Twins
from verdigris.schema.tools.project import Project
from verdigris.schema.tools.tool import PATIENCE, Patience, Step

URL = "postgresql://me:s%40cret@db.example:5433/shop?sslmode=require"
TELL = "import json, os, sys; print(json.dumps([dict(os.environ), sys.argv]))"


def told(tmp_path, url=URL, lock_timeout=0.0, **more):
    answer = Project((sys.executable, "-c", TELL), tmp_path, **more).ask(
        url, "upgrade", lock_timeout=lock_timeout
    )
    return json.loads(answer.out)


def test_the_url_is_in_the_environment_and_in_no_argument(tmp_path):
    environ, argv = told(tmp_path, url_env="SHOP_URL", scheme="postgresql+psycopg")
    assert URL.replace("postgresql:", "postgresql+psycopg:") == environ["SHOP_URL"]
    assert ("db.example", "5433", "me", "s@cret", "shop", "require") == tuple(
        environ[f"PG{part}"] for part in ("HOST", "PORT", "USER", "PASSWORD", "DATABASE", "SSLMODE")
    )
    assert ["-c", "upgrade"] == argv


def test_settings_of_another_database_are_not_inherited(tmp_path, monkeypatch):
    monkeypatch.setenv("PGSERVICE", "production")
    monkeypatch.setenv("PGOPTIONS", "-c x=y")
    monkeypatch.setenv("DATABASE_URL", "postgresql://production/")
    environ, _ = told(tmp_path, "postgresql:///shadow?host=/tmp")
    assert "postgresql:///shadow?host=/tmp" == environ["DATABASE_URL"]
    assert not {"PGSERVICE", "PGOPTIONS", "PGPORT"} & set(environ)


def test_how_long_locks_are_waited_for_is_said_the_way_libpq_reads_it(tmp_path):
    environ, _ = told(tmp_path, lock_timeout=0.1)
    assert "-c lock_timeout=100ms" == environ["PGOPTIONS"]
    environ, _ = told(tmp_path, URL + "&options=-c%20search_path%3Dshop", lock_timeout=0.1)
    assert environ["DATABASE_URL"].endswith("options=-c%20search_path%3Dshop%20-c%20lock_timeout%3D100ms")


def test_no_secret_of_ours_reaches_the_tool(tmp_path, monkeypatch):
    kept = ("TZ", "LC_ALL", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE", "TMPDIR", "SSL_CERT_FILE")
    for name in ("VERDIGRIS_SECRET", "AWS_SECRET_ACCESS_KEY", "OWNER_URL", "LD_PRELOAD_TO", "PYTHONSTARTUP"):
        monkeypatch.setenv(name, "hunter2")
    for name in kept:
        monkeypatch.setenv(name, f"/kept/{name}")
    environ, _ = told(tmp_path)
    assert "hunter2" not in environ.values()
    assert {"PATH", *kept} <= set(environ)


def test_a_projects_own_variables_are_kept(tmp_path):
    own = (
        ("STAGE", "test"),
        ("PGHOST", "production"),
        ("PGSERVICE", "production"),
        ("DATABASE_URL", "production"),
    )
    environ, _ = told(tmp_path, environ=own)
    assert "test" == environ["STAGE"]
    assert "production" not in environ.values()


def test_no_value_that_the_tool_was_handed_is_in_a_message(tmp_path):
    code = "import os; raise SystemExit('the key is ' + os.environ['SECRET_KEY'])"
    project = Project((sys.executable, "-c", code), tmp_path, environ=(("SECRET_KEY", "hunter22"),))
    with pytest.raises(ActionError, match="the key is") as raised:
        project.answered(URL)
    assert "hunter22" not in str(raised.value)


def test_a_program_with_a_slash_is_the_projects(tmp_path):
    (tmp_path / "bin").mkdir()
    tool = tmp_path / "bin" / "tool"
    tool.write_text("#!/bin/sh\npwd\n")
    tool.chmod(0o755)
    assert f"{tmp_path}\n" == Project(("bin/tool",), tmp_path).answered(URL)


def test_a_command_that_fails_is_quoted_without_the_secret(tmp_path):
    code = "import os; raise SystemExit('cannot log in with ' + os.environ['PGPASSWORD'] + os.environ['DATABASE_URL'])"
    with pytest.raises(ActionError, match="ended with 1: cannot log in with") as raised:
        Project((sys.executable, "-c", code), tmp_path).answered(URL)
    assert not {"cret", "s%40cret"} & set(str(raised.value).replace(":", " ").replace("@", " ").split())


def counted(tmp_path, code, pauses, **patience):
    """A tool that counts its runs, and fails at each with the given code."""
    line = f"open('runs', 'a').write('x'); {code}"
    project = Project((sys.executable, "-c", line), tmp_path, pause=pauses.append)
    step = Step("a", alone=patience.pop("alone", False))
    with pytest.raises(ActionError) as raised:
        project.carry_out(URL, step, ("a",), Patience(**patience))
    return str(raised.value), len((tmp_path / "runs").read_text())


def test_only_a_lock_that_was_in_the_way_is_tried_again(tmp_path):
    pauses = []
    said, runs = counted(tmp_path, "raise SystemExit('relation is gone')", pauses)
    assert ("relation is gone" in said, runs, pauses) == (True, 1, [])


class UntilOver(list):
    """Pauses of which the first lasts until the time for trying again is over."""

    def append(self, seconds):
        super().append(seconds)
        until = time.monotonic() + 3
        eventually_sync(lambda: time.monotonic() > until, "the time to be over")


def test_trying_again_has_an_end(tmp_path):
    pauses = UntilOver()
    said, runs = counted(
        tmp_path, "raise SystemExit('canceling statement due to lock timeout')", pauses, retry_for=3
    )
    assert "did not get its lock within 3 s" in said
    assert (2, 1) == (runs, len(pauses))


def test_what_is_half_outside_a_transaction_is_run_once(tmp_path):
    _, runs = counted(tmp_path, "raise SystemExit('deadlock detected')", [], alone=True)
    assert 1 == runs


def test_between_two_tries_is_a_pause_by_chance(tmp_path):
    pauses = []
    counted(tmp_path, "raise SystemExit('55P03')", pauses, retry_for=0.2)
    assert all(0.25 <= pause <= 0.5 for pause in pauses)


def test_an_empty_command_and_a_url_that_is_none_are_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"schema\.command: is empty"):
        Project((), tmp_path)
    with pytest.raises(ConfigError, match="URL cannot be read") as raised:
        Project(("true",), tmp_path).ask("postgresql://a:hunter22@b:c:d/?x")
    assert "hunter22" not in str(raised.value)


def test_a_database_that_does_not_answer_is_said_without_its_password(tmp_path):
    project = Project(("true",), tmp_path)
    with (
        pytest.raises(ObservationError, match="the database cannot be reached") as raised,
        project.reaching("postgresql://me:hunter22@127.0.0.1:1/x"),
    ):
        pass
    assert "hunter22" not in str(raised.value)


def test_nothing_of_the_environment_is_in_its_text(tmp_path):
    assert "hunter22" not in repr(Project(("true",), tmp_path, environ=(("KEY", "hunter22"),)))
    assert "KEY" not in os.environ


DROP = """
import os, psycopg
psycopg.connect(os.environ["DATABASE_URL"], autocommit=True).execute("ALTER TABLE orders DROP COLUMN total")
"""


def test_a_column_with_a_twin_is_dropped_once_its_triggers_are_off(database18, tmp_path):
    url = database18.url()
    with database18.connected() as connection:
        connection.execute("CREATE TABLE orders (id int PRIMARY KEY, total int, amount int)")
        install(connecting(url), Twins("orders", "total", "amount"))
        Project((sys.executable, "-c", DROP), tmp_path).carry_out(url, Step("a"), (), PATIENCE)
        connection.execute("INSERT INTO orders VALUES (1, 7)")
        assert [(1, 7)] == connection.execute("SELECT * FROM orders").fetchall()


def test_whatever_else_depends_on_it_is_the_owners_to_drop(database18, tmp_path):
    with database18.connected() as connection:
        connection.execute("CREATE TABLE orders (id int PRIMARY KEY, total int)")
        connection.execute("CREATE VIEW totals AS SELECT total FROM orders")
    with pytest.raises(ActionError, match="cannot drop column total of table orders"):
        Project((sys.executable, "-c", DROP), tmp_path).carry_out(database18.url(), Step("a"), (), PATIENCE)
