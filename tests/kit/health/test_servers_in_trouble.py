"""What the ready-made checks say of a real PostgreSQL and a real Redis that are well, stopped, and frozen."""

import operator
import threading
import time

import psycopg
import pytest

from tests.kit.health.clients import DATABASES, STORES, connect
from tests.waiting import eventually
from verdigris_kit import Health, checks

NAMED = operator.attrgetter("__name__")
WITHIN = 0.5
SLACK = 1.5
"""What two busy cores may add to a deadline."""


@pytest.fixture
def server(request, opened):
    return request.getfixturevalue("postgres" if opened in DATABASES else "redis")


each = pytest.mark.parametrize("opened", [*DATABASES, *STORES], ids=NAMED)


async def passes(health):
    return (await health.report())["checks"]["it"]


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "verdigris-health"]


async def timed(health):
    began = time.monotonic()
    return await passes(health), time.monotonic() - began


@each
async def test_a_server_that_was_stopped_is_false_and_true_again_when_it_is_back(opened, server):
    async with opened(server.url) as check:
        health = Health({"it": check}, within=WITHIN, fresh_for=0, details=True)
        await eventually(lambda: passes(health), "the server to answer")
        server.stop()
        assert not await passes(health)
        server.start()
        await eventually(lambda: passes(health), "the server to answer again")


@each
async def test_a_frozen_server_is_false_within_the_deadline_and_true_after_the_thaw(opened, server):
    async with opened(server.url) as check:
        health = Health({"it": check, "other": lambda: True}, within=WITHIN, fresh_for=0)
        await eventually(lambda: passes(health), "the server to answer")
        server.freeze()
        seen = [await timed(health) for _ in range(3)]
        assert [False] * 3 == [passed for passed, _ in seen]
        assert max(seconds for _, seconds in seen) < WITHIN + SLACK
        assert len(threads()) <= 2
        server.thaw()
        await eventually(lambda: passes(health), "the server to answer again")


async def test_a_hundred_probes_of_a_frozen_database_are_short_and_take_one_thread(postgres):
    health = Health({"it": checks.dbapi(lambda: connect(postgres.url))}, within=0.05, fresh_for=0)
    await eventually(lambda: not threads(), "threads of other tests to end")
    postgres.freeze()
    most = 0
    for _ in range(100):
        assert not await passes(health)
        most = max(most, len(threads()))
    assert 1 == most
    postgres.thaw()
    await eventually(lambda: passes(health), "the database to answer again")
    await eventually(lambda: not threads(), "the thread to end")


async def test_a_hundred_probes_at_once_are_one_query(postgres):
    asked = []

    def connecting():
        asked.append(1)
        return connect(postgres.url)

    health = Health({"it": checks.dbapi(connecting)}, within=20)
    for _ in range(100):
        assert await passes(health)
    assert 1 == len(asked)


async def test_connections_of_psycopg_are_asked_as_they_are(postgres):
    async with await psycopg.AsyncConnection.connect(postgres.url) as connection:
        health = Health({"it": checks.psycopg(connection)}, within=20)
        assert await passes(health)
        assert psycopg.pq.TransactionStatus.IDLE == connection.info.transaction_status
    with connect(postgres.url) as connection:
        health = Health({"it": checks.psycopg(connection)}, within=20)
        assert await passes(health)
        assert psycopg.pq.TransactionStatus.IDLE == connection.info.transaction_status


def test_a_thread_asks_a_frozen_database_and_has_its_answer_at_the_deadline(postgres):
    health = Health({"it": checks.dbapi(lambda: connect(postgres.url))}, within=WITHIN)
    postgres.freeze()
    began = time.monotonic()
    assert "degraded" == health.report_blocking()["status"]
    assert time.monotonic() - began < WITHIN + SLACK
    postgres.thaw()


async def test_a_redis_that_takes_no_keys_answers_ping_and_is_false_all_the_same(redis):
    import redis as client

    with client.Redis(port=redis.port) as connection:
        connection.config_set("maxmemory", "1")
        health = Health(
            {"it": checks.redis(connection, writes="health")}, fresh_for=0, within=20, details=True
        )
        report = await health.report(details=True)
        connection.config_set("maxmemory", "0")
        assert "OutOfMemoryError" in report["reasons"]["it"]
        assert await passes(health)
