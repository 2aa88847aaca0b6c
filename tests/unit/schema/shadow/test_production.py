"""Production is looked at in read-only transactions that wait for nobody, and its password is in no sentence."""

import psycopg
import pytest

from verdigris.core.errors import ConfigError, ObservationError
from verdigris.schema.shadow.production import Locale, look, reading, sizes


def test_it_says_what_it_is(server):
    database = server.create()
    found = look(database.url())
    assert server.version == found.version
    assert server.major == found.major
    assert database.name == found.database
    assert "verdigris" == found.role
    assert found.identifier == look(server.create().url()).identifier
    assert Locale("UTF8", "C", "C") == found.locale
    assert not found.standby


def test_two_clusters_are_told_apart(server15, server18):
    one, other = (look(server.create().url()).identifier for server in (server15, server18))
    assert one != other
    server15.clear()
    server18.clear()


def test_settings_of_the_database_count_and_those_of_who_looks_do_not(server):
    database = server.create()
    with database.connected() as connection:
        connection.execute(f"ALTER DATABASE {database.name} SET TimeZone TO 'Asia/Tokyo'")
        connection.execute(f"ALTER ROLE verdigris IN DATABASE {database.name} SET DateStyle TO 'German'")
    settings = dict(look(database.url()).settings)
    assert "Asia/Tokyo" == settings["TimeZone"]
    assert "DateStyle" not in settings
    assert '"$user", public' == settings["search_path"]


def test_one_who_may_not_ask_is_told_nothing(server):
    database = server.create()
    with database.connected() as connection:
        connection.execute("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
        connection.execute("CREATE ROLE plain LOGIN")
    assert look(database.url().replace("verdigris@", "plain@")).identifier is None
    with database.connected() as connection:
        connection.execute("DROP ROLE plain")


def test_nothing_can_be_written(server):
    with (
        pytest.raises(ObservationError, match="read-only transaction"),
        reading(server.create().url()) as connection,
    ):
        connection.execute("CREATE TABLE t ()")


def test_the_sizes_of_odd_names(server):
    database = server.create()
    with database.connected() as connection:
        connection.execute(
            'CREATE SCHEMA "My Shop"; CREATE TABLE "My Shop"."Ördérs" (i int PRIMARY KEY, t text)'
        )
        connection.execute('INSERT INTO "My Shop"."Ördérs" SELECT n, n FROM generate_series(1, 1000) n')
        connection.execute('ANALYZE "My Shop"."Ördérs"; CREATE TABLE fresh (i int)')
    found = sizes(database.url())
    orders = found['"My Shop"."Ördérs"']
    assert 1000 == orders.rows
    assert orders.bytes > orders.pages * 8192 > 0
    assert 0 == found["public.fresh"].rows


def test_a_table_that_nobody_has_counted_is_as_large_as_it_is(server):
    database = server.create()
    with database.connected() as connection:
        connection.execute("CREATE TABLE t AS SELECT n FROM generate_series(1, 1000) n")
        assert sizes(database.url())["public.t"].pages == 5
        connection.execute("SELECT pg_stat_force_next_flush()")
        connection.execute("BEGIN; LOCK TABLE t")
        assert 4 * 8192 == sizes(database.url())["public.t"].bytes


def test_a_table_that_somebody_changes_is_not_waited_for(server):
    database = server.create()
    with database.connected() as connection:
        connection.execute("CREATE TABLE t (i int); INSERT INTO t VALUES (1); ANALYZE t")
        connection.execute("BEGIN; LOCK TABLE t")
        found = sizes(database.url())
    assert 1 == found["public.t"].rows
    assert 8192 == found["public.t"].bytes


@pytest.mark.parametrize("look_at", [look, sizes])
def test_nobody_there_is_a_sentence_without_the_password(look_at):
    with pytest.raises(
        ObservationError, match=r"ann@127.0.0.1:1/shop cannot be looked at: connection"
    ) as caught:
        look_at("postgresql://ann:s3cret@127.0.0.1:1/shop")
    assert "s3cret" not in str(caught.value)


def test_what_is_no_url_is_refused():
    with pytest.raises(ConfigError):
        look("mysql://x")


def test_a_statement_that_takes_too_long_is_ended(server):
    with (
        pytest.raises(ObservationError, match="statement timeout"),
        reading(server.create().url()) as connection,
    ):
        connection.execute("SET LOCAL statement_timeout = '10ms'; SELECT pg_sleep(60)")


def test_whoever_reads_goes_on_after_an_error_within(server):
    with reading(server.create().url()) as connection:
        with pytest.raises(psycopg.errors.UndefinedTable), connection.transaction():
            connection.execute("SELECT * FROM nothing")
        assert (1,) == connection.execute("SELECT 1").fetchone()
