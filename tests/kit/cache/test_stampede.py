"""Of all who miss a key at once one makes it, in one process and across several."""

import asyncio
import multiprocessing
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.kit.cache.backends import counted, plain
from tests.waiting import eventually
from verdigris_kit.cache import AsyncCache, Cache
from verdigris_kit.cache.bounds import FLIGHT_WITHIN
from verdigris_kit.cache.stores import RedisStore

MANY = 16


class Gate:
    """A maker that says that it was called and waits until it may go on."""

    def __init__(self, value=7):
        self.calls, self.go, self.value = 0, threading.Event(), value

    def __call__(self):
        self.calls += 1
        assert self.go.wait(20)
        return self.value


async def test_threads_that_miss_together_make_once():
    cache, gate = Cache({}), Gate()
    with counted("cache.shared") as shared, ThreadPoolExecutor(MANY) as pool:
        waiting = [pool.submit(cache.get_or_make, "user:1", gate) for _ in range(MANY)]
        await eventually(lambda: gate.calls, "the first to make it")
        gate.go.set()
        assert [7] * MANY == [each.result() for each in waiting]
    assert 1 == gate.calls
    assert shared() <= MANY - 1


async def test_an_error_of_the_maker_reaches_all_who_wait_and_is_not_kept():
    cache, go = Cache({}), threading.Event()

    def broken():
        assert go.wait(20)
        raise LookupError("no such user")

    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(cache.get_or_make, "user:1", broken) for _ in range(2)]
        go.set()
        assert ["no such user"] * 2 == [str(each.exception()) for each in waiting]
    assert 7 == cache.get_or_make("user:1", lambda: 7)


def test_a_maker_that_asks_for_its_own_key_does_not_wait_for_itself():
    cache = Cache({})
    assert 8 == cache.get_or_make("user:1", lambda: 1 + cache.get_or_make("user:1", lambda: 7))


async def test_the_same_in_an_event_loop():
    cache = AsyncCache({})

    async def outer():
        async def inner():
            return 7

        return 1 + await cache.get_or_make("user:1", inner)

    assert 8 == await cache.get_or_make("user:1", outer)


async def test_coroutines_that_miss_together_make_once_and_a_cancelled_one_spoils_nothing():
    cache, go, calls = AsyncCache({}), asyncio.Event(), []

    async def make():
        calls.append(1)
        await go.wait()
        return 7

    first, *others = [asyncio.create_task(cache.get_or_make("user:1", make)) for _ in range(MANY)]
    await eventually(lambda: calls, "the first to make it")
    first.cancel()
    go.set()
    assert [7] * (MANY - 1) == await asyncio.gather(*others)
    assert (1, True) == (len(calls), first.cancelled() or (await asyncio.wait([first])) is not None)


async def test_an_error_reaches_all_coroutines_and_is_not_kept():
    cache = AsyncCache({})

    async def broken():
        raise LookupError("no such user")

    found = await asyncio.gather(
        *(cache.get_or_make("user:1", broken) for _ in range(3)), return_exceptions=True
    )
    assert ["no such user"] * 3 == [str(error) for error in found]


def with_an_old_entry(chance):
    """A cache whose one entry took long to make and is nearly over: the dice decide whether it is made anew."""
    now = [1_000.0]
    cache = Cache({}, clock=lambda: now[0], chance=chance, beta=1e9)
    cache.get_or_make("user:1", lambda: "old" if sum(range(10_000)) else "", ttl=10)
    now[0] += 9.9
    return cache


def test_shortly_before_the_end_one_reader_makes_it_anew():
    dice = [0.0]
    cache = with_an_old_entry(lambda: dice[0])
    assert "old" == cache.get_or_make("user:1", lambda: "new")
    dice[0] = 0.99
    with counted("cache.refreshed") as refreshed:
        assert "new" == cache.get_or_make("user:1", lambda: "new")
    assert 1 == refreshed()


async def test_while_one_makes_it_anew_the_others_get_the_old_value():
    gate = Gate("new")
    cache = with_an_old_entry(lambda: 0.99)
    with ThreadPoolExecutor(1) as pool:
        refreshing = pool.submit(cache.get_or_make, "user:1", gate)
        await eventually(lambda: gate.calls, "the refresh to begin")
        assert ["old"] * 3 == [cache.get_or_make("user:1", gate) for _ in range(3)]
        gate.go.set()
        assert ("new", 1) == (refreshing.result(), gate.calls)


def test_a_refresh_that_fails_gives_the_old_value_and_is_counted():
    cache = with_an_old_entry(lambda: 0.99)
    with counted("cache.refresh_failed") as failed:
        assert "old" == cache.get_or_make("user:1", lambda: 1 / 0)
    assert 1 == failed()


def _one_of_several(url, barrier, made, results):
    def make():
        with made.get_lock():
            made.value += 1
        return "made"

    cache = Cache(plain(url), across=10.0)
    cache.get("other")  # connected
    barrier.wait(60)
    results.put(cache.get_or_make("user:1", make))


@pytest.mark.parametrize("processes", [4])
def test_processes_that_miss_together_make_once(processes, redis):
    context = multiprocessing.get_context("spawn")
    barrier, made, results = context.Barrier(processes), context.Value("i", 0), context.Queue()
    running = [
        context.Process(target=_one_of_several, args=(redis.url, barrier, made, results))
        for _ in range(processes)
    ]
    for process in running:
        process.start()
    assert ["made"] * processes == [results.get(timeout=80) for _ in running]
    for process in running:
        process.join(20)
    assert 1 == made.value


def test_who_gets_its_turn_just_after_another_let_go_takes_what_that_one_made(redis, monkeypatch):
    first, late = (Cache(plain(redis.url), across=10.0) for _ in range(2))
    lock = RedisStore.lock

    def once_the_first_is_done(self, *words):
        monkeypatch.undo()
        first.get_or_make("user:1", lambda: "made by the first")
        return lock(self, *words)

    monkeypatch.setattr(RedisStore, "lock", once_the_first_is_done)
    assert "made by the first" == late.get_or_make("user:1", lambda: "made again")


def test_a_lock_of_a_process_that_died_is_waited_for_no_longer_than_its_time(redis):
    plain(redis.url).set("lock:v1:user:1", "the dead one's", px=300)
    assert 7 == Cache(plain(redis.url), across=5.0).get_or_make("user:1", lambda: 7)


def test_a_lock_is_given_back_and_only_by_whom_it_belongs_to(redis):
    client = plain(redis.url)
    Cache(client, across=5.0).get_or_make("user:1", lambda: 7)
    assert client.get("lock:v1:user:1") is None

    def slow():
        client.set("lock:v1:user:2", "taken over meanwhile")
        return 7

    Cache(client, across=5.0).get_or_make("user:2", slow)
    assert b"taken over meanwhile" == client.get("lock:v1:user:2")


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # threads beside a fork are what is tested
def test_a_forked_child_does_not_wait_for_who_stayed_in_its_parent():
    """The thread that makes the value is not there in the child, and never lands."""
    cache, begun, landed = Cache({}), threading.Event(), threading.Event()

    def make():
        begun.set()
        return landed.wait(30)

    maker = threading.Thread(target=cache.get_or_make, args=("user:1", make))
    maker.start()
    begun.wait(30)
    child = os.fork()
    if child == 0:
        began = time.monotonic()
        right = cache.get_or_make("user:1", lambda: 7) == 7 and time.monotonic() - began < FLIGHT_WITHIN / 2
        os._exit(0 if right else 1)
    landed.set()
    maker.join()
    assert 0 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
