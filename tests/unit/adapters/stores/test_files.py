"""Files of the state directory: private, whole, and their errors in words."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from verdigris.adapters.stores.files import MEANINGS, made_private, replace_with, why
from verdigris.core.errors import Refused

PATH = Path("/s/verdigris.db")


class Told(sqlite3.OperationalError):
    """An error with the name that SQLite gives it."""

    def __init__(self, name: str) -> None:
        super().__init__("something")
        self.sqlite_errorname = name


@pytest.mark.parametrize("name", [*MEANINGS, "SQLITE_IOERR_FSYNC", "SQLITE_READONLY_DIRECTORY"])
def test_every_error_of_sqlite_that_we_know_has_a_next_step(name):
    said = why(PATH, Told(name))
    assert said.startswith(f"{PATH}: ")
    assert said.endswith(f" ({name})")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (FileNotFoundError(), "it is gone. Traffic stays where it is: run `verdigris recover`"),
        (sqlite3.OperationalError("no such table: events"), "it has no tables yet"),
        (PermissionError("no way"), "no way. See `verdigris doctor`"),
    ],
)
def test_what_is_no_error_of_sqlite_is_said_as_well(error, words):
    assert words in why(PATH, error)


def test_a_file_is_private_before_anything_is_in_it_and_stays_the_same(tmp_path):
    path = tmp_path / "verdigris.db"
    inode = made_private(path)
    assert (0o600, 0) == (path.stat().st_mode & 0o777, path.stat().st_size)
    path.write_text("rows")
    assert inode == made_private(path) == path.stat().st_ino
    assert "rows" == path.read_text()


def test_a_file_that_others_may_open_is_refused_and_left_as_it_is(tmp_path):
    path = tmp_path / "verdigris.db"
    path.touch()
    path.chmod(0o644)
    with pytest.raises(Refused, match=r"open to others \(mode \.\.44\)\. Run `chmod 600"):
        made_private(path)
    assert 0o644 == path.stat().st_mode & 0o777


def test_a_link_is_never_followed(tmp_path):
    (tmp_path / "verdigris.db").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        made_private(tmp_path / "verdigris.db")
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_is_replaced_whole_and_private(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("before")
    path.chmod(0o644)
    with path.open() as reader:
        replace_with(path, "after")
        assert ("before", "after") == (reader.read(), path.read_text())
    assert 0o600 == path.stat().st_mode & 0o777


def test_what_cannot_be_put_in_its_place_leaves_nothing_behind(tmp_path):
    (tmp_path / "a.json").mkdir()
    with pytest.raises(OSError, match=r"a\.json"):
        replace_with(tmp_path / "a.json", "after")
    assert ["a.json"] == os.listdir(tmp_path)
