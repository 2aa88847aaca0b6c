"""How long a Redis that stands still, or has no connection free, may hold a request: no longer than was said."""

import time

import pytest
import redis as redis_py
import valkey
from redis.asyncio import RedisCluster as AsyncRedisCluster
from redis.backoff import ConstantBackoff, ExponentialBackoff, NoBackoff
from redis.cluster import ClusterNode
from redis.retry import Retry
from redis.sentinel import Sentinel

from verdigris_kit.cache import AsyncCache, Cache

SLACK = 1.5
"""What two busy cores may add to a bound."""

QUICK = {"socket_timeout": 0.25, "socket_connect_timeout": 0.25, "retry": None}


@pytest.mark.parametrize(
    "retry",
    [Retry(ExponentialBackoff(cap=10, base=1), 3), Retry(ConstantBackoff(1), 1), Retry(NoBackoff(), -1)],
)
def test_a_client_that_tries_again_is_refused_with_the_argument_to_set(retry):
    with pytest.raises(
        ValueError, match=r"tries again before it gives up\. Make it with retry=Retry\(NoBackoff"
    ):
        Cache(redis_py.Redis(**QUICK | {"retry": retry}))


def test_a_client_is_asked_for_what_it_does_and_not_for_what_it_was_told():
    """Both of them leave `retry` to the library."""
    with pytest.raises(ValueError, match="tries again before it gives up"):
        Cache(redis_py.Redis(socket_timeout=0.25))
    with pytest.raises(ValueError, match="tries again before it gives up"):
        Cache(valkey.Valkey(socket_timeout=0.25, retry_on_timeout=True))


@pytest.mark.parametrize(
    ("settings", "long"),
    [
        ({"socket_timeout": None}, "for ever"),
        ({"socket_connect_timeout": 30}, r"for 30\.25 s"),
        ({"socket_timeout": 5}, r"for 5\.25 s"),
    ],
)
def test_a_client_that_waits_too_long_is_refused_with_the_arguments_to_set(settings, long):
    said = f"would hold every request {long}.*with socket_connect_timeout=0.5, socket_timeout=0.5"
    with pytest.raises(ValueError, match=said):
        Cache(redis_py.Redis(**QUICK | settings))


def test_a_pool_that_lets_wait_for_a_connection_counts_as_well():
    pool = redis_py.BlockingConnectionPool(timeout=3, **QUICK)
    with pytest.raises(ValueError, match=r"for 3\.5 s.*socket_timeout=0\.33, timeout=0\.33"):
        Cache(redis_py.Redis(connection_pool=pool))


def test_an_exhausted_pool_holds_nobody_longer_than_was_said(redis):
    pool = redis_py.BlockingConnectionPool(port=redis.port, max_connections=1, timeout=0.3, **QUICK)
    cache = Cache(redis_py.Redis(connection_pool=pool), within=1.0)
    lent = pool.get_connection()
    began = time.monotonic()
    assert cache.get("user:1") is None
    assert time.monotonic() - began < 1.0 + SLACK
    pool.release(lent)
    pool.disconnect()


def test_a_frozen_redis_holds_nobody_longer_than_was_said(redis):
    """A client without a connection yet: it connects, and then nobody speaks."""
    client = redis_py.Redis(port=redis.port, **QUICK)
    redis.freeze()
    began = time.monotonic()
    assert Cache(client, within=1.0).get("user:1") is None
    assert time.monotonic() - began < 1.0 + SLACK
    redis.thaw()
    client.close()


def test_a_client_of_many_servers_is_refused_unless_it_may_hold_a_request():
    behind_sentinel = Sentinel([("127.0.0.1", 1)]).master_for("main", **QUICK)
    with pytest.raises(
        ValueError, match=r"one server after the other.*redis\.asyncio.*within=float\('inf'\)"
    ):
        Cache(behind_sentinel)
    assert Cache(behind_sentinel, within=float("inf")).get("user:1") is None
    behind_sentinel.close()


async def test_a_client_of_many_servers_is_fine_in_a_loop_which_ends_every_call():
    client = AsyncRedisCluster(startup_nodes=[ClusterNode("127.0.0.1", 1)])
    assert await AsyncCache(client, within=0.5).get("user:1") is None
    await client.aclose()


def test_threads_that_share_one_connection_wait_for_each_other(redis):
    client = redis_py.Redis(port=redis.port, single_connection_client=True, **QUICK)
    with pytest.raises(ValueError, match="Make the client without single_connection_client"):
        Cache(client)
    client.close()
