import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.adapters.stores.test_records import example_snapshot
from verdigris.adapters.stores.board import FileBoard
from verdigris.core.errors import Refused, StoreUnavailable
from verdigris.core.world import Known, PerSlot, Second, Tally, Unknown
from verdigris.ports import Snapshot


@pytest.fixture
def board(tmp_path: Path) -> FileBoard:
    return FileBoard(tmp_path)


def with_seconds(*at: float) -> Snapshot:
    seconds = tuple(Second(moment, PerSlot(Tally(), Tally())) for moment in at)
    snapshot = example_snapshot()
    return replace(snapshot, world=replace(snapshot.world, now=1000.0, signals=Known(seconds, 1000.0)))


def test_what_was_pinned_is_read(board: FileBoard):
    board.pin(example_snapshot())
    assert example_snapshot() == board.read("api")


def test_a_later_look_replaces_the_earlier_one(board: FileBoard):
    board.pin(example_snapshot())
    board.pin(replace(example_snapshot(), waiting_for="something else"))
    seen = board.read("api")
    assert seen is not None
    assert "something else" == seen.waiting_for


def test_only_the_last_minute_of_request_counts_is_kept(board: FileBoard):
    board.pin(with_seconds(900.0, 939.9, 940.0, 999.0))
    seen = board.read("api")
    assert seen is not None
    assert with_seconds(940.0, 999.0) == seen


def test_unknown_counts_stay_unknown(board: FileBoard):
    snapshot = with_seconds()
    board.pin(replace(snapshot, world=replace(snapshot.world, signals=Unknown("the log lost lines"))))
    seen = board.read("api")
    assert seen is not None
    assert Unknown("the log lost lines") == seen.world.signals


def test_the_file_is_private_and_nothing_else_is_left(board: FileBoard, tmp_path: Path):
    before = os.umask(0)
    try:
        board.pin(example_snapshot())
        board.pin(example_snapshot())
    finally:
        os.umask(before)
    assert {"seen-api.json": 0o600} == {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}


@pytest.mark.parametrize(
    "text", [b"", b"{", b"\xff\xfe", b'{"wall": 1}'], ids=["empty", "torn", "bytes", "other"]
)
def test_a_picture_that_cannot_be_understood_is_none(board: FileBoard, tmp_path: Path, text: bytes):
    (tmp_path / "seen-api.json").write_bytes(text)
    assert board.read("api") is None


def test_a_picture_of_a_newer_version_is_shown_as_far_as_it_is_known(board: FileBoard, tmp_path: Path):
    board.pin(example_snapshot())
    file = tmp_path / "seen-api.json"
    file.write_text(file.read_text().replace('{"wall"', '{"mood":"blue","wall"', 1))
    assert example_snapshot() == board.read("api")


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path):
    with pytest.raises(StoreUnavailable, match="cannot be written"):
        FileBoard(tmp_path / "missing").pin(example_snapshot())


@pytest.mark.parametrize("app", ["../etc/passwd", "", ".", "a/b", "a\nb", "x" * 101])
def test_a_name_that_is_a_path_is_refused(board: FileBoard, app: str):
    with pytest.raises(Refused, match="cannot be the name of an app"):
        board.read(app)
