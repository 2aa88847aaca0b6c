"""What one look at HAProxy comes to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.adapters.routers.haproxy.test_seats import ONE, TABLE, TWO, seated
from tests.unit.core.worlds import BLUE, GREEN
from verdigris.adapters.routers.haproxy.seats import Seat
from verdigris.adapters.routers.haproxy.sight import Sight, counters_of, load_of, look_at
from verdigris.adapters.routers.haproxy.table import Row
from verdigris.core.counters import Counters, Passage
from verdigris.core.world import PerSlot, Weights

STAMPED = replace(TABLE, row=Row(100, BLUE, 7, "ours"))


def a_sight(table=STAMPED, **changes) -> Sight:
    return replace(Sight("api", table.entries("api"), table, seated(table), {}), **changes)


class Told:
    """A conversation in which HAProxy gives answers that were written down before."""

    pid = 71

    def __init__(self, *answers: str) -> None:
        self.answers = answers
        self.asked: tuple[str, ...] = ()

    async def ask(self, *commands: str) -> list[str]:
        self.asked = commands
        return list(self.answers)


SERVERS = """\
1
# be_id be_name srv_id srv_name srv_addr srv_admin_state srv_port
3 api-blue-only 1 blue-1 127.0.0.1 0 1001
4 api-green-only 1 green-1 127.0.0.1 1 9
"""


def test_a_reading_tells_weights_members_and_who_jumps_in():
    reading = a_sight().reading("ours")
    assert (Weights(0, 100), BLUE, 7) == (
        reading.routing.weights,
        reading.routing.fallback,
        reading.generation,
    )
    assert PerSlot((ONE,), (TWO,)) == reading.routing.members


def test_a_stamp_of_another_installation_is_none():
    assert a_sight().reading("theirs").generation is None


def test_who_does_not_stand_behind_does_not_jump_in():
    seats = {**seated(STAMPED), ("api-green", "blue-1"): Seat(ONE.address, False)}
    assert a_sight(seats=seats).reading("ours").routing.fallback is None


def test_the_latch_counts_only_under_the_row_that_it_fell_under():
    latched = a_sight(latch={f"api/{STAMPED.row}": "blue"})
    assert (BLUE, None) == (latched.fell_back_to, replace(latched, rows={"api": "another"}).fell_back_to)
    assert a_sight(latch={f"api/{STAMPED.row}": "purple"}).fell_back_to is None


def test_a_server_is_known_by_its_place():
    assert ((GREEN, TWO), None) == (a_sight().member("green-2"), a_sight().member("green-1"))


async def test_a_look_asks_for_everything_at_once():
    rows = "".join(f"0x1 {key} {value}\n" for key, value in STAMPED.entries("api").items())
    seen = await look_at(Told(rows, "", SERVERS), "api")
    assert (STAMPED, "", 1) == (seen.table, seen.trouble, seen.places)


@pytest.mark.parametrize("row", ["0x1 api green=101/\n", ""])
async def test_a_row_that_says_no_share_is_trouble_with_the_command_that_ends_it(row):
    seen = await look_at(Told(row, "", SERVERS), "api")
    assert "every request gets 503" in seen.trouble
    assert "api green=0` on its socket gives blue everything" in seen.trouble
    assert Weights(100, 0) == seen.table.row.weights


STAT = "# pxname,svname,scur,hrsp_1xx,\n"


async def test_what_lasts_is_counted_apart_from_what_is_in_flight():
    """By its backend where it said so before, else it is taken off from what is inside a server."""
    servers = (
        f"{STAT}api-blue,blue-1,5,0,\napi-green,blue-1,2,0,\nother,blue-1,9,0,\napi-green,green-1,1,0,\n"
        "api-green-long,green-1,200,0,\nother-green-long,green-1,9,0,\n"
    )
    streams = (
        "# table: streams, type: string, size:16, used:1\n0x1: key=api/blue use=3 exp=1 shard=0 conn_cur=3\n"
    )
    held = "api 12\nother 3\n"
    load = await load_of(Told(servers, f"{STAT}front-0,FRONTEND,8,0,\n", streams, held), "api")
    assert (PerSlot(4, 1), PerSlot(3, 200)) == (load.in_flight, load.long_lived)
    assert (8, 12) == (load.connections, load.waiting)


async def test_what_was_counted_is_told_by_app_and_slot_without_previews_and_without_strangers():
    names = "# pxname,svname,scur,stot,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,\n"
    fronts = f"{names}front-0,FRONTEND,9,3,1,2,3,4,5,6,\nfront-1,FRONTEND,0,1,1,0,0,0,0,0,\n"
    pools = "".join(
        f"{name},BACKEND,{inside},{begun},0,{ended},0,0,0,0,\n"
        for name, inside, begun, ended in (
            ("streams", 0, 0, 0),
            ("api-blue", 2, 100, 97),
            ("api-blue-only", 0, 50, 40),
            ("api-blue-long", 5, 10, 5),
            ("api-green", 0, 7, 7),
            ("api-green-only", 0, 0, 0),
            ("api-green-long", 0, 0, 0),
        )
    )
    told = await counters_of(Told(fronts, names + pools), ["api", "unheard-of"])
    blue, green = Passage("api", BLUE, 110, 102, 7), Passage("api", GREEN, 7, 7, 0)
    assert Counters(71, 22, (blue, green)) == told
    assert (1, 0) == (blue.silent, green.silent)
