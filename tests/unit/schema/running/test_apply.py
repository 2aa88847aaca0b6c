import threading

import pytest

from tests.waiting import eventually_sync
from verdigris.core.errors import ActionError, ConfigError, Refused
from verdigris.schema.running.apply import Applied, carry_out
from verdigris.schema.running.journal import steps
from verdigris.schema.running.retry import Patience
from verdigris.schema.script import Script

ONE_TABLE = Script("001", ("CREATE TABLE users (id int PRIMARY KEY, email text)", "CREATE TABLE b (id int)"))
INDEXED = Script("002_index", ("CREATE INDEX CONCURRENTLY users_email ON users (email)",))
UNIQUE = Script(
    "003_unique", ("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS users_email ON users (email)",)
)
ROWS = "INSERT INTO users SELECT n, 'person' || n FROM generate_series(1, 1000) AS n"
VALID = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'users_email'::regclass"


def test_a_script_is_carried_out_once_however_often_it_is_asked_for(production, quick):
    first = carry_out(production.connect, ONE_TABLE, waiting=quick)
    assert Applied("001", 2, 0, 1) == first
    assert Applied("001", 0, 2, 0) == carry_out(production.connect, ONE_TABLE, waiting=quick)
    with production.connect() as connection:
        (step,) = steps(connection)
    assert ("001", 1, 2) == (step.name, step.first, step.last)
    assert step.finished


def test_a_script_that_changed_afterwards_is_refused(production, quick):
    carry_out(production.connect, ONE_TABLE, waiting=quick)
    with pytest.raises(Refused, match="001 was carried out here on .* has changed since"):
        carry_out(production.connect, Script("001", ("CREATE TABLE c (id int)",)), waiting=quick)


def test_how_lines_end_is_no_change(production, quick):
    carry_out(production.connect, Script("001", ("CREATE TABLE a (\n id int)",)), waiting=quick)
    again = carry_out(production.connect, Script("001", ("CREATE TABLE a (\r\n id int)\r\n",)), waiting=quick)
    assert 1 == again.already


def test_when_a_statement_fails_nothing_of_its_transaction_is_left(production, quick):
    broken = Script("001", ("CREATE TABLE a (id int)", "INSERT INTO nowhere VALUES (1)"))
    with pytest.raises(ActionError, match='001: statement 2 failed: 42P01 relation "nowhere" does not exist'):
        carry_out(production.connect, broken, waiting=quick)
    assert production.one("SELECT to_regclass('a') IS NULL")
    with production.connect() as connection:
        assert () == steps(connection)


def test_no_value_of_a_row_gets_into_a_message(production, quick):
    production.run(
        "CREATE TABLE users (id int, email text)", "INSERT INTO users VALUES (1, 'ada@example.com')"
    )
    for statement in (
        "ALTER TABLE users ALTER email TYPE int USING email::int",
        "SELECT 'ada@example.com'::uuid",
    ):
        with pytest.raises(ActionError) as error:
            carry_out(production.connect, Script("001", (statement,)), waiting=quick)
        assert "22P02" in str(error.value)
        assert "ada" not in str(error.value)


def test_a_begin_and_commit_of_its_own_around_everything_change_nothing(production, quick):
    script = Script("001", ("BEGIN;", "CREATE TABLE a (id int)", "COMMIT"))
    assert 1 == carry_out(production.connect, script, waiting=quick).done


@pytest.mark.parametrize("word", ["COMMIT", "ROLLBACK", "abort", "START TRANSACTION"])
def test_transactions_of_its_own_in_the_middle_are_refused(production, quick, word):
    script = Script("001", ("CREATE TABLE a (id int)", word, "CREATE TABLE b (id int)"))
    with pytest.raises(ConfigError, match="statement 2 is .*: each script is one transaction"):
        carry_out(production.connect, script, waiting=quick)
    assert production.one("SELECT to_regclass('a') IS NULL")


def seen(session, told):
    """Whether it was told that this session is in the way: who looks from beside may miss a blink."""
    return any(f"pid {session.info.backend_pid} " in sentence for sentence in told)


def test_a_reader_in_the_way_is_waited_for_in_blinks(production, quick):
    carry_out(production.connect, ONE_TABLE, waiting=quick)
    reader = production.session()
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM users")
    told = []
    quick.then = lambda: reader.execute("COMMIT") if len(quick.slept) >= 3 and seen(reader, told) else None
    added = Script("002", ("ALTER TABLE users ADD COLUMN age int",))
    done = carry_out(production.connect, added, waiting=quick, tell=told.append)
    assert 4 <= done.tries == len(quick.slept) + 1
    assert {0.375} == set(quick.slept)


