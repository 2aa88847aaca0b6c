import sys

import pytest

from verdigris.core.errors import ActionError
from verdigris.schema.script import Kind
from verdigris.schema.tools.command import Command
from verdigris.schema.tools.conventions import Convention
from verdigris.schema.tools.project import Project
from verdigris.schema.tools.tool import Patience

TOOL = """
import os, sys
import psycopg
with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    connection.execute(open(f"{sys.argv[1]}").read())
    connection.execute("insert into schema_migrations values (%s)", (sys.argv[2],))
"""


@pytest.fixture
def migrations(tmp_path):
    folder = tmp_path / "db"
    folder.mkdir()
    (folder / "0001_shop.sql").write_text("-- migrate:up\ncreate table shop (id int);\n-- migrate:down\n")
    (folder / "0002_nick.expand.sql").write_text("-- migrate:up\nalter table shop add nick text;\n")
    (tmp_path / "tool.py").write_text(TOOL)
    return folder


def tool(migrations, *words):
    return Command(Project((sys.executable, "tool.py", *words), migrations.parent), migrations)


def test_a_tool_of_any_kind_is_asked_step_by_step(database, migrations):
    found, url = tool(migrations, "db/{name}", "{version}"), database.url()
    with database.connected() as connection:
        connection.execute("create table schema_migrations (version text)")
    first, second = found.pending(url)
    assert (None, Kind.EXPAND) == (first.declared, second.declared)
    found.run(url, first)
    assert (second,) == found.pending(url)
    found.run(url, second)
    assert () == found.pending(url)


def test_a_command_that_did_nothing_is_found_out(database18, migrations):
    found = Command(Project(("true",), migrations.parent), migrations)
    with pytest.raises(ActionError, match="true ended well and did not apply 0001_shop.sql"):
        found.run(database18.url(), found.pending(database18.url())[0], Patience(retry_for=0))


def test_flyways_versions_are_written_as_flyway_reads_them(tmp_path):
    (tmp_path / "V1_2__a.sql").write_text("select 1;")
    command = Command(Project(("x",), tmp_path), tmp_path, Convention.FLYWAY)
    step = type("Step", (), {"name": "V1_2__a.sql"})()
    assert "-target=1.2 {other}" == command._filled("-target={version} {other}", step)
