"""A log that grows and is rotated under us."""

from __future__ import annotations

from pathlib import Path

import pytest

from verdigris.cli.growing import Growing


@pytest.fixture
def log(tmp_path) -> Path:
    path = tmp_path / "blue-1.log"
    path.write_text("earlier\n")
    return path


def add(path: Path, text: str | bytes) -> None:
    with path.open("ab") as file:
        file.write(text if isinstance(text, bytes) else text.encode())


def test_only_what_comes_later_is_told_and_only_once(log):
    growing = Growing(log)
    assert [] == growing.fresh()
    add(log, "one\ntwo\n")
    assert (["one", "two"], []) == (growing.fresh(), growing.fresh())
    assert "blue-1" == growing.name


def test_half_a_line_waits_for_its_other_half(log):
    growing = Growing(log)
    add(log, b"h\xc3")
    assert [] == growing.fresh()
    add(log, b"\xa4lf\n")
    assert ["hälf"] == growing.fresh()


def test_a_log_that_was_cut_is_read_from_its_start(log):
    growing = Growing(log)
    add(log, "half")
    assert [] == growing.fresh()
    log.write_text("new\n")
    assert ["new"] == growing.fresh()


def test_a_log_in_the_place_of_another_is_read_from_its_start(log):
    growing = Growing(log)
    log.rename(log.with_suffix(".1"))
    log.write_text("another, and a longer one\n")
    assert ["another, and a longer one"] == growing.fresh()


def test_a_log_that_is_made_later_is_read_whole(tmp_path):
    growing = Growing(tmp_path / "green-1.log")
    assert [] == growing.fresh()
    (tmp_path / "green-1.log").write_text("first\n")
    assert ["first"] == growing.fresh()


def test_bytes_that_are_no_text_are_lines_as_well(log):
    growing = Growing(log)
    add(log, b"\xff\n")
    assert ["\ufffd"] == growing.fresh()
