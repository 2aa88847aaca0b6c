"""How the controller's log reads."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from verdigris.cli.journal import write_log_to


@pytest.fixture(autouse=True)
def log() -> Iterator[logging.Logger]:
    """The logger of verdigris, left as it was found."""
    found = logging.getLogger("verdigris")
    before = found.handlers[:], found.level, found.propagate
    yield found
    found.handlers[:], found.propagate = before[0], before[2]
    found.setLevel(before[1])


def written(log: logging.Logger, as_json: bool = False) -> str:
    stream = io.StringIO()
    write_log_to(stream, as_json)
    log.debug("not told")
    log.warning("%s fails", "green", extra={"deployment": "d-2", "phase": "bake", "other": "x"})
    return stream.getvalue()


def test_a_line_has_time_level_fields_and_sentence(log):
    stamp, rest = written(log).split(" ", 1)
    assert (20, "+") == (stamp.index("+") + 1, stamp[19])
    assert "warning deployment=d-2 phase=bake green fails\n" == rest


def test_an_object_has_the_same(log):
    told = json.loads(written(log, as_json=True))
    assert told.pop("wall") > 0
    assert {"level": "warning", "sentence": "green fails", "deployment": "d-2", "phase": "bake"} == told


def test_words_of_others_cannot_move_the_cursor_nor_forge_a_field(log):
    stream = io.StringIO()
    write_log_to(stream)
    log.info("\x1b[2J", extra={"deployment": "d-2\nerror"})
    assert " info deployment=d-2\\nerror \\x1b[2J\n" in stream.getvalue()
    assert 1 == stream.getvalue().count("\n")


@pytest.mark.parametrize("as_json", [False, True])
def test_an_error_that_nobody_expected_comes_with_its_traceback(log, as_json):
    stream = io.StringIO()
    write_log_to(stream, as_json)
    try:
        raise LookupError("nobody expected this")
    except LookupError:
        log.exception("this round failed")
    assert "LookupError: nobody expected this" in stream.getvalue()


def test_the_last_stream_gets_everything_and_the_one_before_nothing(log):
    first, second = io.StringIO(), io.StringIO()
    write_log_to(first)
    write_log_to(second)
    log.info("once")
    assert ("", 1) == (first.getvalue(), second.getvalue().count("once"))
