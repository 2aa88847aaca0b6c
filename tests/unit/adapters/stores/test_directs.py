"""The record that a rollback without the controller leaves behind."""

from __future__ import annotations

import json

import pytest

from verdigris.adapters.stores.directs import FileDirects
from verdigris.core.intake import Direct
from verdigris.core.world import Slot

DIRECT = Direct(Slot.BLUE, 8, "ada", 1_700_000_000.25, "zwölf Fehler\n“schlecht”")
SAID = {"to": "blue", "generation": 8, "actor": "ada", "wall": 1.0, "reason": ""}


def test_what_was_written_reads_back_as_the_same_and_is_ours_alone(tmp_path):
    directs = FileDirects(tmp_path, "api")
    directs.write(DIRECT)
    assert DIRECT == FileDirects(tmp_path, "api").read()
    assert 0o600 == directs.path.stat().st_mode & 0o777
    assert ["rolled-back-api.json"] == [path.name for path in tmp_path.iterdir()]


def test_the_last_record_counts_and_a_cleared_one_is_gone_however_often(tmp_path):
    directs = FileDirects(tmp_path, "api")
    directs.write(Direct(Slot.GREEN, 7, "eve", 1.0, ""))
    directs.write(DIRECT)
    assert DIRECT == directs.read()
    directs.clear()
    directs.clear()
    assert directs.read() is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        '{"to": "blue"',
        json.dumps(SAID | {"to": "purple"}),
        json.dumps(SAID | {"generation": "many"}),
        json.dumps(SAID | {"generation": None}),
        json.dumps({key: value for key, value in SAID.items() if key != "wall"}),
    ],
)
def test_a_record_that_cannot_be_read_is_taken_for_none(tmp_path, text):
    (tmp_path / "rolled-back-api.json").write_text(text)
    assert FileDirects(tmp_path, "api").read() is None


def test_bytes_that_are_no_text_are_taken_for_none(tmp_path):
    (tmp_path / "rolled-back-api.json").write_bytes(b"\xff\xfe")
    assert FileDirects(tmp_path, "api").read() is None


def test_a_record_that_cannot_be_written_is_said(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        FileDirects(tmp_path / "gone", "api").write(DIRECT)
