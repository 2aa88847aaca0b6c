"""Whether an application is slow, as a server tells it that has no extension."""

from contextlib import contextmanager
from threading import Thread

import pytest

from tests.unit.schema.running.test_filling import CENTS, ORDERS
from tests.waiting import eventually_sync
from verdigris.schema.running.batches import Manners
from verdigris.schema.running.filling import fill
from verdigris.schema.running.slowness import Slowness
from verdigris.schema.shadow.database import client


@contextmanager
def request(production):
    """A statement of an application that comes to no end; how to end it."""
    session = production.session()
    session.execute("SET application_name = 'shop'")

    def ask():
        with pytest.raises(client().errors.QueryCanceled):
            session.execute("SELECT pg_sleep(600)")

    thread, pid = Thread(target=ask), session.info.backend_pid
    thread.start()
    active = f"SELECT 1 FROM pg_stat_activity WHERE pid = {pid} AND state = 'active' AND query ~ 'pg_sleep'"
    eventually_sync(lambda: production.rows(active), "the request to be under way")

    def end():
        production.run(f"SELECT pg_cancel_backend({pid})")
        thread.join()

    try:
        yield end
    finally:
        end()


def test_more_slow_statements_than_usual_are_a_reason_and_reports_are_none(production):
    slow, minutes = Slowness(least=0), Slowness(least=0, most=0, usual=0)
    with production.connect() as connection, request(production):
        assert ("", 1) == (slow(connection), slow.usual)
        with request(production):
            assert slow(connection).startswith(
                "the application is slow: 2 statements are under way for more than 0 s"
            )
            assert slow(connection).endswith("(at first there were 1)")
            assert "" == minutes(connection)
            assert "" == Slowness(least=1000, usual=0)(connection)
        assert "" == slow(connection)


def test_a_backfill_pauses_while_the_application_is_slow_and_goes_on(production, quick):
    production.run(*ORDERS)
    told = []
    with request(production) as end:
        quick.then = lambda: end() if len(quick.slept) == 3 else None
        manners = Manners(why=Slowness(least=0, usual=0))
        filled = fill(production.connect, CENTS, waiting=quick, manners=manners, tell=told.append)
    assert "003_cents: pauses because the application is slow: 1 statement is under way" in told[0]
    assert (95, 0, [1.0, 1.0, 1.0]) == (filled.rows, filled.left, quick.slept[:3])


def test_without_a_word_of_anybody_a_backfill_asks_the_server():
    assert isinstance(Manners().why, Slowness)
