import threading
import time
from contextlib import contextmanager

import psycopg
import pytest

from tests.waiting import eventually_sync
from verdigris.core.errors import ActionError
from verdigris.schema.running.apply import carry_out
from verdigris.schema.running.blocking import InTheWay
from verdigris.schema.running.retry import Patience, Tried, until_locked, whole
from verdigris.schema.running.waiting import Pace
from verdigris.schema.script import Script

CLIENTS = 6
READER = 3
"""Seconds that somebody reads in one transaction."""


def failing(times, error=psycopg.errors.LockNotAvailable, value=7):
    left = iter([error] * times)

    def once():
        raised = next(left, None)
        if raised:
            raise raised
        return value

    return once


def test_it_is_tried_again_after_a_pause_by_chance(quick):
    assert Tried(7, 4) == until_locked(failing(3), quick, what="it")
    assert [0.375] * 3 == quick.slept
    assert 0.25 <= Pace().between(0.25, 0.5) <= 0.5


def test_two_that_wait_for_each_other_are_a_reason_too(quick):
    assert 2 == until_locked(failing(1, psycopg.errors.DeadlockDetected), quick, what="it").tries


@pytest.mark.parametrize(
    "error", [psycopg.errors.UniqueViolation, psycopg.OperationalError, psycopg.errors.QueryCanceled]
)
def test_anything_else_goes_on_at_once(quick, error):
    with pytest.raises(error):
        until_locked(failing(1, error), quick, what="it")


def test_a_statement_that_is_said_to_be_brief_may_time_out(quick):
    brief = Patience(brief=1.0)
    assert 2 == until_locked(failing(1, psycopg.errors.QueryCanceled), quick, what="it", patience=brief).tries


def test_it_gives_up_when_its_time_is_over_and_floods_nobody_with_words(quick):
    told = []
    with pytest.raises(ActionError, match="it: no lock in 1601 tries over 600 s"):
        until_locked(failing(10_000), quick, what="it", tell=told.append)
    assert 11 == len(told)


def test_the_whole_transaction_is_done_again(production, quick):
    production.run("CREATE TABLE a (n int)", "CREATE TABLE b (n int)")
    reader = production.session()
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM b")
    quick.then = lambda: reader.execute("COMMIT")

    def work(connection):
        connection.execute("INSERT INTO a VALUES (1)")
        connection.execute("ALTER TABLE b ADD COLUMN m int")

    with production.connect() as connection:
        in_the_way = InTheWay(connection.info.backend_pid)
        assert 2 == whole(connection, work, quick, what="it", in_the_way=in_the_way).tries
    assert 1 == production.one("SELECT count(*) FROM a")


def test_a_brief_statement_is_cut_off_by_the_server(production, quick):
    limits = Patience(brief=0.05, budget=0.5)
    with production.connect() as connection, pytest.raises(ActionError, match="57014"):
        whole(connection, lambda c: c.execute("SELECT pg_sleep(60)"), quick, what="it", patience=limits)


@contextmanager
def clients(production):
    """Six that serve requests; what each of them took is in the list that they share."""
    over, took = threading.Event(), []

    def serve():
        with production.connect() as connection:
            while not over.is_set():
                begun = time.monotonic()
                connection.execute("UPDATE orders SET n = n + 1 WHERE id = (random() * 999)::int")
                took.append(time.monotonic() - begun)
                over.wait(0.005)

    threads = [threading.Thread(target=serve) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        eventually_sync(lambda: len(took) > CLIENTS, "the clients to be served")
        yield took
    finally:
        over.set()
        for thread in threads:
            thread.join()


@contextmanager
def reader(production):
    """Somebody who reads for three seconds."""

    def read():
        with production.connect() as connection, connection.transaction():
            connection.execute("SELECT count(*) FROM orders")
            connection.execute("SELECT pg_sleep(%s)", (READER,))

    thread = threading.Thread(target=read)
    thread.start()
    try:
        sleeping = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'"
        eventually_sync(lambda: production.one(sleeping), "the reader to read")
        yield
    finally:
        thread.join()


def worst(production, migrate):
    """The longest that a client waited while `migrate` was done behind a reader, and how long that took."""
    with clients(production) as took, reader(production):
        del took[:]
        begun = time.monotonic()
        migrate()
        lasted = time.monotonic() - begun
    return max(took), lasted


@pytest.mark.alone
def test_a_reader_in_the_way_holds_nobody_up(production, figure):
    production.run(
        "CREATE TABLE orders (id int PRIMARY KEY, n int NOT NULL DEFAULT 0)",
        "INSERT INTO orders SELECT generate_series(0, 999)",
    )
    plain, plain_lasted = worst(production, lambda: production.run("ALTER TABLE orders ADD COLUMN a int"))
    script = Script("002", ("ALTER TABLE orders ADD COLUMN b int",))
    done = []
    ours, lasted = worst(production, lambda: done.append(carry_out(production.connect, script)))
    version = production.one("SHOW server_version")
    figure(
        f"PostgreSQL {version}, ADD COLUMN behind a reader of {READER} s, {CLIENTS} clients: worst latency"
        f" {ours * 1000:.0f} ms in {lasted:.1f} s and {done[0].tries} tries (bar 150 ms);"
        f" plainly {plain * 1000:.0f} ms in {plain_lasted:.1f} s"
    )
    assert production.one("SELECT count(b) FROM orders") == 0
    assert ours < plain / 4
