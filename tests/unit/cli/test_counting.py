"""Lines of counts: one that cannot be true is an error with its number."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Type
from verdigris.cli.judge import opened

GOOD = '{"t": 1, "live": {"requests": 5}, "candidate": {"requests": 0}}'
BAD = {
    '{"t": 1, "live": {"requests": -1}, "candidate": {"requests": 0}}': "live.requests must be between 0 and",
    '{"t": 1, "live": {"requests": 1e3}, "candidate": {"requests": 0}}': "live.requests must be a whole number",
    '{"t": 1, "live": {"requests": true}, "candidate": {"requests": 0}}': "must be a whole number, got true",
    '{"t": 1, "live": {"requests": NaN}, "candidate": {"requests": 0}}': "NaN is no count",
    '{"t": 1, "live": {"requests": 1000000000000000}, "candidate": {"requests": 0}}': "must be between 0 and 1e+12",
    '{"t": 1, "live": {}, "candidate": {"requests": 0}}': "live.requests must be a whole number, got null",
    '{"t": 1, "live": {"requests": 1}}': "candidate is missing",
    '{"t": 1, "live": {"requests": 1, "errors": 2}, "candidate": {"requests": 0}}': "live: errors must be at most",
    '{"t": 1, "live": 7, "candidate": {"requests": 0}}': "live must be an object, got 7",
    '{"t": 1, "lives": 7}': "nobody knows 'lives'",
    '{"t": 1, "t": 2}': "'t' is there twice",
    '{"t": 0.5, "live": {"requests": 1}, "candidate": {"requests": 0}}': "t must be a whole number, got 0.5",
    '{"t": 1, "live": {"requests": 1}, "candidate": {"requests": 0}, "share": "x"}': "share must be a number",
    '{"t": 1, "live": {"requests": 1}, "candidate": {"requests": 0}, "share": 7}': "a share is between 0 and 1",
    '{"t": 1, "live": {"requests": 1, "slow": {"x": 1}}, "candidate": {"requests": 0}}': "edges in milliseconds",
    '{"t": 1, "live": {"requests": 1, "slow": {"inf": 1}}, "candidate": {"requests": 0}}': "edges in milliseconds",
    '{"t": 1, "live": {"requests": 1, "slow": [1]}, "candidate": {"requests": 0}}': "slow must be at most 256 edges",
    '{"t": 1, "live": {"requests": 9, "slow": {"9": 1, "99": 2}}, "candidate": {"requests": 0}}': "must not grow",
    '{"t": 1, "live": {"requests": 9, "slow": {"9": 1, "9.0": 1}}, "candidate": {"requests": 0}}': "must ascend",
    '{"t": 1, "live": {"requests": 9, "slow": {"9": 1}}, "candidate": {"requests": 9, "slow": {"8": 1}}}': "other e",
    '{"t": 0, "live": {"requests": 1}, "candidate": {"requests": 0}}': "t goes back from 1 to 0",
    '{"t": 1, "live": {"requests": 1}, "candidate": {"requests": 0}}': "t 1 was there already, with other counts",
    "hello \x1b[2J": "is no JSON (Expecting value, character 1); one object per second is expected",
    '{"t": 2, "live": {"requests": 1}, "candidate": {"requests": 1}, "routes": {"GET /": {}}}': "routes.GET /: live is",
    "[" * 60_000: "",
    '{"t": 1' + "0" * 5000 + "}": "a number of 5001 digits is no count",
    " " * 10 + '"' + "x" * 70_000: "longer than 65536 characters",
}  # fmt: skip


@pytest.mark.parametrize(("bad", "sentence"), BAD.items(), ids=range(len(BAD)))
def test_a_line_that_cannot_be_true_is_an_error_with_its_number(
    bad: str, sentence: str, tmp_path: Path, type_: Type
):
    path = tmp_path / "counts.jsonl"
    path.write_text(f"{GOOD}\n\n{bad}\n")
    typed = type_("judge", str(path))
    assert 2 == typed.code
    assert "line 3: " in " ".join(typed.err.split())
    assert sentence in " ".join(typed.err.split())
    assert "\x1b[2J" not in typed.err
    assert "" == typed.out


def test_whoever_reads_its_lines_may_leave(tmp_path: Path):
    path = tmp_path / "counts.jsonl"
    path.write_text("")
    with pytest.raises(BrokenPipeError), opened(str(path)):
        raise BrokenPipeError


def test_more_edges_than_anybody_needs_are_refused(tmp_path: Path, type_: Type):
    path = tmp_path / "counts.jsonl"
    edges = {str(edge): 0 for edge in range(1, 300)}
    path.write_text(
        json.dumps({"t": 1, "live": {"requests": 1, "slow": edges}, "candidate": {"requests": 0}})
    )
    assert "at most 256 edges" in " ".join(type_("judge", str(path)).err.split())


def test_bytes_that_are_no_text_and_a_line_without_end_are_errors(tmp_path: Path, type_: Type):
    path = tmp_path / "counts.jsonl"
    path.write_bytes(GOOD.encode() + b"\n\xff\xfe\n")
    assert "line 2: is no JSON" in " ".join(type_("judge", str(path)).err.split())
    assert "longer than 65536 characters" in " ".join(type_("judge", "/dev/zero").err.split())
