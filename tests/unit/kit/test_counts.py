import threading

import pytest

from verdigris_kit import counts


@pytest.fixture(autouse=True)
def an_empty_table(monkeypatch):
    monkeypatch.setattr(counts, "_table", {})


def test_what_is_counted_can_be_read():
    counts.add("cache.foreign")
    counts.add("cache.foreign", 2)
    counts.add("cache.corrupt")
    assert {"cache.foreign": 3, "cache.corrupt": 1} == counts.read()


def test_what_was_read_is_a_copy():
    counts.add("cache.foreign")
    counts.read().clear()
    assert {"cache.foreign": 1} == counts.read()


def test_names_are_bounded_and_the_rest_is_counted_together():
    for n in range(counts.NAMES_MAX + 10):
        counts.add(f"name.{n}")
    counts.add("name.0")
    assert (2, 10) == (counts.read()["name.0"], counts.read()[counts.OTHERS])
    assert counts.NAMES_MAX + 1 == len(counts.read())


def test_threads_lose_no_count():
    def many():
        for _ in range(5_000):
            counts.add("cache.hit")

    threads = [threading.Thread(target=many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {"cache.hit": 20_000} == counts.read()
