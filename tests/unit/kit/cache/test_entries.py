import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verdigris_kit import counts
from verdigris_kit.cache.entries import Entries, dumps, loads
from verdigris_kit.cache.entry import Entry, seal, unseal
from verdigris_kit.versions import Versions

NOW = 1_000.0
LATER = NOW + 60


def entries(versions=None, *, beta=1.0, chance=0.5, entry_max=4_096):
    return Entries(versions or Versions(), dumps, loads, entry_max, beta, lambda: NOW, lambda: chance)


def broken(user):
    raise KeyError("name")


def counted(name, act):
    before = counts.read().get(name, 0)
    act()
    return counts.read().get(name, 0) - before


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(VALUES)
def test_what_was_sealed_is_opened_again(value):
    raw = seal(dumps(value), 1, LATER, 0.25)
    assert Entry(value, LATER, 0.25) == entries().opened(raw, 1)


@given(st.binary(max_size=200), st.integers(1, 3))
def test_whatever_lies_there_is_a_miss_and_never_an_exception(raw, version):
    assert entries().opened(raw, version) is None


@given(VALUES, st.data())
def test_one_changed_byte_is_a_miss(value, data):
    raw = bytearray(seal(dumps(value), 1, LATER, 0.0))
    where = data.draw(st.integers(0, len(raw) - 1))
    raw[where] ^= data.draw(st.integers(1, 255))
    assert entries().opened(bytes(raw), 1) is None


@given(VALUES, st.data())
def test_an_entry_that_was_cut_off_is_a_miss(value, data):
    raw = seal(dumps(value), 1, LATER, 0.0)
    assert entries().opened(raw[: data.draw(st.integers(0, len(raw) - 1))], 1) is None


@given(st.binary(max_size=100))
def test_a_whole_entry_with_a_body_that_is_no_json_is_a_miss_or_what_it_says(body):
    found = entries().opened(seal(body, 1, LATER, 0.0), 1)
    assert found is None or loads(body) == found.value or found.value != found.value


FAULTS = {
    "cache.foreign": [b"", b'{"name": "Ada"}', b"\x80\x04}.", 17, seal(b"1", 2, LATER, 0)],
    "cache.corrupt": [
        seal(b"1", 1, LATER, 0) + b"2",
        seal(b"{", 1, LATER, 0),
        seal(b"[" * 4_000, 1, LATER, 0),
    ],
    "cache.oversized": [b"x" * 4_097],
}


@pytest.mark.parametrize(("name", "raw"), [(name, raw) for name, raws in FAULTS.items() for raw in raws])
def test_what_is_of_no_use_is_counted_by_its_fault(name, raw):
    assert 1 == counted(name, lambda: entries().opened(raw, 1))


def test_text_of_a_client_that_decodes_its_answers_is_read_too():
    assert {"ä": 1} == entries().opened(seal(dumps({"ä": 1}), 1, LATER, 0).decode(), 1).value


def test_an_entry_that_has_ended_is_a_miss_and_no_fault():
    assert entries().opened(seal(b"1", 1, NOW, 0), 1) is None


def test_an_upgrade_that_raises_is_a_miss():
    ours = entries(Versions(2, {1: broken}))
    assert 1 == counted("cache.upgrade_failed", lambda: ours.opened(seal(b"{}", 1, LATER, 0), 1))


def test_a_value_that_cannot_be_encoded_is_counted_and_what_it_outdates_is_removed(caplog):
    change = entries().change("user:1", {1, 2}, 60, 0, outdates=True)
    assert ((), ("v1:user:1", "v2:user:1")) == (change.puts, change.drops)
    assert "cache key 'user:1' cannot be kept: TypeError: Object of type set" in caplog.text
    assert entries().change("user:1", {1, 2}, 60, 0, outdates=False) is None


def test_a_value_that_is_too_large_is_not_written_and_what_it_outdates_is_removed():
    change = entries().change("user:1", "x" * 5_000, 60, 0, outdates=True)
    assert ((), ("v1:user:1", "v2:user:1")) == (change.puts, change.drops)


def test_a_new_value_is_doubled_for_the_version_before_and_removed_for_the_others():
    ours = entries(Versions(2, {}, {2: lambda user: {"name": user["full"]}}))
    change = ours.change("user:1", {"full": "Ada"}, 60, 0, outdates=True)
    written = {put.key: json.loads(unseal(put.raw).body) for put in change.puts}
    assert {"v2:user:1": {"full": "Ada"}, "v1:user:1": {"name": "Ada"}} == written
    assert ("v3:user:1",) == change.drops


def test_a_downgrade_that_raises_leaves_nothing_old_behind():
    change = entries(Versions(2, {}, {2: broken})).change("user:1", {}, 60, 0, outdates=True)
    assert (["v2:user:1"], ("v1:user:1", "v3:user:1")) == ([put.key for put in change.puts], change.drops)


def test_an_upgraded_entry_is_kept_no_longer_than_it_had_left():
    [put] = entries(Versions(2, {1: dict})).upgraded("user:1", Entry({}, LATER, 0)).puts
    assert ("v2:user:1", 60) == (put.key, put.seconds)


@pytest.mark.parametrize(
    ("chance", "beta", "left", "early"),
    [
        (0.0, 1.0, 60, False),  # no head start: only at the end
        (0.5, 1.0, 60, False),
        (0.5, 1.0, 0.5, True),  # -ln(0.5) * 1 s = 0.69 s
        (0.5, 1.0, 0.7, False),
        (0.999, 1.0, 6, True),  # -ln(0.001) = 6.9 s
        (0.999, 0.0, 6, False),
    ],
)
def test_the_nearer_the_end_the_likelier_an_early_refresh(chance, beta, left, early):
    assert early is entries(beta=beta, chance=chance).early(Entry(1, NOW + left, 1.0))
