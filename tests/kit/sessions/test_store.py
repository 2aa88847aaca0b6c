"""Sessions in a shared Redis, over every client."""

import base64

import pytest
import valkey
import valkey.asyncio
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from tests.kit.cache.backends import awaited, closed, plain
from verdigris_kit import counts
from verdigris_kit.sessions import AsyncSessionStore, SessionStore, SessionsUnavailable, Versions

UP = {1: lambda data: {"user": {"id": data["user_id"]}}}
DOWN = {2: lambda data: {"user_id": data["user"]["id"]}}
OLD, NEW, DOUBLING = Versions(1), Versions(2, UP), Versions(2, UP, DOWN)
KINDS = {
    "redis": lambda url: (SessionStore, plain(url)),
    "redis.asyncio": lambda url: (AsyncSessionStore, AsyncRedis.from_url(url)),
    "valkey": lambda url: (
        SessionStore,
        valkey.Valkey.from_url(url.replace("redis:", "valkey:"), socket_timeout=0.45),
    ),
    "valkey.asyncio": lambda url: (
        AsyncSessionStore,
        valkey.asyncio.Valkey.from_url(url.replace("redis:", "valkey:")),
    ),
}


@pytest.fixture(params=KINDS)
async def make(request, redis):
    kind, client = KINDS[request.param](redis.url)
    yield lambda versions=OLD, **more: kind(client, versions, **more)
    await closed(client)


async def test_a_session_is_created_read_changed_and_ended(make):
    store = make()
    session = await awaited(store.create({"user_id": 7}))
    found, _ = await awaited(store.read(session.id))
    assert session == found
    found.data["cart"] = [1]
    assert await awaited(store.save(found))
    assert {"user_id": 7, "cart": [1]} == (await awaited(store.read(session.id)))[0].data
    await awaited(store.end(session.id))
    assert (None, "unknown") == await awaited(store.read(session.id))


async def test_a_change_of_rights_gives_a_new_id_and_ends_the_old_one(make):
    store = make()
    session = await awaited(store.create({"user_id": 7}))
    fresh = await awaited(store.rotate(session))
    assert (None, "unknown") == await awaited(store.read(session.id))
    assert (fresh, "") == await awaited(store.read(fresh.id))


async def test_a_session_that_was_ended_is_not_brought_back_by_a_slow_request(make):
    store = make()
    session = await awaited(store.create({"user_id": 7}))
    await awaited(store.end(session.id))
    assert not await awaited(store.save(session))
    assert (None, "unknown") == await awaited(store.read(session.id))


async def test_a_user_goes_back_and_forth_between_versions(make):
    old, new = make(OLD), make(DOUBLING)
    for first, data in ((old, {"user_id": 7}), (new, {"user": {"id": 7}})):
        session = await awaited(first.create(data))
        for _ in range(2):
            assert {"user_id": 7} == (await awaited(old.read(session.id)))[0].data
            seen, _ = await awaited(new.read(session.id))
            assert {"user": {"id": 7}} == seen.data
            assert await awaited(new.save(seen))


async def test_what_only_a_newer_version_can_read_is_refused_and_not_destroyed(make):
    session = await awaited(make(NEW).create({"user": {"id": 7}}))
    assert (None, "newer") == await awaited(make(OLD).read(session.id))
    assert {"user": {"id": 7}} == (await awaited(make(NEW).read(session.id)))[0].data


@pytest.mark.parametrize("id", [None, 7, "", "short", "x" * 43 + "y", "ä" * 43, "*" * 43, "\r\n" * 21 + "x"])
async def test_an_id_that_was_never_given_is_nobody(make, id):
    session, why = await awaited(make().read(id))
    assert session is None
    assert why in ("malformed", "unknown")


async def test_the_store_knows_no_id_and_ends_a_session_by_itself(make, redis):
    session = await awaited(make(ttl=100).create({"user_id": 7}))
    [key] = plain(redis.url).keys()
    assert session.id.encode() not in key
    assert session.id not in repr(session)
    assert 60 < plain(redis.url).ttl(key) <= 100


@pytest.mark.parametrize(
    "raw", [b"", b"\x00\xff", b"{}", b"[]", b'{"session": 1}', b"[" * 60_000, b"x" * 70_000]
)
async def test_what_strangers_put_there_is_nobody(make, redis, raw):
    store, client = make(), plain(redis.url)
    session = await awaited(store.create({}))
    client.set(client.keys()[0], raw)
    found, why = await awaited(store.read(session.id))
    assert found is None
    assert why in ("malformed", "oversized", "unknown_version")


async def test_a_redis_that_is_down_is_an_error_and_no_logout(make, redis):
    store = make()
    session = await awaited(store.create({"user_id": 7}))
    redis.freeze()
    before = counts.read().get("sessions.backend", 0)
    with pytest.raises(SessionsUnavailable, match="the session store does not answer.*Answer 503"):
        await awaited(store.read(session.id))
    assert before + 1 == counts.read()["sessions.backend"]
    redis.thaw()
    assert (session, "") == await awaited(store.read(session.id))


async def test_a_session_without_bounds_is_refused(make):
    with pytest.raises(ValueError, match="at most 65536. Keep a reference"):
        await awaited(make().create({"cart": "x" * 70_000}))


def test_a_client_that_would_hold_every_request_is_refused_at_start(redis):
    with pytest.raises(ValueError, match="sessions: a Redis that stands still would hold every request"):
        SessionStore(Redis.from_url(redis.url, retry=None, socket_timeout=None))


def test_ids_have_256_bits_and_are_no_two_alike(redis):
    store = SessionStore(plain(redis.url))
    ids = {store.create({}).id for _ in range(50)}
    assert ({32}, 50) == ({len(base64.urlsafe_b64decode(f"{id}=")) for id in ids}, len(ids))
