"""Production's schema is read by pg_dump: it gets its password unseen, waits for nobody, and writes nothing."""

import stat
from dataclasses import replace

import pytest

from tests.unit.schema.conftest import programs
from verdigris.core.errors import ActionError, ConfigError
from verdigris.schema.shadow.base import load
from verdigris.schema.shadow.dump import dump

SCHEMA = """
CREATE ROLE shop; CREATE SCHEMA "My Shop";
CREATE TYPE mood AS ENUM ('so', 'la la');
CREATE TABLE "My Shop"."Ördérs" (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, mood mood DEFAULT 'so', "select" text);
CREATE VIEW glad AS SELECT id FROM "My Shop"."Ördérs" WHERE mood = 'so';
CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN true THEN 1 ELSE 2 END; SELECT 3; END;
CREATE RULE r AS ON INSERT TO "My Shop"."Ördérs" DO ALSO (SELECT 1; SELECT 2);
ALTER TABLE "My Shop"."Ördérs" OWNER TO shop; GRANT SELECT ON glad TO PUBLIC;
COMMENT ON VIEW glad IS 'a; b';
"""


@pytest.fixture
def production(server):
    database = server.create()
    load(database, SCHEMA, "schema")
    yield database
    server.clear()
    with replace(database, name="postgres").connected() as connection:
        connection.execute("DROP ROLE shop")


def test_what_is_dumped_can_be_loaded(server, production):
    shadow = server.create()
    assert () == load(shadow, dump(production.url(), server.major), "production")
    assert dump(production.url(), server.major).count("\n") == dump(shadow.url(), server.major).count("\n")
    with shadow.connected() as connection:
        assert (3,) == connection.execute("SELECT f()").fetchone()
        owner = "SELECT tableowner FROM pg_tables WHERE tablename = 'Ördérs'"
        assert ("shop",) == connection.execute(owner).fetchone()


def test_no_row_leaves_production(server, production):
    with production.connected() as connection:
        connection.execute("""INSERT INTO "My Shop"."Ördérs" ("select") VALUES ('s3cret')""")
    assert "s3cret" not in dump(production.url(), server.major)


def test_a_newer_pg_dump_reads_an_older_server(server15):
    found = programs(18).directory / "pg_dump"
    assert "CREATE" not in dump(server15.create().url(), 15, found)
    server15.clear()


def test_an_older_one_says_what_it_lacks(server18):
    with pytest.raises(ActionError, match="pg_dump of .* failed: .*server version"):
        dump(server18.create().url(), 18, programs(15).directory / "pg_dump")
    server18.clear()


def test_a_table_that_somebody_changes_is_not_waited_for(server, production):
    with production.connected() as connection:
        connection.execute("BEGIN")
        connection.execute('LOCK TABLE "My Shop"."Ördérs"')
        with pytest.raises(
            ActionError, match="pg_dump waited for a table of .* that somebody changes: try again later"
        ):
            dump(production.url(), server.major)


def test_one_who_may_not_read_is_told_what_to_grant(server, production):
    with production.connected() as connection:
        connection.execute("CREATE ROLE plain LOGIN")
    try:
        with pytest.raises(ActionError, match=r"may not read all of plain@.*GRANT pg_read_all_data"):
            dump(production.url().replace("verdigris@", "plain@"), server.major)
    finally:
        with production.connected() as connection:
            connection.execute("DROP ROLE plain")


def test_the_password_is_in_the_environment_and_in_no_word(tmp_path):
    spy = tmp_path / "pg_dump"
    spy.write_text(
        f'#!/bin/sh\necho "$@" >{tmp_path}/words\nenv >{tmp_path}/environ\necho "-- $PGPASSWORD $PGHOST"\n'
    )
    spy.chmod(stat.S_IRWXU)
    url = "postgresql://ann:s3cret@db.example:5433/shop"
    assert "-- s3cret db.example\n" == dump(url, 15, spy)
    words = (tmp_path / "words").read_text()
    assert "s3cret" not in words
    assert "--schema-only" in words
    assert "default_transaction_read_only=on" in (tmp_path / "environ").read_text()


def test_the_password_is_in_no_error(tmp_path):
    spy = tmp_path / "pg_dump"
    spy.write_text('#!/bin/sh\necho "no entry for $PGPASSWORD" >&2\nexit 1\n')
    spy.chmod(stat.S_IRWXU)
    with pytest.raises(ActionError, match="pg_dump of ann@db.example/shop failed: no entry for …"):
        dump("postgresql://ann:s3cret@db.example/shop", 15, spy)


def test_a_key_that_wants_a_password_is_refused():
    with pytest.raises(ConfigError, match="sslpassword cannot be given to pg_dump but on its command line"):
        dump("postgresql://ann@db.example/shop?sslpassword=s3cret", 15)


def test_nobody_there_is_a_sentence(server18):
    with pytest.raises(ActionError, match=r"pg_dump of ann@127.0.0.1:1/shop failed: .*Connection refused"):
        dump("postgresql://ann@127.0.0.1:1/shop", 18)
