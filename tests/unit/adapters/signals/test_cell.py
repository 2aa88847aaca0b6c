"""One second of one slot while it is counted."""

from verdigris.adapters.signals.cell import Cell
from verdigris.adapters.signals.lines import Line
from verdigris.core.tallies import bin_of
from verdigris.core.world import Slot


def line(latency, own=False):
    return Line(b"api", 0.0, Slot.BLUE, Slot.BLUE, 200, b"--", latency, 0, False, own=own)


def test_only_how_long_users_waited_is_noted_and_no_more_than_there_was():
    cell = Cell(requests=2, own=1)
    cell.took(line(40))
    cell.took(line(900, own=True))
    latency = cell.tally(outcomes=False).latency
    assert (1, bin_of(40) + 1) == (sum(latency), len(latency))


def test_what_users_got_is_told_only_where_the_application_says_it():
    cell = Cell(requests=2)
    cell.came_to(good=True)
    cell.came_to(good=False)
    assert (1, 1) == (cell.tally(outcomes=True).good, cell.tally(outcomes=True).bad)
    assert cell.tally(outcomes=False).good is None


def test_who_was_answered_is_whoever_did_not_fail():
    assert Cell(requests=2, errors=1).served
    assert not Cell(requests=2, errors=1, timeouts=1).served


def test_routes_are_counted_with_their_failures():
    cell = Cell()
    cell.goes("GET /")
    cell.goes("GET /", times=3, failed=2)
    assert ({"GET /": 4}, {"GET /": 2}) == (cell.routes, cell.failed)
