"""A state directory that is not ours, not private, not a directory, not writable, or full."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.bad_input.callers import Callers
from tests.bad_input.project import Project

VERBS = ("deploy", "status", "teardown --all --yes")


@pytest.mark.parametrize("verb", VERBS)
def test_a_directory_that_is_open_to_others_is_refused(project: Project, verb: str):
    project.becomes("good")
    project.state.mkdir(mode=0o755)
    project.run(*verb.split()).says(1, "is open to others (mode ..55); run `chmod 700")
    assert [] == list(project.state.iterdir())
    project.state.chmod(0o700)


@pytest.mark.needs_root
@pytest.mark.parametrize("verb", VERBS)
def test_a_directory_of_somebody_else_is_refused(project: Project, verb: str):
    project.becomes("good")
    project.state.mkdir(mode=0o700)
    os.chown(project.state, 12345, 12345)
    project.run(*verb.split()).says(
        1, "belongs to user 12345, this is user 0; use --state with one of your own"
    )
    assert [] == list(project.state.iterdir())
    os.chown(project.state, 0, 0)


@pytest.mark.parametrize("verb", ["deploy", "up"])
def test_a_file_in_its_place_is_told(project: Project, verb: str):
    project.becomes("good")
    project.state.write_text("mine")
    project.run(verb).says(1, "cannot be made: it is not a directory; use --state with another one")
    assert "mine" == project.state.read_text()
    project.state.unlink()


def test_looking_verbs_tell_of_a_file_in_its_place_too(project: Project):
    project.state.write_text("mine")
    project.run("rollback").says(1, "is no directory, so nothing was ever deployed from it")
    project.run("doctor").says(1, "is no directory: name another one with --state")
    project.state.unlink()


@pytest.mark.needs_root
def test_a_disk_that_cannot_be_written_is_told(project: Project):
    project.becomes("good")
    with mounted(project.place / "disk", "ro") as disk:
        project.run("deploy", "--state", f"{disk}/state").says(1, "cannot be made: Read-only file system")


@pytest.mark.needs_root
def test_a_disk_that_is_too_small_is_told_and_nothing_starts(project: Project):
    with mounted(project.state, "size=2m,mode=700"):
        fill(project.state)
        project.deploy("1.0.0").says(1, "is full, so no release was made. Make room and deploy again")
        project.run("teardown", "--all", "--yes")


@pytest.mark.needs_root
def test_a_disk_that_fills_up_touches_no_traffic(project: Project):
    callers = Callers(project.url)
    with mounted(project.state, "size=200m,mode=700"):
        project.deploy("1.0.0").says(0)
        callers.start()
        ballast = fill(project.state)
        project.deploy("2.0.0").says(1, "is full, so no release was made", "blue serves 1.0.0")
        project.run("status").says(0, "1.0.0", "100 %")
        callers.untouched(0, "1.0.0")
        ballast.unlink()
        project.deploy("2.0.0").says(0, "api 2.0.0 serves")
        callers.stop()
        assert [] == callers.failures
        project.run("teardown", "--all", "--yes")


@contextmanager
def mounted(place: Path, options: str) -> Iterator[Path]:
    """A disk of its own, in memory."""
    place.mkdir(mode=0o700, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", options, "verdigris-test", str(place)]
    subprocess.run(mount, check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(disk: Path) -> Path:
    """A file that takes all the room there is."""
    ballast = disk / "ballast"
    block = b"x" * (1 << 20)
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(block):
                continue
        except OSError:
            return ballast
    raise AssertionError(f"{disk} has no end")
