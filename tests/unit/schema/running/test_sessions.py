import os
import signal
import threading
from contextlib import ExitStack, contextmanager

import pytest
from psycopg_pool import ConnectionPool
from sqlalchemy import create_engine

from tests.waiting import eventually_sync
from verdigris.core.errors import ConfigError, Refused
from verdigris.schema.running.sessions import Recycled, ended_by, let_in, recycle, sessions_of, shut_out


@pytest.fixture
def app(production):
    """The role of a slot; roles belong to the whole server, so it goes again."""
    production.run("CREATE ROLE app_blue LOGIN")
    yield "app_blue"
    production.stack.close()
    production.run("DROP ROLE app_blue")


def as_app(production):
    return production.stack.enter_context(production.session_of("app_blue"))


def test_sessions_of_a_role_are_counted_and_nobody_elses(production, app):
    one = as_app(production)
    production.session()
    with production.connect() as connection:
        (found,) = sessions_of(connection, app)
        assert (one.info.backend_pid, "app_blue", "idle") == (found.pid, found.role, found.state)
        assert () == sessions_of(connection, "nobody at all")


def test_sessions_are_counted_by_a_role_that_may_not_see_what_they_do(production, app):
    as_app(production)
    production.run("CREATE ROLE clerk LOGIN")
    try:
        with production.session_of("clerk") as connection:
            (found,) = sessions_of(connection, app)
            assert "not shown to this role" == found.state
    finally:
        production.run("DROP ROLE clerk")


def test_who_is_shut_out_stays_and_does_not_come_again(production, app):
    one = as_app(production)
    assert [True, False] == [shut_out(production.connect, app) for _ in range(2)]
    assert 1 == one.execute("SELECT 1").fetchone()[0]
    with pytest.raises(Exception, match="not permitted to log in"):
        as_app(production)
    assert [True, False] == [let_in(production.connect, app) for _ in range(2)]
    as_app(production)


@pytest.mark.parametrize(("role", "why"), [("verdigris", "superuser"), ("pg_monitor", "")])
def test_nobody_shuts_out_a_superuser(production, role, why):
    if why:
        with pytest.raises(Refused, match=why):
            shut_out(production.connect, role)
    else:
        assert not shut_out(production.connect, role)


def test_a_role_that_is_not_there_is_said(production):
    for verb in (shut_out, let_in, recycle):
        with pytest.raises(ConfigError, match="there is no role app_never here"):
            verb(production.connect, "app_never")


def gone(production, pid):
    eventually_sync(
        lambda: not production.one(f"SELECT count(*) FROM pg_stat_activity WHERE pid = {pid}"),
        "the session to end",
    )


def test_only_idle_sessions_are_ended_and_none_in_a_transaction(production, app, quick):
    idle, busy = as_app(production), as_app(production)
    busy.execute("BEGIN")
    told = []
    quick.then = lambda: gone(production, idle.info.backend_pid) if told and len(quick.slept) < 3 else None
    assert Recycled(1, 1) == recycle(production.connect, app, idle=0, waiting=quick, tell=told.append)
    assert f"session {idle.info.backend_pid} was idle and is ended, 1 to go" in told[0]
    assert 1 == busy.execute("SELECT 1").fetchone()[0]
    with pytest.raises(Exception, match="terminating connection"):
        idle.execute("SELECT 1")


def test_one_that_takes_its_time_to_end_is_ended_once(production, app, quick):
    pid, told = as_app(production).info.backend_pid, []
    os.kill(pid, signal.SIGSTOP)

    def then():
        if len(quick.slept) == 3:
            os.kill(pid, signal.SIGCONT)
            gone(production, pid)

    quick.then = then
    assert Recycled(1, 0) == recycle(production.connect, app, idle=0, waiting=quick, tell=told.append)
    assert 1 == len(told)


def test_who_may_not_end_the_sessions_of_a_role_is_told_what_to_grant(production, app):
    url = production.database.url()
    production.run("CREATE ROLE owner LOGIN")
    try:
        ended_by(url, app)
        as_owner = url.replace("//verdigris@", "//owner@")
        with pytest.raises(
            Refused, match=f"the sessions of {app} are not owner's to end.*GRANT {app} TO owner"
        ):
            ended_by(as_owner, app)
        production.run(f"GRANT {app} TO owner")
        ended_by(as_owner, app)
    finally:
        production.run("DROP ROLE owner")


POOLED = 6


@contextmanager
def psycopg_pool(url, looking):
    options = {"check": ConnectionPool.check_connection} if looking else {}
    with ConnectionPool(url, min_size=POOLED, max_size=POOLED, open=True, **options) as pool:
        pool.wait()
        yield pool.connection


@contextmanager
def sqlalchemy(url, looking):
    where = url.replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(where, pool_size=POOLED, max_overflow=0, pool_pre_ping=looking)

    @contextmanager
    def connection():
        with engine.connect() as found:
            yield found.connection.driver_connection

    with ExitStack() as stack:
        for _ in range(POOLED):
            stack.enter_context(engine.connect())
    yield connection
    engine.dispose()


@contextmanager
def served(connection):
    """Requests, until the block is over: how many there were, and which failed."""
    over, answered, failed = threading.Event(), [], []

    def serve():
        while not over.is_set():
            try:
                with connection() as found:
                    answered.append(found.execute("SELECT 1").fetchone()[0])
            except Exception as error:
                failed.append(error)
            over.wait(0.1)

    threads = [threading.Thread(target=serve) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        eventually_sync(lambda: len(answered) > 2, "requests to be answered")
        yield answered, failed
    finally:
        over.set()
        for thread in threads:
            thread.join()


@pytest.mark.alone
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("pool", [psycopg_pool, sqlalchemy], ids=["psycopg_pool", "SQLAlchemy"])
@pytest.mark.parametrize("looking", [True, False], ids=["looks", "does not look"])
def test_a_pool_that_does_not_look_before_it_lends_loses_a_request_for_each_session(
    production, app, figure, pool, looking
):
    url = production.database.url().replace("//verdigris@", f"//{app}@")
    with pool(url, looking) as connection, served(connection) as (answered, failed):
        before = len(answered)
        done = recycle(production.connect, app, idle=0.1, pause=0.05, within=20)
        eventually_sync(lambda: len(answered) + len(failed) > before + 12, "more requests")
    manner = "looks" if looking else "does not look"
    figure(
        f"{pool.__name__} that {manner} before it lends: {len(failed)} of {len(answered) + len(failed)} requests failed"
        f" while {done.ended} of its {POOLED} sessions were ended, {done.left} left"
    )
    assert 0 == done.left  # one that looks and finds a dead one may open all others anew by itself
    # Between the look and the request there is a moment in which a session can still be ended.
    assert len(failed) <= (1 if looking else POOLED)
