"""The table is whole, and says of each row what the tests really do."""

from __future__ import annotations

import pytest

from scripts.fault_matrix import CAPABILITIES, TABLE, WAYS, rows
from tests.faults import twins
from tests.faults.registry import SCENARIOS, TWINS
from tests.faults.scenarios import ALL

assert ALL
assert twins

ROWS = rows(TABLE.read_text("utf-8"))
NUMBERS = [f"F-{number:02d}" for number in range(1, 129)]
TRIED = [row for row in ROWS if row.ways]


def test_every_failure_has_one_row_in_its_order():
    assert NUMBERS == [row.number for row in ROWS]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.number)
def test_a_row_is_tried_or_waits_for_a_capability(row):
    tried = {scenario.way for scenario in SCENARIOS.get(row.number, [])}
    assert bool(tried) is not bool(row.later), (
        f"{row.number}: a scenario, or the capability that will bring one"
    )
    assert tried == set(row.ways), f"{row.number}: the table says {row.ways}"


@pytest.mark.parametrize("row", [row for row in ROWS if row.later], ids=lambda row: row.number)
def test_what_is_waited_for_is_planned(row):
    assert row.later in CAPABILITIES


def test_no_capability_and_no_way_is_on_its_list_without_need():
    assert set(CAPABILITIES) == {row.later for row in ROWS if row.later}
    assert set(WAYS) == {way for row in TRIED for way in row.ways}


def test_the_rows_that_matter_most_have_a_twin_and_no_other_has():
    assert [row.number for row in TRIED if row.twin] == sorted(TWINS, key=NUMBERS.index)


def test_a_line_that_is_no_row_is_refused():
    with pytest.raises(ValueError, match="not a row of the fault matrix: F-01 nothing"):
        rows("F-01 nothing")
