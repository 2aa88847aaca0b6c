import json

import pytest

from verdigris.schema.sources.lines import read
from verdigris.schema.sources.recording import Recorder
from verdigris.schema.sources.written import Keeping, write


@pytest.fixture
def recording():
    recorder = Recorder()
    for name, connection in (("ann", "1"), ("bob", "2"), ("ann", "1")):
        recorder.add("SELECT $1, $2", (name, None), ("text", ""), connection)
    recorder.add("SELECT 'ü'", ())
    return recorder.recording()


def rows(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_parameters_are_left_out_unless_they_are_asked_for(tmp_path, recording):
    path = tmp_path / "new.jsonl"
    write(path, recording)
    assert [{"sql": "SELECT $1, $2", "types": ["text", ""]}, {"sql": "SELECT 'ü'", "params": []}] == rows(
        path
    )
    assert 0o600 == path.stat().st_mode & 0o777
    assert [path] == list(tmp_path.iterdir())


def test_hashes_tell_equal_from_different_in_one_file_only(tmp_path, recording):
    first, second = tmp_path / "1.jsonl", tmp_path / "2.jsonl"
    write(first, recording, Keeping.HASHED)
    write(second, recording, Keeping.HASHED)
    ann, bob = [row["hashed"] for row in rows(first) if "hashed" in row]
    assert (16, None) == (len(ann[0]), ann[1])
    assert ann != bob
    assert ann not in [row.get("hashed") for row in rows(second)]
    assert "ann" not in first.read_text()


def test_what_was_written_with_values_is_read_as_it_was(tmp_path, recording):
    path = tmp_path / "new.jsonl"
    write(path, recording, Keeping.VALUES)
    found = read(path)
    assert recording.order == found.order
    assert [(s.sql, s.runs, s.types) for s in recording.statements] == [
        (s.sql, s.runs, s.types) for s in found.statements
    ]
