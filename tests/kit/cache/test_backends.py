"""What a cache promises, on every kind of store."""

import ast

import pytest

from tests.kit.cache.backends import KINDS, OVER_REDIS, awaited, closed, counted, plain
from verdigris_kit.cache import AsyncCache, Cache, Versions

UP = {1: lambda user: {"full": user["name"]}}
DOWN = {2: lambda user: {"name": user["full"]}}
ONE, TWO = Versions(1), Versions(2, UP)
DOUBLING = Versions(2, UP, DOWN)


@pytest.fixture(params=KINDS)
async def make(request, redis):
    """Makes caches over one store, each of a version."""
    kind, backend = KINDS[request.param](redis.url)
    yield lambda versions=ONE, **more: kind(backend, versions, **more)
    await closed(backend)


async def test_what_was_set_is_there_and_what_was_deleted_is_not(make):
    cache = make()
    assert await awaited(cache.set("user:1", {"name": "Ädä", "tags": [1, None]}))
    assert {"name": "Ädä", "tags": [1, None]} == await awaited(cache.get("user:1"))
    assert await awaited(cache.delete("user:1"))
    assert "none" == await awaited(cache.get("user:1", "none"))


async def test_the_new_version_reads_what_the_old_one_wrote_and_keeps_it_upgraded(make):
    await awaited(make(ONE).set("user:1", {"name": "Ada"}))
    new = make(TWO)
    with counted("cache.upgraded") as upgrades:
        assert [{"full": "Ada"}] * 2 == [await awaited(new.get("user:1")) for _ in range(2)]
    assert 1 == upgrades()


async def test_a_chain_of_upgrades_reads_what_lies_two_versions_back(make):
    await awaited(make(ONE).set("user:1", {"name": "Ada"}))
    three = make(Versions(3, {**UP, 2: lambda user: [user["full"]]}))
    assert ["Ada"] == await awaited(three.get("user:1"))


async def test_the_old_version_never_meets_an_entry_of_the_new_one(make):
    await awaited(make(TWO).set("user:1", {"full": "Ada"}))
    with counted("cache.corrupt") as corrupt, counted("cache.foreign") as foreign:
        assert await awaited(make(ONE).get("user:1")) is None
    assert (0, 0) == (corrupt(), foreign())


async def test_with_a_downgrade_a_way_back_finds_fresh_entries(make):
    await awaited(make(ONE).set("user:1", {"name": "before the switch"}))
    await awaited(make(DOUBLING).set("user:1", {"full": "after the switch"}))
    assert {"name": "after the switch"} == await awaited(make(ONE).get("user:1"))


async def test_without_a_downgrade_a_way_back_finds_no_stale_entry(make):
    await awaited(make(ONE).set("user:1", {"name": "before the switch"}))
    await awaited(make(TWO).set("user:1", {"full": "after the switch"}))
    assert await awaited(make(ONE).get("user:1")) is None


async def test_what_the_old_version_writes_outdates_the_entry_of_the_new_one(make):
    await awaited(make(TWO).set("user:1", {"full": "before"}))
    await awaited(make(ONE).set("user:1", {"name": "after"}))
    assert {"full": "after"} == await awaited(make(TWO).get("user:1"))


@pytest.mark.parametrize("by", [ONE, TWO], ids=["the old", "the new"])
async def test_either_version_removes_the_entries_of_both(make, by):
    await awaited(make(DOUBLING).set("user:1", {"full": "Ada"}))
    await awaited(make(by).delete("user:1"))
    assert [None, None] == [await awaited(make(v).get("user:1")) for v in (ONE, TWO)]


async def test_what_is_missing_is_made_once_and_kept(make):
    cache, made = make(), []

    def now():
        made.append(1)
        return {"name": "Ada"}

    async def soon():
        return now()

    maker = soon if isinstance(cache, AsyncCache) else now
    found = [await awaited(cache.get_or_make("user:1", maker)) for _ in range(3)]
    assert ([{"name": "Ada"}] * 3, 1) == (found, len(made))


async def test_another_encoding_can_be_chosen(make):
    cache = make(dumps=lambda value: repr(value).encode(), loads=lambda body: ast.literal_eval(body.decode()))
    await awaited(cache.set("user:1", {1: (2, 3)}))
    assert {1: (2, 3)} == await awaited(cache.get("user:1"))


async def test_entries_end(make):
    cache = make(clock=lambda: 0.0)  # written in 1970: over for everybody with a right clock
    await awaited(cache.set("user:1", 1, ttl=300))
    assert await awaited(make().get("user:1")) is None


@pytest.mark.parametrize("kind", ["redis", "redis.asyncio", "valkey", "valkey.asyncio"])
async def test_redis_forgets_an_entry_by_itself(kind, redis):
    cache_of, backend = OVER_REDIS[kind](redis.url)
    await awaited(cache_of(backend).set("user:1", 1, ttl=100))
    await closed(backend)
    assert 60 < plain(redis.url).ttl("v1:user:1") <= 100


@pytest.mark.parametrize("foreign", [b"", b"\x00\xff", b"x" * 2_000_000, b'{"name": "Ada"}', b"\x80\x04."])
async def test_what_strangers_put_there_is_a_miss(make, redis, foreign):
    client = plain(redis.url)
    client.set("v1:user:1", foreign)
    client.set(":1:v1:user:1", foreign)  # as Django would
    assert await awaited(make().get("user:1")) is None


async def test_a_list_where_an_entry_should_be_is_a_miss_and_the_store_is_asked_again(make, redis):
    client, cache = plain(redis.url), make()
    for key in ("v1:user:1", ":1:v1:user:1"):
        client.rpush(key, "a")
    assert await awaited(cache.get("user:1")) is None
    await awaited(cache.set("user:2", 2))
    assert 2 == await awaited(cache.get("user:2"))


async def test_a_pickle_of_a_class_that_is_gone_is_a_miss_in_django_too(redis):
    kind, backend = KINDS["django over redis"](redis.url)
    plain(redis.url).set(":1:v1:user:1", b"cgone\nGone\n)R.")
    with counted("cache.corrupt") as corrupt:
        assert kind(backend).get("user:1") is None
    assert 1 == corrupt()


def test_a_key_that_no_text_can_hold_is_a_miss(redis):
    cache = Cache(plain(redis.url))
    assert (False, None) == (cache.set("\ud800", 1), cache.get("\ud800"))
