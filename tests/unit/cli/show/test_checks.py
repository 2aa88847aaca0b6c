"""A checklist as lines."""

from __future__ import annotations

from verdigris.cli.show.checks import check_lines, checks_document
from verdigris.cli.show.ink import plain, width
from verdigris.core.world import Check

GOOD = Check("disk", True, "9 GiB are free")
BAD = Check("controller", False, "it does not listen: see the log of it, which is somewhere else entirely")


def test_all_that_is_good_is_well():
    assert [" ✔ disk  9 GiB are free", "all is well"] == plain(check_lines([GOOD], 80)).splitlines()


def test_sentences_begin_below_each_other_and_the_last_line_counts():
    rows = plain(check_lines([GOOD, BAD], 100)).splitlines()
    assert rows[0].index("9 GiB") == rows[1].index("it does")
    assert "1 thing to mend" == rows[-1]


def test_long_sentences_are_wrapped_below_themselves():
    rows = check_lines([BAD], 50)
    assert 3 < len(rows)
    assert all(50 >= width(row) for row in rows)


def test_no_checks_are_no_trouble():
    assert "all is well" == plain(check_lines([], 80)).strip()


def test_a_program_gets_the_same():
    assert [{"name": "disk", "passed": True, "sentence": "9 GiB are free"}] == checks_document([GOOD])
