"""What statements do on real servers, the oldest and the newest."""

from dataclasses import replace

import pytest

from tests.unit.schema.trace.copies import BASE, told, traced
from verdigris.core.errors import ActionError, ConfigError
from verdigris.schema.script import Script
from verdigris.schema.trace import measure as measuring
from verdigris.schema.trace.measure import measure
from verdigris.schema.trace.weigh import Hazard, weigh


def test_each_statement_has_its_own_lock_and_its_own_work(server):
    found = traced(
        server,
        """ALTER TABLE users ADD COLUMN nice integer;
        ALTER TABLE users ALTER age SET NOT NULL;
        ALTER TABLE users ALTER age TYPE bigint;
        ALTER TABLE users ADD CONSTRAINT c CHECK (age > 0) NOT VALID;
        ALTER TABLE users VALIDATE CONSTRAINT c;
        CREATE INDEX ON users (name);
        CREATE TABLE new (id bigint REFERENCES users);
        CREATE INDEX ON new (id);
        SELECT 1;
        TRUNCATE parents""",
    )
    assert [
        ("ACCESS EXCLUSIVE", ""),
        ("ACCESS EXCLUSIVE", "scan"),
        ("ACCESS EXCLUSIVE", "rewrite scan"),
        ("ACCESS EXCLUSIVE", ""),
        ("SHARE UPDATE EXCLUSIVE", "scan"),
        ("SHARE", "scan"),
        ("SHARE ROW EXCLUSIVE", ""),
        ("none", ""),
        ("none", ""),
        ("ACCESS EXCLUSIVE", ""),
    ] == list(map(told, found))
    assert found[-1].touches[0].emptied
    assert {0} == {one.transaction for one in found}


def test_odd_names_are_told_as_sql_writes_them(server):
    (one,) = traced(server, 'ALTER TABLE "Billing"."Order Lines" ALTER "größe" SET NOT NULL')
    assert [('"Billing"."Order Lines"', True)] == [(touch.relation, touch.scanned) for touch in one.touches]


def test_several_statements_stand_in_a_line_and_some_end_in_a_comment(server):
    found = traced(
        server,
        "ALTER TABLE users ADD a int; ALTER TABLE users ADD b int -- the last\n;\r\nALTER TABLE users ADD c int",
    )
    assert [("ACCESS EXCLUSIVE", "")] * 3 == list(map(told, found))


def test_a_savepoint_that_is_taken_back_is_followed(server):
    found = traced(
        server,
        """BEGIN; SAVEPOINT a; ALTER TABLE users ALTER age SET NOT NULL; ROLLBACK TO a;
        ALTER TABLE users ADD nice int; COMMIT; ALTER TABLE users ADD nicer int""",
    )
    assert [
        ("none", ""),
        ("ACCESS EXCLUSIVE", "scan"),
        ("none", ""),
        ("ACCESS EXCLUSIVE", ""),
        ("ACCESS EXCLUSIVE", ""),
    ] == list(map(told, found))
    assert ["SAVEPOINT", "ALTER TABLE", "ROLLBACK", "ALTER TABLE", "ALTER TABLE"] == [
        one.tag for one in found
    ]


def test_what_is_rolled_back_is_gone(server):
    found = traced(server, "BEGIN; ALTER TABLE users ADD nice int; ROLLBACK; ALTER TABLE users ADD nice int")
    assert [("ACCESS EXCLUSIVE", "")] * 2 == list(map(told, found))


@pytest.mark.parametrize("setting", ["SET lock_timeout = '1s'", "SET LOCAL search_path = public, pg_catalog"])
def test_settings_of_the_migration_hold_for_the_statements_behind_them(server, setting):
    found = traced(server, f"{setting}; ALTER TABLE users ADD nice int; ALTER TABLE users ADD nicer int")
    assert [("none", ""), ("ACCESS EXCLUSIVE", ""), ("ACCESS EXCLUSIVE", "")] == list(map(told, found))


def test_temporary_tables_and_cursors_live_as_long_as_their_transaction(server):
    found = traced(
        server,
        """CREATE TEMP TABLE few (id int) ON COMMIT DROP; INSERT INTO few VALUES (1);
        DECLARE c CURSOR FOR SELECT * FROM few; FETCH ALL FROM c; ALTER TABLE users ADD nice int""",
    )
    assert ("ACCESS EXCLUSIVE", "") == told(found[-1])


