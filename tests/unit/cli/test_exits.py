"""The exit codes: scripts rely on them."""

from __future__ import annotations

import pytest

from tests.unit.core.worlds import a_deployment
from verdigris.cli.exits import MEANINGS, UNTIL, Exit, ended, of_error, reached
from verdigris.core.errors import ConfigError, Refused
from verdigris.core.lifecycle import ENDINGS, ROWS


def test_a_code_once_released_stays():
    codes = {"GOOD": 0, "ERROR": 1, "USAGE": 2, "ROLLED_BACK": 10, "NOT_MOVED": 11, "STUCK": 12}
    codes |= {"RUNNING": 13, "BUSY": 14, "REGRESSED": 15, "INVALID": 16, "LEFT": 130}
    assert codes == {code.name: int(code) for code in Exit}


def test_every_code_but_that_of_ctrl_c_has_a_meaning():
    assert set(Exit) - {Exit.LEFT} == set(MEANINGS)


@pytest.mark.parametrize("phase", ROWS)
def test_exactly_the_endings_have_a_code(phase):
    assert (phase in ENDINGS) is (ended(a_deployment(phase)) is not None)


@pytest.mark.parametrize(
    ("phase", "code"),
    [("succeeded", 0), ("rolled_back", 10), ("aborted", 11), ("stuck", 12)],
)
def test_an_ending_has_its_own_code(phase, code):
    assert code == ended(a_deployment(phase))


@pytest.mark.parametrize(
    ("phase", "waited_for"),
    [
        ("validate", []),
        ("cutover", []),
        ("drain", ["cutover"]),
        ("bake", ["cutover"]),
        ("stabilize", ["cutover", "bake"]),
        ("succeeded", ["cutover", "bake", "succeeded"]),
        ("settle", []),
        ("stuck", []),
        ("levitate", []),
    ],
)
def test_a_phase_is_reached_when_it_is_over(phase, waited_for):
    assert waited_for == [until for until in UNTIL if reached(a_deployment(phase), until)]


def test_only_what_the_operator_wrote_is_a_usage_error():
    codes = [of_error(error) for error in (ConfigError("x"), Refused("x"), RuntimeError("x"))]
    assert [Exit.USAGE, Exit.ERROR, Exit.ERROR] == codes
