"""Who sits where, and the commands that lead from what is to what shall be."""

from __future__ import annotations

from tests.unit.core.worlds import BLUE, GREEN
from verdigris.adapters.routers.haproxy.seats import (
    Orders,
    Seat,
    Seats,
    backed,
    backends,
    members_in,
    orders,
    places_of,
    seating,
)
from verdigris.adapters.routers.haproxy.table import Placed, Row, Table
from verdigris.core.world import Member, PerSlot

ONE, TWO = Member("blue-a", "127.0.0.1:1001"), Member("green-a", "127.0.0.1:2001")
TABLE = Table(Row(0, GREEN), placed=PerSlot((Placed(ONE, 1),), (Placed(TWO, 2),)))


def seated(table: Table, places: int = 2) -> Seats:
    """The servers as they are once everything was ordered."""
    wanted = seating("api", table, places)
    return {name: Seat(address or "127.0.0.1:9", bool(address)) for name, address in wanted.items()}


def test_a_slot_has_its_own_backend_and_two_where_nobody_else_is():
    assert ("api-green", "api-green-only", "api-green-long") == backends("api", GREEN)


def test_every_place_has_a_seat_in_each_backend_and_behind_the_other_slot():
    wanted = seating("api", TABLE, 2)
    assert 2 * 2 * 4 == len(wanted)
    assert ("127.0.0.1:1001", None) == (wanted["api-blue", "blue-1"], wanted["api-blue", "blue-2"])
    assert "127.0.0.1:2001" == wanted["api-green-only", "green-2"]


def test_only_the_slot_that_may_jump_in_stands_behind_the_other():
    wanted = seating("api", TABLE, 2)
    assert ("127.0.0.1:2001", None) == (wanted["api-blue", "green-2"], wanted["api-green", "blue-1"])


def test_the_places_are_counted_from_what_is_there():
    assert (3, 0) == (places_of("api", seated(TABLE, 3)), places_of("api", {}))


def test_where_all_sit_as_they_shall_nothing_is_ordered():
    assert Orders((), ()) == orders(seating("api", TABLE, 2), seated(TABLE))


def test_a_new_member_gets_its_address_before_it_gets_ready():
    ordered = orders(seating("api", TABLE, 2), seated(Table(Row(0))))
    blue = [command for command in ordered.adding if "api-blue/blue-1" in command]
    expected = [
        "set server api-blue/blue-1 addr 127.0.0.1 port 1001",
        "set server api-blue/blue-1 state ready",
    ]
    assert (expected, ()) == (blue, ordered.taking)


def test_a_member_that_goes_is_taken_away_and_its_address_left():
    ordered = orders(seating("api", Table(Row(0)), 2), seated(TABLE))
    assert () == ordered.adding
    assert "set server api-green-only/green-2 state maint" in ordered.taking


def test_the_members_are_those_who_really_sit():
    seats = dict(seated(TABLE))
    assert (ONE,) == members_in("api", BLUE, TABLE, seats)
    seats["api-blue-only", "blue-1"] = Seat(ONE.address, False)
    assert () == tuple(m for m in members_in("api", BLUE, TABLE, seats) if m == ONE)


def test_whoever_the_table_does_not_know_is_a_member_by_its_seat():
    seats = {**seated(TABLE), ("api-blue", "blue-2"): Seat("10.0.0.1:80", True)}
    assert (ONE, Member("blue-2", "10.0.0.1:80")) == members_in("api", BLUE, TABLE, seats)


def test_a_slot_backs_the_other_only_if_all_its_members_stand_there():
    assert backed("api", GREEN, TABLE, seated(TABLE))
    assert not backed("api", BLUE, TABLE, seated(TABLE))
