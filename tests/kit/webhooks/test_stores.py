"""One delivery among many who want it, on what slots share: Redis, Valkey's client, SQLite and PostgreSQL."""

import asyncio
import multiprocessing
import os
import signal
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import psycopg_pool
import pytest
import redis as redis_py
import redis.asyncio as redis_async
import sqlalchemy
import valkey
import valkey.asyncio as valkey_async

from tests.waiting import eventually_sync
from verdigris_kit.webhooks import AsyncInbox, AsyncRedisStore, Claim, Inbox, Outcome, RedisStore, TableStore


@pytest.fixture(params=["redis", "redis text", "valkey", "valkey text", "sqlite", "postgres", "sqlalchemy"])
def store(request, tmp_path):
    kind, _, text = request.param.partition(" ")
    if kind in ("redis", "valkey"):
        server = request.getfixturevalue("redis")
        module = redis_py if kind == "redis" else valkey
        client = (module.Redis if kind == "redis" else module.Valkey)(
            port=server.port, decode_responses=bool(text)
        )
        yield RedisStore(client)
        client.close()
        return
    url = request.getfixturevalue("postgres").url if kind != "sqlite" else str(tmp_path / "shop.db")
    engine = sqlalchemy.create_engine(as_sqlalchemy(url)) if kind == "sqlalchemy" else None
    connects = {"sqlite": lambda: sqlite3.connect(url, timeout=30), "postgres": lambda: psycopg.connect(url)}
    found = TableStore(engine.raw_connection if engine else connects[kind])
    found.create()
    found.create()
    clear(found)
    yield found
    if engine:
        engine.dispose()


def as_sqlalchemy(url):
    return "postgresql+psycopg://" + url.partition("://")[2]


def clear(store):
    with store._transaction() as do:
        do("DELETE FROM $table")


def test_of_two_at_once_one_gets_it_and_what_is_done_stays_done(store):
    assert [Claim.MINE, Claim.BUSY] == [store.claim("k", owner, 60) for owner in ("a", "b")]
    store.done("k", "a", 600)
    assert Claim.DONE is store.claim("k", "b", 60)
    assert Claim.MINE is store.claim("other", "b", 60)


def test_what_is_given_back_may_be_had_again(store):
    store.claim("k", "a", 60)
    store.release("k", "a")
    assert Claim.MINE is store.claim("k", "b", 60)


def test_nobody_gives_back_what_is_another_s(store):
    store.claim("k", "a", 60)
    store.release("k", "b")
    assert Claim.BUSY is store.claim("k", "c", 60)


def test_a_claim_that_ran_out_goes_to_one_of_those_who_want_it(store):
    store.claim("k", "killed", 0.05)
    eventually_sync(lambda: store.claim("k", "second", 60) is Claim.MINE, "the claim to run out")
    assert Claim.BUSY is store.claim("k", "third", 60)


def test_who_finishes_after_his_claim_ran_out_and_was_swept_is_noted_all_the_same(store):
    store.done("k", "slow", 600)
    assert Claim.DONE is store.claim("k", "second", 60)


def test_of_many_threads_one_handles_it(store):
    handled, barrier = [], threading.Barrier(8)

    def receive(_):
        barrier.wait(20)
        return Inbox(store).receive("msg_1", lambda: handled.append(1))

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(receive, range(8)))
    assert ([1], 1) == (handled, outcomes.count(Outcome.HANDLED))
    assert Outcome.DUPLICATE is Inbox(store).receive("msg_1", lambda: handled.append(2))


def handle_and_hang(path, began):
    store = TableStore(lambda: sqlite3.connect(path, timeout=30))
    Inbox(store, within=0.5).receive("msg_1", lambda: (began.set(), threading.Event().wait()))


def test_a_process_that_is_killed_in_the_middle_loses_nothing(tmp_path):
    path = str(tmp_path / "shop.db")
    store = TableStore(lambda: sqlite3.connect(path, timeout=30))
    store.create()
    spawn = multiprocessing.get_context("spawn")
    began = spawn.Event()
    process = spawn.Process(target=handle_and_hang, args=(path, began))
    process.start()
    assert began.wait(30)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    inbox = Inbox(store)
    eventually_sync(lambda: inbox.receive("msg_1", lambda: None) is Outcome.HANDLED, "the claim to run out")


def test_a_table_is_swept_of_what_ran_out():
    now = [1000.0]
    held = in_memory()
    store = TableStore(in_memory, clock=lambda: now[0])
    store.create()
    for n in range(255):
        store.claim(f"old-{n}", "a", 60)
    now[0] += 61
    store.claim("new", "a", 60)
    assert [("new",)] == held.execute("SELECT id FROM webhook_deliveries").fetchall()
    held.close()


def in_memory():
    """The same database for whoever connects, while one is connected."""
    return sqlite3.connect("file:swept?mode=memory&cache=shared", uri=True)


def test_an_error_of_the_database_is_no_duplicate(tmp_path):
    """The table was never made."""
    store = TableStore(lambda: sqlite3.connect(tmp_path / "shop.db"))
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        Inbox(store).receive("msg_1", lambda: None)


@pytest.mark.parametrize("table", ["", "a b", "a;b", "a-b", "1a"])
def test_a_table_s_name_is_a_plain_word(table):
    with pytest.raises(ValueError, match="is no plain name"):
        TableStore(lambda: None, table)


@pytest.mark.parametrize("kind", [redis_async.Redis, valkey_async.Valkey])
async def test_a_client_of_asyncio_does_the_same(redis, kind):
    client, handled = kind(port=redis.port), []
    inbox = AsyncInbox(AsyncRedisStore(client))

    async def handle():
        handled.append(1)

    async def boom():
        raise RuntimeError("boom")

    async with client:
        with pytest.raises(RuntimeError, match="boom"):
            await inbox.receive("msg_1", boom)
        outcomes = await asyncio.gather(*(inbox.receive("msg_1", handle) for _ in range(20)))
        assert ([1], 1) == (handled, outcomes.count(Outcome.HANDLED))
        assert Outcome.DUPLICATE is await inbox.receive("msg_1", handle)


def test_a_redis_that_is_gone_is_an_error_before_anything_was_done(redis):
    client, handled = redis_py.Redis(port=redis.port, socket_timeout=2, retry=None), []
    redis.stop()
    with pytest.raises(redis_py.ConnectionError):
        Inbox(RedisStore(client)).receive("msg_1", lambda: handled.append(1))
    assert [] == handled
    client.close()


@pytest.mark.parametrize("given", [lambda pool: pool, lambda pool: pool.getconn], ids=["pool", "getconn"])
def test_a_pool_gets_back_what_it_lent_however_it_was_given(given, postgres):
    with psycopg_pool.ConnectionPool(postgres.url, min_size=1, max_size=2, timeout=20, open=True) as pool:
        store = TableStore(given(pool), "pooled")
        store.create()
        clear(store)
        claims = [store.claim(f"k{n % 4}", "a", 60) for n in range(8)]
        assert ([Claim.MINE] * 4 + [Claim.BUSY] * 4, 0) == (
            claims,
            pool.get_stats().get("connections_lost", 0),
        )
