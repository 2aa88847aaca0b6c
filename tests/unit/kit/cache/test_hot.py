from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from verdigris_kit.cache import hot as module
from verdigris_kit.cache.hot import KEY_MAX, Hot, Hottest, hottest


@given(st.lists(st.integers(0, 30), max_size=400), st.integers(1, 10))
def test_what_space_saving_promises_holds(stream, size):
    """No count is too small, none too large by more than its error, and nobody above 1/size is missing."""
    table, true = Hottest("any", size), Counter(map(str, stream))
    for key in stream:
        table.touch(str(key))
    found = table.top(size)
    assert all(hot.count - hot.error <= true[hot.key] <= hot.count for hot in found)
    assert {key for key, times in true.items() if times > len(stream) / size} <= {hot.key for hot in found}
    assert len(stream) == sum(hot.count for hot in found)


def test_the_hottest_come_first():
    table = Hottest("any")
    for key in ["a", "b", "b", "c", "c", "c"]:
        table.touch(key)
    assert [Hot("c", 3, 0), Hot("b", 2, 0)] == table.top(2)


def test_a_key_without_bounds_is_not_remembered():
    table = Hottest("any")
    table.touch("x" * (KEY_MAX + 1))
    assert [] == table.top(1)


def test_what_was_hot_long_ago_gives_way(monkeypatch):
    monkeypatch.setattr(module, "AGES_AFTER", 4)
    table = Hottest("any")
    for key in ["a"] * 4 + ["b"]:
        table.touch(key)
    table.touch("a")
    assert [Hot("a", 3, 0), Hot("b", 1, 0)] == table.top(2)


def test_all_caches_of_a_process_are_one_document():
    one, other = Hottest("test users"), Hottest("test users")
    one.touch("user:1")
    other.touch("user:1")
    other.touch("user:2")
    document = hottest()
    assert 1 == document["version"]
    assert [
        {"key": "user:1", "count": 2, "error": 0},
        {"key": "user:2", "count": 1, "error": 0},
    ] == document["caches"]["test users"]


def test_a_cache_that_is_gone_is_in_no_document():
    table = Hottest("test gone")
    table.touch("a")
    del table
    assert "test gone" not in hottest()["caches"]
