"""The directory of a shadow, whose it is, and what is removed."""

import fcntl
import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from verdigris.core.errors import ActionError
from verdigris.schema.shadow.home import PREFIX, end, made, place, sweep
from verdigris.schema.shadow.owner import Owner, owner


@pytest.fixture
def short(monkeypatch):
    """A directory for temporary files that is ours alone, short and open."""
    with tempfile.TemporaryDirectory(dir="/tmp") as directory:
        Path(directory).chmod(0o755)
        monkeypatch.setattr(tempfile, "tempdir", directory)
        yield Path(directory)


def left_behind(short, name="1"):
    home = short / f"{PREFIX}{name}"
    home.mkdir()
    (home / "data").mkdir()
    os.chown(home, owner().uid, owner().gid)
    return home


def test_it_is_gone_at_the_end(short):
    with made(owner()) as home:
        assert short == home.parent
        (home / "data").mkdir()
    assert [] == list(short.iterdir())


def test_what_nobody_holds_is_removed(short):
    home = left_behind(short)
    sweep(owner())
    assert not home.exists()


def test_what_is_held_stays(short):
    with made(owner()) as home:
        sweep(owner())
        assert home.exists()


@pytest.mark.needs_root
def test_what_is_another_users_stays(short):
    home = left_behind(short)
    os.chown(home, 12345, 12345)
    sweep(owner())
    assert home.exists()


def test_what_is_called_otherwise_or_is_no_directory_stays(short):
    (short / "verdigris-other").mkdir()
    (short / f"{PREFIX}file").touch()
    (short / f"{PREFIX}link").symlink_to("/etc")
    sweep(owner())
    assert 3 == len(list(short.iterdir()))


def test_a_lock_that_leads_elsewhere_is_not_followed(short):
    target = short / "precious"
    home = left_behind(short)
    (home / "lock").symlink_to(target)
    sweep(owner())
    assert not target.exists()


def test_a_number_in_the_papers_that_is_another_process_now_is_left_alone(short):
    home = left_behind(short)
    process = subprocess.Popen(["sleep", "100"])
    try:
        (home / "data" / "postmaster.pid").write_text(f"{process.pid}\n")
        end(home, owner())
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("papers", ["", "x", "-1", "0", "1\n", "99999999999999999999"])
def test_papers_that_say_nothing_end_nothing(short, papers):
    home = left_behind(short)
    (home / "data" / "postmaster.pid").write_text(papers)
    end(home, owner())


def test_a_place_that_is_too_long_for_a_socket_is_not_taken(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("x" * 100)))
    assert Path("/tmp") == place(owner())


def test_a_place_that_the_other_user_cannot_enter_is_not_taken(monkeypatch, short):
    short.chmod(0o700)
    nobody = Owner(54321, 54321, other=True)
    assert Path("/tmp") == place(nobody)


def test_no_place_at_all_is_told(monkeypatch, short):
    with pytest.raises(ActionError, match="there is no place for the shadow: .* Set TMPDIR to a short path"):
        place(Owner(54321, 54321, other=True), (short / ("x" * 100),))


def test_a_directory_that_is_swept_before_it_is_locked_is_made_again(short):
    with made(owner()) as home:
        lock = os.open(home / "lock", os.O_RDWR)
        with pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(lock)
