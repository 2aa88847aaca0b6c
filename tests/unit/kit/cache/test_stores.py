"""The dictionary that a cache may lie in: bounded in entries and in bytes, and the latest stay."""

import pytest

from verdigris_kit.cache import Cache
from verdigris_kit.cache.entries import Change, Put
from verdigris_kit.cache.stores import DictStore
from verdigris_kit.clients import run


def put(store, key, raw=b"x"):
    run(store.change(Change((Put(key, raw, 60),))))


def filled(times, raw=b"x", **bounds):
    entries = {}
    store = DictStore(entries, **bounds)
    for n in range(times):
        put(store, str(n), raw)
    return entries


@pytest.mark.parametrize("times", [7, 8, 9, 100])
def test_those_written_first_give_way_when_there_are_too_many(times):
    entries = filled(times, entries_max=8)
    assert 7 <= len(entries) <= 8
    assert str(times - 1) == list(entries)[-1]


@pytest.mark.parametrize("times", [10, 11, 50])
def test_those_written_first_give_way_when_they_are_too_large_together(times):
    entries = filled(times, b"x" * 100, bytes_max=1000)
    assert 800 <= sum(map(len, entries.values())) <= 1000
    assert str(times - 1) == list(entries)[-1]


def test_one_that_is_written_again_and_again_drives_nobody_out():
    entries = {}
    store = DictStore(entries, bytes_max=1000)
    put(store, "other", b"x" * 500)
    for _ in range(100):
        put(store, "same", b"x" * 400)
    assert {"other", "same"} == set(entries)


def test_one_that_is_larger_than_all_together_is_not_kept():
    assert {} == filled(1, b"x" * 1001, bytes_max=1000)


def test_what_others_have_put_there_counts_when_it_has_a_length_and_harms_nobody():
    entries = {"foreign": object(), "text": "x" * 900}
    store = DictStore(entries, bytes_max=1000)
    put(store, "ours", b"x" * 200)
    put(store, "ours too", b"x" * 900)
    assert ["ours too"] == [key for key in entries if key != "ours"]


def test_a_full_dictionary_takes_an_entry_as_quickly_as_an_empty_one():
    """By the number of steps: each makes room for many."""

    class Counting(dict):
        looks = 0

        def __iter__(self):
            Counting.looks += 1
            return super().__iter__()

    entries = Counting()
    store = DictStore(entries, entries_max=1000)
    for n in range(3000):
        put(store, str(n))
    assert Counting.looks <= 2000 / (1000 / 8) + 1


def test_a_cache_in_a_dictionary_finds_what_it_has_written():
    cache = Cache({})
    assert cache.set("user:1", {"name": "Ada"})
    assert {"name": "Ada"} == cache.get("user:1")
