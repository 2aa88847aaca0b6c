"""Django's migrations, which need a process of their own, are in tests/kit/health."""

import sqlite3

import pytest

from verdigris_kit.checks import alembic

REVISION = """
revision, down_revision = {name!r}, {before!r}
branch_labels = depends_on = None
"""


@pytest.fixture
def scripts(tmp_path):
    """Three revisions: a1, b2, c3."""
    (tmp_path / "versions").mkdir()
    (tmp_path / "env.py").touch()
    for name, before in (("a1", None), ("b2", "a1"), ("c3", "b2")):
        (tmp_path / "versions" / f"{name}_.py").write_text(REVISION.format(name=name, before=before))
    return tmp_path


def found_at(scripts, *revisions):
    """What the check finds in a database at these revisions."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE alembic_version (version_num)")
    connection.executemany("INSERT INTO alembic_version VALUES (?)", [(name,) for name in revisions])
    connection.commit()
    try:
        return alembic(connection, scripts)()
    finally:
        connection.close()


def test_what_the_code_expects_is_applied(scripts):
    found = found_at(scripts, "c3")
    assert (True, "", "c3") == (found.passed, found.reason, found.schema)


def test_a_schema_that_is_behind_is_false_and_says_where_it_is(scripts):
    found = found_at(scripts, "a1")
    assert (False, "the schema is at a1, not at c3: migrate", "a1") == (
        found.passed,
        found.reason,
        found.schema,
    )


@pytest.mark.parametrize("said", ['verdigris = "contract"', 'branch_labels = ("contract",)'])
def test_what_contracts_is_not_missed_since_it_comes_when_the_version_before_is_gone(scripts, said):
    for name, before, more in (("d4", "c3", said), ("e5", "d4", 'verdigris = "contract"')):
        text = REVISION.format(name=name, before=before)
        (scripts / "versions" / f"{name}_.py").write_text(f"{text}\n{more}\n")
    assert (True, "") == (found_at(scripts, "c3").passed, found_at(scripts, "c3").reason)
    assert (False, "the schema is at b2, not at c3: migrate") == (
        found_at(scripts, "b2").passed,
        found_at(scripts, "b2").reason,
    )


def test_a_schema_that_was_never_migrated_is_behind(scripts):
    assert (False, "the schema is at nothing, not at c3: migrate") == (
        found_at(scripts).passed,
        found_at(scripts).reason,
    )


def test_a_schema_that_a_newer_version_has_migrated_is_right_for_the_older_one(scripts):
    found = found_at(scripts, "d4")
    assert (True, "the schema is ahead of this code, at d4") == (found.passed, found.reason)


def test_a_database_without_the_table_says_so_by_its_error(scripts):
    connection = sqlite3.connect(":memory:")
    with pytest.raises(sqlite3.OperationalError, match="no such table: alembic_version"):
        alembic(connection, scripts)()
    connection.close()


@pytest.mark.parametrize("table", ["a; DROP TABLE b", "", "a.b.c", 'a"'])
def test_a_name_that_is_no_table_is_refused_at_start(scripts, table):
    with pytest.raises(ValueError, match="it is a name, or a schema and a name"):
        alembic(None, scripts, table)