def test_it_gives_up_with_who_is_in_the_way_and_nothing_of_what_they_asked(production, quick):
    carry_out(production.connect, ONE_TABLE, waiting=quick)
    reader = production.session()
    reader.execute("SET application_name = 'reports'")
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM users WHERE email = 'ada@example.com'")
    added = Script("002", ("ALTER TABLE users ADD COLUMN age int",))
    told = []

    def until_seen():
        quick.at = quick.at if seen(reader, told) else 0.0

    quick.then = until_seen
    with pytest.raises(ActionError) as error:
        carry_out(production.connect, added, waiting=quick, patience=Patience(budget=1), tell=told.append)
    tries = len(quick.slept) + 1
    assert tries >= 4
    assert f"002: statement 1: no lock in {tries} tries over 1 s" in str(error.value)
    assert f"pid {reader.info.backend_pid} (reports, role verdigris, idle in transaction" in str(error.value)
    assert "ada" not in str(error.value)
    reader.execute("COMMIT")
    assert 1 == carry_out(production.connect, added, waiting=quick).done


def test_of_two_runners_one_waits_for_a_moment_and_is_refused(production, quick):
    other = production.session()
    other.execute("SET application_name = 'the other'")
    other.execute("SELECT pg_advisory_lock(%s)", (int.from_bytes(b"verdigri", "big"),))
    with pytest.raises(
        ActionError, match=rf"another run is at work .*pid {other.info.backend_pid} \(the other"
    ):
        carry_out(production.connect, ONE_TABLE, waiting=quick)


def test_a_journal_of_somebody_else_is_refused(production, quick):
    production.run("CREATE ROLE stranger", "CREATE SCHEMA verdigris_schema AUTHORIZATION stranger")
    try:
        with pytest.raises(Refused, match="the schema verdigris_schema belongs to the role stranger"):
            carry_out(production.connect, ONE_TABLE, waiting=quick)
    finally:
        production.run("DROP SCHEMA verdigris_schema", "DROP ROLE stranger")


def test_an_index_is_built_outside_of_transactions_and_noted(production, quick):
    carry_out(production.connect, ONE_TABLE, waiting=quick)
    mixed = Script(
        "002", ("ALTER TABLE users ADD COLUMN age int", *INDEXED.statements, "CREATE TABLE c (id int)")
    )
    assert Applied("002", 3, 0, 3) == carry_out(production.connect, mixed, waiting=quick)
    assert production.one(VALID)


def test_a_partition_is_detached_once_the_old_transactions_are_over(production, quick):
    production.run(
        "CREATE TABLE p (a int) PARTITION BY LIST (a)", "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)"
    )
    reader = production.session()
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM p")

    def until_it_waits():
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        eventually_sync(lambda: production.one(waiting), "the runner to wait")
        reader.execute("COMMIT")

    waiting = threading.Thread(target=until_it_waits)
    waiting.start()
    detached = Script("002", ("ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY",))
    assert 1 == carry_out(production.connect, detached, waiting=quick).tries
    waiting.join()
    assert 0 == production.one("SELECT count(*) FROM pg_inherits")


def test_an_index_without_a_name_is_refused(production, quick):
    carry_out(production.connect, ONE_TABLE, waiting=quick)
    unnamed = Script("002", ("CREATE INDEX CONCURRENTLY ON users (email)",))
    with pytest.raises(ConfigError, match="has to name its index"):
        carry_out(production.connect, unnamed, waiting=quick)


def test_an_invalid_index_of_a_failed_try_is_dropped_before_the_next(production, quick):
    carry_out(production.connect, ONE_TABLE, waiting=quick)
    production.run("INSERT INTO users VALUES (1, 'ada@example.com'), (2, 'ada@example.com')")
    with pytest.raises(ActionError, match='23505 could not create unique index "users_email"') as error:
        carry_out(production.connect, UNIQUE, waiting=quick)
    assert "ada" not in str(error.value)
    assert not production.one(VALID)
    production.run("DELETE FROM users WHERE id = 2")
    done = carry_out(production.connect, UNIQUE, waiting=quick)
    assert ("an INVALID index of an earlier try was dropped: public.users_email",) == done.notes
    assert production.one(VALID)


