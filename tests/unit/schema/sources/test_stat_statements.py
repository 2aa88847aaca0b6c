import contextlib
from collections.abc import Iterator

import psycopg
import pytest

from tests.unit.schema.conftest import NEW, OLD, programs
from verdigris.core.errors import ConfigError, ObservationError
from verdigris.schema.shadow import embedded as starting
from verdigris.schema.shadow.server import Server
from verdigris.schema.sources.stat_statements import observe


@pytest.fixture(scope="module", params=[OLD, NEW])
def counting(request) -> Iterator[Server]:
    """A server that counts statements, as production should; the shadow does not."""
    with contextlib.ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(starting.SETTINGS, "shared_preload_libraries", "pg_stat_statements")
            patch.setitem(starting.SETTINGS, "pg_stat_statements.max", "100")
            server = stack.enter_context(starting.embedded(programs(request.param)))
        yield server


@pytest.fixture
def production(counting):
    """A database with one role for each slot, in which nothing has been counted yet."""
    base = counting.create()
    with base.connected() as connection:
        for role in ("app_blue", "app_green"):
            connection.execute(f"DROP ROLE IF EXISTS {role}")
            connection.execute(f"CREATE ROLE {role} LOGIN")
        connection.execute('CREATE SCHEMA "Odd place"')
        connection.execute('CREATE EXTENSION pg_stat_statements SCHEMA "Odd place"')
        connection.execute("CREATE TABLE users (id int8 PRIMARY KEY, name text)")
        connection.execute("GRANT ALL ON users TO app_blue, app_green")
        connection.execute("GRANT CREATE ON SCHEMA public TO app_blue")
        connection.execute('GRANT USAGE ON SCHEMA "Odd place" TO app_blue, app_green')
        connection.execute('SELECT "Odd place".pg_stat_statements_reset()')
    yield base
    with base.connected() as connection:
        connection.execute("DROP OWNED BY app_blue, app_green CASCADE")
    counting.clear()


def sends(base, role, *statements):
    with base.connected(role) as connection:
        for sql, *parameters in statements:
            connection.execute(sql, parameters or None)


def texts(counted):
    return sorted(statement.sql for statement in counted.recording.statements)


def test_statements_are_told_apart_by_the_role_that_sent_them(production):
    sends(
        production,
        "app_blue",
        ("SELECT name FROM users WHERE id = %s", 7),
        ("DELETE FROM users WHERE id = 8",),
    )
    sends(production, "app_green", ("SELECT id FROM users",))
    blue, green = observe(production.url(), "app_blue"), observe(production.url(), "app_green")
    assert ["DELETE FROM users WHERE id = $1", "SELECT name FROM users WHERE id = $1"] == texts(blue)
    assert ["SELECT id FROM users"] == texts(green)
    assert {True} == {statement.normalised for statement in blue.recording.statements}
    assert ((), ()) == (blue.recording.order, blue.recording.notes)
    assert blue.since is not None


def test_what_serves_nobody_is_left_out(production):
    sends(
        production,
        "app_blue",
        ("BEGIN",),
        ("SET LOCAL work_mem = '8MB'",),
        ("CREATE TABLE mine (id int)",),
        ("ROLLBACK",),
        ('SELECT count(*) FROM "Odd place".pg_stat_statements',),
    )
    found = observe(production.url(), "app_blue")
    assert [] == texts(found)
    assert ("pg_stat_statements has no statement of app_blue yet",) == found.recording.notes


def test_a_role_that_becomes_the_application_is_counted_as_the_application(production):
    """Why the roles of slots do not do that when they connect."""
    with production.connected() as connection:
        connection.execute("ALTER ROLE app_blue SET role TO app_green; GRANT app_green TO app_blue")
    where = dict(production.where) | {"user": "app_blue", "dbname": production.name}
    with psycopg.connect(**where, autocommit=True) as connection:
        assert ("app_green", "app_blue") == connection.execute("SELECT current_user, session_user").fetchone()
        connection.execute("SELECT id FROM users")
    assert "SELECT id FROM users" in texts(observe(production.url(), "app_green"))
    assert [] == texts(observe(production.url(), "app_blue"))


def test_another_database_is_another_application(counting, production):
    other = counting.create()
    sends(other, "app_blue", ("SELECT 1 AS elsewhere",))
    sends(production, "app_blue", ("SELECT 1 AS here",))
    assert ["SELECT $1 AS here"] == texts(observe(production.url(), "app_blue"))


