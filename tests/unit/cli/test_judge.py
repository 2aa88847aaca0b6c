"""`verdigris judge`: the judge without the rest."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Type
from tests.unit.core.judging import slow
from tests.unit.core.judging.seconds import before, seconds
from verdigris.core.judging.counts import Arm, Counts

GOOD = '{"t": 1, "live": {"requests": 5}, "candidate": {"requests": 0}}'


def line(counts: Counts) -> str:
    def slot(arm: Arm) -> dict[str, object]:
        return {"requests": arm.requests, "errors": arm.errors}

    row = {
        "t": counts.at,
        "live": slot(counts.live),
        "candidate": slot(counts.candidate),
        "share": counts.share,
    }
    return json.dumps(row)


@pytest.fixture
def worse(tmp_path: Path) -> Path:
    """A minute of live alone, then a tenth of the traffic for a release that fails ten times as often."""
    history = before(1, 60, live=0.001)
    exposed = seconds(2, 120, begin_at=60, share=0.1, live=0.001, candidate=0.01)
    path = tmp_path / "counts.jsonl"
    path.write_text("\n".join(map(line, [*history, *exposed])) + "\n")
    return path


def told(out: str) -> list[dict[str, object]]:
    return [json.loads(row) for row in out.splitlines()]


def test_a_regression_is_told_second_by_second_and_ends_with_15(worse: Path, type_: Type):
    typed = type_("judge", str(worse), "--candidate", "green", "--live", "blue")
    *rows, last = told(typed.out)
    assert 15 == typed.code == last["exit"]
    assert ("regressed", 60) == (last["verdict"], last["exposed_at"])
    assert "Green fails at least " in str(last["sentence"])
    assert ["errors"] == last["regressed"]
    assert {"metric", "ln_e", "weight", "share"} == set(last["attribution"][0])  # type: ignore[index]
    assert list(range(60, 60 + len(rows))) == [row["t"] for row in rows]
    assert last["t"] == rows[-1]["t"]
    assert last["after"] == rows[-1]["t"] - 60  # type: ignore[operator]
    assert {"errors", "baseline"} <= set(rows[0]["metrics"]) | {"baseline"}  # type: ignore[call-overload]


def test_grace_holds_and_a_healthy_release_is_good(tmp_path: Path, type_: Type):
    path = tmp_path / "counts.jsonl"
    path.write_text("\n".join(map(line, seconds(1, 32))))
    typed = type_("judge", str(path))
    assert (0, "inconclusive") == (typed.code, told(typed.out)[-1]["verdict"])
    assert [0.0, True] == [told(typed.out)[29]["ln_e"], bool(told(typed.out)[30]["ln_e"])]
    assert told(typed.out)[-1]["detectable"] is None  # two seconds are fewer than any verdict needs
    assert 1 == len(told(type_("judge", str(path), "--quiet").out))


def test_a_split_that_is_off_ends_with_16(tmp_path: Path, type_: Type):
    rows = [json.loads(line(one)) | {"share": 0.5} for one in seconds(1, 60, share=0.3)]
    path = tmp_path / "counts.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    typed = type_("judge", str(path))
    assert (16, "invalid") == (typed.code, told(typed.out)[-1]["verdict"])


def test_counts_come_through_a_pipe_too(worse: Path, type_: Type, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdin", StringIO(worse.read_text()))
    assert 15 == type_("judge").code
    monkeypatch.setattr("sys.stdin", StringIO(f"{GOOD}\n{GOOD}\n"))
    typed = type_("judge", "-")
    assert (0, "Candidate has had no requests: there is nothing to compare.") == (
        typed.code,
        told(typed.out)[-1]["sentence"],
    )


def test_its_own_limits_and_latencies_are_taken_from_the_line(tmp_path: Path, type_: Type):
    slow_edges = {"50": 20, "100.5": 10}
    slot = {"requests": 100, "errors": 0, "slow": slow_edges, "good": 90, "bad": 10}
    breach = {**slot, "errors": 40}
    rows = [json.dumps({"t": t, "live": slot, "candidate": breach}) for t in range(20)]
    path = tmp_path / "counts.jsonl"
    path.write_text("\n".join(rows))
    last = told(type_("judge", str(path), "--max-error-rate", "0.05", "--max-p99", "90").out)[-1]
    assert ("regressed", ["slo"]) == (last["verdict"], last["regressed"])
    assert {"errors", "latency", "users", "slo"} == {part["metric"] for part in last["attribution"]}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--alpha", "2"], "--alpha: must be between 1e-06 and 0.2, got 2"),
        (["--alpha", "nan"], "--alpha: must be between"),
        (["--error-ratio", "0.5"], "--error-ratio: must be between 1 and 10, got 0.5"),
        (["--grace", "soon"], "--grace"),
        (["--window", "0s"], "--window: must be between"),
        (["--max-error-rate", "0"], "--max-error-rate: must be between"),
        (["--max-p99", "0"], "--max-p99: must be between"),
        (["--candidate", ""], "--candidate must be a name of at most 200 characters"),
    ],
)
def test_absurd_settings_are_refused(options: list[str], sentence: str, worse: Path, type_: Type):
    typed = type_("judge", str(worse), *options)
    assert (2, True) == (typed.code, sentence in " ".join(typed.err.split()))


def test_in_the_grace_nothing_was_compared_though_live_served(tmp_path: Path, type_: Type):
    path = tmp_path / "counts.jsonl"
    path.write_text("\n".join(map(line, seconds(1, 20))))
    sentence = told(type_("judge", str(path)).out)[-1]["sentence"]
    assert str(sentence).endswith("Nothing was compared: a cold start is forgiven for 30 s.")


def test_a_mark_before_the_text_is_no_part_of_it(worse: Path, type_: Type):
    worse.write_bytes(b"\xef\xbb\xbf" + worse.read_bytes())
    assert 15 == type_("judge", str(worse)).code


def test_no_counts_and_no_file_are_errors(tmp_path: Path, type_: Type):
    empty = tmp_path / "empty"
    empty.write_text("\n")
    assert "there are no counts in it" in " ".join(type_("judge", str(empty)).err.split())
    assert "cannot be read" in " ".join(type_("judge", str(tmp_path / "gone")).err.split())
    assert "cannot be read" in " ".join(type_("judge", str(tmp_path)).err.split())
    assert 2 == type_("judge", "--vectors", str(tmp_path / "gone")).code
    assert "is no file of judge vectors" in " ".join(type_("judge", "--vectors", str(empty)).err.split())


def test_a_vector_file_is_reported_set_by_set(type_: Type):
    typed = type_("judge", "--vectors", str(slow.FILE))
    *sets, last = told(typed.out)
    assert (0, len(sets), 0) == (typed.code, last["passed"], last["failed"])
    assert {True} == {one["passed"] for one in sets}


def test_what_fails_and_what_was_not_run_end_with_1(tmp_path: Path, type_: Type):
    path = tmp_path / "vectors.json"
    path.write_text('{"vectors": [{"id": "a", "kind": "astrology"}, {"id": "b", "kind": "phi"}]}')
    typed = type_("judge", "--vectors", str(path))
    last = told(typed.out)[-1]
    assert (1, 0, 1, 1) == (typed.code, last["passed"], last["failed"], last["not_run"])
    path.write_text('{"vectors": []}')
    assert 1 == type_("judge", "--vectors", str(path)).code
