"""The map as text, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verdigris.adapters.routers.haproxy.table import Placed, Row, Table
from verdigris.core.world import Member, PerSlot, Routing, Slot, Weights

SLOTS = st.sampled_from([None, *Slot])
STAMPED = st.builds(Row, st.integers(0, 100), SLOTS, st.integers(0, 10**9), st.just("4f2a"))
UNSTAMPED = st.builds(Row, st.integers(0, 100), SLOTS)
MEMBERS = st.lists(st.integers(1, 99), unique=True, max_size=6).map(
    lambda ports: tuple(Member(f"m-{port}", f"127.0.0.1:{port}") for port in ports)
)


@given(STAMPED | UNSTAMPED)
def test_a_row_is_read_as_it_was_written(row):
    assert row == Row.parse(str(row))


@given(st.text(max_size=80))
def test_no_text_is_too_strange_for_a_row(text):
    row = Row.parse(text)
    assert row is None or text.startswith(f"green={row.green}")


@pytest.mark.parametrize(
    "text", ["green=50", "green=50/", "green=50/anything/generation=x", "green=50/generation=3/"]
)
def test_a_row_without_a_whole_stamp_has_none(text):
    assert Row(50) == Row.parse(text)


@given(STAMPED, MEMBERS, MEMBERS, MEMBERS)
def test_a_table_is_read_as_it_was_written_and_members_keep_place_and_order(row, blue, green, later):
    first = Table(row).become(Routing(Weights(100, 0), PerSlot(blue, green), None, PerSlot("1", "")), row, 6)
    assert first == Table.read("api", first.entries("api"))
    second = first.become(Routing(Weights(100, 0), PerSlot(later, green)), row, 6)
    assert later == tuple(p.member for p in second.placed.blue)
    before = {p.member.address: p.place for p in first.placed.blue}
    assert all(p.place == before.get(p.member.address, p.place) for p in second.placed.blue)
    assert len({p.place for p in second.placed.blue}) == len(later)
    assert second.places <= 6


def test_a_new_member_takes_a_place_that_nobody_is_just_leaving():
    row, old, new = Row(0), Member("a", "127.0.0.1:1"), Member("b", "127.0.0.1:2")
    table = Table(row, placed=PerSlot((Placed(old, 1),), ()))
    assert (Placed(new, 2),) == table.become(
        Routing(Weights(100, 0), PerSlot((new,), ())), row, 2
    ).placed.blue
    assert (Placed(new, 1),) == table.become(
        Routing(Weights(100, 0), PerSlot((new,), ())), row, 1
    ).placed.blue


@pytest.mark.parametrize("text", ["a@b", "a@127.0.0.1:1@x", "@127.0.0.1:1@1", "a b@c@1"])
def test_members_that_cannot_be_read_are_nobody(text):
    assert Table(Row(1)) == Table.read("api", {"api": "green=1", "api/blue/members": text})
