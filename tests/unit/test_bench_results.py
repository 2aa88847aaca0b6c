"""Figures of benchmarks: one table to read, one file to compare."""

from __future__ import annotations

import json

import pytest

from tests.bench.results import Figure, middle, show, table

BARE = Figure("bare", 10.0, "µs", how="in turns")
OURS = Figure("share and log", 15.0, "µs", peer=10.0, bar="≤ 1.3", how="in turns")


def test_the_table_is_aligned_and_says_once_how_it_was_measured():
    assert [
        "               value  beside   ratio      more    bar",
        "bare           10 µs",
        "share and log  15 µs   10 µs  1.50 ×  +5.00 µs  ≤ 1.3",
        "(in turns)",
    ] == table([BARE, OURS]).splitlines()


def test_of_rounds_in_turns_the_one_with_the_middle_ratio_is_shown():
    assert (20.0, 10.0) == middle([15.0, 20.0, 60.0], [10.0, 10.0, 20.0])


def test_rounds_that_were_not_in_turns_are_refused():
    with pytest.raises(ValueError, match="shorter"):
        middle([1.0, 2.0, 3.0], [1.0])


def test_a_benchmark_that_runs_again_replaces_its_own_figures_and_no_others(tmp_path, capsys):
    file = tmp_path / "build" / "bench.json"
    show("first", [BARE, OURS], file)
    show("second", [Figure("bare", 11.0, "µs")], file)
    rows = {row["name"]: row for row in json.loads(file.read_text())}
    assert {"bare": 11.0, "share and log": 15.0} == {name: row["value"] for name, row in rows.items()}
    assert 1.5 == rows["share and log"]["ratio"]
    assert {"name", "value", "unit", "peer", "ratio", "bar", "how"} == rows["bare"].keys()
    assert "first" in capsys.readouterr().out
