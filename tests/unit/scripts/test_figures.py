import importlib.util
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SPEC = importlib.util.spec_from_file_location("figures", ROOT / "scripts" / "figures.py")
assert SPEC is not None
assert SPEC.loader is not None
figures = importlib.util.module_from_spec(SPEC)
sys.modules["figures"] = figures
SPEC.loader.exec_module(figures)


def a_figure(name, value, unit="ms", peer=None, ratio=None, how=""):
    return {"name": name, "value": value, "unit": unit, "peer": peer, "ratio": ratio, "bar": "", "how": how}


def test_the_readme_shows_what_the_committed_figures_say():
    begin, end = figures.MARKS
    shown = (ROOT / "README.md").read_text().partition(begin)[2].partition(end)[0]
    assert figures.page(json.loads((ROOT / "docs" / "figures.json").read_text())) == shown.strip()


def test_every_row_has_its_figures_and_every_figure_says_how_it_was_measured():
    kept = figures.by_name(json.loads((ROOT / "docs" / "figures.json").read_text())["figures"])
    assert [] == [name for row in figures.ROWS for name in figures.missing(row, kept)]
    assert [] == [name for name, figure in kept.items() if not figure["how"]]


def test_a_row_shows_figures_together_and_what_stands_beside():
    row = figures.Row("switch", ("p50", "p99"), (("nginx", "other"),), "≤ 25 ms")
    known = {
        "p50": a_figure("p50", 8.123),
        "p99": a_figure("p99", 31),
        "other": a_figure("other", 1234.5, "s"),
    }
    assert ["switch", "8.12 / 31 ms", "nginx 1,234 s", "≤ 25 ms"] == row.cells(known)


def test_a_peer_of_the_same_figure_stands_beside():
    row = figures.Row("CPU", ("cpu",), peer="bare")
    assert ["CPU", "12.5 µs", "bare 10 µs (1.25 ×)", ""] == row.cells(
        {"cpu": a_figure("cpu", 12.5, "µs", 10, 1.25)}
    )


def test_the_ratio_is_that_of_the_two_numbers_that_are_shown():
    row = figures.Row("throughput", ("rate",), peer="bare")
    known = {"rate": a_figure("rate", 3000, "/s", 6000, ratio=0.46)}
    assert "bare 6,000 /s (0.50 ×)" == row.cells(known)[2]


def test_how_it_was_measured_stands_below_once_for_all_rows_that_share_it():
    rows = (
        figures.Row("switch", ("p50", "p99")),
        figures.Row("rest", ("rest",)),
        figures.Row("gate", ("p99",)),
    )
    known = (
        a_figure("p50", 8, how="in turns"),
        a_figure("p99", 9, how="in turns"),
        a_figure("rest", 1, how="10 s"),
    )
    assert [
        "| | verdigris | beside | bar | how |",
        "|---|---|---|---|---|",
        "| switch | 8 / 9 ms |  |  | 1 |",
        "| rest | 1 ms |  |  | 2 |",
        "| gate | 9 ms |  |  | 1 |",
        "",
        "1. in turns",
        "2. 10 s",
    ] == figures.rendered(figures.by_name(known), rows).splitlines()


def test_a_figure_that_nobody_measured_is_named():
    with pytest.raises(SystemExit, match=r"has no 'failed requests .*run `make bench`"):
        figures.document_of([])


def test_what_the_judge_took_hours_to_find_is_kept_until_it_is_found_anew():
    measured = [a_figure(name, 1, how="here") for row in figures.ROWS for name in row.names]
    judged = [a_figure(name, 22, "s", how="long ago") for row in figures.JUDGED for name in row.names]
    assert measured == figures.document_of(measured)["figures"]
    assert [*measured, *judged] == figures.document_of(measured, judged)["figures"]
    anew = [a_figure(judged[0]["name"], 20, "s", how="now")]
    assert [*measured, *anew, *judged[1:]] == figures.document_of([*measured, *anew], judged)["figures"]
    assert "found, median / 95 % | 22 / 22 s |" in figures.rendered(figures.by_name(judged))


def test_the_table_takes_the_place_between_the_marks_and_no_other():
    begin, end = figures.MARKS
    assert f"a\n{begin}\nnew\n{end}\nb" == figures.placed(f"a\n{begin}\nold\n{end}\nb", "new")
    with pytest.raises(SystemExit, match="put them where the table belongs"):
        figures.placed("a\nb", "new")
