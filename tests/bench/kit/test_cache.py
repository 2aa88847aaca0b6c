"""What a hit costs beside the bare client that reads the same bytes from the same Redis, and without any Redis."""

import asyncio
import json
import statistics
import time
from collections.abc import Callable

import pytest
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from tests.bench.results import Figure, show
from tests.servers.redis import redis_server
from verdigris_kit.cache import AsyncCache, Cache, Versions
from verdigris_kit.cache.hot import Hottest

ROUNDS = 9
HITS = 500
USER = {"id": 123, "name": "Ada Lovelace", "mail": "ada@example.com", "roles": ["reader", "writer"]}
HOW = f"median of {ROUNDS} alternating rounds of {HITS} reads"


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


def timed(act: Callable[[], object]) -> float:
    """Microseconds for one of many."""
    began = time.perf_counter()
    for _ in range(HITS):
        act()
    return (time.perf_counter() - began) / HITS * 1e6


def beside(name: str, ours: Callable[[], float], theirs: Callable[[], float]) -> Figure:
    pairs = [(ours(), theirs()) for _ in range(ROUNDS)]
    ratio = statistics.median(mine / bare for mine, bare in pairs)
    mine, bare = (statistics.median(each) for each in zip(*pairs, strict=True))
    return Figure(name, mine, "µs", bare, ratio, how=HOW)


def test_a_hit(redis):
    """The bare client decodes its JSON as well: what is compared is versions, checksum, counting and hot keys."""
    client = Redis.from_url(redis.url, socket_timeout=0.25, socket_connect_timeout=0.25, retry=None)
    client.set("bare", json.dumps(USER))
    cache = Cache(client, Versions(2, {1: dict}))
    cache.set("user:123", USER)
    in_memory = Cache({})
    in_memory.set("user:123", USER)
    raw = json.dumps(USER)
    hot = Hottest("bench")

    def bare() -> float:
        return timed(lambda: json.loads(client.get("bare")))  # type: ignore[arg-type]

    show(
        "a hit in the versioned cache",
        [
            beside("hit in Redis", lambda: timed(lambda: cache.get("user:123")), bare),
            beside(
                "made or found in Redis", lambda: timed(lambda: cache.get_or_make("user:123", dict)), bare
            ),
            beside(
                "hit in a dictionary, beside decoding its JSON",
                lambda: timed(lambda: in_memory.get("user:123")),
                lambda: timed(lambda: json.loads(raw)),
            ),
            Figure("counting a hot key", timed(lambda: hot.touch("user:123")), "µs", how=HOW),
        ],
    )


def test_a_hit_in_an_event_loop(redis):
    async def both() -> Figure:
        client = AsyncRedis.from_url(redis.url)
        cache = AsyncCache(client)
        await client.set("bare", json.dumps(USER))
        await cache.set("user:123", USER)
        pairs = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            for _ in range(HITS):
                await cache.get("user:123")
            between = time.perf_counter()
            for _ in range(HITS):
                json.loads(await client.get("bare"))
            pairs.append((between - began, time.perf_counter() - between))
        await client.aclose()
        mine, bare = (statistics.median(each) / HITS * 1e6 for each in zip(*pairs, strict=True))
        ratio = statistics.median(ours / theirs for ours, theirs in pairs)
        return Figure("hit in Redis, awaited", mine, "µs", bare, ratio, how=HOW)

    show("a hit in the versioned cache, in an event loop", [asyncio.run(both())])