def test_only_what_was_called_since_an_earlier_look(production):
    sends(production, "app_blue", ("SELECT name FROM users",), ("SELECT id FROM users",))
    before = observe(production.url(), "app_blue")
    assert [] == texts(observe(production.url(), "app_blue", before.marks))
    sends(production, "app_blue", ("SELECT id FROM users",), ("SELECT id, name FROM users",))
    later = observe(production.url(), "app_blue", before.marks)
    assert ["SELECT id FROM users", "SELECT id, name FROM users"] == texts(later)
    assert all(isinstance(mark, str) for mark in later.marks.values())


def test_what_was_reset_in_between_counts_as_called(production):
    sends(production, "app_blue", ("SELECT id FROM users",))
    before = observe(production.url(), "app_blue")
    with production.connected() as connection:
        connection.execute('SELECT "Odd place".pg_stat_statements_reset()')
    sends(production, "app_blue", ("SELECT id FROM users",))
    assert ["SELECT id FROM users"] == texts(observe(production.url(), "app_blue", before.marks))


def test_what_ran_within_a_function_was_sent_by_nobody(production):
    with production.connected() as connection:
        connection.execute(
            "CREATE FUNCTION f() RETURNS int8 AS 'SELECT count(*) FROM public.users' LANGUAGE sql"
        )
        connection.execute("ALTER ROLE app_blue SET pg_stat_statements.track = 'all'")
        connection.execute("SET pg_stat_statements.track = 'all'")
        connection.execute("SET ROLE app_blue")
        connection.execute("SELECT f() AS sent")
    assert ["SELECT f() AS sent"] == texts(observe(production.url(), "app_blue"))


def test_evicted_statements_make_coverage_incomplete(production):
    sends(production, "app_blue", *(("SELECT 1" + ", 1" * number,) for number in range(300)))
    notes = observe(production.url(), "app_blue").recording.notes
    assert "threw away the statements that are seldom called" in notes[0]


def test_who_may_not_see_the_texts_is_told_which_grant_is_missing(production):
    sends(production, "app_blue", ("SELECT 1 AS secret",))
    url = production.url().replace("verdigris@", "app_green@")
    found = observe(url, "app_blue")
    assert [] == texts(found)
    assert "statements of app_blue are hidden from us: grant pg_read_all_stats" in found.recording.notes[0]


def test_a_role_that_is_not_there_is_told(production):
    notes = observe(production.url(), "app\x1b[2J").recording.notes
    assert ("production has no role app\\x1b[2J, so nothing that it sent was counted",) == notes


def test_a_database_without_the_extension_is_told(counting):
    notes = observe(counting.create().url(), "verdigris").recording.notes
    assert 1 == len(notes) and notes[0].startswith("pg_stat_statements is not in this database: add it to")


def test_a_server_that_has_not_loaded_it_is_told(server):
    base = server.create()
    with base.connected() as connection:
        connection.execute("CREATE EXTENSION pg_stat_statements")
    notes = observe(base.url(), "verdigris").recording.notes
    assert 1 == len(notes) and notes[0].startswith("pg_stat_statements is not loaded: add it to")


def test_settings_that_count_nothing_are_told(counting, production):
    with production.connected() as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} SET pg_stat_statements.track = 'none'")
        connection.execute(f"ALTER DATABASE {name} SET compute_query_id = 'off'")
    notes = observe(production.url(), "app_blue").recording.notes
    assert [True, True] == ["track is none" in notes[0], "compute_query_id is off" in notes[1]]


@pytest.mark.parametrize("version", ["1.4", "1.8", "1.9", "1.10"])
def test_older_versions_of_the_extension_are_read(counting, production, version):
    with production.connected() as connection:
        connection.execute("DROP EXTENSION pg_stat_statements")
        connection.execute(f"CREATE EXTENSION pg_stat_statements VERSION '{version}'")
        connection.execute("SELECT pg_stat_statements_reset()")
    sends(production, "app_blue", ("SELECT 1 AS here",))
    assert ["SELECT $1 AS here"] == texts(observe(production.url(), "app_blue"))


def test_production_that_is_not_there_is_unknown(tmp_path):
    with pytest.raises(ObservationError, match="cannot be looked at"):
        observe(f"postgresql://u:secret@/shop?host={tmp_path}", "app_blue")
    with pytest.raises(ConfigError):
        observe("nonsense://", "app_blue")
