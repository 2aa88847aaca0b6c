"""A parsed file: its values, and where each of them stands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verdigris.config.document import COMPLAINTS_MAX, Complaint, Document, Place, dotted, shown

DOCUMENT = Document(
    "verdigris.yaml",
    {"app": "orders", "run": {"command": ["serve"]}, "router": "nginx"},
    {
        (): Place(1, 1),
        ("app",): Place(1, 6),
        ("run",): Place(2, 6),
        ("run", "command"): Place(3, 12),
        ("run", "command", 0): Place(3, 13),
        ("router",): Place(4, 9),
    },
)


def said(*complaints: Complaint) -> list[str]:
    return str(DOCUMENT.error(complaints)).splitlines()


def test_a_complaint_points_at_line_and_column_of_its_key():
    expected = ["verdigris.yaml:3:13: run.command[0]: must be text"]
    assert expected == said(Complaint(("run", "command", 0), "must be text"))


def test_what_is_missing_is_told_where_it_should_be():
    assert ["verdigris.yaml:2:6: run.env: is missing"] == said(Complaint(("run", "env"), "is missing"))


def test_a_key_that_nobody_wrote_is_told_by_the_one_that_somebody_did():
    assert ["verdigris.yaml:4:9: router: must be haproxy"] == said(
        Complaint(("router", "kind"), "must be haproxy")
    )


def test_what_is_wrong_with_the_whole_has_no_key():
    assert ["verdigris.yaml:1:1: must hold keys"] == said(Complaint((), "must hold keys"))


def test_complaints_come_in_the_order_of_the_file_and_each_once():
    last, first = Complaint(("router",), "b"), Complaint(("app",), "a")
    assert ["verdigris.yaml:1:6: app: a", "verdigris.yaml:4:9: router: b"] == said(last, first, last)


def test_too_many_complaints_are_counted():
    rows = said(*(Complaint(("app",), f"wrong {n:02}") for n in range(COMPLAINTS_MAX + 3)))
    assert (COMPLAINTS_MAX + 1, "verdigris.yaml: and 3 more") == (len(rows), rows[-1])


def test_a_key_is_written_as_people_do():
    assert "cutover.ramp[1].to" == dotted(("cutover", "ramp", 1, "to"))
    assert "'a\\x1b'" == dotted(("a\x1b",))
    assert "" == dotted(())


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "nothing"), (True, "true"), ({}, "a mapping"), ([], "a list"), (3, "3"), ("a\n", "'a\\n'")],
)
def test_a_value_is_shown_in_a_sentence(value, text):
    assert text == shown(value)


@given(st.text(max_size=300))
def test_a_text_that_is_shown_is_short_and_harmless(text):
    assert 61 >= len(shown(text))
    assert shown(text).isprintable()
