"""What is said when something failed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.cli.house import FakeHouse
from tests.unit.core.worlds import BLUE, GREEN, NEW, an_instance
from verdigris.cli.show.failure import Failure, evidence_of, failure_lines, traffic_words
from verdigris.cli.show.ink import plain, width
from verdigris.core.world import Health, Known, Unknown
from verdigris.ports import Snapshot

FAILURE = Failure(
    "2.0 was rolled back in bake: green failed 12 of 60 requests",
    ("12 of 60 failed", "green-1: exit code 3"),
    (("green-1", ("Traceback", "KeyError: 'x'")),),
    "blue serves 1.0 (100 %)",
    ("verdigris logs green", "verdigris report d-2"),
)


def test_a_failure_says_cause_evidence_logs_traffic_and_what_to_type():
    expected = [
        "✖ 2.0 was rolled back in bake: green failed 12 of 60 requests",
        "  evidence     12 of 60 failed",
        "               green-1: exit code 3",
        "  traffic      blue serves 1.0 (100 %)",
        "  the last 2 lines of green-1",
        "    │ Traceback",
        "    │ KeyError: 'x'",
        "  next         verdigris logs green",
        "               verdigris report d-2",
    ]
    assert expected == plain(failure_lines(FAILURE, 100)).splitlines()


def test_a_failure_of_which_only_the_cause_is_known_is_one_line():
    assert ["✖ it broke"] == plain(failure_lines(Failure("it broke"), 100)).splitlines()


def test_further_lines_of_a_cause_stay_lines():
    assert ["✖ one", "  two"] == plain(failure_lines(Failure("one\ntwo"), 100)).splitlines()


def test_a_narrow_window_wraps_what_is_told():
    told = replace(FAILURE, logs=(), next=())
    assert all(40 >= width(row) for row in failure_lines(told, 40))


def test_evidence_is_the_last_probe_and_the_exit_code():
    seen = an_instance(GREEN, NEW, health=Known(Health(0, 3, "it answered 500"), 1.0))
    gone = an_instance(GREEN, NEW, 2, health=Unknown("nothing listens"), exit_code=3, sentence="exited 3")
    silent = an_instance(GREEN, NEW, 3, health=Unknown("not probed yet"))
    probe = f"probes of http://{seen.address}: 3 failed in a row, the last: it answered 500"
    assert (f"green-1: {probe}", "green-2: exited 3, exit code 3") == evidence_of((seen, gone, silent))


@pytest.fixture
def snapshot() -> Snapshot:
    """1.0 serves from blue, all of the traffic goes there."""
    return FakeHouse().ship("1.0")


def reading(s: Snapshot, **changes) -> Snapshot:
    seen = s.world.router.reading
    assert isinstance(seen, Known)
    router = replace(s.world.router, reading=replace(seen, value=replace(seen.value, **changes)))
    return replace(s, world=replace(s.world, router=router))


def test_traffic_is_where_the_router_says(snapshot):
    assert "blue serves 1.0 (100 %)" == traffic_words(snapshot)


def test_a_router_that_turned_by_itself_is_said_so(snapshot):
    words = traffic_words(reading(snapshot, fell_back_to=BLUE))
    assert "blue serves 1.0: the router turned there by itself" == words


def test_where_nobody_looked_nothing_is_said_and_an_unknown_is_no_guess(snapshot):
    router = replace(snapshot.world.router, reading=Unknown("no answer"))
    blind = replace(snapshot, world=replace(snapshot.world, router=router))
    assert ("", True) == (traffic_words(None), "nobody here knows" in traffic_words(blind))
