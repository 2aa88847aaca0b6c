"""HAProxy's configuration follows from settings and table, and from nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.core.worlds import BLUE
from verdigris.adapters.routers.haproxy.render import render as whole
from verdigris.adapters.routers.haproxy.render import structure as digest
from verdigris.adapters.routers.haproxy.settings import Door, Site, Timeouts
from verdigris.adapters.routers.haproxy.table import Placed, Row, Table
from verdigris.adapters.routers.haproxy.words import ANSWERS, PREVIEW, SHARE
from verdigris.adapters.signals.sample import ASKED_MOST
from verdigris.core.world import Member, PerSlot

SETTINGS = Site("api", "127.0.0.1:80")
TABLE = Table(Row(0, BLUE), placed=PerSlot((Placed(Member("blue-a", "127.0.0.1:1001"), 2),), ()))


def render(site: Site, table: Table, places: int) -> str:
    return whole(Door(Path("/x"), (site,)), {"api": table}, {"api": places})


def structure(site: Site, places: int) -> str:
    return digest(Door(Path("/x"), (site,)), {"api": places})


def section(text: str, name: str) -> list[str]:
    """The lines of one section."""
    lines = text.splitlines()
    begin = lines.index(name)
    inside = (n for n, line in enumerate(lines[begin + 1 :], begin + 1) if line and line[0] not in " #")
    return lines[begin : next(inside, len(lines))]


def servers(backend: str) -> list[list[str]]:
    lines = section(render(SETTINGS, TABLE, 2), f"backend {backend}")
    return [line.split() for line in lines if line.startswith("    server ")]


def test_the_same_makes_the_same():
    assert render(SETTINGS, TABLE, 2) == render(SETTINGS, TABLE, 2)


def test_who_sits_is_named_and_an_empty_seat_is_disabled():
    first, second = servers("api-blue-only")
    assert ["server", "blue-1", "127.0.0.1:9", "disabled"] == first
    assert ["server", "blue-2", "127.0.0.1:1001"] == second


def test_only_the_own_servers_of_a_slot_are_checked_and_the_others_follow_their_checks():
    own, others = servers("api-green")[:2], servers("api-green")[2:]
    assert all("check" in words and "backup" not in words for words in own)
    assert [["track", "api-blue/blue-1"], ["track", "api-blue/blue-2"]] == [words[4:6] for words in others]


def test_the_door_is_inherited_and_never_opened_by_the_router():
    assert ["bind fd@${VERDIGRIS_FD_0}"] == [
        line.strip() for line in render(SETTINGS, TABLE, 2).splitlines() if line.strip().startswith("bind ")
    ]


def test_a_line_has_room_for_every_path_that_may_be_asked_again_whatever_host_it_is_for():
    """Over HTTP/2 the router keeps the whole address, and what of it has no room is missing at the path's end."""
    lines = render(SETTINGS, TABLE, 2).splitlines()
    room, frame = (
        next(int(line.split()[-1]) for line in lines if line.strip().startswith(words))
        for words in ("tune.http.logurilen", "maxlen")
    )
    host = "h" * 253 + ":65535"
    assert room > len(f"https://{host} HTTP/2.0") + ASKED_MOST
    assert frame > 3 * room + 400


def test_every_error_that_the_router_makes_is_marked_as_ours():
    lines = section(render(replace(SETTINGS, max_body=1), TABLE, 2), "defaults")
    marked = [line.split() for line in lines if "http-error status" in line]
    assert list(ANSWERS) == [int(words[2]) for words in marked]
    assert all("X-Verdigris-Error" in words for words in marked)


@pytest.mark.parametrize("header", ["X-Environment", "X-API-Version", "X-Verdigris-"])
def test_what_only_we_may_say_is_taken_from_every_request_after_the_secret_was_read(header):
    lines = [line.strip() for line in section(render(SETTINGS, TABLE, 2), "frontend front-0")]
    read = lines.index(f"http-request set-var(txn.asked) req.hdr(x-verdigris-preview),map({PREVIEW})")
    taken = next(n for n, line in enumerate(lines) if line.startswith(f"http-request del-header {header}"))
    routed = next(n for n, line in enumerate(lines) if SHARE in line)
    assert read < taken < routed


def test_every_time_stands_in_milliseconds():
    text = render(replace(SETTINGS, timeouts=Timeouts(connect=0.0015, server=90.0)), TABLE, 2)
    assert "    timeout connect 2ms\n" in text
    assert "    timeout server 90000ms\n" in text


@pytest.mark.parametrize(
    "change",
    [{"hosts": ("a.b",)}, {"max_body": 1}, {"health_path": "/x"}, {"timeouts": Timeouts(connect=1.0)}],
)
def test_what_only_a_reload_can_change_changes_the_digest(change):
    assert structure(SETTINGS, 2) != structure(replace(SETTINGS, **change), 2)


def test_more_places_are_another_structure_and_another_address_to_listen_on_is_not():
    assert structure(SETTINGS, 2) != structure(SETTINGS, 3)
    assert structure(SETTINGS, 2) == structure(replace(SETTINGS, listen="127.0.0.1:81"), 2)


def test_the_running_process_tells_its_structure():
    assert f"    description {structure(SETTINGS, 2)}\n" in render(SETTINGS, TABLE, 2)