def test_a_block_and_a_function_are_seen_through(server):
    found = traced(
        server,
        """DO $$ BEGIN ALTER TABLE users ADD nice int; UPDATE users SET age = 1; END $$;
        CREATE FUNCTION change() RETURNS void LANGUAGE sql AS 'ALTER TABLE users ALTER age TYPE bigint';
        SELECT change()""",
    )
    assert [("ACCESS EXCLUSIVE", "scan"), ("none", ""), ("ACCESS EXCLUSIVE", "rewrite scan")] == list(
        map(told, found)
    )


def test_a_block_that_commits_is_run_without_a_transaction(server):
    found = traced(server, "DO $$ BEGIN UPDATE users SET age = 1; COMMIT; UPDATE users SET age = 2; END $$")
    assert [False] == [one.inside for one in found]
    assert ("ROW EXCLUSIVE", "scan") == told(found[0])


def test_a_join_reads_one_side_at_least_as_it_would_were_they_large(server):
    (one,) = traced(server, "UPDATE users u SET age = p.size FROM parents p WHERE p.id = u.parent_id")
    assert one.scan


def test_a_materialized_view_may_be_refreshed_beside_its_readers(server):
    found = traced(server, "REFRESH MATERIALIZED VIEW sizes; REFRESH MATERIALIZED VIEW CONCURRENTLY sizes")
    assert ["ACCESS EXCLUSIVE", "EXCLUSIVE"] == [one.lock.words for one in found]
    assert [Hazard.REWRITE, None] == [
        one.hazard for one in weigh([replace(one, transaction=n) for n, one in enumerate(found)])
    ]


def test_a_value_of_an_enum_cannot_be_used_in_the_transaction_that_adds_it(server):
    (one,) = traced(server, "ALTER TYPE mood ADD VALUE 'wild'")
    assert one.lock is None
    with pytest.raises(ConfigError, match="statement 2.*55P04"):
        traced(server, "ALTER TYPE mood ADD VALUE 'wild'; CREATE TABLE m (m mood DEFAULT 'wild')")


def test_what_fails_is_told_with_its_number_and_its_place(server):
    with pytest.raises(
        ConfigError, match=r"m.sql: statement 2 \(line 2, column 9 of it\) fails on the shadow: .*42P01"
    ):
        traced(server, "SELECT 1; UPDATE\n        nobody SET a = 1")
    with pytest.raises(ConfigError, match=r"statement 2 \(line 8, column 9\)"):
        traced(server, "SELECT 1; UPDATE\n        nobody SET a = 1", lines=(5, 7))


@pytest.mark.parametrize("before", ["", "SET statement_timeout = 0; ", "SET LOCAL statement_timeout = 0; "])
def test_what_hangs_is_ended_whatever_it_has_set(server, before):
    with pytest.raises(ConfigError, match=r"ran longer than 0.2 s"):
        traced(server, f"{before}SELECT pg_sleep(600)", within=0.2)


def test_what_reaches_beyond_the_database_is_not_run(server):
    found = traced(
        server, "CREATE DATABASE other; ALTER SYSTEM SET work_mem = '1GB'; ALTER TABLE users ADD nice int"
    )
    assert [True, True, False] == ["beyond the database" in one.note for one in found]


def test_a_server_that_goes_away_is_no_fault_of_the_migration(server):
    with pytest.raises(ActionError, match="the shadow went away"):
        traced(server, "SELECT pg_terminate_backend(pg_backend_pid())")


def test_more_statements_than_anybody_writes_are_refused(server, monkeypatch):
    monkeypatch.setattr(measuring, "STATEMENTS_MAX", 1)
    with pytest.raises(ConfigError, match="2 statements are more than the 1 that are traced"):
        traced(server, "SELECT 1; SELECT 2")


def test_an_empty_migration_does_nothing(server):
    assert () == traced(server, "-- nothing\n;")


def test_scans_of_what_was_done_before_are_not_the_migrations(server):
    with server.create().connected() as connection:
        connection.execute(BASE)
        connection.execute("SELECT count(*) FROM users")
        (one,) = measure(connection, Script("m.sql", ("ALTER TABLE users ADD nice int",)))
    assert ("ACCESS EXCLUSIVE", "") == told(one)


def test_a_role_is_not_made_on_a_server_of_somebody_else(server):
    with server.create().connected() as connection:
        (one,) = measure(connection, Script("m.sql", ("CREATE ROLE verdigris_never",)), own=False)
    assert "not run" in one.note
