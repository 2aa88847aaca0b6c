"""A store that is down or stands still costs a miss and never an exception, and not every request its timeout."""

import asyncio
import contextlib
import time

import pytest
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from tests.kit.cache.backends import OVER_REDIS, awaited, closed, counted, plain
from tests.waiting import eventually
from verdigris_kit.cache import AsyncCache, Cache, Versions
from verdigris_kit.cache.bounds import TTL_MAX
from verdigris_kit.cache.trouble import REST

PATIENCE = 10.0
"""A bound for what takes a fraction of a second: two busy cores must not fail it."""


async def forgotten(cache):
    """The store is asked again after its rest."""
    return await awaited(cache.set("again", 1)) and await awaited(cache.get("again"))


@pytest.mark.parametrize("kind", OVER_REDIS)
async def test_a_redis_that_is_down_is_a_miss_and_comes_back_by_itself(kind, redis):
    cache_of, backend = OVER_REDIS[kind](redis.url)
    cache = cache_of(backend)
    assert await awaited(cache.set("user:1", 1))
    redis.stop()
    with counted("cache.backend") as errors:
        assert await awaited(cache.get("user:1")) is None
        assert not await awaited(cache.set("user:1", 2))
        assert not await awaited(cache.delete("user:1"))
    assert 3 == errors()
    redis.start()
    assert await eventually(lambda: forgotten(cache), "the cache to be asked again")
    await closed(backend)


@pytest.mark.parametrize("kind", ["redis", "redis.asyncio", "valkey", "valkey.asyncio"])
async def test_a_redis_that_stands_still_holds_one_reader_and_not_all(kind, redis):
    cache_of, backend = OVER_REDIS[kind](redis.url)
    cache = cache_of(backend)
    await awaited(cache.set("user:1", 1))
    redis.freeze()
    began = time.monotonic()
    with counted("cache.backend") as errors:
        assert await awaited(cache.get("user:1")) is None
        assert time.monotonic() - began < PATIENCE
        until = time.monotonic() + REST / 2
        misses = 0
        while time.monotonic() < until:
            assert await awaited(cache.get("user:1")) is None
            misses += 1
    assert (1, True) == (errors(), misses > 10)
    redis.thaw()
    assert await eventually(lambda: forgotten(cache), "the cache to be asked again")
    await closed(backend)


async def test_what_is_made_while_redis_is_down_is_still_given(redis):
    cache = Cache(plain(redis.url), across=1.0)
    redis.stop()
    assert [7, 7] == [cache.get_or_make("user:1", lambda: 7) for _ in range(2)]


def test_a_client_that_would_hold_every_request_is_refused_at_start(redis):
    with pytest.raises(
        ValueError, match=r"cache: a Redis that stands still would hold every request for ever"
    ):
        Cache(Redis.from_url(redis.url, retry=None, socket_timeout=None))


async def test_a_client_of_the_other_kind_is_refused_at_start(redis):
    with pytest.raises(ValueError, match="cache: this client is asynchronous. Use the class with Async"):
        Cache(AsyncRedis.from_url(redis.url))
    with pytest.raises(ValueError, match="cache: this client is plain. Use the class without Async"):
        AsyncCache(plain(redis.url))


def test_what_is_no_store_is_refused_at_start():
    with pytest.raises(ValueError, match="list is no client of Redis or Valkey"):
        Cache([])


@pytest.mark.parametrize("ttl", [0, -1, float("nan"), float("inf"), TTL_MAX * 2, 10**400])
def test_an_entry_without_a_span_of_time_is_refused(ttl):
    with pytest.raises(ValueError, match="ttl is .*: give seconds above 0, at most 316224000"):
        Cache({}).set("user:1", 1, ttl=ttl)
    with pytest.raises(ValueError, match="ttl is"):
        Cache({}, ttl=ttl)


def test_an_entry_lives_as_long_as_it_may_at_most():
    cache = Cache({})
    assert cache.set("user:1", 7, ttl=TTL_MAX)
    assert 7 == cache.get("user:1")


def test_an_upgrade_that_fails_is_told_once_and_not_with_every_look(caplog):
    class Unlucky(Exception):
        """Of a kind that no other test has raised."""

    def fail(old):
        raise Unlucky

    entries = {}
    Cache(entries).set("user:1", 1)
    cache = Cache(entries, Versions(2, {1: fail}))
    with counted("cache.upgrade_failed") as failed:
        assert [None] * 5 == [cache.get("user:1") for _ in range(5)]
    assert (5, 1) == (failed(), len(caplog.records))


async def test_a_call_that_was_cancelled_does_not_spoil_the_next_answer(redis):
    """The connection of a call that was given up on still has an answer coming: it must not be another's."""
    client = AsyncRedis.from_url(redis.url)
    cache = AsyncCache(client)
    for n in range(5):
        assert await cache.set(f"user:{n}", n)
    redis.freeze()
    with contextlib.suppress(asyncio.CancelledError):
        await cache.get("user:0")
    redis.thaw()
    await eventually(lambda: forgotten(cache), "the cache to be asked again")
    assert list(range(5)) == [await cache.get(f"user:{n}") for n in range(5)]
    await client.aclose()