def test_a_runner_killed_while_an_index_is_built_leaves_nothing_that_the_next_cannot_clear(production, quick):
    carry_out(production.connect, ONE_TABLE, waiting=quick)
    writer = production.session()
    writer.execute("BEGIN")
    writer.execute("INSERT INTO users VALUES (1, 'a')")
    program = f"""
from verdigris.schema.running.apply import carry_out
from verdigris.schema.script import Script
carry_out(connect, {INDEXED!r})
"""
    with production.runner(program):
        building = "SELECT count(*) FROM pg_stat_progress_create_index WHERE current_locker_pid > 0"
        eventually_sync(lambda: production.one(building), "the index to wait for the writer")
    production.until_alone()
    assert not production.one(VALID)
    writer.execute("COMMIT")
    done = carry_out(production.connect, INDEXED, waiting=quick)
    assert ("an INVALID index of an earlier try was dropped: public.users_email",) == done.notes
    assert production.one(VALID)


def test_an_index_that_was_finished_when_the_runner_was_killed_is_not_built_again(production, quick):
    carry_out(production.connect, ONE_TABLE, waiting=quick)
    carry_out(production.connect, INDEXED, waiting=quick)
    production.run("UPDATE verdigris_schema.steps SET finished = NULL WHERE name = '002_index'")
    was = production.one("SELECT 'users_email'::regclass::oid")
    done = carry_out(production.connect, INDEXED, waiting=quick)
    assert (
        "002_index: statement 1: an earlier run did it and was ended before it could say so",
    ) == done.notes
    assert was == production.one("SELECT 'users_email'::regclass::oid")
    assert 1 == carry_out(production.connect, INDEXED, waiting=quick).already


def test_an_index_that_was_dropped_when_the_runner_was_killed_is_not_missed(production, quick):
    carry_out(production.connect, ONE_TABLE, waiting=quick)
    carry_out(production.connect, INDEXED, waiting=quick)
    dropped = Script("003", ("DROP INDEX CONCURRENTLY users_email",))
    carry_out(production.connect, dropped, waiting=quick)
    production.run("UPDATE verdigris_schema.steps SET finished = NULL WHERE name = '003'")
    assert "an earlier run did it" in carry_out(production.connect, dropped, waiting=quick).notes[0]


def test_a_runner_killed_between_commit_and_answer_applies_nothing_twice(production, quick):
    carry_out(production.connect, ONE_TABLE, waiting=quick)
    counted = Script("002", ("INSERT INTO b VALUES (1)",))
    program = f"""
import os, signal
import psycopg
from verdigris.schema.running.apply import carry_out
from verdigris.schema.script import Script

plain = psycopg.connect

class Dying(psycopg.Connection):
    def _exec_command(self, command, *more):
        yield from super()._exec_command(command, *more)
        if bytes(command) == b"COMMIT" and counted():
            os.kill(os.getpid(), signal.SIGKILL)

def counted():
    with plain({production.database.url()!r}) as other:
        return other.execute("SELECT count(*) FROM b").fetchone()[0]

psycopg.connect = Dying.connect  # the runner opens its connections through it
carry_out(connect, {counted!r})
"""
    with production.runner(program) as process:
        assert -9 == process.wait(30), process.stderr.read()
    production.until_alone()
    assert 1 == production.one("SELECT count(*) FROM b")
    assert Applied("002", 0, 1, 0) == carry_out(production.connect, counted, waiting=quick)
    assert 1 == production.one("SELECT count(*) FROM b")


def test_how_far_an_index_has_come_is_told(production, quick):
    carry_out(production.connect, ONE_TABLE, waiting=quick)
    writer = production.session()
    writer.execute("BEGIN")
    writer.execute("INSERT INTO users VALUES (1, 'a')")
    told = []

    def tell(sentence):
        told.append(sentence)
        if "now pid" in sentence:  # the server says for what it waits a moment before it says for whom
            writer.execute("COMMIT")

    carry_out(production.connect, INDEXED, waiting=quick, tell=tell)
    waited = next(each for each in told if "now pid" in each)
    assert "waiting for writers" in waited
    assert f"now pid {writer.info.backend_pid}" in waited


def test_a_server_that_goes_away_is_a_sentence(production, quick):
    killing = Script("001", ("SELECT pg_terminate_backend(pg_backend_pid())",))
    with pytest.raises(ActionError, match="001: 57P01 .*run it again and it goes on from there"):
        carry_out(production.connect, killing, waiting=quick)
